"""What calls and functions do to the session of a registry, which they need not be handed.

What a function does to it is told by its own calls and by the bodies of what it calls; a call of
which nothing is known may end it, for it may run code of the project. Other people's code does not
(`connections.orm.outsiders`).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from poollint.model.finding import Step
from poollint.reading.connections.orm.registry.coming import HOPS, asked, asks_itself, run_by
from poollint.reading.connections.orm.registry.leaving import Leaving
from poollint.reading.connections.orm.registry.registries import registry
from poollint.reading.connections.orm.use.asking import FETCHING, SENDING, Use, is_lazy
from poollint.reading.connections.orm.use.decorated import ENDING, ended_after
from poollint.reading.connections.orm.use.expiring import fetches, loads
from poollint.reading.connections.orm.use.going_through import gone_through
from poollint.reading.connections.orm.use.outsiders import Here, foreign, given_plain, of_python
from poollint.reading.connections.orm.use.read_through import answered_before
from poollint.reading.connections.waits.calls.alternatives import alternatives, declares
from poollint.reading.connections.waits.reach.consuming import own_calls
from poollint.reading.naming.objects.instances import (
    Instance,
    Member,
    function,
    instance,
    method,
    project_class,
)
from poollint.reading.naming.scopes.bindings import parameters
from poollint.reading.naming.scopes.bodies import own_nodes
from poollint.reading.naming.scopes.shapes import Attribute, Called, Name, Shape, of_ast
from poollint.syntax.nodes import walk

LEVELS = 6  # functions that call functions
_EXTENSION = frozenset({"get_or_404", "first_or_404", "one_or_404", "paginate"})
_FETCHING = FETCHING | _EXTENSION
# Blocks that end the session of a registry when they are left: the application's context.
CONTEXTS = frozenset({"app_context", "test_request_context"})
_LATER = frozenset({"delay", "apply_async"})
# What values of Python's own types can be asked; `update` may be a model's.
_PLAIN = frozenset(
    name
    for kind in (str, bytes, dict, list, set, tuple, int, float)
    for name in dir(kind)
    if not name.startswith("_")
) - {"update", "remove"}
_PLAIN_TOO = frozenset(  # of dates, of loggers, of answers and of files
    """isoformat strftime total_seconds timestamp date time replace debug info warning error
    exception critical to_dict json seek tell readline readlines getvalue""".split()
)


def acting(here: Here, levels: int) -> tuple[tuple[ast.Call | ast.Attribute, Use], ...]:
    """Return what of a function's body does something to the session, or may.

    Calls, and attributes of rows that the session fetches when they are read.
    """
    memory = here.names.memory.setdefault("registered", {})
    # What one caller does not follow to its end, for want of levels, another does.
    key = (here.name, here.plain, levels)
    if key not in memory:
        running = here.names.memory.setdefault("registered now", set())
        if here.name in running:
            return ()  # one that calls itself
        running.add(here.name)
        memory[key] = tuple(_judged(here, levels))
        running.discard(here.name)
    found: tuple[tuple[ast.Call | ast.Attribute, Use], ...] = memory[key]
    return found


def _judged(here: Here, levels: int) -> Iterator[tuple[ast.Call | ast.Attribute, Use]]:
    for node, above in own_calls(here.names.functions[here.name]):
        if isinstance(node, ast.Call):
            use = effect_of(node, here, levels)
            if use is Use.NOTHING and _gone_through(node, above, here):
                use = Use.TAKES
            if use is not Use.NOTHING:
                yield node, use
    yield from ((node, Use.TAKES) for node in fetched(here))


def _gone_through(call: ast.Call, above: Sequence[ast.AST], here: Here) -> bool:
    """Tell whether something goes through a query: `for order in Order.query.filter_by(…)`."""
    if any(gone_through(node) is call for node in above[:2]):
        return is_query(call, here)
    match above[:1]:
        case [ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name))]:
            through = map(gone_through, own_nodes(here.names.functions[here.name]))
            named = (v for v in through if isinstance(v, ast.Name) and v.id == name)
            return any(is_query(value, here) for value in named)
    return False


def is_query(value: ast.expr, here: Here) -> bool:
    """Tell whether a value is a query of a registry's session, or the only name of one."""
    if isinstance(value, ast.Name):
        told = here.names.bound(Name(value.id), here.name)
        handed = {a.arg for a in parameters(here.names.functions[here.name].args)}
        if value.id not in handed:  # `orders: list[Order] = Order.query.filter_by(…)`
            told = tuple(b for b in told if b.how != ":")
        given = told[0].value if len(told) == 1 and told[0].how == "=" else None
        return isinstance(given, ast.Call) and told[0].where == here.name and is_query(given, here)
    asked_by = parts(of_ast(value), here) if isinstance(value, ast.Call) else None
    return asked_by is not None and asked_by[1][:1] == ["query"] and is_lazy(asked_by[1])


