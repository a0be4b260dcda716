"""What runs as a process loads an application, and the server sessions that stay open after it.

From the module that is loaded over its imports, and into the functions of the project that are
called while modules are imported. Only what runs for sure counts: not what stands under an `if`,
in a handler of exceptions, or in a function that is a coroutine or a generator.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from posixpath import dirname
from types import MappingProxyType

from poollint.facts.forking import Kept
from poollint.model.finding import Step
from poollint.model.source import Span
from poollint.reading.naming.files.exports import Exports
from poollint.reading.naming.objects.instances import Member, function, project_class
from poollint.reading.naming.scopes.bindings import SELF, FunctionDef
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import Attribute, Name, Shape, dotted, of_ast
from poollint.reading.running.connecting import Holder, builder, connects, held, kept
from poollint.reading.running.left_out import LeftOut, left_out, standing
from poollint.syntax.nodes import walk

MAX_DEPTH = 60  # imports and calls within each other
MAX_FILES = 3_000
_ENDS = frozenset({"close", "closeall", "dispose", "terminate"})


@dataclass(frozen=True, slots=True)
class Opened:
    """Sessions that loading opens and keeps, and how it comes to that.

    `type` is the catalog's id of a connection, `built` the call that builds the pool or engine
    and the file it stands in, None for a connection.
    """

    holder: Holder
    kept: Kept
    type: str
    span: Span
    scope: str
    built: tuple[str, ast.Call] | None
    steps: tuple[Step, ...]


@dataclass(slots=True)
class Loaded:
    """What was loaded.

    files   their paths, each with the imports that lead to it, in the order in which they end
    ran     the functions that ran
    opened  what is open at the end, by what holds it
    """

    files: dict[str, tuple[Step, ...]] = field(default_factory=dict)
    ran: set[tuple[str, str]] = field(default_factory=set)
    opened: dict[Holder, Opened] = field(default_factory=dict)


def load(exports: Exports, path: str, factory: str = "") -> Loaded:
    """Return what loading the file at `path` does; `factory` is a function called after it."""
    run = _Run(exports)
    run.file(path, ())
    names = exports.names(path)
    if factory and names is not None:
        found = function(Name(factory), "", names)
        if found is not None:
            run.function(found, (), None)
    return run.loaded


def load_until(exports: Exports, path: str, scope: str, call: ast.Call) -> Loaded:
    """Return what running the file at `path` does before it comes to `call` in a function.

    `if __name__ == "__main__":` holds. Where that does not lead to the function for sure, it is
    what importing the file and calling the function does.
    """
    names, tree = exports.names(path), exports.files.tree(path)
    for mains in (True, False):
        run = _Run(exports, call)
        run.file(path, ())
        if names is None or tree is None:
            break
        for guard in tree.module.body if mains else ():
            if isinstance(guard, ast.If) and "__name__" in ast.unparse(guard.test):
                run.body(guard.body, names)
        found = Member(names, scope)
        if not mains and scope in names.functions:
            run.function(found, (), None)
        if run.stopped:
            break
    return run.loaded


def executed(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the statements of a body that run for sure, those within blocks after their block."""
    for statement in body:
        yield statement
        if isinstance(statement, ast.With | ast.For | ast.ClassDef) or (
            isinstance(statement, ast.While) and isinstance(statement.test, ast.Constant)
        ):
            yield from executed(statement.body)
        elif isinstance(statement, ast.Try | ast.TryStar):
            for part in (statement.body, statement.orelse, statement.finalbody):
                yield from executed(part)
        elif isinstance(statement, ast.Return | ast.Raise):
            return


def calls(statement: ast.stmt) -> Iterator[ast.Call]:
    """Yield the calls that a statement makes itself, the inner ones first."""
    parts: list[ast.AST] = [statement]
    if isinstance(statement, FunctionDef | ast.ClassDef | ast.If | ast.While):
        parts = []
    elif isinstance(statement, ast.With):
        parts = [item.context_expr for item in statement.items]
    elif isinstance(statement, ast.For):
        parts = [statement.iter]
    elif isinstance(statement, ast.Try | ast.TryStar | ast.AsyncWith | ast.AsyncFor):
        parts = []
    found: list[ast.Call] = []
    while parts:
        node = parts.pop()
        if isinstance(node, ast.Lambda | FunctionDef | ast.IfExp | ast.BoolOp):
            continue
        if isinstance(node, ast.Call):
            found.append(node)
        parts += ast.iter_child_nodes(node)
    yield from reversed(found)


