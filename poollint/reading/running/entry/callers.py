"""Which functions run again and again because another file of the project calls them.

The way goes upwards: from a function that opens connections or builds a pool to those that call
it each time they run, file by file, until one is found that a framework calls. Only files in
which such a function is named are looked at.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from heapq import heapify, heappop, heappush
from typing import NamedTuple

from poollint.catalog.frameworks import Frameworks
from poollint.facts.code import FOREVER, Function, Module, Rate, Reached, Recurrence
from poollint.facts.connections import Taking
from poollint.model.finding import Step
from poollint.model.source import Span
from poollint.reading.connections.waits.reach.given import Place, spared
from poollint.reading.naming.files.exports import Exports
from poollint.reading.naming.objects.instances import (
    Member,
    function,
    is_singleton,
    method,
    project_class,
)
from poollint.reading.naming.objects.other_databases import told_another
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.outline import Outline
from poollint.reading.naming.scopes.shapes import Attribute, Shape, dotted, of_ast
from poollint.reading.running.entry.inheriting import MADE, Key, inheriting
from poollint.reading.running.entry.recurrence import called_name, calls, mends, rank, recurrences
from poollint.reading.running.once.each_time import on_first_need
from poollint.reading.running.once.first_need import sets_for
from poollint.reading.running.once.guards import Guard, guards, under
from poollint.reading.running.once.lasting import endless_loops
from poollint.reading.running.surroundings import COMMANDS, is_test
from poollint.syntax.nodes import walk

_WORD = re.compile(r"\w+")
_LEVELS = 6  # files on the way from an entry point
_MILD = frozenset({Rate.TASK, Rate.CALL, Rate.TICK})  # what another file does may be worse


class _Call(NamedTuple):
    """A call of a function, by a function that makes it each time it runs."""

    caller: Key
    callee: Key
    step: Step
    guard: Guard | None = None
    test: Span | None = None


class Question(NamedTuple):
    """What is to be searched for: all that the answer depends on besides the files.

    wanted  the functions of which it matters who calls them
    places  where functions take connections and build pools
    """

    wanted: frozenset[Key]
    places: dict[Key, set[Place]]

    @property
    def text(self) -> str:
        """Return the same for the same question."""
        places = sorted((key, sorted(places)) for key, places in self.places.items())
        return repr((sorted(self.wanted), places))


def question(modules: tuple[Module, ...]) -> Question:
    """Return what is to be found out of the functions of `modules`."""
    wanted = frozenset(
        Key(module.path, name)
        for module in modules
        if not is_test(module.path)
        for function in module.functions
        if _asks(function)
        for name in (function.name, *(one.holder for one in function.shared if one.holder))
    )
    places = {Key(m.path, f.name): _places(f) for m in modules for f in m.functions}
    return Question(wanted, places)


def search(asked: Question, exports: Exports, frameworks: Frameworks) -> tuple[Reached, ...]:
    """Return why functions run again and again, or only once, as far as it is found."""
    found = _Search(exports, frameworks, dict(asked.places)).run(set(asked.wanted))
    return tuple(Reached(*key, why) for key, why in sorted(found.items(), key=lambda one: one[0]))


def attach(modules: tuple[Module, ...], reached: tuple[Reached, ...]) -> tuple[Module, ...]:
    """Return the modules, their functions with why they run again and again, or only once."""
    found = {Key(one.path, one.function): one.why for one in reached}
    return tuple(
        replace(module, functions=tuple(_told(f, found, module.path) for f in module.functions))
        if any(Key(module.path, f.name) in found for f in module.functions)
        else module
        for module in modules
    )


def _places(function: Function) -> set[Place]:
    """Return where a function takes connections or builds pools."""
    taken = (one.span for one in function.acquisitions)
    return {_place(span) for span in (*taken, *(pool.span for pool in function.pools))}


def _place(span: Span) -> Place:
    return span.start.line, span.start.column - 1


def _asks(function: Function) -> bool:
    """Tell whether it matters how often a function runs, and another file may tell more."""
    why = function.recurrence
    if function.name and _ends(function):
        return True
    if not function.name or function.once or (why is not None and why.rate not in _MILD):
        return False
    connects = any(
        a.discarded
        or (a.taking is Taking.CONNECT and not a.once and (a.first_use or not a.through))
        for a in function.acquisitions
    )
    shares = any(shared.at_once is None for shared in function.shared)
    return connects or shares or any(not pool.once for pool in function.pools)


def _ends(function: Function) -> bool:
    """Tell whether a function is taken for one that runs once because a script runs it."""
    served = any(taken.leak and taken.leak.served for taken in function.acquisitions)
    return served or any(hold.ending for hold in function.holds)


def _served(function: Function) -> Function:
    """Return a function of a script that is called by more than the script."""
    acquisitions = tuple(
        replace(one, leak=replace(one.leak, confidence=one.leak.served, served=None))
        if one.leak and one.leak.served
        else one
        for one in function.acquisitions
    )
    holds = tuple(replace(h, quiet=h.quiet and not h.ending, ending=False) for h in function.holds)
    once = "" if function.once in COMMANDS else function.once
    return replace(function, acquisitions=acquisitions, holds=holds, once=once)


def _told(function: Function, found: dict[Key, Recurrence | str], path: str) -> Function:
    why = found.get(Key(path, function.name))
    known = function.recurrence
    if isinstance(why, Recurrence):
        function = _served(function)
        return replace(function, recurrence=why) if _worse(known, why) is why else function
    if why == FOREVER:
        return _served(function)
    return replace(function, once=why) if why and known is None else function


class _Search:
    """The search for what enters a set of functions, upwards and then down again."""

    def __init__(
        self, exports: Exports, frameworks: Frameworks, places: dict[Key, set[Place]]
    ) -> None:
        self._exports = exports
        self._frameworks = frameworks
        self._places = places
        self._seen: set[Key] = set()
        self._entered: dict[Key, Recurrence | str] = {}
        self._forever: set[Key] = set()
        self._calls: dict[Key, list[_Call]] = {}
        self._heirs: dict[Key, set[Key]] = {}  # classes that inherit one, each as a function

    def run(self, wanted: set[Key]) -> dict[Key, Recurrence | str]:
        """Return why functions of `wanted` run again and again, or once; the shortest way."""
        frontier = set(wanted)
        for _ in range(_LEVELS):
            self._seen |= frontier
            words: dict[str, set[str]] = {}
            named: dict[str, set[Key]] = {}
            for key in frontier:
                for known in (key, *self._heirs.get(key, ())):
                    words.setdefault(known.path, set()).update(known.words)
                    for word in known.words:
                        named.setdefault(word, set()).add(key)
            upper: set[Key] = set()
            for path in self._exports.files.naming(words):
                if is_test(path):
                    continue
                there = self._named_in(path, named)
                heirs = (heir for key in there for heir in self._heirs.get(key, ()))
                more = {word for heir in heirs for word in heir.words}
                upper |= self._look(
                    _Place(path, there, more, self._exports, self._frameworks, self._spared)
                )
            frontier = upper - self._entered.keys()
            if not frontier:
                break
        reached = self._down()
        return {key: why for key, why in reached.items() if key in wanted}

    def _named_in(self, path: str, named: dict[str, set[Key]]) -> set[Key]:
        """Return those of the functions that a file names: few of many, which it keeps."""
        tree = self._exports.files.tree(path)
        words = named.keys() & set(_WORD.findall(tree.source.text)) if tree else ()
        return {key for word in words for key in named[word]}

    def _look(self, place: _Place) -> set[Key]:
        """Note what a file does with the frontier; return who calls it and is new."""
        for key, why in place.entered():
            self._entered[key] = _worse(self._entered.get(key), why)
        self._forever |= set(place.forever())
        new = set()
        for call in place.calls():
            self._calls.setdefault(call.caller, []).append(call)
            self._places.setdefault(call.caller, set()).add(_place(call.step.span))
            if call.caller not in self._seen:
                new.add(call.caller)
        for key, heir in place.heirs():
            if heir not in self._heirs.setdefault(key, set()):
                self._heirs[key].add(heir)
                new.add(key)  # who makes an object of a class that inherits it is looked for
        return new

    def _spared(self, key: Key, call: ast.expr) -> bool:
        """Tell whether a function takes and builds nothing for this call of it."""
        names = self._exports.names(key.path)
        if names is None or key.function not in names.functions:
            return False
        return spared(Member(names, key.function), call, self._places.get(key, ()))

    def _down(self) -> dict[Key, Recurrence | str]:
        reached = dict(self._entered)
        todo = [_ranked(why, key) for key, why in reached.items() if isinstance(why, Recurrence)]
        heapify(todo)
        while todo:
            key = heappop(todo)[-1]
            why = reached[key]
            assert isinstance(why, Recurrence)
            for call in self._calls.get(key, ()):
                now = under(why, call.guard, call.test)
                further = replace(now, chain=(*now.chain, call.step))
                if _worse(reached.get(call.callee), further) is further:
                    reached[call.callee] = further
                    heappush(todo, _ranked(further, call.callee))
        told = {key: self._named(key, why) for key, why in reached.items()}
        once = {key for key in self._called_forever() if isinstance(told.get(key, ""), str)}
        return told | dict.fromkeys(once, FOREVER)

    def _called_forever(self) -> set[Key]:
        """Return what loops that only end with their program call, and what that calls."""
        found, todo = set(self._forever), list(self._forever)
        while todo:
            callees = {call.callee for call in self._calls.get(todo.pop(), ())} - found
            found |= callees
            todo += callees
        return found

    def _named(self, key: Key, why: Recurrence | str) -> Recurrence | str:
        """End the chain at the function itself."""
        tree = self._exports.files.tree(key.path)
        names = self._exports.names(key.path)
        node = names.functions.get(key.function) if names else None
        if isinstance(why, str) or tree is None or node is None:
            return why
        start = tree.span(node).start
        column = start.column + len(
            "async def " if isinstance(node, ast.AsyncFunctionDef) else "def "
        )
        at = Span.at(key.path, start.line, column, len(node.name))
        return replace(why, chain=(*why.chain, Step(at, f"`{node.name}`, as often")))


def _worse(known: Recurrence | str | None, found: Recurrence | str) -> Recurrence | str:
    """Return the worse of two reasons, the one that is known where neither is."""
    if known is None:
        return found
    if isinstance(known, str) or isinstance(found, str):
        return found if isinstance(known, str) and isinstance(found, Recurrence) else known
    return found if rank(found) < rank(known) else known


def _ranked(why: Recurrence, key: Key) -> tuple[tuple[int, bool, float], int, Key]:
    return rank(why), len(why.chain), key


class _Place:
    """One file in which functions of a frontier may be called."""

    def __init__(
        self,
        path: str,
        frontier: set[Key],
        words: set[str],
        exports: Exports,
        frameworks: Frameworks,
        spared_: Callable[[Key, ast.expr], bool],
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
            self._elsewhere, self._spared,
        )  # fmt: skip

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
        return self._tells_another(call) or self._spared_of(key, call)

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

    def calls(self) -> Iterator[_Call]:
        """Yield the calls of functions of the frontier that are made here each time."""
        if self._tree is None:
            return
        for name in self._outline.functions:
            why = self._runs.get(name)
            if isinstance(why, str) and why not in COMMANDS:  # others may call a command
                continue
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
                    yield _Call(Key(self._path, name), callee, step, guard, test)

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
