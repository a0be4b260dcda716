"""Sessions that a registry keeps for whoever asks: `db.session` of Flask-SQLAlchemy.

`scoped_session` gives every thread, or request, one session. `db.session.get(…)`, `Model.query`
and all other functions that ask of it use that one, until somebody commits, rolls back or removes
it, or the framework does at the end of the request. What a function does to it is told by its
own calls and by the bodies of what it calls; a call of which nothing is known may end it.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator

import libcst as cst

from poollint.catalog.load import Api, calls
from poollint.facts.connections import Acquisition, Taking
from poollint.reading.connections.asking import FETCHING, SENDING, Use
from poollint.reading.connections.consuming import own_calls
from poollint.reading.connections.holding import Held
from poollint.reading.connections.registries import asked_by, possible, registry
from poollint.reading.connections.taking import Form, Taken
from poollint.reading.connections.using import Session
from poollint.reading.naming.bindings import SELF, FunctionDef
from poollint.reading.naming.instances import (
    Instance,
    Member,
    function,
    instance,
    lineage,
    method,
    project_class,
)
from poollint.reading.naming.names import Names
from poollint.reading.naming.shapes import (
    Attribute,
    Awaited,
    Called,
    Name,
    Shape,
    dotted,
    of_ast,
    of_cst,
)
from poollint.reading.paths.walk import places
from poollint.syntax.python import PythonTree

_SESSION = "a registry's session"  # it goes by no name of a function
_LEVELS = 6  # functions that call functions
_ENDING = frozenset({"commit", "rollback", "close", "remove", "reset"})
_EXTENSION = frozenset({"get_or_404", "first_or_404", "one_or_404", "paginate"})
_FETCHING = FETCHING | _EXTENSION
# Blocks that end the session of a registry when they are left: the application's context.
_CONTEXTS = frozenset({"app_context", "test_request_context"})
# What values of Python's own types can be asked; `update` may be a model's.
_PLAIN = frozenset(
    name
    for kind in (str, bytes, dict, list, set, tuple, int, float)
    for name in dir(kind)
    if not name.startswith("_")
) - {"update", "remove"}
_PLAIN_TOO = frozenset(
    """isoformat strftime total_seconds timestamp date time replace debug info warning error
    exception critical to_dict json""".split()
)
_VALUES = (
    ast.Constant, ast.JoinedStr, ast.Dict, ast.List, ast.Set, ast.Tuple, ast.ListComp,
    ast.DictComp, ast.SetComp, ast.BinOp, ast.Compare,
)  # fmt: skip


class Registered(Session):
    """The uses of a registry's session within one function; it goes by no name of its own."""

    follows = False

    def __init__(self, taken: Taken, scope: str, names: Names) -> None:
        super().__init__(taken, scope, names)
        self._here = Member(names, scope)

    def used(self, node: cst.CSTNode, held: frozenset[str]) -> Use:
        """Return what evaluating `node` does to the session."""
        if isinstance(node, cst.FunctionDef | cst.ClassDef):
            return Use.NOTHING
        use = Use.NOTHING
        for place in places(node, self._here.name):
            if isinstance(place.node, cst.Call):
                given = [of_cst(argument.value) for argument in place.node.args]
                use = max(use, _called(of_cst(place.node.func), given, self._here, _LEVELS))
        return use

    def left(self, item: cst.WithItem, held: frozenset[str]) -> bool:
        """Tell whether leaving a `with` item may end the session's transaction."""
        shape = of_cst(item.item)
        callee = shape.callee if isinstance(shape, Called) else shape
        if isinstance(callee, Attribute) and callee.name in _CONTEXTS:
            return True
        parts = _parts(callee, self._here)
        if parts is not None:
            return parts[1][:1] == ["begin"]
        return self.used(item.item, held) in (Use.GIVES, Use.UNKNOWN)

    def received(self, call: cst.Call, held: frozenset[str]) -> bool:
        """Tell whether what is called asks of the session itself, and so answers for itself."""
        return True


