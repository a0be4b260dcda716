"""The calls of a function that take a connection, and how their value is used there."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum

import libcst as cst

from poollint.catalog.load import Api
from poollint.facts.connections import Taking
from poollint.reading.connections.acquiring.advancing import advanced
from poollint.reading.connections.acquiring.borrowing import (
    lost_to_a_session,
    on_a_connection,
    only_lent,
)
from poollint.reading.connections.acquiring.handing import TAKING, Handed, handed
from poollint.reading.connections.acquiring.lending import GIVING_BACK
from poollint.reading.connections.acquiring.picking import picked
from poollint.reading.connections.acquiring.popping import popped
from poollint.reading.connections.acquiring.stacking import entered, target
from poollint.reading.naming.scopes.meaning import Told
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import Attribute, Shape, dotted, of_cst
from poollint.reading.paths.walk import Place, places

_THROUGH = frozenset({"wait_for", "shield", "cast"})  # calls that hand their argument's value on
_ENTERING = frozenset({"__enter__", "__aenter__"})
_SAME = frozenset({"execution_options"})  # methods that give the object itself
# Attributes of connections whose values do not lead back to the connection.
_VALUES = frozenset(
    """autocommit broken closed deferrable dsn encoding isolation_level protocol_version read_only
    readonly server_version status""".split()
)


class Form(Enum):
    """How the value of an acquiring call is used where it stands."""

    BOUND = "bound"  # given a name
    ENTERED = "entered"  # by `with`, whose exit does not give it back
    GUARDED = "guarded"  # by `with` or `closing()`, whose exit does
    CHAINED = "chained"  # a method is called on it, and no name keeps it
    DROPPED = "dropped"  # nothing keeps it
    RELEASED = "released"  # given back in the same expression
    PASSED = "passed"  # returned, stored or handed to somebody else
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Taken:
    """An acquiring call. `names` are the names its value is bound to here."""

    call: cst.Call
    api: Api
    form: Form
    names: frozenset[str]
    awaited: bool
    method: str = ""  # the one chained to it
    unless: str = ""  # the name whose value is taken instead, in `name or call()`
    through: str = ""  # the function of this module that takes it for this one
    pool: str = ""  # what that function takes it from
    when: Told = frozenset()  # what that function had asked, which hands over others too
    popped: bool = False  # it was put on the context of a request, and is taken off it here
    within: str = ""  # the attribute that holds it, where an object is made that keeps it
    stack: str = ""  # the `ExitStack` of the block around it that gives it back
    given: str = ""  # the name of the connection itself, where `within` an object that has others
    given_ways: tuple[str, ...] = ()  # the methods of the connection itself that release it
    late: frozenset[str] = frozenset()  # methods of the object that end it after their work
    entry: cst.Name | None = None  # the name by which a `with` enters what the call has made

    @property
    def at(self) -> cst.CSTNode:
        """Return what takes it where it is evaluated: the call itself, or a name entered."""
        return self.entry or self.call

    @property
    def taking(self) -> Taking:
        """Return what sort of connection it takes."""
        return Taking.TRANSACTION if self.api.kind == "transaction" else TAKING[self.api.kind]

    @property
    def exit(self) -> str:
        """Return what leaving `with value:` does to it."""
        return self.api.awaited_exit if self.awaited else self.api.exit


def taken(function: cst.FunctionDef, name: str, names: Names) -> Iterator[Taken]:
    """Yield the acquiring calls of a function's own body, in the order of the text."""
    for place in places(function):
        if place.scope != function.name.value or not isinstance(place.node, cst.Call):
            continue
        shape = of_cst(place.node.func)
        api = names.api(shape, name)
        off = popped(place.node, name, names) if api is None else None
        given = off or _handed(place.node, shape, name, names) if api is None else None
        if given is not None:
            api = given.api
        if api is None or api.kind not in TAKING:
            continue
        if api.kind == "session" and on_a_connection(place.node, name, names):
            continue
        if _closes_with_its_result(place.node):
            continue
        if api.driver == "psycopg_pool" and _close_returns(shape, name, names):
            api = replace(api, released_by=(*api.released_by, "close"))
        if any(isinstance(above.node, cst.Lambda) for above in place.ancestors()):
            continue
        found = classify(place, api) if given is None else _through(place, given)
        found = replace(found, awaited=True, popped=True) if off else found
        if found.form is Form.PASSED and (
            lost_to_a_session(place, name, names)
            or only_lent(place, found.api, found.exit, name, names)
        ):
            found = replace(found, form=Form.CHAINED)
        if not (api.call <= {"await", "async-with"} and _unawaited(found)):
            yield found