def fetched(here: Here) -> Iterator[ast.Attribute]:
    """Yield where a function reads such attributes."""
    read = fetching(here)
    for node in own_nodes(here.names.functions[here.name]) if read else ():
        if isinstance(node, ast.Attribute) and fetches(node, read):
            yield node


def fetching(here: Here) -> frozenset[str]:
    """Return the attributes of rows which a function has the session fetch by reading them."""
    memory: dict[str, frozenset[str]] = here.names.memory.setdefault("fetching", {})
    if here.name not in memory:

        def chain(call: ast.Call) -> list[str] | None:
            told = parts(of_ast(call.func), here)
            return told[1] if told is not None else None

        of = Member(here.names, here.name)
        # A row comes of a query, or is saved: without either there is none.
        memory[here.name] = loads(of, chain) if asks_itself(of) else frozenset()
    return memory[here.name]


def effect_of(call: ast.Call, here: Here, levels: int) -> Use:
    """Judge one call of a function."""
    told = parts(of_ast(call.func), here)
    if told is not None:
        return _asked(told[1])
    member = run_by(of_ast(call.func), here.name, here.names)
    lent = lends(call, here) and not (member is not None and _keeps(member))
    if lent or _given_acting(call, here, levels):
        return Use.UNKNOWN
    callee = of_ast(call.func)
    each = _each(callee, here, levels) if member is None or declares(member) else None
    if each is not None:
        return each
    if member is not None:
        return _body(Here(*member, given_plain(call, member, here)), levels)
    if project_class(callee, here.name, here.names) is not None:
        return Use.NOTHING
    return Use.NOTHING if _harmless(callee, here, levels) else Use.UNKNOWN


def _each(callee: Shape, here: Here, levels: int, hops: int = HOPS) -> Use | None:
    """Judge a call that may be one of several, all of which are known; None of any other."""
    uses = []
    for one in alternatives(callee, here.name, here.names):
        member = function(one.shape, one.scope, one.names)
        cls = project_class(one.shape, one.scope, one.names)
        start = method(cls, "__init__") if cls is not None else member
        if cls is not None and start is None:
            uses.append(Use.NOTHING)
        elif start is not None and not declares(start):
            uses.append(_body(Here(*start), levels))
        else:
            inner = _each(one.shape, Here(one.names, one.scope), levels, hops - 1) if hops else None
            if inner is None:
                return None
            uses.append(inner)
    return max(uses, default=None)


def lends(call: ast.Call, here: Here) -> bool:
    """Tell whether a call lends the registry on, or the session: `closing(db.session())`."""
    shapes = [of_ast(v) for v in _arguments(call)]
    shapes += [shape.callee for shape in shapes if isinstance(shape, Called)]
    return any(registry(shape, here.name, here.names) for shape in shapes)


def _keeps(start: Member) -> bool:
    """Tell whether `__init__` calls nothing: what it is lent it can only keep."""
    node = start.names.functions[start.name]
    making = start.name.endswith(".__init__")
    return making and not any(isinstance(n, ast.Call) for n in own_nodes(node))


def _arguments(call: ast.Call) -> list[ast.expr]:
    return [*call.args, *(k.value for k in call.keywords)]