def registered(function: str, names: Names, tree: PythonTree) -> Iterator[Held]:
    """Yield the session of a registry that a function (qualified name) asks something of."""
    node = names.functions.get(function)
    if node is None or not registers(node, function, names):
        return
    here = Member(names, function)
    first = next(call for call, use in _uses(here, _LEVELS) if use is Use.TAKES)
    api = _api(names)
    if api is None:
        return
    target, _ = _parts(of_ast(first.func), here) or ("", [])
    fact = Acquisition(
        span=tree.span(first),
        taking=Taking.SESSION,
        driver=api.driver,
        call=dotted(of_ast(first.func)),
        target=target,
        release="",
        guard="",
        note=api.note,
    )
    nowhere = cst.Call(cst.Name("registry"))
    taken = Taken(nowhere, api, Form.BOUND, frozenset({_SESSION}), False)
    yield Held(taken, fact, injected=_SESSION, uses=Registered)


def registers(node: ast.AST, function: str, names: Names) -> bool:
    """Tell whether a function asks something of a registry's session."""
    if not isinstance(node, FunctionDef) or function not in names.functions:
        return False
    if not possible(names):
        return False
    return any(use is Use.TAKES for _, use in _uses(Member(names, function), _LEVELS))


def _api(names: Names) -> Api | None:
    known = names.catalog.functions.values()
    found = (a for a in known if a.kind == "session" and a.returns == "sqlalchemy.session")
    return next(found, None)


def _uses(member: Member, levels: int) -> tuple[tuple[ast.Call, Use], ...]:
    """Return the calls of a function's body that do something to the session, or may."""
    memory = member.names.memory.setdefault("registered", {})
    if member.name not in memory:
        memory[member.name] = ()  # one that calls itself
        memory[member.name] = tuple(_judged(member, levels))
    found: tuple[tuple[ast.Call, Use], ...] = memory[member.name]
    return found


def _judged(member: Member, levels: int) -> Iterator[tuple[ast.Call, Use]]:
    for node, _ in own_calls(member.names.functions[member.name]):
        if isinstance(node, ast.Call):
            given = [of_ast(value) for value in (*node.args, *(k.value for k in node.keywords))]
            use = _called(of_ast(node.func), given, member, levels)
            if use is not Use.NOTHING:
                yield node, use


def _called(callee: Shape, given: list[Shape], here: Member, levels: int) -> Use:
    """Judge one call of a function."""
    names, scope = here
    parts = _parts(callee, here)
    if parts is not None:
        return _asked(parts[1])
    if any(registry(shape, scope, names) for shape in given):
        return Use.UNKNOWN  # lent on
    if any(_acts(shape, here, levels) for shape in given):
        return Use.UNKNOWN
    member = function(callee, scope, names)
    if member is None:
        cls = project_class(callee, scope, names)
        if cls is not None:
            member = method(cls, "__init__")
            return _body(member, levels) if member else Use.NOTHING
    if member is not None:
        return _body(member, levels)
    return Use.NOTHING if _harmless(callee, here, levels) else Use.UNKNOWN


def _acts(shape: Shape, here: Member, levels: int) -> bool:
    """Tell whether a value is a function that does something to the session once it is called."""
    if not isinstance(shape, Name | Attribute):
        return False
    member = function(shape, here.name, here.names)
    return member is not None and _body(member, levels) is not Use.NOTHING


def _parts(callee: Shape, here: Member) -> tuple[str, list[str]] | None:
    """Return the registry's session that a call asks, and by what methods; None of any other."""
    names, scope = here
    chain: list[str] = []
    shape = callee
    while isinstance(shape, Attribute | Called | Name):
        text = asked_by(shape, scope, names)
        if text:
            # `Order.query`, `db.paginate`: what is asked is its own last name
            if isinstance(shape, Attribute) and not registry(shape, scope, names):
                chain.insert(0, shape.name)
            return text, chain
        if isinstance(shape, Name):
            break
        if isinstance(shape, Attribute):
            chain.insert(0, shape.name)
        shape = shape.of if isinstance(shape, Attribute) else shape.callee
    return None


def _asked(chain: list[str]) -> Use:
    """Judge `db.session.a().b()` by its methods."""
    first = chain[0] if chain else ""
    if first in _ENDING:
        return Use.GIVES
    if first in ("run_sync", "invoke", "registry"):
        return Use.UNKNOWN
    sends = first in SENDING | _EXTENSION or (first == "query" and _FETCHING & set(chain[1:]))
    return Use.TAKES if sends else Use.NOTHING


def _body(member: Member, levels: int) -> Use:
    """Judge a function of the project that is called."""
    if not levels or _wrapped(member):
        return Use.UNKNOWN
    use = max((use for _, use in _uses(member, levels - 1)), default=Use.NOTHING)
    return Use.UNKNOWN if use is Use.GIVES else use