class _Run:
    def __init__(self, exports: Exports, until: ast.Call | None = None) -> None:
        self.loaded = Loaded()
        self.stopped = False  # at the call `until`
        self._until = until
        self._exports = exports
        self._depth = 0
        self._left: LeftOut = {}  # by the call of the function that runs
        self._with: set[tuple[str, str, frozenset[str]]] = set()  # functions, and what was left

    def file(self, path: str, steps: tuple[Step, ...]) -> None:
        """Import a file, once."""
        known = self.loaded.files
        tree = self._exports.files.tree(path)
        names = self._exports.names(path)
        too_far = self._depth > MAX_DEPTH or len(known) > MAX_FILES
        if path in known or tree is None or names is None or too_far:
            return
        known[path] = steps
        self._depth += 1
        before, self._left = self._left, {}
        self._body(tree.module.body, names, "", steps, None)
        self._left = before
        self._depth -= 1
        known[path] = known.pop(path)  # it ends after all that it imports

    def body(self, body: list[ast.stmt], names: Names) -> None:
        """Run statements of a module."""
        self._body(body, names, "", (), None)

    def function(
        self, member: Member, steps: tuple[Step, ...], holder: Holder | None,
        left: LeftOut = MappingProxyType({}),
    ) -> None:  # fmt: skip
        """Run a function of the project, once for what a call leaves to its defaults.

        `holder` is what holds its object.
        """
        key = (member.names.outside.path, member.name)
        node = member.names.functions[member.name]
        again = (*key, frozenset(left)) in self._with and holder is None
        if again or self._depth > MAX_DEPTH or not _runs_when_called(node):
            return
        self._with.add((*key, frozenset(left)))
        self.loaded.ran.add(key)
        self._depth += 1
        before, self._left = self._left, left
        self._body(node.body, member.names, member.name, steps, holder)
        self._left = before
        self._depth -= 1

    def _body(
        self, body: list[ast.stmt], names: Names, scope: str, steps: tuple[Step, ...],
        holder: Holder | None,
    ) -> None:  # fmt: skip
        for statement in executed(body):
            if self.stopped:
                return
            if isinstance(statement, ast.Import | ast.ImportFrom):
                self._import(statement, names, steps)
                continue
            if isinstance(statement, ast.If):
                self._perhaps_ended(statement, names, scope)
            for call in calls(statement):
                self.stopped |= call is self._until
                if self.stopped:
                    return
                self._call(call, statement, names, scope, steps, holder)

    # --- Imports ---

    def _import(
        self, node: ast.Import | ast.ImportFrom, names: Names, steps: tuple[Step, ...]
    ) -> None:
        path = names.outside.path
        for name in _imported(node):
            found = self._exports.files.find(path, name)
            if found is None or found[0] == path:
                continue
            step = Step(self._span(path, node), f"imports `{_module(found[0])}`")
            for package in reversed(list(self._packages(found[0]))):
                self.file(package, (*steps, step))
            self.file(found[0], (*steps, step))

    def _packages(self, path: str) -> Iterator[str]:
        """Yield the packages around a module, the nearest first: they are imported before it."""
        folder = dirname(path)
        while folder:
            package = f"{folder}/__init__.py"
            if package != path:
                if self._exports.files.tree(package) is None:
                    return
                yield package
            folder = dirname(folder)

    # --- Calls ---

    def _call(
        self, call: ast.Call, statement: ast.stmt, names: Names, scope: str,
        steps: tuple[Step, ...], holder: Holder | None,
    ) -> None:  # fmt: skip
        shape = of_ast(call)
        callee = of_ast(call.func)
        target = self._target(call, statement, names, scope, holder)
        if self._ended(callee, scope, names):
            return
        engine = connects(call, callee, scope, names, self._exports, self._left)
        if engine is not None:
            self._used(engine, call, names, scope, steps)
        if (
            target is not None
            and not engine
            and self._opens(shape, target, call, names, scope, steps)
        ):
            return
        self._enter(call, callee, names, scope, steps, target)

    def _enter(
        self, call: ast.Call, callee: Shape, names: Names, scope: str, steps: tuple[Step, ...],
        target: Holder | None,
    ) -> None:  # fmt: skip
        """Go into a function or class of the project that is called."""
        cls = project_class(callee, scope, names)
        made = function(Attribute(callee, "__init__"), scope, names) if cls else None
        member = made or (None if cls else function(callee, scope, names))
        if member is None:
            return
        text = dotted(callee).rpartition(".")[2]
        step = Step(self._span(names.outside.path, call), f"calls `{text}`")
        of = Holder(target.path, target.name, member.name.rpartition(".")[0]) if target else None
        self.function(member, (*steps, step), of if made else None, left_out(call, member))

    def _target(
        self, call: ast.Call, statement: ast.stmt, names: Names, scope: str, holder: Holder | None
    ) -> Holder | None:
        """Return what the value of a call is kept in, None where nothing is known to keep it."""
        target: ast.expr | None = None
        if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
            target = statement.targets[0]
        elif isinstance(statement, ast.AnnAssign):
            target = statement.target
        if getattr(statement, "value", None) is not call:
            return None
        path = names.outside.path
        if isinstance(target, ast.Name):
            lasts = not scope or target.id in names.scope(scope).elsewhere
            return Holder(path, target.id) if lasts else None
        if not (isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name)):
            return None
        if holder is None or target.value.id not in SELF:
            return None
        return Holder(holder.path, f"{holder.name}.{target.attr}", holder.cls)

    def _opens(
        self, shape: Shape, target: Holder, call: ast.Call, names: Names, scope: str,
        steps: tuple[Step, ...],
    ) -> bool:  # fmt: skip
        """Note what the value of a call keeps open."""
        keeps = kept(shape, scope, names)
        api = names.api(of_ast(call.func), scope)
        if keeps is None or (api is not None and api.kind == "acquire"):
            return False  # what a pool lends is the pool's
        path = names.outside.path
        span = self._span(path, call)
        noun = "the pool opens its sessions" if keeps is Kept.POOL else "a session is opened"
        built = builder(call, names, scope) if keeps is Kept.POOL else None
        if keeps is Kept.POOL and built is None:
            return False
        step = Step(span, f"{noun} here, before the fork")
        self.loaded.opened[target] = Opened(
            target, keeps, names.type(shape, scope), span, scope, built, (*steps, step)
        )
        return True

    def _perhaps_ended(self, statement: ast.If, names: Names, scope: str) -> None:
        """Take out what is closed under a condition: `if conn is not None: conn.close()`."""
        if "__name__" in ast.unparse(statement.test):
            return  # another run of the file
        for part in statement.body:
            for inner in executed([part]):
                for call in calls(inner):
                    self._ended(of_ast(call.func), scope, names)

    def _ended(self, callee: Shape, scope: str, names: Names) -> bool:
        """Take out what a call closes."""
        if not isinstance(callee, Attribute) or callee.name not in _ENDS:
            return False
        holder = held(*standing(callee.of, scope, self._left), names, self._exports)
        found = [h for h in self.loaded.opened if h == holder or h.name == dotted(callee.of)]
        for one in found:
            del self.loaded.opened[one]
        return bool(found)

    def _used(
        self, holder: Holder, call: ast.Call, names: Names, scope: str, steps: tuple[Step, ...]
    ) -> None:
        there = self._exports.names(holder.path)
        bound = there.bound(Name(holder.name), "") if there else ()
        values = [b for b in bound if b.how == "=" and isinstance(b.value, ast.Call)]
        if there is None or len(values) != 1 or holder in self.loaded.opened:
            return
        made = values[0].value
        assert isinstance(made, ast.Call)
        built = builder(made, there, values[0].where)
        if built is None:
            return
        span = self._span(names.outside.path, call)
        engine = Step(self._span(*built), f"builds `{holder.name}`")
        step = Step(span, "a session is opened here, before the fork, and the engine keeps it")
        self.loaded.opened[holder] = Opened(
            holder, Kept.ENGINE, "", span, scope, built, (*steps, engine, step)
        )

    def _span(self, path: str, node: ast.expr | ast.stmt) -> Span:
        tree = self._exports.files.tree(path)
        assert tree is not None  # its names are known
        return tree.span(node)


def _runs_when_called(node: FunctionDef) -> bool:
    if isinstance(node, ast.AsyncFunctionDef):
        return False
    return not any(isinstance(inner, ast.Yield | ast.YieldFrom) for inner in walk(node))


def _imported(node: ast.Import | ast.ImportFrom) -> Iterator[str]:
    """Yield the qualified names that an import may load a file for."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
        return
    prefix = "." * node.level + (f"{node.module}." if node.module else "")
    if node.module:
        yield prefix[:-1]
    yield from (prefix + alias.name for alias in node.names if alias.name != "*")


def _module(path: str) -> str:
    """Return what a reader calls the module at `path`."""
    return path.removesuffix("/__init__.py").removesuffix(".py").rpartition("/")[2]
