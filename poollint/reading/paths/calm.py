"""Functions of the project that hardly ever raise: they write a log, or keep what is given."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator

from poollint.reading.naming.objects.instances import Member, function
from poollint.reading.naming.scopes.bindings import FunctionDef
from poollint.reading.naming.scopes.bodies import own_nodes
from poollint.reading.naming.scopes.shapes import Name, dotted, of_ast
from poollint.syntax.nodes import walk

_LEVELS = 3  # functions that call functions
SAFE = frozenset(
    """isinstance issubclass len print repr str bool dict list set tuple frozenset id type hasattr
    callable super range enumerate zip time monotonic perf_counter perf_counter_ns time_ns now
    utcnow uuid4 Lock getLogger defaultdict OrderedDict deque Counter cast timedelta Decimal
    sorted reversed round abs any all sum locals globals vars
    sessionmaker async_sessionmaker scoped_session""".split()
)
"""Functions that do not fail whatever they are given."""
DEFAULTED = {"getattr": 3, "pop": 2}
"""How many arguments they have that give a value for where nothing is found."""
LOGGERS = frozenset({"logger", "log", "logging", "_logger", "_log", "LOG", "LOGGER", "console"})
LOGS = frozenset("debug info warning warn error exception critical log fatal trace".split())
# Of paths, texts, lists, events, dates and durations: they ask nobody.
PURE = frozenset(
    """as_posix joinpath with_name with_suffix is_absolute is_set isSet strip lstrip rstrip lower
    upper title capitalize casefold startswith endswith splitlines isdigit append isoformat
    total_seconds""".split()
)
# Of texts and dates, besides: they fail where they are given something else.
_OF_VALUES = PURE | frozenset("replace join split rsplit partition rpartition strftime".split())
_NOW = frozenset({"now", "utcnow", "today", "time", "monotonic", "perf_counter"})
_CLOCKS = frozenset({"time", "datetime", "dt"})
_VARIABLE = frozenset({"os.getenv", "os.environ.get"})
_MAY_FAIL = (
    ast.Raise, ast.Assert, ast.With, ast.AsyncWith, ast.Import, ast.ImportFrom, ast.Await,
    ast.Yield, ast.YieldFrom, ast.AsyncFor, ast.Delete,
)  # fmt: skip


def is_log(head: str, last: str) -> bool:
    """Tell whether `head.last()` writes a log."""
    return last in LOGS and (head.rpartition(".")[2] in LOGGERS or "log" in head.lower())


def keeps_calm(member: Member, levels: int = _LEVELS) -> bool:
    """Tell whether a function of the project does nothing that may be expected to fail."""
    memory: dict[str, bool] = member.names.memory.setdefault("calm", {})
    if member.name not in memory:
        memory[member.name] = False  # one that calls itself
        memory[member.name] = _is_calm(member, levels)
    return memory[member.name]


def _is_calm(member: Member, levels: int) -> bool:
    node = member.names.functions[member.name]
    if sets_only(node):
        return True
    if node.decorator_list or not levels:
        return False
    harmless = {id(inner) for part in _harmless(node) for inner in walk(part)}
    return not any(
        id(inner) not in harmless and _may_fail(inner, member, levels) for inner in own_nodes(node)
    )


def _harmless(node: FunctionDef) -> Iterator[ast.AST]:
    """Yield the parts of a function of which no failure gets out: what is logged, or swallowed."""
    for inner in own_nodes(node):
        match inner:
            case ast.Call(args=args, keywords=keywords) if _logs(inner):
                yield from (*args, *(keyword.value for keyword in keywords))
            case ast.Try(body=body, handlers=handlers) if any(map(_catches_all, handlers)):
                yield from body
            case ast.With(items=[ast.withitem(context_expr=ast.Call(func=func, args=kinds))]) if (
                dotted(of_ast(func)).rpartition(".")[2] == "suppress" and any(map(_is_all, kinds))
            ):
                yield inner


def _catches_all(handler: ast.ExceptHandler) -> bool:
    kind = handler.type
    return kind is None or any(map(_is_all, kind.elts if isinstance(kind, ast.Tuple) else [kind]))


def _is_all(kind: ast.expr) -> bool:
    return isinstance(kind, ast.Name) and kind.id in ("Exception", "BaseException")


def _may_fail(node: ast.AST, here: Member, levels: int) -> bool:
    match node:
        case ast.Call():
            return not (_logs(node) or _is_plain_call(node, here, levels))
        case ast.Subscript(ctx=ast.Load(), slice=at):
            return not isinstance(at, ast.Slice)
    return isinstance(node, _MAY_FAIL)


def _is_plain_call(call: ast.Call, here: Member, levels: int) -> bool:
    names, scope = here
    callee = of_ast(call.func)
    head, _, last = dotted(callee).rpartition(".")
    member = function(callee, scope, names)
    if member is not None:
        return keeps_calm(member, levels - 1)
    if isinstance(callee, Name):
        built_in = hasattr(builtins, last) and names.scope(scope).holder(last) is None
        return built_in and (last in SAFE or DEFAULTED.get(last) == len(call.args))
    if names.qualified(callee, scope) in _VARIABLE:
        return True
    if head.partition(".")[0] in _CLOCKS and last in _NOW:
        return True
    if names.qualified(callee, scope).partition(".")[0] == "re":
        return bool(call.args) and isinstance(call.args[0], ast.Constant)
    return isinstance(call.func, ast.Attribute) and call.func.attr in _OF_VALUES


def _logs(call: ast.Call) -> bool:
    head, _, last = dotted(of_ast(call.func)).rpartition(".")
    return is_log(head, last)


def sets_only(node: FunctionDef) -> bool:
    """Tell whether a function only keeps what it is given, or answers what it has kept."""
    kept = (ast.Assign, ast.AnnAssign, ast.Return, ast.Pass)
    text = [s for s in node.body if not (isinstance(s, ast.Expr) and _is_plain(s.value))]
    return not node.decorator_list and all(
        isinstance(one, kept) and (isinstance(one, ast.Pass) or _is_plain(one.value))
        and not any(isinstance(inner, ast.Subscript) for inner in walk(one))
        for one in text
    )  # fmt: skip


def _is_plain(value: ast.expr | None) -> bool:
    """Tell whether a value is a constant, a name, an attribute, or whether an event is set."""
    match value:
        case None | ast.Constant() | ast.Name():
            return True
        case ast.Attribute(value=of) | ast.UnaryOp(op=ast.Not(), operand=of):
            return _is_plain(of)
        case ast.Call(func=ast.Attribute(value=of, attr="is_set" | "isSet"), args=[], keywords=[]):
            return _is_plain(of)
    return False
