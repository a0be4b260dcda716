"""Which nodes may raise, and which of them hardly ever do."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cached_property

import libcst as cst

from poollint.reading.naming.bindings import FunctionDef
from poollint.reading.naming.bodies import own_nodes
from poollint.reading.naming.closures import reset_by
from poollint.reading.naming.containers import FILLING, is_container
from poollint.reading.naming.instances import function
from poollint.reading.naming.names import Names
from poollint.reading.naming.shapes import Attribute, dotted, of_ast, of_cst
from poollint.reading.paths.graph import Care, Edge, Point
from poollint.reading.paths.walk import children

_SAFE = frozenset(
    """isinstance issubclass len print repr str bool dict list set tuple frozenset id type hasattr
    callable super range enumerate zip time monotonic perf_counter perf_counter_ns time_ns now
    utcnow uuid4 Lock getLogger defaultdict OrderedDict deque Counter cast timedelta Decimal
    sorted reversed locals globals vars
    sessionmaker async_sessionmaker scoped_session""".split()
)
# Objects of the standard library that are only made here: a thread is not started by that.
_MADE = frozenset(
    """threading.Thread threading.Event threading.Condition threading.Semaphore threading.RLock
    threading.Timer asyncio.Event asyncio.Lock asyncio.Condition asyncio.Semaphore asyncio.Queue
    queue.Queue queue.SimpleQueue pathlib.Path
    concurrent.futures.ThreadPoolExecutor""".split()
)
_LOGGERS = frozenset({"logger", "log", "logging", "_logger", "_log", "LOG", "LOGGER", "console"})
_LOGS = frozenset("debug info warning warn error exception critical log fatal trace".split())
_LIGHT = frozenset(
    """cursor close set_session set_isolation_level set_client_encoding set_autocommit
    set_read_only autocommit begin""".split()
)
# What a driver is told once about a connection: types, codecs, listeners.
_SETTING_UP = _LIGHT | frozenset(
    """add_listener add_log_listener add_termination_listener set_type_codec
    set_builtin_type_codec reset_type_codec register_type register_vector register_vector_async
    register_uuid register_json register_default_json register_default_jsonb register_hstore
    register_composite""".split()
)
_ASKS = frozenset("execute exec fetch fetchval fetchrow fetch_val fetch_one query scalar".split())
_ANSWERS = _ASKS | frozenset(
    """text SQL fetchone fetchall first all one scalars one_or_none scalar_one mappings
    scalar_one_or_none""".split()
)
_PROBE = re.compile(r"\s*select\s+1\s*;?\s*", re.I)
_TIDY = _LIGHT | {"rollback", "aclose", "expunge_all", "expire_all"}
# Of paths, texts, lists and events: they ask nobody.
_PURE = frozenset(
    """as_posix joinpath with_name with_suffix is_absolute is_set isSet strip lstrip rstrip lower
    upper title capitalize casefold startswith endswith splitlines isdigit append""".split()
)
_PATHS = frozenset("join basename dirname splitext normpath".split())  # of `os.path`
_ASKING = frozenset(
    "is_closed closed is_connected is_open in_transaction is_in_transaction".split()
)
# Of psycopg's objects, and nothing that the server is asked.
_KEEPING = frozenset("add_notice_handler add_notify_handler register_adapter register_type".split())
# Exceptions that a handler may name and no statement raises because the server refuses it.
_NO_DRIVERS = frozenset(
    """ArithmeticError AssertionError AttributeError HTTPException ImportError IndexError
    JSONDecodeError KeyError LookupError NotImplementedError StopIteration TypeError UnicodeError
    ValidationError ValueError ZeroDivisionError""".split()
)
# Given a value for where nothing is found, they find nothing and go on.
_DEFAULTED = {"getattr": 3, "pop": 2}
_VIEWS = frozenset("items keys values".split())
_CONTEXTS = frozenset("closing aclosing ExitStack AsyncExitStack suppress nullcontext".split())


class Raising:
    """Answers for one function; `throws`: its `yield` may raise, as in a context manager."""

    def __init__(self, scope: str, names: Names, throws: bool) -> None:
        self._scope = scope
        self._names = names
        self._throws = throws
        self._reset = frozenset(reset_by(scope, names))  # context variables

    def __call__(self, node: cst.CSTNode) -> tuple[bool, bool]:
        """Return whether evaluating `node` may raise, and whether a task may end there."""
        raising = cancelling = False
        for inner in _evaluated(node):
            match inner:
                case cst.Call():
                    raising |= not self._safe(inner)
                case cst.Await():
                    raising = cancelling = True
                case cst.Yield():
                    raising |= self._throws
                    cancelling |= not self._throws
                case cst.Subscript() | cst.Import() | cst.ImportFrom():
                    raising = True
        return raising, cancelling

    def care(self, point: Point, edge: Edge, pooled: bool) -> Care:
        """Return how unlikely it is that `point` raises and goes by `edge`.

        `conn.cursor()`, `cur.close()`, and `conn.rollback()` while tidying up, fail only where
        the connection is broken already, and so do codecs that are set and a function's only
        `SELECT 1`; a subscript, an import and an `assert` fail in tests
        if ever. A rollback matters for a pool: the broken connection keeps its place in it.
        """
        if edge.rare or point.node is None:
            return Care.UNLIKELY
        names = self._risky(point.node)
        if names is None:
            return Care.POSSIBLE if edge.past else Care.LIKELY
        if names <= _SETTING_UP:
            return Care.UNLIKELY
        if names <= _SETTING_UP | _ANSWERS and self._probes:
            return Care.POSSIBLE if pooled else Care.UNLIKELY
        if point.cleanup and names <= _TIDY:
            return Care.POSSIBLE if pooled and "rollback" in names else Care.UNLIKELY
        if edge.past and self._of_driver(point.node):
            return Care.LIKELY if edge.past <= _NO_DRIVERS else Care.UNLIKELY
        if edge.past:
            return Care.POSSIBLE
        return Care.LIKELY

    def _risky(self, node: cst.CSTNode) -> set[str] | None:
        """Return the methods that may raise; None where something else may, like a `raise`."""
        found = set()
        for inner in _evaluated(node):
            if isinstance(inner, cst.Yield | cst.Raise):
                return None
            if isinstance(inner, cst.Call) and not self._safe(inner):
                found |= self._setting_up(inner) or {_called(inner)}
        return found

    def _setting_up(self, call: cst.Call) -> set[str]:
        """Return what a function of the project calls that only sets a connection up."""
        member = function(of_cst(call.func), self._scope, self._names)
        found = _calls(member.names.functions[member.name]) if member is not None else []
        names = {_last(inner.func) for inner in found}
        return names if names <= _SETTING_UP else set()

    @cached_property
    def _probes(self) -> bool:
        """Tell whether the only statement of the function is `SELECT 1`."""
        node = self._names.functions.get(self._scope)
        asked = [c for c in (_calls(node) if node else []) if c.args and _last(c.func) in _ASKS]
        return bool(asked) and all(_is_probe(call.args[0]) for call in asked)

    def _of_driver(self, node: cst.CSTNode) -> bool:
        """Tell whether all that may raise here is the driver."""
        for inner in _evaluated(node):
            if isinstance(inner, cst.Call) and not self._safe(inner):
                shape = of_cst(inner.func)
                of = shape.of if isinstance(shape, Attribute) else None
                known = self._names.api(shape, self._scope) or self._names.type(of, self._scope)
                if not known:
                    return False
        return True

    def _safe(self, call: cst.Call) -> bool:
        name = dotted(of_cst(call.func))
        head, _, last = name.rpartition(".")
        if _logs(call) or _DEFAULTED.get(last) == len(call.args):
            return True
        if self._names.qualified(of_cst(call.func), self._scope) in _MADE:
            return True
        if isinstance(call.func, cst.Attribute):
            asked, of = call.func.attr.value, of_cst(call.func.value)
            if asked in _PURE or (asked in FILLING and is_container(of, self._scope, self._names)):
                return True
        if head.endswith("path") and last in _PATHS:
            return True
        if self._looks_up(call) or self._only_sets(call):
            return True
        if not head:
            return last in _SAFE | _CONTEXTS
        if last in _CONTEXTS | _ASKING | _KEEPING or (
            last in ("set", "reset") and head in self._reset
        ):
            return True
        return last in _SAFE and head.partition(".")[0] in {
            "time", "datetime", "dt", "uuid", "logging", "threading", "collections", "typing"
        }  # fmt: skip

    def _looks_up(self, call: cst.Call) -> bool:
        """Tell whether a call looks into a mapping: `found.items()`, `found.get(key, [])`."""
        if not isinstance(call.func, cst.Attribute):
            return False
        of = of_cst(call.func.value)
        if self._names.type(of, self._scope) or "." in self._names.qualified(of, self._scope):
            return False
        match call.args:
            case []:
                return call.func.attr.value in _VIEWS
            case [cst.Arg(keyword=None, star=""), cst.Arg(keyword=None, star="", value=given)]:
                return call.func.attr.value == "get" and _is_empty(given)
        return False

    def _only_sets(self, call: cst.Call) -> bool:
        """Tell whether a function of the project only keeps what it is given, or tells of it.

        A method of a connection that the catalog does not know is one of a class of the module
        (`connection_factory`), where one has it.
        """
        shape = of_cst(call.func)
        member = function(shape, self._scope, self._names)
        if member is not None:
            return _sets_only(member.names.functions[member.name])
        if not isinstance(shape, Attribute) or self._names.api(shape, self._scope) is not None:
            return False
        known = self._names.type(shape.of, self._scope)
        methods = [n for f, n in self._names.functions.items() if f.endswith(f".{shape.name}")]
        return bool(known and methods) and all(_sets_only(node) for node in methods)


def _sets_only(node: FunctionDef) -> bool:
    """Tell whether a function only keeps what it is given, or answers what it has kept."""
    kept = (ast.Assign, ast.AnnAssign, ast.Return, ast.Pass)
    text = [s for s in node.body if not (isinstance(s, ast.Expr) and _is_plain(s.value))]
    return not node.decorator_list and all(
        isinstance(one, kept) and (isinstance(one, ast.Pass) or _is_plain(one.value))
        and not any(isinstance(inner, ast.Subscript) for inner in ast.walk(one))
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


def _is_empty(value: cst.BaseExpression) -> bool:
    match value:
        case cst.List(elements=[]) | cst.Dict(elements=[]) | cst.Tuple(elements=[]):
            return True
        case cst.Name(value="None" | "False"):
            return True
        case cst.SimpleString(value='""' | "''"):
            return True
    return False


def _called(call: cst.Call) -> str:
    """Return the last name of what is called, "()" where it is no attribute or `text`."""
    if isinstance(call.func, cst.Attribute):
        return call.func.attr.value
    name = dotted(of_cst(call.func))
    return name if name in ("text", "SQL") else "()"


def _calls(node: FunctionDef) -> list[ast.Call]:
    return [inner for inner in own_nodes(node) if isinstance(inner, ast.Call)]


def _last(func: ast.expr) -> str:
    return dotted(of_ast(func)).rpartition(".")[2] or (
        func.attr if isinstance(func, ast.Attribute) else ""
    )


def _is_probe(value: ast.expr) -> bool:
    match value:
        case ast.Constant(value=str(text)):
            return _PROBE.fullmatch(text) is not None
        case ast.Call(func=func, args=[inner]) if _last(func) in ("text", "SQL"):
            return _is_probe(inner)
    return False


def _evaluated(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """Yield what is evaluated with `node`: not the bodies of functions defined in it."""
    stack = [node]
    while stack:
        inner = stack.pop()
        yield inner
        if isinstance(inner, cst.FunctionDef | cst.ClassDef | cst.Lambda | cst.Annotation):
            continue
        if isinstance(inner, cst.Call) and _logs(inner):
            continue  # what a log line shows hardly raises, and is no work
        if isinstance(inner, cst.AssignTarget) and isinstance(inner.target, cst.Subscript):
            stack.append(inner.target.value)
            continue
        stack += [child for _, child in children(inner)]


def _logs(call: cst.Call) -> bool:
    head, _, last = dotted(of_cst(call.func)).rpartition(".")
    return last in _LOGS and (head.rpartition(".")[2] in _LOGGERS or "log" in head.lower())
