"""Whether a function leaks: it is run in a world of fakes, in every way that it may fail."""

from __future__ import annotations
import __future__ as future

import ast
import inspect
import warnings
from asyncio import CancelledError
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, AbstractContextManager, suppress
from typing import Any

from tests.mutation.world import EndlessError, Thing, World, namespace

KEPT = {"contextmanager", "asynccontextmanager", "staticmethod", "classmethod", "property"}
SWEEPS = ((True, False), (False, False), (True, True), (False, True))


class CannotRunError(Exception):
    """The code does not run among fakes."""


class Oracle:
    """Runs functions of one module."""

    def __init__(
        self, text: str, name: str = "module", beside: Mapping[str, str] | None = None
    ) -> None:
        """Execute the module; raises `CannotRunError` where that does not work.

        `beside` are the texts of the modules of its project that it may import, by their names.
        """
        trees = {name: ast.parse(text) for name, text in (beside or {}).items()}
        tree = ast.parse(text)
        self._world = World(tuple(_exceptions(tree, *trees.values())), self._executed)
        self._trees = {name: tree, **trees}
        self._modules: dict[str, dict[str, Any]] = {}
        try:
            self._names = self._executed(name) or {}
        except (Exception, EndlessError) as error:
            raise CannotRunError(repr(error)) from error

    def _executed(self, name: str) -> dict[str, Any] | None:
        """Return the names of a module of the project, None where it has no such module."""
        if name in self._trees and name not in self._modules:
            tree = self._trees[name]
            for node in ast.walk(tree):
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                    node.decorator_list = [d for d in node.decorator_list if _last(d) in KEPT]
            names = self._modules[name] = namespace(self._world, name)
            flags = future.annotations.compiler_flag
            exec(compile(tree, name, "exec", flags, dont_inherit=True), names)
        is_package = any(one.startswith(f"{name}.") for one in self._trees)
        return self._modules.get(name, {} if is_package else None)

    def leaks(self, name: str) -> str:
        """Return how a function ("f", "Class.method") leaks, "" where it does not.

        Raises `CannotRunError` where it raises an error that nobody injected.
        """
        for answer, unlikely in SWEEPS:
            self._world.begin(-1, Exception, answer, unlikely)
            if self._left(name, plain=not unlikely):
                return "always"
            for at in range(self._world.events):
                for error in self._world.errors:
                    self._world.begin(at, error, answer, unlikely)
                    if self._left(name, plain=False):
                        return "on cancellation" if error is CancelledError else "on an error"
        return ""

    def _left(self, name: str, plain: bool) -> int:
        try:
            function = self._found(name)
            self._world.out.clear()
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # coroutines that nobody awaits
                self._run(function)
        except EndlessError:
            return 0
        except (Exception, SystemExit, CancelledError) as error:
            mine = isinstance(error, (TypeError, AttributeError, NameError, UnboundLocalError))
            if plain and mine:
                raise CannotRunError(repr(error)) from error
        return len(self._world.out)

    def _found(self, name: str) -> Callable[[], Any]:
        owner, _, last = name.rpartition(".")
        function = self._names[owner or last]
        if owner:
            function = getattr(function(*self._arguments(function.__init__, 1)), last)
        return lambda: function(*self._arguments(function, 0))

    def _arguments(self, function: Callable[..., Any], skip: int) -> list[Any]:
        if function is object.__init__:
            return []
        kinds = inspect.Parameter
        taken = (kinds.POSITIONAL_ONLY, kinds.POSITIONAL_OR_KEYWORD)
        parameters = list(inspect.signature(function).parameters.values())[skip:]
        return [self._argument(p.annotation) for p in parameters if p.kind in taken]

    def _argument(self, annotation: Any) -> Any:
        with suppress(Exception):
            kind = eval(annotation, self._names) if isinstance(annotation, str) else None
            if isinstance(kind, Thing):
                return kind()
        return Thing(self._world, "argument")

    def _run(self, function: Callable[[], Any]) -> None:
        """Call a function and go on with what it returns to its end."""
        running = self._to_its_end(function)
        try:
            running.send(None)
        except StopIteration:
            return
        running.close()
        raise CannotRunError("waits for something that no fake does")

    async def _to_its_end(self, function: Callable[[], Any]) -> None:
        result = function()
        if isinstance(result, AbstractAsyncContextManager) and not isinstance(result, Thing):
            async with result:
                self._world.event()
        elif isinstance(result, AbstractContextManager) and not isinstance(result, Thing):
            with result:
                self._world.event()
        elif inspect.isgenerator(result):
            for _ in result:
                pass
        elif inspect.isasyncgen(result):
            async for _ in result:
                pass
        elif inspect.iscoroutine(result):
            await result


def _exceptions(*trees: ast.Module) -> Iterator[str]:
    """Yield the names that must be exceptions, and are no built-ins."""
    for node in (node for tree in trees for node in ast.walk(tree)):
        match node:
            case ast.ExceptHandler(type=ast.expr() as kind):
                parts = kind.elts if isinstance(kind, ast.Tuple) else [kind]
                yield from (part.attr for part in parts if isinstance(part, ast.Attribute))
                yield from (part.id for part in parts if isinstance(part, ast.Name))
            case ast.Raise(exc=ast.Call(func=ast.Attribute(attr=name)) | ast.Attribute(attr=name)):
                yield name


def _last(decorator: ast.expr) -> str:
    node = decorator.func if isinstance(decorator, ast.Call) else decorator
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
