"""What a function leaves out because of the arguments that it is given.

`def __init__(self, url, engine=None): self.engine = engine or create_engine(url)` makes no engine
for whoever gives it one.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator

from poollint.reading.naming.bindings import FunctionDef
from poollint.reading.naming.bodies import is_none
from poollint.reading.naming.instances import Member, function, method, project_class
from poollint.reading.naming.names import Names
from poollint.reading.naming.shapes import of_ast

_MAKING = frozenset({"connect", "pool", "engine"})
_ENDS = (ast.Return, ast.Raise, ast.Continue, ast.Break)
_Known = dict[str, bool]  # name -> whether there is something, and not `None`
Place = tuple[int, int]  # line and column, as `ast` counts them


class Making:
    """Where the functions of a module connect, or make a pool."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._places: dict[str, frozenset[Place]] = {}

    def spared(self, name: str, call: ast.expr) -> bool:
        """Tell whether a function of the module makes nothing for this call of it."""
        if name not in self._names.functions:
            return False
        return spared(Member(self._names, name), call, self._of(name))

    def _of(self, name: str) -> frozenset[Place]:
        """Return where a function makes something, or calls one that does."""
        if name not in self._places:
            self._places[name] = frozenset()  # a function that calls itself
            self._places[name] = frozenset(
                (node.lineno, node.col_offset)
                for node in ast.walk(self._names.functions[name])
                if isinstance(node, ast.Call) and self._makes(node, name)
            )
        return self._places[name]

    def _makes(self, call: ast.Call, scope: str) -> bool:
        shape = of_ast(call.func)
        api = self._names.api(shape, scope)
        if api is not None:
            return api.kind in _MAKING
        made = project_class(shape, scope, self._names)
        member = method(made, "__init__") if made else function(shape, scope, self._names)
        if member is None or member.names is not self._names:
            return member is not None
        return bool(self._of(member.name))


def spared(member: Member, call: ast.expr, places: Collection[Place]) -> bool:
    """Tell whether a function runs none of these `places` in it for what `call` gives it."""
    node = member.names.functions[member.name]
    if not isinstance(call, ast.Call) or not places:
        return False
    known = _arguments(node, call, member.bound)
    if not known:
        return False
    left = [
        ((n.lineno, n.col_offset), (n.end_lineno or n.lineno, n.end_col_offset or 0))
        for n in _left_out(node.body, known)
    ]
    return all(any(start <= place < end for start, end in left) for place in places)


def _arguments(node: FunctionDef, call: ast.Call, bound: bool) -> _Known:
    """Return the parameters that default to `None`, and whether the call gives them something."""
    arguments = node.args
    plain = [*arguments.posonlyargs, *arguments.args]
    defaults = [None] * (len(plain) - len(arguments.defaults)) + list(arguments.defaults)
    pairs = [*zip(plain, defaults, strict=True)]
    pairs += zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    starred = [isinstance(a, ast.Starred) for a in call.args]
    more = any(starred) or any(not k.arg for k in call.keywords)  # who knows what they hold
    first = call.args[: starred.index(True)] if any(starred) else call.args
    given = dict(zip([a.arg for a in plain[bound:]], first, strict=False))
    given.update({k.arg: k.value for k in call.keywords if k.arg})
    known: _Known = {}
    for parameter, default in pairs:
        value = given.get(parameter.arg)
        if value is not None and isinstance(value, ast.Attribute | ast.Call):
            known[parameter.arg] = True
        elif is_none(value) or (value is None and not more and is_none(default)):
            known[parameter.arg] = False
    return known


def _left_out(body: list[ast.stmt], known: _Known) -> Iterator[ast.stmt | ast.expr]:
    """Yield the parts that do not run; `known` changes with what the body assigns."""
    for at, statement in enumerate(body):
        if isinstance(statement, ast.If):
            verdict = _verdict(statement.test, known)
            live = statement.orelse if verdict is False else statement.body
            other = statement.body if verdict is False else statement.orelse
            yield from _left_out(live, dict(known))
            if verdict is None:
                yield from _left_out(other, dict(known))
            else:
                yield from other
                if live and isinstance(live[-1], _ENDS):
                    yield from body[at + 1 :]
                    return
        elif inner := list(_blocks(statement)):
            for block in inner:
                yield from _left_out(block, dict(known))
        else:
            yield from _in_expressions(statement, known)
        _learn(statement, known)


def _blocks(statement: ast.stmt) -> Iterator[list[ast.stmt]]:
    """Yield the blocks of a compound statement; none of a definition, which runs later."""
    if not isinstance(statement, FunctionDef | ast.ClassDef):
        for part in (
            statement,
            *getattr(statement, "handlers", ()),
            *getattr(statement, "cases", ()),
        ):
            for field in ("body", "orelse", "finalbody"):
                if block := getattr(part, field, None):
                    yield block


def _learn(statement: ast.stmt, known: _Known) -> None:
    """Forget what a statement gives another value; `same = engine` is known as `engine` is."""
    match statement:
        case ast.Assign(targets=[ast.Name(id=name)], value=ast.Name(id=of)) if of in known:
            known[name] = known[of]
            return
        case ast.AnnAssign(target=ast.Name(id=name), value=ast.Name(id=of)) if of in known:
            known[name] = known[of]
            return
    for inner in ast.walk(statement):
        if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store):
            known.pop(inner.id, None)


def _in_expressions(statement: ast.stmt, known: _Known) -> Iterator[ast.expr]:
    """Yield what is left out of `engine or make()`, and of `make() if engine is None else …`."""
    for inner in ast.walk(statement):
        if isinstance(inner, ast.IfExp):
            verdict = _verdict(inner.test, known)
            if verdict is not None:
                yield inner.orelse if verdict else inner.body
        elif isinstance(inner, ast.BoolOp):
            stops = isinstance(inner.op, ast.Or)
            for at, value in enumerate(inner.values):
                if _verdict(value, known) is stops:
                    yield from inner.values[at + 1 :]


def _verdict(test: ast.expr, known: _Known) -> bool | None:
    """Return what a test comes to, None where it may be either."""
    match test:
        case ast.Name(id=name):
            return known.get(name)
        case ast.UnaryOp(op=ast.Not(), operand=inner):
            found = _verdict(inner, known)
            return None if found is None else not found
        case ast.Compare(left=ast.Name(id=name), ops=[op], comparators=[other]) if (
            is_none(other) and name in known and isinstance(op, ast.Is | ast.IsNot)
        ):
            return known[name] is isinstance(op, ast.IsNot)
        case ast.Call(func=ast.Name(id="isinstance"), args=[ast.Name(id=name), *_]):
            return False if known.get(name) is False else None
        case ast.BoolOp(op=op, values=values):
            stops = isinstance(op, ast.Or)
            found_all = [_verdict(value, known) for value in values]
            if stops in found_all:
                return stops
            return None if None in found_all else not stops
    return None
