"""Sessions that a registry keeps for whoever asks: `db.session` of Flask-SQLAlchemy.

`scoped_session` gives every thread, or request, one session. `db.session.get(…)`, `Model.query`
and all other functions that ask of it use that one, until somebody commits, rolls back or removes
it, or the framework does at the end of the request. What a function does to it is told by its
own calls and by the bodies of what it calls; a call of which nothing is known may end it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

import libcst as cst

from poollint.catalog.load import Api
from poollint.facts.connections import Acquisition, Taking
from poollint.model.finding import Step
from poollint.reading.connections.asking import FETCHING, SENDING, Use
from poollint.reading.connections.consuming import own_calls
from poollint.reading.connections.holding import Held
from poollint.reading.connections.outsiders import Here, foreign, given_plain, of_python
from poollint.reading.connections.registries import asked_by, possible, registry
from poollint.reading.connections.taking import Form, Taken
from poollint.reading.connections.using import Session
from poollint.reading.naming.bindings import FunctionDef
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
_ENDING = frozenset({"commit", "rollback", "close", "remove", "reset", "close_all_sessions"})
_EXTENSION = frozenset({"get_or_404", "first_or_404", "one_or_404", "paginate"})
_FETCHING = FETCHING | _EXTENSION
# Blocks that end the session of a registry when they are left: the application's context.
_CONTEXTS = frozenset({"app_context", "test_request_context"})
_LATER = frozenset({"delay", "apply_async"})
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


class Registered(Session):
    """The uses of a registry's session within one function; it goes by no name of its own."""

    follows = False

    def __init__(self, taken: Taken, scope: str, names: Names) -> None:
        super().__init__(taken, scope, names)
        self._here = Here(names, scope)

    def used(self, node: cst.CSTNode, held: frozenset[str]) -> Use:
        """Return what evaluating `node` does to the session."""
        if isinstance(node, cst.FunctionDef | cst.ClassDef):
            return Use.NOTHING
        use = Use.NOTHING
        for place in places(node, self._here.name):
            if isinstance(place.node, cst.Call):
                use = max(use, self._of_call(place.node))
        return use

    def _of_call(self, node: cst.Call) -> Use:
        call = self._ast(node)
        return _called(call, self._here, _LEVELS) if isinstance(call, ast.Call) else Use.UNKNOWN

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

    def answers(
        self, call: cst.Call, held: frozenset[str], use: Use, steps: Sequence[Step]
    ) -> bool:
        """Tell whether what is called asks of the session itself, or may end it, before it waits.

        What it does after the wait, the step of which is the last of `steps`, does not matter.
        """
        inner = (p.node for p in places(call, self._here.name) if p.node is not call)
        given = max(
            (self._of_call(n) for n in inner if isinstance(n, cst.Call)), default=Use.NOTHING
        )
        if use is Use.NOTHING:
            return False
        made = self._ast(call)
        if given in (Use.GIVES, Use.UNKNOWN) or not isinstance(made, ast.Call):
            return True
        if _handed(made, self._here):
            return True
        return _before(made, self._here, steps, _LEVELS) is not Use.NOTHING


def registered(function: str, names: Names, tree: PythonTree) -> Iterator[Held]:
    """Yield the session of a registry that a function (qualified name) asks something of."""
    node = names.functions.get(function)
    if node is None or not registers(node, function, names):
        return
    here = Here(names, function)
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
    return any(use is Use.TAKES for _, use in _uses(Here(names, function), _LEVELS))


def _api(names: Names) -> Api | None:
    known = names.catalog.functions.values()
    found = (a for a in known if a.kind == "session" and a.returns == "sqlalchemy.session")
    return next(found, None)


def _uses(here: Here, levels: int) -> tuple[tuple[ast.Call, Use], ...]:
    """Return the calls of a function's body that do something to the session, or may."""
    memory = here.names.memory.setdefault("registered", {})
    key = (here.name, here.plain)
    if key not in memory:
        memory[key] = ()  # one that calls itself
        memory[key] = tuple(_judged(here, levels))
    found: tuple[tuple[ast.Call, Use], ...] = memory[key]
    return found


def _judged(here: Here, levels: int) -> Iterator[tuple[ast.Call, Use]]:
    for node, _ in own_calls(here.names.functions[here.name]):
        if isinstance(node, ast.Call):
            use = _called(node, here, levels)
            if use is not Use.NOTHING:
                yield node, use


def _called(call: ast.Call, here: Here, levels: int) -> Use:
    """Judge one call of a function."""
    parts = _parts(of_ast(call.func), here)
    if parts is not None:
        return _asked(parts[1])
    if _handed(call, here) or _given_acting(call, here, levels):
        return Use.UNKNOWN
    member = _runs(call, here)
    if member is not None:
        return _body(Here(*member, given_plain(call, member, here)), levels)
    callee = of_ast(call.func)
    if project_class(callee, here.name, here.names) is not None:
        return Use.NOTHING
    return Use.NOTHING if _harmless(callee, here, levels) else Use.UNKNOWN


def _runs(call: ast.Call, here: Here) -> Member | None:
    """Return the function of the project that a call runs, that of a class which it makes too."""
    names, scope, _ = here
    callee = of_ast(call.func)
    member = function(callee, scope, names)
    cls = project_class(callee, scope, names) if member is None else None
    return method(cls, "__init__") if cls is not None else member