def _closes_with_its_result(call: cst.Call) -> bool:
    """Tell whether the last row of what a connection answers closes it (SQLAlchemy to 1.4)."""
    told = (a.value for a in call.args if a.keyword and a.keyword.value == "close_with_result")
    return any(isinstance(value, cst.Name) and value.value == "True" for value in told)


def _handed(call: cst.Call, shape: Shape, scope: str, names: Names) -> Handed | None:
    """Return what a call of a function of the project, or of its generator, hands over."""
    step = advanced(call, scope, names)
    return Handed(step.api, step.generator) if step else handed(shape, scope, names)


def _through(place: Place, given: Handed) -> Taken:
    """Classify the call of a function that takes the connection for its caller."""
    found = classify(place, given.api)
    one = picked(place, given)
    if one is not None:
        form = Form.BOUND if one.name else Form.CHAINED
        found = replace(found, api=one.api, form=form, names=frozenset({one.name} - {""}))
    elif given.at >= 0:
        name = _element(place, given)
        form = Form.BOUND if name else Form.UNKNOWN
        found = replace(found, form=form, names=frozenset({name} if name else ()))
    return replace(found, through=given.function, pool=given.pool, when=given.when)


def _element(place: Place, given: Handed) -> str:
    """Return what `a, b = call()` calls the connection, "" where it gets no name."""
    above = [a.node for a in place.ancestors() if not isinstance(a.node, cst.Await)][:1]
    match above:
        case [cst.Assign(targets=[cst.AssignTarget(target=cst.Tuple(elements=elements))])]:
            if len(elements) == given.size:
                name = elements[given.at].value
                return name.value if isinstance(name, cst.Name) else ""
    return ""


def _unawaited(found: Taken) -> bool:
    """Tell whether a coroutine was made and not awaited here: nothing was taken then."""
    return not found.awaited and found.form not in (Form.GUARDED, Form.ENTERED)


def classify(place: Place, api: Api) -> Taken:
    """Tell how the value of the call at `place` is used, which takes what `api` says."""
    call = place.node
    assert isinstance(call, cst.Call)
    awaited = False
    bound: set[str] = set()
    unless = ""
    node: cst.CSTNode = call
    for above in place.ancestors():
        up = above.node
        method = ""
        match up:
            case cst.Await():
                awaited = True
            case cst.NamedExpr(target=cst.Name(value=name)):
                bound.add(name)
            case cst.BooleanOperation(left=cst.Name(value=name), operator=cst.Or()):
                unless = name
            case cst.Arg():
                stack = entered(above, api.awaited_exit if awaited else api.exit)
                if stack:
                    return Taken(call, api, Form.GUARDED, target(above), awaited, stack=stack)
                form = _as_argument(above, api)
                if form is not None:
                    bound |= _of_block(above) if form is Form.GUARDED else set()
                    return Taken(call, api, form, frozenset(bound), awaited)
            case cst.Call() if isinstance(node, cst.Attribute) and node.attr.value in _SAME:
                pass
            case cst.Call() if isinstance(node, cst.Arg):
                pass
            case cst.GeneratorExp(elt=elt) if elt is node:
                pass
            case cst.Call() if isinstance(node, cst.Attribute):
                method = node.attr.value
                form = _as_chain(above, api, method)
                return Taken(call, api, form, frozenset(bound), awaited, method)
            case cst.Attribute(value=value) if value is node:
                if up.attr.value in _VALUES:
                    return Taken(call, api, Form.CHAINED, frozenset(bound), awaited)
            case cst.IfExp(test=test) if test is not node and _is_entered(above):
                pass  # `with a() if key else b() as conn:`
            case cst.Element() if _unpacked(above, bound):
                return Taken(call, api, Form.BOUND, frozenset(bound), awaited)
            case cst.WithItem():
                return _as_item(call, api, up, above, awaited, bound)
            case _:
                form, names = _as_value(up, node, bound)
                return Taken(call, api, form, frozenset(names), awaited, unless=unless)
        node = up
    return Taken(call, api, Form.BOUND if bound else Form.UNKNOWN, frozenset(bound), awaited)


def _close_returns(callee: Shape, scope: str, names: Names) -> bool:
    """Tell whether `close()` puts a connection of this pool back: `close_returns=True`.

    Where it is not clear which call makes the pool, any of the module that says so counts.
    """
    if not names.told("close_returns"):
        return False
    of = callee.of if isinstance(callee, Attribute) else None
    values = [binding.value for binding in names.bound(of, scope)]
    calls = [v.value if isinstance(v, ast.Await) else v for v in values]
    if len(calls) != 1 or not isinstance(calls[0], ast.Call):
        return True
    said = [k.value for k in calls[0].keywords if k.arg in ("close_returns", None)]
    return any(not (isinstance(v, ast.Constant) and v.value is False) for v in said)