def _wrapped(member: Member) -> bool:
    """Tell whether a decorator of the project may end the session after the function."""
    names, scope = member
    for decorator in names.functions[scope].decorator_list:
        plain = decorator.func if isinstance(decorator, ast.Call) else decorator
        found = function(of_ast(plain), "", names)
        node = found.names.functions[found.name] if found else None
        if node and any(isinstance(n, ast.Attribute) and n.attr in _ENDING for n in ast.walk(node)):
            return True
    return False


def _harmless(callee: Shape, here: Member, levels: int) -> bool:
    """Tell whether a call of which no body is known certainly does not end the session."""
    if isinstance(callee, Attribute):
        if callee.name in _ENDING:
            return False
        if callee.name in _PLAIN | _PLAIN_TOO:
            return True
        if _of_model(callee, here, levels):
            return True
    return _foreign(callee, here, levels)


def _of_model(callee: Attribute, here: Member, levels: int) -> bool:
    """Tell whether a method of a model's object does nothing to the session."""
    of = _row(callee.of, here)
    if of is None:
        return False
    member = method(of, callee.name)
    return member is None or _body(member, levels - 1 if levels else 0) is Use.NOTHING


def _row(shape: Shape, here: Member) -> Instance | None:
    """Return the class of `Order.query.get(1)`, or of a name for it."""
    names, scope = here
    found = instance(shape, scope, names)
    if found is not None:
        return found
    if isinstance(shape, Name):
        bound = [b for b in names.bound(shape, scope) if b.how != ":"]
        if len(bound) != 1 or bound[0].how != "=":
            return None
        shape = of_ast(bound[0].value)
    while isinstance(shape, Called | Attribute):
        if isinstance(shape, Attribute) and shape.name == "query":
            return project_class(shape.of, scope, names)
        shape = shape.callee if isinstance(shape, Called) else shape.of
    return None


def _foreign(shape: Shape, here: Member, levels: int) -> bool:
    """Tell whether a value comes from outside the project, and knows nothing of its session."""
    names, scope = here
    if names.under(calls()).type(shape, scope) or names.type(shape, scope):
        return True
    if isinstance(shape, Attribute) and _column(shape, here):
        return True
    qualified = names.qualified(shape, scope)
    if isinstance(shape, Attribute | Called | Awaited):
        of = shape.callee if isinstance(shape, Called) else shape.of
        module = isinstance(of, Name) and not names.outside.find(names.qualified(of, scope))
        if module and qualified and names.outside.find(qualified):
            return False  # a value of a module of the project
        return _foreign(of, here, levels)
    if not isinstance(shape, Name) or shape.text in SELF or not levels:
        return False
    if qualified:
        return not qualified.startswith(".") and not names.outside.find(qualified)
    bound = [b for b in names.bound(shape, scope) if b.how != ":"]
    if not bound:
        return hasattr(builtins, shape.text)
    return all(
        b.how in ("=", "with", "for")
        and (isinstance(b.value, _VALUES) or _foreign(of_ast(b.value), here, levels - 1))
        for b in bound
    )


def _column(shape: Attribute, here: Member) -> bool:
    """Tell whether `Order.id` is something that the class is given, and no method."""
    cls = project_class(shape.of, here.name, here.names)
    if cls is None:
        return False
    found = [(at, b) for at, of in lineage(cls) for b in at.attributes(of, shape.name)]
    return bool(found) and all(
        b.how == ":" or (b.how == "=" and _foreign(of_ast(b.value), Member(at, b.where), 1))
        for at, b in found
    )


def asks(name: str, names: Names) -> bool:
    """Tell whether a name of a module is a model, or a function that asks of a registry's session.

    Files that import it may hold the session's connection.
    """
    if not possible(names):
        return False
    member = function(Name(name), "", names)
    if member is not None:
        return any(use is Use.TAKES for _, use in _uses(member, _LEVELS))
    of = project_class(Name(name), "", names) or instance(Name(name), "", names)
    if of is None:
        return False
    if asked_by(Attribute(Name(name), "query"), "", names):
        return True
    return any(
        any(use is Use.TAKES for _, use in _uses(Member(at, text), _LEVELS))
        for at, cls in lineage(of)
        for text in at.functions
        if text.startswith(f"{cls}.")
    )
