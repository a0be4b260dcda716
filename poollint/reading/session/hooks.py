"""Functions that are registered to run for each new connection."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import NamedTuple

from poollint.catalog.session import Hook, sessions
from poollint.model.finding import Step
from poollint.reading.naming.objects.origin import Origin, Origins
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.outline import own_nodes
from poollint.reading.naming.scopes.shapes import of_ast
from poollint.reading.naming.values.strings import argument
from poollint.syntax.python import PythonTree, Unit

_SCREEN = re.compile(r"listens_for|\blisten\(|connection_created|\b(?:configure|init|setup)\s*=")
_OF_ENGINES = frozenset({"sync_engine", "pool"})  # what events of an engine may be asked of
_LABEL = "runs for each new connection"


class Hooked(NamedTuple):
    """What registers a function, and where the connections lead that it is run for."""

    step: Step
    origin: Origin | None


def hooked(unit: Unit, names: Names) -> dict[str, Hooked]:
    """Return what registers functions of the file, by their qualified names."""
    known: dict[str, Hooked] | None = names.memory.get("session hooks")
    if known is None:
        known = {}
        if _SCREEN.search(unit.source.text):
            known = dict(_Finder(unit, names).found())
        names.memory["session hooks"] = known
    return known


class _Finder:
    def __init__(self, unit: Unit, names: Names) -> None:
        self._names = names
        self._origins = Origins(unit, names)
        self._tree = PythonTree(unit.source, ast.Module([], []))

    def found(self) -> Iterator[tuple[str, Hooked]]:
        """Yield the functions that anything registers."""
        for name, function in self._names.functions.items():
            scope = name.rpartition(".")[0].removesuffix(".<locals>")
            for decorator in function.decorator_list:
                if isinstance(decorator, ast.Call):
                    hook = self._registering(decorator, scope)
                    if hook is not None:
                        yield name, self._hooked(decorator, scope, hook)
        for scope, around in (("", self._names.module), *self._names.functions.items()):
            for node in own_nodes(around):
                if isinstance(node, ast.Call):
                    yield from self._by_call(node, scope)

    def _by_call(self, call: ast.Call, scope: str) -> Iterator[tuple[str, Hooked]]:
        hook = self._registering(call, scope)
        given = argument(call, hook.function) if hook is not None and hook.function >= 0 else None
        if hook is not None and given is not None:
            name = self._names.function(of_ast(given), scope)
            if name:
                yield name, self._hooked(call, scope, hook)
        api = self._names.api(of_ast(call.func), scope)
        if api is None or api.kind != "pool":
            return
        for other in sessions().hooks:
            for keyword in call.keywords if other.package == api.driver else ():
                name = self._names.function(of_ast(keyword.value), scope)
                if keyword.arg in other.arguments and name:
                    at = self._tree.span(keyword.value)
                    origin = self._origins.of_call(call, scope, self._tree.span(call))
                    yield name, Hooked(Step(at, _LABEL), origin)

    def _registering(self, call: ast.Call, scope: str) -> Hook | None:
        """Return the hook that a call, or a decorator, registers for."""
        name = self._names.qualified(of_ast(call.func), scope)
        for hook in sessions().hooks if name else ():
            if name in hook.calls and (hook.event < 0 or self._event(call, scope, hook)):
                return hook
        return None

    def _event(self, call: ast.Call, scope: str, hook: Hook) -> bool:
        given = argument(call, hook.event)
        if isinstance(given, ast.Constant):
            return given.value in hook.events
        return self._names.qualified(of_ast(given), scope) in hook.events

    def _hooked(self, call: ast.Call, scope: str, hook: Hook) -> Hooked:
        target = argument(call, hook.target) if hook.target >= 0 else None
        while isinstance(target, ast.Attribute) and target.attr in _OF_ENGINES:
            target = target.value
        at = self._tree.span(call)
        origin = self._origins.of(target, scope, at) if target is not None else None
        return Hooked(Step(at, _LABEL), origin)
