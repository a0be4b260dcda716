"""One file in which functions of others are called: which of them, by whom, and how often."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

from poollint.catalog.frameworks import Frameworks
from poollint.facts.code import Recurrence
from poollint.model.finding import Step
from poollint.model.source import Span
from poollint.reading.naming.files.exports import Exports
from poollint.reading.naming.objects.instances import (
    function,
    is_singleton,
    method,
    project_class,
)
from poollint.reading.naming.objects.other_databases import told_another
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.outline import Outline
from poollint.reading.naming.scopes.shapes import Attribute, Shape, dotted, of_ast
from poollint.reading.running.entry.from_other_files import from_other_files
from poollint.reading.running.entry.inheriting import MADE, Key, inheriting
from poollint.reading.running.entry.recurrence import called_name, calls, mends, recurrences
from poollint.reading.running.once.each_time import on_first_need
from poollint.reading.running.once.first_need import sets_for
from poollint.reading.running.once.guards import Guard, guards
from poollint.reading.running.once.lasting import endless_loops
from poollint.reading.running.surroundings import COMMANDS
from poollint.syntax.nodes import walk


class Call(NamedTuple):
    """A call of a function, by a function that makes it each time it runs.

    `once` says why the caller runs only once, "" where it is not known to.
    """

    caller: Key
    callee: Key
    step: Step
    guard: Guard | None = None
    test: Span | None = None
    once: str = ""


class Calling:
    """One file in which functions of a frontier may be called."""

    def __init__(
        self,
        path: str,
        frontier: set[Key],
        words: set[str],
        exports: Exports,
        frameworks: Frameworks,
        spared_: Callable[[Key, ast.expr, list[ast.stmt]], bool],
    ) -> None:
        self._path = path
        self._spared_of = spared_
        self._exports = exports
        self._frontier = frontier
        self._words = {word for key in frontier for word in key.words} | words
        self._tree = exports.files.tree(path)
        self._frameworks = frameworks
        module = self._tree.module if self._tree else ast.Module([], [])
        self._outline = Outline(module, {}, self._elsewhere)
        self._names = exports.names(path)
        self._heirs = tuple(inheriting(frontier, self._names, path)) if self._names else ()
        self._words |= {word for _, heir in self._heirs for word in heir.words}
        self._keys = {self._name(key): key for key in sorted(frontier)}
        self._needed: dict[int, ast.expr] | None = None
        self._told_another: frozenset[int] | None = None
        self._runs = self._recurrences()

    def _recurrences(self) -> dict[str, Recurrence | str]:
        if self._tree is None:
            return {}
        return recurrences(
            self._tree.module, self._path, {}, self._frameworks, self._tree.span,
            self._elsewhere, self._spared, made=self._made(),
        )  # fmt: skip

    def _made(self) -> Mapping[str, str]:
        return from_other_files(self._names, self._frameworks) if self._names else {}

    def _spared(self, function: str, call: ast.expr) -> bool:
        if function not in self._keys:
            return self._tells_another(call)
        return self._spares(self._keys[function], call)

    def _tells_another(self, call: ast.expr) -> bool:
        if self._told_another is None:
            self._told_another = told_another(self._tree) if self._tree else frozenset()
        return id(call) in self._told_another

    def _spares(self, key: Key, call: ast.expr) -> bool:
        """Tell whether a call makes nothing, or only what is looked for before it is made."""
        if self._needed is None:
            scopes = self._outline.functions
            self._needed = {
                k: v for f in scopes for k, v in on_first_need(self._outline, f).items()
            }
        kept = self._needed.get(id(call))
        if kept is not None and isinstance(call, ast.Call) and key.path != self._path:
            names = self._exports.names(key.path)
            made_in = names.functions.get(key.function) if names else None
            if sets_for(made_in, kept, call.func):
                return True
        around = self._tree.module.body if self._tree else []
        return self._tells_another(call) or self._spared_of(key, call, around)

    def heirs(self) -> Iterable[tuple[Key, Key]]:
        """Return the classes of this file that inherit a function of the frontier, as theirs."""
        return self._heirs

    def entered(self) -> Iterator[tuple[Key, Recurrence | str]]:
        """Yield what of the frontier this file runs again and again, or has run once."""
        for name, key in self._keys.items():
            if name in self._runs:
                yield key, self._runs[name]

    def forever(self) -> Iterator[Key]:
        """Yield what of the frontier is called in loops that only end with the program."""
        if self._tree is None or "while" not in self._tree.source.text:
            return
        for scope, body in (("", self._tree.module), *self._outline.functions.items()):
            for loop in endless_loops(body):
                for call in (n for n in walk(loop) if isinstance(n, ast.Call)):
                    named = self._outline.called(call.func, scope)
                    for name in named or self._elsewhere(call.func, scope):
                        if name in self._keys:
                            yield self._keys[name]

    def calls(self) -> Iterator[Call]:
        """Yield the calls of functions of the frontier that are made here each time."""
        if self._tree is None:
            return
        for name in self._outline.functions:
            why = self._runs.get(name)
            known = isinstance(why, str) and why not in COMMANDS  # others may call a command
            once = str(why) if known else ""
            tested = guards(self._outline, name)
            for call in calls(self._outline, name):
                callee = self._keys.get(call.function)
                if callee is None or mends(callee.function):
                    continue
                if not self._spares(callee, call.node):
                    label = f"{call.verb} `{called_name(call.node)}`"
                    step = Step(self._tree.span(call.node), label)
                    guard = tested.get(id(call.node))
                    test = self._tree.span(guard.test) if guard else None
                    yield Call(Key(self._path, name), callee, step, guard, test, once)

    def _elsewhere(self, node: ast.expr, scope: str) -> tuple[str, ...]:
        """Return the functions of the frontier that run when the value of `node` is called."""
        shape = of_ast(node)
        last = shape.name if isinstance(shape, Attribute) else dotted(shape)
        if last not in self._words or self._names is None:
            return ()
        found = {key for key in _meant(shape, scope, self._names) if key in self._frontier}
        return tuple(self._name(key) for key in sorted(found))

    def _name(self, key: Key) -> str:
        """Return what a function is called in this file's outline."""
        return key.function if key.path == self._path else f"{key.path}::{key.function}"


def _meant(shape: Shape, scope: str, names: Names) -> Iterator[Key]:
    """Yield the functions of the project that run when a value is called."""
    made = project_class(shape, scope, names)
    if made is None:
        members = [function(shape, scope, names)]
    else:
        members = [] if is_singleton(made) else [method(made, name) for name in sorted(MADE)]
    for member in members:
        if member is not None:
            yield Key(member.names.outside.path, member.name)
