"""Which nodes may raise, and which of them hardly ever do."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from functools import cache, cached_property

import libcst as cst

from poollint.catalog.load import calls
from poollint.reading.naming.objects.instances import function, method, project_class
from poollint.reading.naming.scopes.bindings import FunctionDef
from poollint.reading.naming.scopes.bodies import own_nodes
from poollint.reading.naming.scopes.closures import reset_by
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import Attribute, dotted, of_ast, of_cst
from poollint.reading.naming.values.containers import FILLING, is_container
from poollint.reading.paths.calm import DEFAULTED, PURE, SAFE, is_log, keeps_calm, sets_only
from poollint.reading.paths.graph import Care, Edge, Kind, Point, Way
from poollint.reading.paths.looping import at_hand
from poollint.reading.paths.thrown import Thrown
from poollint.reading.paths.walk import children

# Objects of the standard library that are only made here: a thread is not started by that.
_MADE = frozenset(
    """threading.Thread threading.Event threading.Condition threading.Semaphore threading.RLock
    threading.Timer asyncio.Event asyncio.Lock asyncio.Condition asyncio.Semaphore asyncio.Queue
    queue.Queue queue.SimpleQueue pathlib.Path
    concurrent.futures.ThreadPoolExecutor""".split()
)
_TASKS = frozenset({"asyncio.create_task", "asyncio.ensure_future"})
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
_TIDY = _LIGHT | {"rollback", "aclose", "expunge_all", "expire_all", "cancel"}
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
# Exceptions of a pool itself, and what raises them; a statement never does.
_OF_POOLS = frozenset("PoolError PoolTimeout PoolClosed TooManyRequests".split())
_ASKS_POOL = frozenset("getconn putconn connection acquire release".split())
_OF_IMPORTS = frozenset({"ImportError"})
_ONLY_RAISED = frozenset({"HTTPException", "ValidationError"})  # by calls, never by a subscript
_VIEWS = frozenset("items keys values".split())
_WORD = re.compile(r"""(['"])\w+\1""")
_LONG = frozenset("sleep wait wait_for gather join".split())
_CONTEXTS = frozenset("closing aclosing ExitStack AsyncExitStack suppress nullcontext".split())


class Raising:
    """Answers for one function; `throws`: its `yield` may raise, as in a context manager."""

    def __init__(self, scope: str, names: Names, throws: bool) -> None:
        self._scope = scope
        self._names = names
        self._throws = throws
        self._reset = frozenset(reset_by(scope, names))  # context variables
        self._thrown = Thrown(scope, names)
        self._asked: dict[int, set[str] | None] = {}  # a search asks of one node on many ways

    def __call__(self, node: cst.CSTNode) -> tuple[bool, bool]:
        """Return whether evaluating `node` may raise, and whether a task may end there.

        Of a `for` this is asked of how it comes to its next item.
        """
        if isinstance(node, cst.For):
            going_on = not at_hand(node.iter, self._scope, self._names)
            return going_on, node.asynchronous is not None
        raising = cancelling = False
        begun: set[int] = set()
        for inner in _evaluated(node):
            match inner:
                case cst.Call() if self._begins(inner):
                    begun.add(id(inner.args[0].value))
                case cst.Call():
                    raising |= id(inner) not in begun and not self._safe(inner)
                case cst.Await(expression=awaited):
                    raising |= not (isinstance(awaited, cst.Call) and self._safe(awaited))
                    cancelling = True
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
        if ever. A rollback matters for a pool: the broken connection keeps its place in it. What
        an `if` asks while tidying up (`if path and is_remote():`) is hardly what fails there,
        and a task that ends just then is rarer than what its `await` raises.
        """
        if edge.rare or point.node is None or _asks_while_tidying(point):
            return Care.UNLIKELY
        if edge.way is Way.CANCEL and point.cleanup and not _takes_long(point.node):
            return Care.UNLIKELY
        thrown = self._thrown(point.node, edge.caught) if edge.caught else True
        if thrown is False:
            return Care.UNLIKELY
        if id(point.node) not in self._asked:
            self._asked[id(point.node)] = self._risky(point.node)
        names = self._asked[id(point.node)]
        if names is None:
            return Care.POSSIBLE if edge.past else Care.LIKELY
        if not names and edge.caught <= _NO_DRIVERS and edge.caught & _awaited(point.node):
            return Care.LIKELY  # `except KeyError` around a subscript says that it happens
        if names <= _SETTING_UP:
            return Care.UNLIKELY
        if edge.caught and edge.caught <= _OF_POOLS and not names & _ASKS_POOL:
            return Care.UNLIKELY if self._of_driver(point.node) else Care.POSSIBLE
        refused = bool(edge.past) and not edge.past <= _NO_DRIVERS  # the driver's errors are caught
        if names <= _SETTING_UP | _ANSWERS and self._probes:
            of_driver = refused and self._of_driver(point.node)
            return Care.POSSIBLE if pooled and not of_driver else Care.UNLIKELY
        if point.cleanup and names <= _TIDY:
            return Care.POSSIBLE if pooled and "rollback" in names else Care.UNLIKELY
        if edge.past and self._of_driver(point.node):
            return Care.LIKELY if edge.past <= _NO_DRIVERS else Care.UNLIKELY
        return Care.POSSIBLE if edge.past or thrown is None else Care.LIKELY

    def _risky(self, node: cst.CSTNode) -> set[str] | None:
        """Return the methods that may raise; None where something else may, like a `raise`."""
        found = set()
        for inner in _evaluated(node):
            if isinstance(inner, cst.Yield | cst.Raise):
                return None
            if isinstance(inner, cst.Call) and not (self._safe(inner) or self._asks_for_key(inner)):
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

    def _begins(self, call: cst.Call) -> bool:
        """Tell whether a call only begins a task of the project's: what that does comes later."""
        match call.args[:1]:
            case [cst.Arg(value=cst.Call(func=func))]:
                if self._names.qualified(of_cst(call.func), self._scope) not in _TASKS:
                    return False
                member = function(of_cst(func), self._scope, self._names)
                node = member.names.functions[member.name] if member is not None else None
                return isinstance(node, ast.AsyncFunctionDef) and not node.decorator_list
        return False

    def _safe(self, call: cst.Call) -> bool:
        name = dotted(of_cst(call.func))
        head, _, last = name.rpartition(".")
        if _logs(call) or DEFAULTED.get(last) == len(call.args):
            return True
        named = self._names.qualified(of_cst(call.func), self._scope)
        if named in _MADE or (named == "re.compile" and _is_written(call.args)):
            return True
        if isinstance(call.func, cst.Attribute):
            asked, of = call.func.attr.value, of_cst(call.func.value)
            if asked in PURE or (asked in FILLING and is_container(of, self._scope, self._names)):
                return True
        if head.endswith("path") and last in _PATHS:
            return True
        if self._looks_up(call) or self._counts(call) or self._only_sets(call):
            return True
        if not head:
            return last in SAFE | _CONTEXTS or _has_default(call, last)
        if last in _CONTEXTS | _ASKING | _KEEPING or (
            last in ("set", "reset") and head in self._reset
        ):
            return True
        return last in SAFE and head.partition(".")[0] in {
            "time", "datetime", "dt", "uuid", "logging", "threading", "collections", "typing"
        }  # fmt: skip

    def _counts(self, call: cst.Call) -> bool:
        """Tell whether a call only adds to what a metric counts: `QUERIES.inc()`."""
        if not isinstance(call.func, cst.Attribute) or call.func.attr.value not in _counting():
            return False
        api = self._names.under(calls()).api(of_cst(call.func), self._scope)
        return api is not None and api.kind == "count"

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
                plain = _is_empty(given) or isinstance(
                    given, cst.Integer | cst.Float | cst.SimpleString
                )
                return call.func.attr.value == "get" and plain
        return False

    def _asks_for_key(self, call: cst.Call) -> bool:
        """Tell whether a call asks what is most likely a mapping for one key: `row.get("id")`."""
        match call:
            case cst.Call(
                func=cst.Attribute(value=of, attr=cst.Name(value="get")),
                args=[cst.Arg(keyword=None, star="", value=cst.SimpleString(value=key))],
            ):
                known = self._names.api(of_cst(call.func), self._scope)
                client = self._names.under(calls()).type(of_cst(of), self._scope)
                foreign = self._names.qualified(of_cst(of), self._scope)
                return not (known or client or foreign) and bool(_WORD.fullmatch(key))
        return False

    def _only_sets(self, call: cst.Call) -> bool:
        """Tell whether a function of the project only keeps what it is given, or tells of it.

        A method of a connection that the catalog does not know is one of a class of the module
        (`connection_factory`), where one has it.
        """
        shape = of_cst(call.func)
        member = function(shape, self._scope, self._names)
        if member is not None:
            return keeps_calm(member)
        made = project_class(shape, self._scope, self._names)
        if made is not None:
            begun = method(made, "__init__")
            return begun is not None and keeps_calm(begun) and method(made, "__new__") is None
        if not isinstance(shape, Attribute) or self._names.api(shape, self._scope) is not None:
            return False
        known = self._names.type(shape.of, self._scope)
        methods = [n for f, n in self._names.functions.items() if f.endswith(f".{shape.name}")]
        return bool(known and methods) and all(sets_only(node) for node in methods)


def _asks_while_tidying(point: Point) -> bool:
    """Tell whether a point only decides what is to be tidied up, and waits for nobody."""
    if not (point.cleanup and point.kind is Kind.TEST and point.node is not None):
        return False
    return not any(isinstance(inner, cst.Await) for inner in _evaluated(point.node))


@cache
def _counting() -> frozenset[str]:
    """Return the methods of metrics that count: most calls have another name."""
    return frozenset(name for (_, name), api in calls().methods.items() if api.kind == "count")


def _awaited(node: cst.CSTNode) -> frozenset[str]:
    """Return the exceptions that an import, or else a look-up, raises where one is caught."""
    imports = any(isinstance(inner, cst.Import | cst.ImportFrom) for inner in _evaluated(node))
    return _OF_IMPORTS if imports else _NO_DRIVERS - _ONLY_RAISED - _OF_IMPORTS


def _takes_long(node: cst.CSTNode) -> bool:
    """Tell whether a node waits on purpose, or for whoever goes on with a generator."""
    return any(
        isinstance(inner, cst.Yield) or (isinstance(inner, cst.Call) and _called(inner) in _LONG)
        for inner in _evaluated(node)
    )


def _has_default(call: cst.Call, name: str) -> bool:
    """Tell whether a builtin is told what to give for nothing: `max(ages, default=0)`."""
    if name == "next":
        return len(call.args) == 2 and isinstance(call.args[0].value, cst.GeneratorExp)
    told = [a.keyword.value if a.keyword else "" for a in call.args]
    return name in ("max", "min") and ("default" in told or told[:2] == ["", ""])


def _is_written(arguments: Sequence[cst.Arg]) -> bool:
    """Tell whether a text is given as it stands: what is wrong with it shows in any test."""
    return any(isinstance(argument.value, cst.SimpleString) for argument in arguments[:1])


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
    return is_log(head, last)
