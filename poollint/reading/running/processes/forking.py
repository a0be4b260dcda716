"""Child processes that code forks itself, and the server sessions that they inherit and use.

`os.fork`, `multiprocessing` and `ProcessPoolExecutor`, in one file. It counts where several
children use one session, or a child and its parent.

Source: Python 3.13 and 3.14, "multiprocessing", on start methods.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from poollint.facts.code import Pool
from poollint.facts.forking import Forker, Inherited, Kept
from poollint.model.finding import Confidence, Step
from poollint.model.source import Position
from poollint.reading.naming.scopes.bindings import parameters
from poollint.reading.naming.scopes.bodies import is_none
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.outline import own_nodes
from poollint.reading.naming.scopes.shapes import Attribute, Called, Name, of_ast
from poollint.reading.running.processes.earlier import Within, asked_of, earlier
from poollint.syntax.nodes import walk
from poollint.syntax.python import PythonTree

_MAY_FORK = re.compile(r"\bmultiprocessing\b|\bProcessPoolExecutor\b|\bbilliard\b|\bos\.fork\b")
WORDS = ("multiprocessing", "ProcessPoolExecutor", "billiard", "num_workers")  # what may fork
_OTHERWISE = re.compile(r"[\"'](?:spawn|forkserver)[\"']|register_at_fork|getpid")
POOLS = frozenset(
    """multiprocessing.Pool multiprocessing.pool.Pool billiard.Pool billiard.pool.Pool
    concurrent.futures.ProcessPoolExecutor concurrent.futures.process.ProcessPoolExecutor""".split()
)
PROCESSES = frozenset(
    "multiprocessing.Process multiprocessing.context.Process billiard.Process".split()
)
HANDS_ON = frozenset(
    """map map_async imap imap_unordered starmap starmap_async apply apply_async submit
    run_in_executor""".split()
)
_CONNECTS = frozenset({"connect", "begin", "execute", "raw_connection", "scalar"})
_GIVEN = frozenset({"create_all", "drop_all", "reflect", "inspect", "read_sql", "read_sql_query",
                    "read_sql_table", "to_sql"})  # fmt: skip
_ENDS = frozenset({"close", "closeall", "closed", "dispose", "terminate"})
_ANEW = frozenset({"dispose", "open"})  # what a child does to have sessions of its own
_LOOPS = (ast.For, ast.While, ast.AsyncFor, ast.ListComp, ast.GeneratorExp, ast.SetComp)
_THREADED = "psycopg_pool"  # not even one child has its threads
_CALLS = 50  # functions that one child leads to
Pools = Mapping[Position, Pool]


@dataclass(frozen=True, slots=True)
class _Fork:
    """A call that forks: in which scope, what the child runs, and with which arguments.

    `several` children run the same; `child` holds the child's statements after `os.fork`.
    """

    forker: Forker
    scope: str
    call: ast.Call
    work: str = ""
    given: tuple[ast.expr, ...] = ()
    several: bool = False
    child: tuple[ast.stmt, ...] = ()


@dataclass(frozen=True, slots=True)
class _Open:
    """What is open at the fork, where that was opened, and what it is called there."""

    name: str
    kept: Kept
    driver: str
    at: ast.expr


def may_fork(text: str) -> bool:
    """Tell whether a file can fork at all, and leaves it to Python how."""
    return bool(_MAY_FORK.search(text)) and not otherwise(text)


def otherwise(text: str) -> bool:
    """Tell whether a file may say how processes start, or what a child does first."""
    return bool(_OTHERWISE.search(text))


def forked(tree: PythonTree, names: Names, pools: Pools) -> tuple[Inherited, ...]:
    """Return what children that the file forks inherit open and use; `pools` by where they start.

    What another file opens is not among them.
    """
    found = _Forks(tree, names, pools)
    unique = {(one.span, one.name): one for fork in found.forks() for one in found.of(fork)}
    return tuple(unique.values())


class _Forks:
    def __init__(self, tree: PythonTree, names: Names, pools: Pools) -> None:
        self._tree = tree
        self._names = names
        self._pools = pools

    # --- Where it forks ---

    def forks(self) -> Iterator[_Fork]:
        """Yield the forks of the file."""
        for scope, body in self._bodies():
            for call, loops in _calls(body):
                name = self._names.qualified(of_ast(call.func), scope)
                if name == "os.fork":
                    child = tuple(_child(body, call))
                    yield _Fork(Forker.FORK, scope, call, several=loops, child=child)
                elif name in PROCESSES:
                    yield from self._process(call, scope, loops)
                elif name in POOLS and not starts_anew(call) and not is_one(call):
                    yield from self._pool(call, scope, body)

    def _bodies(self) -> Iterator[tuple[str, ast.AST]]:
        yield "", self._tree.module
        yield from self._names.functions.items()

    def _process(self, call: ast.Call, scope: str, loops: bool) -> Iterator[_Fork]:
        told = {keyword.arg: keyword.value for keyword in call.keywords}
        work = self._function(told.get("target"), scope)
        given = told.get("args")
        if work:
            values = tuple(given.elts) if isinstance(given, ast.Tuple | ast.List) else ()
            yield _Fork(Forker.PROCESSES, scope, call, work, values, several=loops)

    def _pool(self, call: ast.Call, scope: str, body: ast.AST) -> Iterator[_Fork]:
        """Yield what a pool of processes, made by `call`, is given to run."""
        variables = {name for name, value in _assigned(body) if value is call}
        for other, _ in _calls(body):
            func = other.func
            if not isinstance(func, ast.Attribute) or func.attr not in HANDS_ON:
                continue
            first, rest = func.value, other.args
            if func.attr == "run_in_executor" and rest:
                first, rest = rest[0], rest[1:]
            mine = first is call or (isinstance(first, ast.Name) and first.id in variables)
            work = self._function(rest[0], scope) if mine and rest else ""
            if work:
                yield _Fork(Forker.PROCESSES, scope, call, work, several=True)

    def _function(self, node: ast.expr | None, scope: str) -> str:
        if isinstance(node, ast.Call) and node.args:  # partial(work, …)
            name = self._names.qualified(of_ast(node.func), scope)
            node = node.args[0] if name == "functools.partial" else None
        return self._names.function(of_ast(node), scope) if node is not None else ""

    # --- What is open then, and used in the child ---

    def of(self, fork: _Fork) -> Iterator[Inherited]:
        """Yield what the children of one fork inherit and use."""
        for name, used in self._uses(fork):
            opened = self._opened(name, fork)
            if opened is None or not (
                fork.several or opened.driver == _THREADED or self._parent_uses(name, fork)
            ):
                continue
            if opened.name != name and opened.name in self._renewed(fork.work):
                continue  # the engine of a session factory
            span = self._tree.span(opened.at)
            child = "the child uses" if fork.child else "each child uses"
            steps = (
                Step(span, "a session is opened here"),
                Step(self._tree.span(fork.call), "the process forks"),
                Step(self._tree.span(used), f"{child} `{ast.unparse(used)}`"),
            )
            sure = Confidence.HIGH if fork.forker is Forker.FORK else Confidence.MEDIUM
            yield Inherited(
                span, opened.kept, opened.name, opened.driver, fork.forker, steps, fork.scope, sure
            )  # fmt: skip

    def _uses(self, fork: _Fork) -> Iterator[tuple[str, ast.expr]]:
        """Yield the names of the parent that a child uses, each where it does first."""
        found: dict[str, ast.expr] = {}
        if fork.child:
            for statement in fork.child:
                for node in _loads(statement):
                    found.setdefault(node.id, node)
        elif fork.work:
            found = self._outer(fork)
            function = self._names.functions[fork.work]
            arguments = parameters(function.args)
            for value, argument in zip(fork.given, arguments, strict=False):
                loads = [n for n in _loads(function) if n.id == argument.arg]
                if isinstance(value, ast.Name) and loads:
                    found.setdefault(value.id, loads[0])
        yield from found.items()

    def _outer(self, fork: _Fork) -> dict[str, ast.expr]:
        """Return the names of the module, or of the function that forks, that a child uses.

        As it finds them: not those of which it has sessions of its own.
        """
        found: dict[str, ast.expr] = {}
        for name in self._reached(fork.work):
            for load in _loads(self._names.functions[name]):
                holder = self._names.scope(name).holder(load.id)
                if holder is not None and holder.name in ("", fork.scope) and holder.name != name:
                    found.setdefault(load.id, load)
        anew = self._renewed(fork.work)
        return {name: node for name, node in found.items() if name not in anew}

    def _renewed(self, work: str) -> set[str]:
        """Return the names of which a child has sessions of its own: `engine.dispose()`."""
        calls = (c for name in self._reached(work) for c, _ in _calls(self._names.functions[name]))
        return {
            call.func.value.id
            for call in calls
            if isinstance(call.func, ast.Attribute)
            and isinstance(call.func.value, ast.Name)
            and call.func.attr in _ANEW
        }

    def _reached(self, work: str) -> list[str]:
        """Return the functions of the file that a child runs, that it begins with first."""
        found = [work] if work else []
        for name in found:
            for call, _ in _calls(self._names.functions[name]):
                callee = self._names.function(of_ast(call.func), name)
                if callee and callee not in found and len(found) < _CALLS:
                    found.append(callee)
        return found

    def _opened(self, name: str, fork: _Fork) -> _Open | None:
        """Return what `name` holds open at the fork."""
        holder = self._names.scope(fork.scope).holder(name)
        bound = holder.bound[name] if holder else []
        values = [b for b in bound if not (b.how in ("=", ":") and is_none(b.value))]
        values = [b for b in values if b.how != ":"]
        if len(values) != 1 or values[0].how not in ("=", "with") or values[0].value is None:
            return None
        value, where = values[0].value, values[0].where
        if where not in ("", fork.scope) or (where == fork.scope and not _before(value, fork.call)):
            return None
        if self._touched(name, fork, _ENDS):
            return None
        return self._kept(name, value, where, fork)

    def _kept(self, name: str, value: ast.expr, where: str, fork: _Fork) -> _Open | None:
        shape = of_ast(value)
        of = self._names.catalog.types.get(self._names.type(shape, where))
        if of is None or "async" in of.id or not isinstance(value, ast.Call):
            return None
        if of.role == "connection":
            return _Open(name, Kept.CONNECTION, of.driver, value)
        if of.role == "session-factory":
            return self._factory(name, value, where, fork)
        pool = self._pools.get(self._tree.span(value).start)
        if pool is None or not pool.pooled:
            return None
        if of.role == "pool" and pool.eager and _fills(pool):
            return _Open(name, Kept.POOL, pool.driver, value)
        used = self._touched(name, fork, _CONNECTS) if of.id == "sqlalchemy.engine" else None
        return _Open(name, Kept.ENGINE, pool.driver, used) if used is not None else None

    def _factory(self, name: str, made: ast.Call, where: str, fork: _Fork) -> _Open | None:
        """Return the engine of a session factory that has made a session which asked something."""
        told = [k.value for k in made.keywords if k.arg == "bind"] + made.args[:1]
        engine = told[0].id if told and isinstance(told[0], ast.Name) else ""
        bound = self._names.bound(Name(engine), where) if engine else ()
        value = bound[0].value if len(bound) == 1 else None
        pool = self._pools.get(self._tree.span(value).start) if value is not None else None
        if pool is None or not pool.pooled or self._touched(engine, fork, _ENDS):
            return None
        for call, scope in self._made(name, fork):
            if isinstance(call.func, ast.Name) and call.func.id == name:
                body = self._names.functions[scope] if scope else self._tree.module
                asked = asked_of(call, body)
                if asked is not None and (scope != fork.scope or _before(asked, fork.call)):
                    return _Open(engine, Kept.ENGINE, pool.driver, asked)
        return None

    def _touched(self, name: str, fork: _Fork, methods: frozenset[str]) -> ast.expr | None:
        """Return the call on `name`, before the fork, of one of these methods."""
        for call, _ in self._made(name, fork):
            if _is_method(call, name, methods):
                return call
            given = methods is _CONNECTS and _last(call) in _GIVEN
            values = (*call.args, *(k.value for k in call.keywords)) if given else ()
            if any(isinstance(v, ast.Name) and v.id == name for v in values):
                return call
        return None

    def _made(self, name: str, fork: _Fork) -> Iterator[Within]:
        """Yield the calls before the fork where `name` stands for what it does there."""
        for scope in dict.fromkeys(("", fork.scope)):
            body = self._names.functions[scope] if scope else self._tree.module
            for call, _ in _calls(body):
                if scope != fork.scope or _before(call, fork.call):
                    yield call, scope
        own = self._names.scope(fork.scope).holder(name)
        for call, scope in earlier(fork.call, fork.scope, self._names):
            if self._names.scope(scope).holder(name) is own:
                yield call, scope

    def _parent_uses(self, name: str, fork: _Fork) -> bool:
        """Tell whether the parent goes on to use it."""
        body = self._names.functions[fork.scope] if fork.scope else self._tree.module
        child = {id(n) for statement in fork.child for n in walk(statement)}
        own = {id(n) for n in walk(fork.call)}
        return any(
            node.id == name and id(node) not in child | own and not _before(node, fork.call)
            for node in _loads(body)
        )


def _calls(body: ast.AST) -> Iterator[tuple[ast.Call, bool]]:
    """Yield the calls of a function's own body, and whether each stands in a loop."""
    stack: list[tuple[ast.AST, bool]] = [(body, False)]
    while stack:
        node, loops = stack.pop()
        if isinstance(node, ast.Call):
            yield node, loops
        if node is not body and isinstance(
            node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda
        ):
            continue
        inner = loops or isinstance(node, _LOOPS)
        stack += [(child, inner) for child in reversed(list(ast.iter_child_nodes(node)))]


