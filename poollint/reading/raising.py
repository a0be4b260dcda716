"""Which nodes may raise, and which of them hardly ever do."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from poollint.reading.flow import Point
from poollint.reading.names import Names
from poollint.reading.shapes import dotted, of_cst
from poollint.reading.walk import children

_SAFE = frozenset(
    """isinstance issubclass len print repr str bool dict list set tuple frozenset id type hasattr
    callable super range enumerate zip time monotonic perf_counter perf_counter_ns time_ns now
    utcnow uuid4 Lock getLogger defaultdict OrderedDict deque Counter cast timedelta Decimal
    sorted reversed locals globals vars""".split()
)
_LOGGERS = frozenset({"logger", "log", "logging", "_logger", "_log", "LOG", "LOGGER", "console"})
_LOGS = frozenset("debug info warning warn error exception critical log fatal trace".split())
_LIGHT = frozenset(
    """cursor close set_session set_isolation_level set_client_encoding set_autocommit
    set_read_only autocommit""".split()
)
_TIDY = _LIGHT | {"rollback", "aclose", "expunge_all", "expire_all"}


class Raising:
    """Answers for one function; `throws`: its `yield` may raise, as in a context manager."""

    def __init__(self, scope: str, names: Names, throws: bool) -> None:
        self._scope = scope
        self._names = names
        self._throws = throws

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

    def light(self, point: Point, held: frozenset[str]) -> bool:
        """Tell whether `point` raises only where the connection is broken already.

        `conn.cursor()`, `cur.close()`, and `conn.rollback()` while tidying up, are such; so
        are a subscript, an import and an `assert`, which fail in tests if ever.
        """
        node = point.node
        if node is None:
            return True
        tidy = _TIDY if point.cleanup else _LIGHT
        for inner in _evaluated(node):
            if isinstance(inner, cst.Yield):
                return False
            if isinstance(inner, cst.Raise):
                return False
            if isinstance(inner, cst.Call) and not self._safe(inner):
                name = inner.func.attr.value if isinstance(inner.func, cst.Attribute) else ""
                if name not in tidy:
                    return False
        return True

    def _safe(self, call: cst.Call) -> bool:
        name = dotted(of_cst(call.func))
        head, _, last = name.rpartition(".")
        if last in _LOGS and (head.rpartition(".")[2] in _LOGGERS or "log" in head.lower()):
            return True
        if not head:
            return last in _SAFE
        return last in _SAFE and head.partition(".")[0] in {
            "time", "datetime", "dt", "uuid", "logging", "threading", "collections", "typing"
        }  # fmt: skip


def _evaluated(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """Yield what is evaluated with `node`: not the bodies of functions defined in it."""
    stack = [node]
    while stack:
        inner = stack.pop()
        yield inner
        if isinstance(inner, cst.FunctionDef | cst.ClassDef | cst.Lambda | cst.Annotation):
            continue
        if isinstance(inner, cst.AssignTarget) and isinstance(inner.target, cst.Subscript):
            stack.append(inner.target.value)
            continue
        stack += [child for _, child in children(inner)]
