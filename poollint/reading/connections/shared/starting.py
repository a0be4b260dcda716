"""What a function starts and does not wait for: tasks, threads, and what is gathered together."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from poollint.facts.connections import Concurrency
from poollint.reading.naming.objects.instances import Member
from poollint.reading.naming.scopes.bindings import Binding, FunctionDef
from poollint.reading.naming.scopes.bodies import own_nodes
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import Shape, dotted, of_ast
from poollint.syntax.nodes import walk

_TASK = frozenset({"create_task", "ensure_future"})
_SOON = frozenset({"start_soon"})
_WRAPPING = frozenset({"shield", "wait_for"})
_TO_THREAD = frozenset({"to_thread", "run_in_threadpool", "sync_to_async", "run_sync"})
_GATHERING = frozenset({"asyncio.gather", "asyncio.wait", "asyncio.as_completed"})
_STARTING = _TASK | _SOON | {"submit", "map", "Thread", "run_in_executor"}
_ENDS = frozenset({"join", "result", "wait", "gather", "as_completed", "shutdown", "is_alive"})
_WAITING_BLOCKS = ("TaskGroup", "task_group", "open_nursery", "Executor")
# Who may wait for it instead: the caller, or what the function defines (a stream of an answer).
_LEFT_TO = (ast.Return, ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_HOPS = 3  # files that have it from others
LOOPS = (ast.For, ast.AsyncFor, ast.While)
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp)


@dataclass(frozen=True, slots=True)
class Spawn:
    """Something that is started and runs beside the function: `func` with its arguments.

    node    the call that starts it
    many    it is started again and again before the first has ended; `loop` the loop that does
    group   what starts it together with others, and waits for all
    """

    node: ast.expr
    func: ast.expr
    args: tuple[ast.expr, ...]
    keywords: tuple[ast.keyword, ...]
    at_once: Concurrency
    many: bool = False
    loop: ast.AST | None = None
    group: ast.AST | None = None


class Started:
    """What one function starts."""

    def __init__(self, member: Member) -> None:
        self.member = member

    @property
    def whole(self) -> FunctionDef | ast.Module:
        """The function itself; the module, where it has no name."""
        return self.member.names.functions.get(self.member.name, self.member.names.module)

    @cached_property
    def nodes(self) -> list[ast.AST]:
        """The nodes of the function, not of what is defined within."""
        return list(own_nodes(self.whole))

    @cached_property
    def above(self) -> dict[ast.AST, ast.AST]:
        """What each node of the function is part of."""
        nodes = [self.whole, *self.nodes]
        return {child: node for node in nodes for child in ast.iter_child_nodes(node)}

    @cached_property
    def calls(self) -> list[tuple[ast.Call, str, str]]:
        """The calls of the function: each with its qualified name, and the last part of it."""
        found = []
        for node in self.nodes:
            if isinstance(node, ast.Call):
                shape = of_ast(node.func)
                name = self.member.names.qualified(shape, self.member.name) or dotted(shape)
                last = node.func.attr if isinstance(node.func, ast.Attribute) else name
                found.append((node, name, last.rpartition(".")[2]))
        return sorted(found, key=lambda call: (call[0].lineno, call[0].col_offset))

    @property
    def starts(self) -> bool:
        """Tell whether the function starts anything: asked of each, so it is quick."""
        return any(name in _GATHERING or last in _STARTING for _, name, last in self.calls)

    # --- what it starts ----------------------------------------------------------------------

    def spawns(self) -> Iterator[Spawn]:
        """Yield what the function starts, those together that are gathered first."""
        gathered: set[ast.AST] = set()
        for call, name, _ in self.calls:
            if name in _GATHERING:
                args: Sequence[ast.expr] = call.args
                if not name.endswith("gather"):  # takes them in one list
                    args = [ast.Starred(arg) for arg in args[:1]]
                for spawn in self._elements(args, call):
                    gathered.add(spawn.node)
                    yield spawn
        for call, name, last in self.calls:
            if call not in gathered and not isinstance(self.above.get(call), ast.Await):
                yield from self._started(call, name, last)

    def _elements(self, args: Sequence[ast.expr], group: ast.Call) -> Iterator[Spawn]:
        """Yield what is awaited together: arguments, starred lists and comprehensions."""
        for arg in args:
            value = arg.value if isinstance(arg, ast.Starred) else arg
            match value:
                case ast.ListComp(elt=elt) | ast.GeneratorExp(elt=elt) | ast.SetComp(elt=elt):
                    yield from self._coroutine(elt, group, value)
                case ast.List(elts=elts) | ast.Tuple(elts=elts) | ast.Set(elts=elts):
                    yield from self._elements(elts, group)
                case ast.Name(id=name) if isinstance(arg, ast.Starred):
                    yield from self._collected(name, group)
                case ast.Name():
                    told = self.member.names.bound(of_ast(value), self.member.name)
                    if len(told) == 1 and isinstance(told[0].value, ast.Call):
                        yield from self._coroutine(told[0].value, group, None)
                case ast.Call(func=ast.Name(id="map"), args=[func, *_]):
                    yield Spawn(value, func, (), (), Concurrency.TASKS, True, value, group)
                case ast.Call():
                    yield from self._coroutine(value, group, None)

    def _collected(self, name: str, group: ast.Call) -> Iterator[Spawn]:
        """Yield what a list of the function collects, to be awaited together."""
        for node in self.nodes:
            match node:
                case ast.Assign(targets=[ast.Name(id=target)], value=value) if target == name:
                    if not isinstance(value, ast.Name | ast.Call):
                        yield from self._elements([ast.Starred(value)], group)
                case ast.Call(
                    func=ast.Attribute(value=ast.Name(id=of), attr="append"), args=[value]
                ) if of == name:
                    yield from self._coroutine(value, group, self.around(node, group))

    def _coroutine(self, node: ast.expr, group: ast.Call, loop: ast.AST | None) -> Iterator[Spawn]:
        if not isinstance(node, ast.Call):
            return
        last = dotted(of_ast(node.func)).rpartition(".")[2]
        if not last and isinstance(node.func, ast.Attribute):
            last = node.func.attr
        if last in _TASK | _WRAPPING:
            for inner in self._coroutine(node.args[0], group, loop) if node.args else ():
                yield Spawn(
                    node, inner.func, inner.args, inner.keywords, inner.at_once,
                    inner.many, inner.loop, group,
                )  # fmt: skip
            return
        args, at_once = list(node.args), Concurrency.TASKS
        func = node.func
        if last in _TO_THREAD or last == "run_in_executor":
            args = args[1:] if last == "run_in_executor" else args
            if not args:
                return
            func, args, at_once = args[0], args[1:], Concurrency.THREADS
        yield Spawn(
            node, func, tuple(args), tuple(node.keywords), at_once, loop is not None, loop, group
        )

    def _started(self, call: ast.Call, name: str, last: str) -> Iterator[Spawn]:
        """Yield what a call starts without waiting for it."""
        loop = self.around(call, None)
        if last in _TASK and call.args and isinstance(call.args[0], ast.Call):
            inner = call.args[0]
            yield self._spawn(call, inner.func, inner.args, inner.keywords, Concurrency.TASKS, loop)
        elif last in _SOON and call.args:
            yield self._spawn(call, call.args[0], call.args[1:], [], Concurrency.TASKS, loop)
        elif last == "run_in_executor" and len(call.args) > 1:
            func, *args = call.args[1:]
            yield self._spawn(call, func, args, [], Concurrency.THREADS, loop)
        elif last == "submit" and call.args and self._executor(call):
            func, *args = call.args
            yield self._spawn(call, func, args, call.keywords, Concurrency.THREADS, loop)
        elif last == "map" and call.args and self._executor(call):
            yield Spawn(call, call.args[0], (), (), Concurrency.THREADS, True, call)
        elif name in ("threading.Thread", "threading.Timer"):
            given = {k.arg: k.value for k in call.keywords if k.arg}
            func_ = given.get("target") or given.get("function")
            values = given.get("args")
            args = values.elts if isinstance(values, ast.Tuple | ast.List) else []
            if func_ is not None:
                yield self._spawn(call, func_, args, [], Concurrency.THREADS, loop)

    def _spawn(
        self, call: ast.Call, func: ast.expr, args: list[ast.expr], keywords: list[ast.keyword],
        at_once: Concurrency, loop: ast.AST | None,
    ) -> Spawn:  # fmt: skip
        many = loop is not None and not self.waits_within(call, loop)
        return Spawn(call, func, tuple(args), tuple(keywords), at_once, many, loop)

    def _executor(self, call: ast.Call) -> bool:
        """Tell whether a method is one of an executor of several threads."""
        if not isinstance(call.func, ast.Attribute):
            return False
        names, scope = self.member
        told = list(made_for(of_ast(call.func.value), scope, names))
        return bool(told) and all(_has_threads(*one) for one in told)

    def ancestors(self, node: ast.AST) -> Iterator[ast.AST]:
        """Yield what a node is part of, the innermost first."""
        at = self.above.get(node)
        while at is not None:
            yield at
            at = self.above.get(at)

    def around(self, node: ast.AST, group: ast.AST | None) -> ast.AST | None:
        """Return the innermost loop that a node runs in again and again, that `group` is not in."""
        around = set(self.ancestors(group)) if group is not None else set()
        for up in self.ancestors(node):
            if isinstance(up, (*LOOPS, *COMPREHENSIONS)):
                return up if up not in around else None
            if isinstance(up, ast.Await):
                return None
        return None

    def waits_within(self, call: ast.Call, loop: ast.AST) -> bool:
        """Tell whether what is started in a turn of a loop has ended before the next turn."""
        for up in self.ancestors(call):
            if up is loop:
                break
            if isinstance(up, ast.AsyncWith | ast.With):
                made = (dotted(of_ast(i.context_expr.func)) for i in up.items
                        if isinstance(i.context_expr, ast.Call))  # fmt: skip
                if any(
                    m.endswith(("TaskGroup", "task_group", "open_nursery", "Executor"))
                    for m in made
                ):
                    return True
        targets = self.targets(call)
        block = self._holder(call)
        return any(
            self._ends(node, targets)
            # what ends with the loop is started once
            or (isinstance(node, ast.Return | ast.Break) and self.above.get(node) is block)
            for node in walk(loop)
        )

    def _holder(self, node: ast.AST) -> ast.AST | None:
        """Return what the statement of a node stands in."""
        for up in self.ancestors(node):
            if isinstance(up, ast.stmt):
                return self.above.get(up)
        return None

    def targets(self, call: ast.AST) -> set[str]:
        """Return the names of what is started, or of the list it is put into."""
        found = set()
        for up in self.ancestors(call):
            match up:
                case ast.Assign(targets=targets):
                    found |= {dotted(of_ast(t)) for t in targets}
                case ast.Call(func=ast.Attribute(value=of, attr="append" | "add")):
                    found.add(dotted(of_ast(of)))
                case ast.stmt():
                    break
        return found - {""}

    def _each_of(self, several: str) -> Iterator[str]:
        """Yield the names that loops give to each of `several`: `for thread in threads:`."""
        for node in self.nodes:
            match node:
                case (
                    ast.For(target=ast.Name(id=name), iter=through)
                    | ast.comprehension(target=ast.Name(id=name), iter=through)
                ) if dotted(of_ast(through)) == several:
                    yield name

    def _ends(self, node: ast.AST, targets: set[str]) -> bool:
        """Tell whether a node waits for one of `targets`; for any, where nothing has a name."""
        match node:
            case ast.Await(value=value):
                return dotted(of_ast(value)) in targets or any(
                    isinstance(n, ast.Name) and n.id in targets for n in walk(value)
                )
            case ast.Call(func=ast.Attribute(value=of, attr=attr)) if attr in _ENDS:
                return (
                    not targets
                    or dotted(of_ast(of)) in targets
                    or any(dotted(of_ast(a)) in targets for a in node.args)
                )
        return False

    # --- which of them run together ------------------------------------------------------------

    def overlap(self, first: Spawn, second: Spawn) -> bool:
        """Tell whether the second starts before the first has ended."""
        if first.group is not None or second.group is not None:
            return first.group is second.group
        if self._arms(first.node, second.node):
            return False
        blocks = [self._block(s.node) for s in (first, second)]
        if blocks[0] is not blocks[1]:
            return False
        targets = self.targets(first.node)
        between = (
            n for n in self.nodes
            if isinstance(n, ast.expr) and first.node.lineno < n.lineno <= second.node.lineno
            and n is not second.node
        )  # fmt: skip
        return not any(self._ends(n, targets) for n in between)

    def is_waited_for(self, spawn: Spawn) -> bool:
        """Tell whether the function waits for what it starts, or leaves it to others to do so."""
        for up in self.ancestors(spawn.node):
            made = [i.context_expr for i in getattr(up, "items", ())]
            called = (dotted(of_ast(m.func)) for m in made if isinstance(m, ast.Call))
            if isinstance(up, ast.Await | ast.Return) or any(
                name.endswith(_WAITING_BLOCKS) for name in called
            ):
                return True
        targets = self.targets(spawn.node)
        targets |= {name for one in set(targets) for name in self._each_of(one)}
        after = (n for n in self.nodes if getattr(n, "lineno", 0) >= spawn.node.lineno)
        return any(
            (self._ends(n, targets) and n is not spawn.node)
            or (isinstance(n, _LEFT_TO) and _names(n) & targets)
            or (isinstance(n, ast.Attribute) and n.attr == "cancel" and _names(n) & targets)
            for n in after
        )

    def waits_after(self, spawn: Spawn) -> Iterator[ast.AST]:
        """Yield where the function waits for anything once something is started, in order."""
        start = (spawn.node.lineno, spawn.node.col_offset)
        waits = (n for n in self.nodes if isinstance(n, ast.Await | ast.AsyncFor | ast.AsyncWith))
        for node in sorted(waits, key=lambda n: (n.lineno, n.col_offset)):
            if (node.lineno, node.col_offset) > start and self.follows(spawn, node):
                yield node

    def follows(self, spawn: Spawn, node: ast.AST) -> bool:
        """Tell whether a later node may run when what is started has not ended yet."""
        if self._arms(spawn.node, node):
            return False
        around = set(self.ancestors(node))
        for up in self.ancestors(spawn.node):
            if up in around:
                return True
            for body in (getattr(up, "body", ()), getattr(up, "orelse", ())):
                last = body[-1] if isinstance(body, list) and body else None
                if isinstance(last, ast.Return | ast.Raise | ast.Continue | ast.Break):
                    return False
        return True

    def _block(self, node: ast.AST) -> ast.AST | None:
        """Return the `with` block around a node that waits for what is started in it."""
        return next(
            (u for u in self.ancestors(node) if isinstance(u, ast.With | ast.AsyncWith)), None
        )

    def _arms(self, first: ast.AST, second: ast.AST) -> bool:
        """Tell whether two nodes are never run one after the other: arms of an `if` or `try`."""
        ups = set(self.ancestors(first))
        for up in self.ancestors(second):
            if up in ups:
                if isinstance(up, ast.If | ast.Try | ast.Match | ast.IfExp):
                    return self._field(up, first) != self._field(up, second)
                return False
        return False

    def _field(self, up: ast.AST, node: ast.AST) -> str:
        while (above := self.above.get(node)) is not up and above is not None:
            node = above
        for name, value in ast.iter_fields(up):
            if node is value or (isinstance(value, list) and any(v is node for v in value)):
                return name
        return ""


def made_for(
    shape: Shape, scope: str, names: Names, hops: int = _HOPS
) -> Iterator[tuple[ast.Call, Binding, Names]]:
    """Yield the calls that a name, an attribute or what the application keeps is given."""
    kept = [(n, b) for group in names.kept(shape, scope) for n, at in group for b in n.state[at]]
    for there, binding in kept or [(names, b) for b in names.bound(shape, scope)]:
        if isinstance(binding.value, ast.Call):
            yield binding.value, binding, there
    elsewhere = names.imported(shape, scope) if hops else None
    if elsewhere is not None:
        yield from made_for(elsewhere[1], "", elsewhere[0], hops - 1)


def _has_threads(call: ast.Call, binding: Binding, names: Names) -> bool:
    """Tell whether a call makes an executor of several threads."""
    made = names.qualified(of_ast(call.func), binding.where)
    sizes = [*call.args[:1], *(k.value for k in call.keywords if k.arg == "max_workers")]
    one = any(isinstance(s, ast.Constant) and s.value == 1 for s in sizes)
    return made.endswith("ThreadPoolExecutor") and not one


def _names(node: ast.AST) -> set[str]:
    return {n.id for n in walk(node) if isinstance(n, ast.Name)}