def _loads(body: ast.AST) -> Iterator[ast.Name]:
    """Yield the names that a body uses itself, besides closing what they hold."""
    nodes = [body, *own_nodes(body)]
    ends = {id(n.value) for n in nodes if isinstance(n, ast.Attribute) and n.attr in _ENDS}
    for node in nodes:
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and id(node) not in ends:
            yield node


def _assigned(body: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    for node in own_nodes(body):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            yield node.targets[0].id, node.value
        elif isinstance(node, ast.With | ast.AsyncWith):
            for item in node.items:
                if isinstance(item.optional_vars, ast.Name):
                    yield item.optional_vars.id, item.context_expr


def _child(body: ast.AST, call: ast.Call) -> Iterator[ast.stmt]:
    """Yield what only the child runs: `if os.fork() == 0:`, `if pid == 0:`, `if not pid:`."""
    pids = {name for name, value in _assigned(body) if value is call}
    for node in own_nodes(body):
        if not isinstance(node, ast.If):
            continue
        match node.test:
            case ast.Compare(left=left, ops=[ast.Eq()], comparators=[ast.Constant(value=0)]):
                asked = left
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                asked = operand
            case _:
                continue
        if asked is call or (isinstance(asked, ast.Name) and asked.id in pids):
            yield from node.body


def starts_anew(call: ast.Call) -> bool:
    """Tell whether each child is prepared, or how it starts is chosen."""
    told = {keyword.arg for keyword in call.keywords}
    return bool(told & {"initializer", "mp_context", "context", None}) or len(call.args) > 1


def is_one(call: ast.Call) -> bool:
    names = ("processes", "max_workers")
    values = [k.value for k in call.keywords if k.arg in names] or call.args[:1]
    return any(isinstance(v, ast.Constant) and v.value == 1 for v in values)


def _is_method(call: ast.Call, name: str, methods: frozenset[str]) -> bool:
    shape = of_ast(call)
    return (
        isinstance(shape, Called)
        and isinstance(shape.callee, Attribute)
        and shape.callee.name in methods
        and shape.callee.of == Name(name)
    )


def _last(call: ast.Call) -> str:
    func = call.func
    return func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "")


def _before(node: ast.expr, other: ast.expr) -> bool:
    return (node.lineno, node.col_offset) < (other.lineno, other.col_offset)


def _fills(pool: Pool) -> bool:
    """Tell whether a pool opens sessions, or has threads, when it is built."""
    least = pool.figure("min_size")
    return pool.driver == "psycopg_pool" or least is None or least.high != 0