def _given_acting(call: ast.Call, here: Here, levels: int) -> bool:
    """Tell whether an argument is a function that does something to the session once called."""
    for value in _arguments(call):
        if isinstance(value, ast.Lambda):
            inner = [n for n in walk(value.body) if isinstance(n, ast.Call)]
            if any(effect_of(n, here, levels) is not Use.NOTHING for n in inner):
                return True
        shape = of_ast(value)
        if isinstance(shape, Name | Attribute):
            member = function(shape, here.name, here.names)
            if member is not None and _body(Here(*member), levels) is not Use.NOTHING:
                return True
    return False


def effect_before(call: ast.Call, here: Here, steps: Sequence[Step], levels: int) -> Use:
    """Judge what a call does to the session before it waits, by the steps on the way there."""
    member = run_by(of_ast(call.func), here.name, here.names)
    each = _each(of_ast(call.func), here, levels) if member is None or declares(member) else None
    if each is not None:
        return each
    if member is None:
        return Use.NOTHING if not steps else Use.UNKNOWN
    inside = Here(*member, given_plain(call, member, here))
    if not steps or not levels or ended_after(member):
        return Use.UNKNOWN
    calls_ = [n for n, _ in own_calls(member.names.functions[member.name])]
    made = [n for n in calls_ if isinstance(n, ast.Call)]
    at = (steps[0].span.end.line, steps[0].span.end.column - 1)
    wait = next((n for n in made if (n.end_lineno, n.end_col_offset) == at), None)
    if wait is None:
        return Use.UNKNOWN  # in a handler, or on a line with other letters than ASCII
    earlier = [n for n in made if (n.end_lineno or 0, n.end_col_offset or 0) < at]
    use = max((effect_of(n, inside, levels - 1) for n in earlier), default=Use.NOTHING)
    if any((n.end_lineno or 0, n.end_col_offset or 0) < at for n in fetched(inside)):
        use = max(use, Use.TAKES)
    if use is not Use.NOTHING or len(steps) == 1:
        return use
    return effect_before(wait, inside, steps[1:], levels - 1)


def parts(callee: Shape, here: Here) -> tuple[str, list[str]] | None:
    """Return the registry's session that a call asks, and by what methods; None of any other."""
    return asked(callee, here.name, here.names)


def _asked(chain: list[str]) -> Use:
    """Judge `db.session.a().b()` by its methods."""
    first = chain[0] if chain else ""
    if first in ENDING:
        return Use.GIVES
    if first in ("run_sync", "invoke", "registry"):
        return Use.UNKNOWN
    sends = first in SENDING | _EXTENSION or (first == "query" and _FETCHING & set(chain[1:]))
    return Use.TAKES if sends else Use.NOTHING


def _body(here: Here, levels: int) -> Use:
    """Judge a function of the project that is called."""
    if not levels or ended_after(Member(here.names, here.name)):
        return Use.UNKNOWN
    done = acting(here, levels - 1)
    if not done:
        return Use.NOTHING
    body = here.names.functions[here.name].body
    use = Leaving(body, done, lambda entered: ends_block(of_ast(entered), here)).use
    if use is Use.TAKES and answered_before(Member(here.names, here.name), [n for n, _ in done]):
        return Use.NOTHING
    return use


def ends_block(entered: Shape, here: Here) -> bool:
    """Tell whether leaving a block ends the session's transaction: `with db.session.begin():`."""
    callee = entered.callee if isinstance(entered, Called) else entered
    if isinstance(callee, Attribute) and callee.name in CONTEXTS:
        return True
    told = parts(callee, here)
    return told is not None and told[1][:1] == ["begin"]


def _harmless(callee: Shape, here: Here, levels: int) -> bool:
    """Tell whether a call of which no body is known certainly does not end the session."""
    last = here.names.qualified(callee, here.name).rpartition(".")[2]
    if isinstance(callee, Name) and last in ENDING:
        return of_python(callee, here)
    if isinstance(callee, Attribute):
        if callee.name in CONTEXTS:
            return False
        if callee.name in ENDING:
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