def _handed(call: ast.Call, here: Here) -> bool:
    """Tell whether a call lends the registry on, or the session: `closing(db.session())`."""
    shapes = [of_ast(v) for v in _arguments(call)]
    shapes += [shape.callee for shape in shapes if isinstance(shape, Called)]
    return any(registry(shape, here.name, here.names) for shape in shapes)


def _arguments(call: ast.Call) -> list[ast.expr]:
    return [*call.args, *(k.value for k in call.keywords)]


def _given_acting(call: ast.Call, here: Here, levels: int) -> bool:
    """Tell whether an argument is a function that does something to the session once called."""
    for value in _arguments(call):
        if isinstance(value, ast.Lambda):
            inner = [n for n in ast.walk(value.body) if isinstance(n, ast.Call)]
            if any(_called(n, here, levels) is not Use.NOTHING for n in inner):
                return True
        shape = of_ast(value)
        if isinstance(shape, Name | Attribute):
            member = function(shape, here.name, here.names)
            if member is not None and _body(Here(*member), levels) is not Use.NOTHING:
                return True
    return False


def _before(call: ast.Call, here: Here, steps: Sequence[Step], levels: int) -> Use:
    """Judge what a call does to the session before it waits, by the steps on the way there."""
    member = _runs(call, here)
    if member is None:
        return Use.NOTHING if not steps else Use.UNKNOWN
    inside = Here(*member, given_plain(call, member, here))
    if not steps or not levels or _wrapped(inside):
        return Use.UNKNOWN
    calls_ = [n for n, _ in own_calls(member.names.functions[member.name])]
    made = [n for n in calls_ if isinstance(n, ast.Call)]
    at = (steps[0].span.end.line, steps[0].span.end.column - 1)
    wait = next((n for n in made if (n.end_lineno, n.end_col_offset) == at), None)
    if wait is None:
        return Use.UNKNOWN  # in a handler, or on a line with other letters than ASCII
    earlier = [n for n in made if (n.end_lineno or 0, n.end_col_offset or 0) < at]
    use = max((_called(n, inside, levels - 1) for n in earlier), default=Use.NOTHING)
    if use is not Use.NOTHING or len(steps) == 1:
        return use
    return _before(wait, inside, steps[1:], levels - 1)


def _parts(callee: Shape, here: Here) -> tuple[str, list[str]] | None:
    """Return the registry's session that a call asks, and by what methods; None of any other."""
    names, scope, _ = here
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


def _body(here: Here, levels: int) -> Use:
    """Judge a function of the project that is called."""
    if not levels or _wrapped(here):
        return Use.UNKNOWN
    use = max((use for _, use in _uses(here, levels - 1)), default=Use.NOTHING)
    return Use.UNKNOWN if use is Use.GIVES else use


def _wrapped(here: Here) -> bool:
    """Tell whether a decorator of the project may end the session after the function."""
    names, scope, _ = here
    for decorator in names.functions[scope].decorator_list:
        plain = decorator.func if isinstance(decorator, ast.Call) else decorator
        found = function(of_ast(plain), "", names)
        node = found.names.functions[found.name] if found else None
        if node and any(isinstance(n, ast.Attribute) and n.attr in _ENDING for n in ast.walk(node)):
            return True
    return False


def _harmless(callee: Shape, here: Here, levels: int) -> bool:
    """Tell whether a call of which no body is known certainly does not end the session."""
    last = here.names.qualified(callee, here.name).rpartition(".")[2]
    if isinstance(callee, Name) and last in _ENDING:
        return of_python(callee, here)
    if isinstance(callee, Attribute):
        if callee.name in _CONTEXTS:
            return False
        if callee.name in _ENDING:
            return of_python(callee.of, here)
        if callee.name in _PLAIN | _PLAIN_TOO:
            return True
        if _of_model(callee, here, levels) or _queued(callee, here):
            return True
    return foreign(callee, here)


def _queued(callee: Attribute, here: Here) -> bool:
    """Tell whether a call only has a worker run a function later: `notify.delay(…)`."""
    names, scope, _ = here
    return callee.name in _LATER and function(callee.of, scope, names) is not None


def _of_model(callee: Attribute, here: Here, levels: int) -> bool:
    """Tell whether a method of a model's object does nothing to the session."""
    of = _row(callee.of, here)
    if of is None:
        return False
    member = method(of, callee.name)
    return member is None or _body(Here(*member), levels - 1 if levels else 0) is Use.NOTHING


def _row(shape: Shape, here: Here) -> Instance | None:
    """Return the class of `Order.query.get(1)`, or of a name for it."""
    names, scope, _ = here
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


def asks(name: str, names: Names) -> bool:
    """Tell whether a name of a module is a model, or a function that asks of a registry's session.

    Files that import it may hold the session's connection.
    """
    if not possible(names):
        return False
    member = function(Name(name), "", names)
    if member is not None:
        return any(use is Use.TAKES for _, use in _uses(Here(*member), _LEVELS))
    of = project_class(Name(name), "", names) or instance(Name(name), "", names)
    if of is None:
        return False
    if asked_by(Attribute(Name(name), "query"), "", names):
        return True
    return any(
        any(use is Use.TAKES for _, use in _uses(Here(at, text), _LEVELS))
        for at, cls in lineage(of)
        for text in at.functions
        if text.startswith(f"{cls}.")
    )
