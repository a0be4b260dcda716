"""Where a connection leads: from the object it is, back to the call that was given a DSN."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from typing import NamedTuple

from poollint.model.figure import Basis, Word
from poollint.model.source import Span
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import of_ast
from poollint.reading.naming.values.dsn import DEFAULT_PORT, Address, address
from poollint.reading.naming.values.environment import Variable, variable
from poollint.reading.naming.values.strings import Strings, argument
from poollint.syntax.nodes import walk
from poollint.syntax.python import PythonTree, Unit

MAX_DEPTH = 20

_MAKING = frozenset({"connect", "pool", "engine"})
_BOUND = frozenset({"session", "session-factory", "session-registry", "closing"})
_BEFORE_HOST = ("@", "://")  # what stands in a URL where its host begins
_HOSTS = ("host", "hostaddr", "server")


class Origin(NamedTuple):
    """A database URL as far as it is known, and the environment variable that holds it.

    With both, the URL is what the code falls back to. `instead` are the variables that count, in
    this order, where the first one is not set.
    """

    url: Word | None = None
    variable: str = ""
    instead: tuple[str, ...] = ()


Where = Callable[[ast.expr], Span]


class Origins:
    """Finds where the connections of one unit lead."""

    def __init__(self, unit: Unit | PythonTree, names: Names) -> None:
        self._names = names
        self._strings = Strings(names)
        self._tree = PythonTree(unit.source, ast.Module([], []))

    def of(self, node: ast.expr, scope: str, at: Span) -> Origin | None:
        """Return where the connection that `node` is, or is made from, leads.

        `node` is read in `scope`, at `at`. None where it cannot be told.
        """
        return self._of(node, scope, lambda _: at, 0)

    def of_call(self, call: ast.Call, scope: str, at: Span) -> Origin:
        """Return where what a constructor makes leads, by the arguments it is given."""
        return self._told(call, scope, lambda _: at)

    def of_url(self, node: ast.expr, scope: str, at: Span) -> Origin:
        """Return where a URL leads, that `node` is or an environment variable holds."""
        return self._stated(node, scope, lambda _: at)

    def _of(self, node: ast.expr, scope: str, where: Where, depth: int) -> Origin | None:
        if depth > MAX_DEPTH:
            return None
        match node:
            case ast.Await(value=value) | ast.NamedExpr(value=value):
                return self._of(value, scope, where, depth + 1)
            case ast.Call():
                return self._of_call(node, scope, where, depth)
            case ast.Name() | ast.Attribute():
                return self._of_name(node, scope, depth)
        return None

    def _of_call(self, node: ast.Call, scope: str, where: Where, depth: int) -> Origin | None:
        shape = of_ast(node.func)
        api = self._names.api(shape, scope)
        if api is not None and api.kind in _MAKING and not api.receivers:
            return self._told(node, scope, where)
        if api is not None and api.kind in _BOUND and not api.receivers:
            bound = argument(node, 0, "bind")
            return self._of(bound, scope, where, depth + 1) if bound is not None else None
        local = self._names.function(shape, scope)
        if local:
            returned = [
                (inner.value, local)
                for inner in walk(self._names.functions[local])
                if isinstance(inner, ast.Return | ast.Yield) and inner.value is not None
            ]
            return self._agreed(returned, depth)
        made_from = node.func.value if isinstance(node.func, ast.Attribute) else node.func
        return self._of(made_from, scope, where, depth + 1)

    def _of_name(self, node: ast.expr, scope: str, depth: int) -> Origin | None:
        found = self._names.bound(of_ast(node), scope)
        values = [(b.value, b.where) for b in found if b.how in {"=", "with"} and b.value]
        if any(b.how == "?" for b in found):
            return None
        return self._agreed(values, depth)

    def _agreed(self, values: Iterable[tuple[ast.expr, str]], depth: int) -> Origin | None:
        """Return the one origin that all values have; `None` as a value says nothing."""
        told = [(v, s) for v, s in values if not (isinstance(v, ast.Constant) and v.value is None)]
        found = [self._of(value, scope, self._tree.span, depth + 1) for value, scope in told]
        alike = {(f and f.url and f.url.value, f and f.variable) for f in found}
        return found[0] if len(alike) == 1 else None

    def _told(self, call: ast.Call, scope: str, where: Where) -> Origin:
        params = self._names.catalog.params.get(self._names.qualified(of_ast(call.func), scope), ())
        for param in params:
            if param.role != "dsn":
                continue
            given = argument(call, param.position, param.name)
            if given is not None:
                return self._stated(given, scope, where)
        by_name = any(k.arg in _HOSTS for k in call.keywords)  # peewee: `("shop", host="db")`
        given = argument(call, 0, "dsn") if not params and not by_name else None
        if given is not None:
            return self._stated(given, scope, where)
        return self._by_host(call, scope, where)

    def _stated(self, node: ast.expr, scope: str, where: Where, depth: int = 0) -> Origin:
        read = variable(node, scope, self._names)
        if read is not None:
            if read.default is None:
                return Origin(None, read.name)
            fallback = self._stated(read.default, scope, where, depth + 1)
            others = (fallback.variable, *fallback.instead) if fallback.variable else ()
            return Origin(fallback.url, read.name, others)
        if isinstance(node, ast.Name | ast.Attribute) and depth < MAX_DEPTH:
            bound = (b for b in self._names.bound(of_ast(node), scope) if b.how != ":")
            found = [b for b in bound if not _is_edited(node, b.value)]
            value = found[0].value if len(found) == 1 and found[0].how == "=" else None
            if value is not None:
                return self._stated(value, found[0].where, self._tree.span, depth + 1)
        if isinstance(node, ast.JoinedStr):
            return self._joined(node, scope, where)
        text = self._strings.of(node, scope, lambda: where(node).start.line)
        return Origin(_word(address(text), where(node)))

    def _joined(self, node: ast.JoinedStr, scope: str, where: Where) -> Origin:
        """Return where an f-string leads, and the variable that holds its host."""
        text, host = "", None
        for part in node.values:
            value = part.value if isinstance(part, ast.FormattedValue) else part
            read = self._read(value, scope) if value is not part else None
            given = read.default if read and read.default else part
            if read and read.default and text.endswith(_BEFORE_HOST):
                host = read
            one = ast.copy_location(ast.JoinedStr([given]), node)
            text += self._strings.of(one, scope, lambda: where(node).start.line)
        told = address(text)
        return Origin(_word(told, where(node)), host.name if host and told else "")

    def _by_host(self, call: ast.Call, scope: str, where: Where) -> Origin:
        host = next((k.value for k in call.keywords if k.arg in _HOSTS), None)
        if host is None:
            return Origin()
        read = self._read(host, scope)
        given = self._fallback(read.default, scope) if read else host
        text = self._strings.of(given, scope, lambda: where(host).start.line) if given else ""
        port = next((k.value for k in call.keywords if k.arg == "port"), None)
        if read or port is None:
            number = str(DEFAULT_PORT)
        else:
            number = self._strings.of(port, scope, lambda: where(port).start.line)
        told = address(f"host={text} port={number}") if text.strip() else None
        return Origin(_word(told, where(host)), read.name if read else "")

    def _fallback(self, node: ast.expr | None, scope: str) -> ast.expr | None:
        """Return what is taken in the end where none of the variables asked one by one is set."""
        read = self._read(node, scope) if node is not None else None
        return self._fallback(read.default, scope) if read else node

    def _read(self, node: ast.expr, scope: str, depth: int = 0) -> Variable | None:
        """Return the variable that an expression reads, or the name that it is was given."""
        read = variable(node, scope, self._names)
        if read is None and isinstance(node, ast.Name) and depth < MAX_DEPTH:
            found = [b for b in self._names.bound(of_ast(node), scope) if b.how != ":"]
            if len(found) == 1 and found[0].how == "=" and found[0].value is not None:
                return self._read(found[0].value, found[0].where, depth + 1)
        return read


def _is_edited(node: ast.expr, value: ast.expr | None) -> bool:
    """Tell whether a value is what the name held before, another dialect put in."""
    match value:
        case ast.Call(func=ast.Attribute(value=of, attr="replace")):
            return of_ast(of) == of_ast(node)
    return False


def _word(found: Address | None, at: Span) -> Word | None:
    return Word(found.url, Basis.STATED, at) if found else None