def _is_entered(place: Place) -> bool:
    return place.above is not None and isinstance(place.above.node, cst.WithItem)


def _unpacked(element: Place, bound: set[str]) -> bool:
    """Tell whether `a, b = call(), other()` gives the value a name, and add it to `bound`."""
    values, assign = ([*(a.node for a in element.ancestors()), None, None])[:2]
    if not (isinstance(values, cst.Tuple) and isinstance(assign, cst.Assign)):
        return False
    target = assign.targets[0].target
    if not isinstance(target, cst.Tuple) or len(target.elements) != len(values.elements):
        return False
    pairs = zip(values.elements, target.elements, strict=True)
    name = next((to.value for of, to in pairs if of is element.node), None)
    if isinstance(name, cst.Name):
        bound.add(name.value)
    return isinstance(name, cst.Name)


def _as_value(
    up: cst.CSTNode, node: cst.CSTNode, bound: set[str]
) -> tuple[Form, set[str] | frozenset[str]]:
    match up:
        case cst.Assign(targets=targets):
            names = [t.target.value for t in targets if isinstance(t.target, cst.Name)]
            if len(names) == len(targets):
                return Form.BOUND, bound | set(names)
            return Form.PASSED, bound
        case cst.AnnAssign(target=cst.Name(value=name)):
            return Form.BOUND, bound | {name}
        case cst.Expr() | cst.If() | cst.While() | cst.Comparison():
            return (Form.BOUND, bound) if bound else (Form.DROPPED, bound)
        case cst.CompFor() if isinstance(node, cst.GeneratorExp):
            return Form.DROPPED, bound
        case cst.Return() | cst.Yield() | cst.AnnAssign() | cst.Element():
            return Form.PASSED, bound
        case cst.DictElement() | cst.StarredElement() | cst.StarredDictElement():
            return Form.PASSED, bound
    return (Form.BOUND if bound else Form.UNKNOWN), bound


def _as_chain(place: Place, api: Api, method: str) -> Form:
    """Classify `call().method()`."""
    if method in api.released_by:
        return Form.RELEASED
    if method in _ENTERING:
        return Form.UNKNOWN  # what it gives is the connection: who keeps that is not looked at
    entered = any(isinstance(a.node, cst.WithItem) for a in place.ancestors())
    if entered and api.exit in GIVING_BACK and method != "cursor":  # a cursor closes itself alone
        return Form.UNKNOWN
    if api.kind == "connect" and method == "cursor":
        for above in place.ancestors():
            match above.node:  # whoever gets the cursor can close its `connection`
                case cst.Return() | cst.Yield() | cst.Arg():
                    return Form.PASSED
                case cst.Assign(targets=targets):
                    if not all(isinstance(t.target, cst.Name) for t in targets):
                        return Form.PASSED
    return Form.CHAINED


def _as_item(
    call: cst.Call, api: Api, item: cst.WithItem, place: Place, awaited: bool, bound: set[str]
) -> Taken:
    """Classify `with call() as x` by what leaving the block does."""
    effect = api.awaited_exit if awaited else api.exit
    above = place.above.node if place.above else None
    asynchronous = isinstance(above, cst.With) and above.asynchronous is not None
    target = item.asname.name if item.asname else None
    names = bound | ({target.value} if isinstance(target, cst.Name) else set())
    if effect in GIVING_BACK:
        form = Form.GUARDED
    elif effect == "transaction":
        form = Form.ENTERED
    else:  # no such context manager: it raises, after the connection was taken if awaited
        form = Form.ENTERED if awaited and asynchronous else Form.UNKNOWN
    return Taken(call, api, form, frozenset(names), awaited)


def _of_block(argument: Place) -> set[str]:
    """Return what a block calls the argument of a call that is entered: `closing(…) as conn`."""
    match [above.node for above in argument.ancestors()][:2]:
        case [cst.Call(), cst.WithItem(asname=cst.AsName(name=cst.Name(value=name)))]:
            return {name}
    return set()


def _as_argument(place: Place, api: Api) -> Form | None:
    """Classify `f(call())`; None where `f` hands the value on."""
    up = place.above.node if place.above else None
    if not isinstance(up, cst.Call):
        return Form.UNKNOWN
    name = dotted(of_cst(up.func)).rpartition(".")[2]
    if name in _THROUGH:
        return None
    if name in {"enter_context", "enter_async_context"} and api.exit not in GIVING_BACK:
        return None  # the stack leaves it as a `with` does, which does not give it back
    if name == "closing" and "close" not in api.released_by:
        return Form.ENTERED  # it closes the session; the pool still counts the connection
    return Form.GUARDED if name in {"closing", "aclosing"} else Form.PASSED
