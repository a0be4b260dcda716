"""What evaluating one node does to a connection that some names hold."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice

import libcst as cst

from poollint.facts.connections import Taking
from poollint.reading.connections.acquiring.handing import BY_CURSOR
from poollint.reading.connections.acquiring.lending import (
    BORROWERS,
    ENDING,
    GIVING_BACK,
    Lent,
    Outcome,
    comes_back,
)
from poollint.reading.connections.acquiring.taking import Taken
from poollint.reading.connections.ownership.asking_lent import IDLE, asks
from poollint.reading.connections.ownership.giving_back import driven, given_back
from poollint.reading.connections.ownership.keeping_given import leads_on
from poollint.reading.connections.ownership.lent_to_objects import only_works_on
from poollint.reading.connections.ownership.mentions import (
    bound_names,
    handed_on,
    in_argument,
    is_read,
    is_task,
    keeps_argument,
    last_name,
    name_of,
)
from poollint.reading.connections.ownership.objects import by_way_of
from poollint.reading.naming.objects.instances import Member, function
from poollint.reading.naming.scopes.closures import called_only, reset_by
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import dotted, names_class, of_cst
from poollint.reading.paths.walk import Place, places

_ENDS = {"commit": Outcome.COMMITTED, "rollback": Outcome.UNDONE}  # the transaction of a session


@dataclass(frozen=True, slots=True)
class Effect:
    """The outcome, and the names that hold the connection afterwards."""

    outcome: Outcome
    names: frozenset[str]


Judge = Callable[["cst.FunctionDef", frozenset[str]], Outcome]
"""What calling a function does that is defined within, and sees the names that are held."""


class Obligation:
    """Judges nodes for one acquisition, within one function.

    `lasting`: None where it matters who is to give it back; where only how long it is taken does,
    whether an object that is made to work on it leaves it taken.
    """

    def __init__(
        self, taken: Taken, scope: str, names: Names, outer: frozenset[str], judge: Judge,
        lasting: bool | None = None,
    ) -> None:  # fmt: skip
        self._lasting = lasting
        self._taken = taken
        self._scope = scope
        self._names = names
        self._outer = outer  # names declared `global` or `nonlocal`
        self._judge = judge
        self._callable = frozenset(called_only(scope, names))
        self._reset = frozenset(reset_by(scope, names))
        self._within: dict[str, cst.FunctionDef] = {}
        self._known: dict[tuple[int, frozenset[str], int], Effect] = {}

    def evaluated(self, node: cst.CSTNode, held: frozenset[str]) -> Effect:
        """Return what evaluating `node` does while `held` names hold the connection."""
        key = (id(node), held, len(self._within))
        if key not in self._known:
            self._known[key] = self._evaluated(node, held)
        return self._known[key]

    def _evaluated(self, node: cst.CSTNode, held: frozenset[str]) -> Effect:
        outcomes: list[Outcome] = []
        gained: set[str] = set()
        mentioned = False
        for place in places(node, self._scope):
            if isinstance(place.node, cst.FunctionDef) and place.node is node:
                return self._captured(place.node, held)
            if self._within and isinstance(place.node, cst.Call):
                outcomes.append(self._called(place.node, held))
            if not (isinstance(place.node, cst.Name) and place.node.value in held):
                continue
            if not is_read(place):
                continue
            mentioned = True
            outcome, names = self._used(place)
            outcomes.append(outcome)
            gained |= names
        for best in (Outcome.RELEASED, Outcome.TRANSFERRED):
            if best in outcomes:
                return Effect(best, held)
        kept = self._rebound(node, held, mentioned) | gained
        if gained & self._outer:
            return Effect(Outcome.TRANSFERRED, held)
        for ended in (Outcome.LATE, Outcome.SOMETIMES, Outcome.COMMITTED, Outcome.UNDONE):
            if ended in outcomes:
                return Effect(ended, frozenset(kept))
        if not kept:
            return Effect(Outcome.REBOUND, frozenset())
        for weak in (Outcome.WRONG_POOL, Outcome.FALSE_RELEASE, Outcome.PASSED):
            if weak in outcomes:
                return Effect(weak, frozenset(kept))
        return Effect(Outcome.HELD, frozenset(kept))

    def uses(self, node: cst.CSTNode, held: frozenset[str], lent: bool) -> bool:
        """Tell whether evaluating `node` makes a session take its connection.

        `lent`: being handed to a function counts as well.
        """
        for place in places(node):
            if not (isinstance(place.node, cst.Name) and place.node.value in held):
                continue
            above = [a.node for a in place.ancestors()][:2]
            match above:
                case [cst.Attribute(attr=cst.Name(value=name)), cst.Call()] if name not in IDLE:
                    return True
                case [cst.Yield(), *_]:
                    return True
                case [cst.Arg(), *_] if lent:
                    return True
        return False

    def asked(self, node: cst.CSTNode, held: frozenset[str]) -> bool:
        """Tell whether `node` lends a session to a function of the project that asks it."""
        return any(
            self._asks(place.above, place.above.node)
            for place in places(node)
            if isinstance(place.node, cst.Name) and place.node.value in held
            if place.above is not None and isinstance(place.above.node, cst.Arg)
        )

    def _asks(self, place: Place, argument: cst.Arg) -> bool:
        call = place.above.node if place.above is not None else None
        if not isinstance(call, cst.Call) or argument.star:
            return False
        member = function(of_cst(call.func), self._scope, self._names)
        keyword = argument.keyword.value if argument.keyword is not None else ""
        return member is not None and asks(member, call.args.index(argument), keyword)

    def left(self, item: cst.WithItem, held: frozenset[str]) -> bool:
        """Tell whether leaving a `with` item gives the connection back."""
        expression = item.item
        if isinstance(expression, cst.Name):
            return expression.value in held and self._taken.exit in GIVING_BACK
        if not isinstance(expression, cst.Call):
            return False
        name = dotted(of_cst(expression.func))
        if name.rpartition(".")[2] in {"closing", "aclosing"}:
            arguments = [a.value for a in expression.args]
            lent = any(isinstance(a, cst.Name) and a.value in held for a in arguments)
            return lent and "close" in self._taken.api.released_by
        if name.partition(".")[0] in held:
            if self._taken.taking is Taking.SESSION and name.endswith(".begin"):
                return True  # its transaction ends with the block, and gives the connection back
            api = self._names.api(of_cst(expression.func), self._scope)
            return api is not None and api.exit in GIVING_BACK
        return False

    def _used(self, place: Place) -> tuple[Outcome, frozenset[str]]:
        """Judge one mention of a holding name by what stands around it."""
        node: cst.CSTNode = place.node
        nothing: frozenset[str] = frozenset()
        for above in place.ancestors():
            up = above.node
            match up:
                case cst.Lambda():
                    return Outcome.TRANSFERRED, nothing
                case cst.Attribute():
                    within = by_way_of(above, up, self._taken)
                    return within or self._attribute(above, up), nothing
                case cst.Arg():
                    kept = self._kept(above, up)
                    if kept is not None:
                        return Outcome.HELD, kept
                    return self._argument(above, up), self._entered(above)
                case cst.Return():
                    return Outcome.TRANSFERRED, nothing
                case cst.Yield():
                    return Outcome.HELD, nothing
                case cst.Assign() | cst.AnnAssign() | cst.NamedExpr():
                    return self._assigned(up, node)
                case cst.Tuple() | cst.Await() | cst.BooleanOperation() | cst.IfExp():
                    pass
                case cst.Element() if above.above and isinstance(above.above.node, cst.Tuple):
                    pass
                case cst.Element() | cst.DictElement() | cst.StarredElement():
                    if not in_argument(above):
                        return Outcome.TRANSFERRED, nothing
                case cst.List() | cst.Dict() | cst.Set():
                    pass
                case cst.WithItem() if up.asname and isinstance(up.asname.name, cst.Name):
                    return Outcome.HELD, frozenset({up.asname.name.value})
                case _:
                    return Outcome.HELD, nothing
            node = up
        return Outcome.HELD, nothing

    def _assigned(
        self, up: cst.Assign | cst.AnnAssign | cst.NamedExpr, node: cst.CSTNode
    ) -> tuple[Outcome, frozenset[str]]:
        targets = [t.target for t in up.targets] if isinstance(up, cst.Assign) else [up.target]
        gained: set[str] = set()
        for target in targets:
            if isinstance(target, cst.Name):
                if isinstance(node, cst.Tuple):
                    return Outcome.TRANSFERRED, frozenset()
                gained.add(target.value)
            elif isinstance(target, cst.Tuple | cst.List):
                parts = [e.value for e in target.elements]
                gained |= {p.value for p in parts if isinstance(p, cst.Name)}
            else:
                return Outcome.TRANSFERRED, frozenset()
        return Outcome.HELD, frozenset(gained)

    def _attribute(self, place: Place, node: cst.Attribute) -> Outcome:
        """Judge `conn.name`: a call that releases, a release handed to somebody, or plain use."""
        api = self._taken.api
        name = node.attr.value
        up = place.above
        if up is None:
            return Outcome.HELD
        itself = self._taken.given and name_of(node.value) == self._taken.given
        if itself and name == "close" and name not in self._taken.given_ways:
            return Outcome.FALSE_RELEASE  # the object's `close()` may put it back; this does not
        if name == BY_CURSOR and name in api.released_by:
            return Outcome.TRANSFERRED
        if isinstance(up.node, cst.Call) and up.node.func is node:
            if name == "cursor" and self._is_kept(up):
                return Outcome.TRANSFERRED
            return self._method(up, name)
        if isinstance(up.node, cst.Arg) and name in (*api.released_by, *api.given_back_to):
            return Outcome.TRANSFERRED
        if isinstance(up.node, cst.Return | cst.Assign) and name in api.released_by:
            return Outcome.TRANSFERRED
        return Outcome.HELD

    def _is_kept(self, cursor: Place) -> bool:
        """Tell whether a cursor becomes a global: as long as it is there, its connection is."""
        up = cursor.above.node if cursor.above is not None else None
        targets = [target.target for target in up.targets] if isinstance(up, cst.Assign) else []
        return any(name_of(target) in self._outer for target in targets)

    def _method(self, call: Place, name: str) -> Outcome:
        api = self._taken.api
        if name in api.released_by:
            method = self._names.api(of_cst(call.node.func), self._scope)  # type: ignore[attr-defined]
            lazy = method is not None and "await" in method.call and "sync" not in method.call
            if lazy and not driven(call):
                return Outcome.FALSE_RELEASE
            if self._taken.taking is Taking.SESSION and name in _ENDS:
                return _ENDS[name]
            return Outcome.LATE if name in self._taken.late else Outcome.RELEASED
        if name in {"__exit__", "__aexit__"} and self._taken.exit in GIVING_BACK:
            return Outcome.RELEASED
        if name == "close":
            return Outcome.FALSE_RELEASE
        returned = call.above is not None and isinstance(call.above.node, cst.Return | cst.Yield)
        if returned and name == "cursor" and not api.given_back_to:
            return Outcome.TRANSFERRED  # closed by way of `cursor.connection`
        return Outcome.HELD

    def _kept(self, place: Place, argument: cst.Arg) -> frozenset[str] | None:
        """Return what leads to it like itself: `orders = Orders(conn)`; None where nothing does."""
        if place.above is None or self._lasting is not None:
            return None
        return leads_on(place.above, argument, self._taken.api, self._scope, self._names)

    def _entered(self, argument: Place) -> frozenset[str]:
        """Return the name of a block that is handed what it is lent: `with own(conn) as same:`."""
        match [place.node for place in islice(argument.ancestors(), 2)]:
            case [cst.Call() as call, cst.WithItem(asname=cst.AsName(name=cst.Name(value=name)))]:
                member = function(of_cst(call.func), self._scope, self._names)
                if member is not None and comes_back(member):
                    return frozenset({name})
        return frozenset()

    def _argument(self, place: Place, argument: cst.Arg) -> Outcome:
        """Judge `f(conn)` by what is known of `f`."""
        call = place.above
        if call is None or not isinstance(call.node, cst.Call):
            return Outcome.HELD
        api = self._taken.api
        shape = of_cst(call.node.func)
        last = last_name(call.node)
        others = {name_of(other.value) for other in call.node.args}
        if others & set(api.given_back_to):
            return Outcome.TRANSFERRED  # `callback(pool.putconn, conn)`
        if last in api.given_back_to:
            return self._given_back(call)
        known = self._names.api(shape, self._scope)
        if known is not None and known.kind == "release":
            return self._given_back(call)
        if last == "set" and dotted(shape).rpartition(".")[0] in self._reset:
            return Outcome.HELD  # a context variable, for as long as this function runs
        member = function(shape, self._scope, self._names)
        if is_task(call):
            return Outcome.TRANSFERRED
        if keeps_argument(call.node, last):
            judged = self._lent(member, call.node, argument) if member else Outcome.PASSED
            return judged if judged is not Outcome.PASSED else Outcome.TRANSFERRED
        if last in {"enter_context", "enter_async_context"}:
            given = self._taken.exit in GIVING_BACK
            return Outcome.TRANSFERRED if given else Outcome.FALSE_RELEASE
        if last in {"closing", "aclosing"}:
            return Outcome.TRANSFERRED if handed_on(call) else Outcome.HELD
        if member is not None:
            entered = call.above is not None and isinstance(call.above.node, cst.WithItem)
            return self._lent(member, call.node, argument, entered and comes_back(member))
        if ENDING.search(last):
            return Outcome.RELEASED
        if names_class(last) or last in {"dict", "list", "tuple", "set"}:
            if self._lasting and only_works_on(shape, self._scope, self._names, api):
                return Outcome.HELD
            return Outcome.TRANSFERRED  # the object owns it now
        if (
            known is not None
            or self._names.qualified(shape, self._scope).partition(".")[0] in BORROWERS
        ):
            return Outcome.HELD
        return Outcome.PASSED

    def _given_back(self, call: Place) -> Outcome:
        return given_back(call, self._taken, self._scope, self._names)

    def _lent(
        self, member: Member, call: cst.Call, argument: cst.Arg, entered: bool = False
    ) -> Outcome:
        """Judge a function of the project by what it does with that parameter."""
        if argument.star:
            return Outcome.PASSED
        lent = Lent(member, self._taken.api, self._taken.exit, entered=entered)
        if argument.keyword is not None:
            return lent.at(-1, argument.keyword.value)
        return lent.at(call.args.index(argument), "")

    def _called(self, call: cst.Call, held: frozenset[str]) -> Outcome:
        """Judge a call without arguments of a function defined within, which sees the names."""
        node = self._within.get(name_of(call.func)) if isinstance(call.func, cst.Name) else None
        return self._judge(node, held) if node is not None and not call.args else Outcome.HELD

    def _captured(self, node: cst.FunctionDef, held: frozenset[str]) -> Effect:
        """A nested function that gives the connection back is its owner from here on.

        Not one that is only called: it gives back when it is.
        """
        if node.name.value in self._callable:
            self._within[node.name.value] = node
            return Effect(Outcome.HELD, held)
        releases = {*self._taken.api.released_by, *self._taken.api.given_back_to}
        found = list(places(node, self._scope))
        uses = any(isinstance(p.node, cst.Name) and p.node.value in held for p in found)
        gives = any(isinstance(p.node, cst.Attribute) and p.node.attr.value in releases
                    for p in found)  # fmt: skip
        ends = any(isinstance(p.node, cst.Call) and ENDING.search(last_name(p.node)) for p in found)
        if uses and (gives or ends):
            return Effect(Outcome.TRANSFERRED, held)
        return Effect(Outcome.HELD, held)

    def _rebound(self, node: cst.CSTNode, held: frozenset[str], mentioned: bool) -> set[str]:
        """Return the names that still hold it: those that `node` gives no other value."""
        kept = set(held)
        if isinstance(node, cst.Del):
            return kept - {name_of(node.target)}
        targets: list[cst.BaseExpression] = []
        if isinstance(node, cst.Assign):
            targets = [t.target for t in node.targets]
        elif isinstance(node, cst.AnnAssign) and node.value is not None:
            targets = [node.target]
        lost = {name for target in targets for name in bound_names(target)}
        if mentioned and lost & kept:
            return kept  # `conn = wrap(conn)`: the value still leads to it
        return kept - lost
