"""When an ORM session holds a connection: from its first statement until it gives it back.

Here within one function, statement by statement as libcst reads it; what the functions do that it
lends the session to is told by `connections.orm.course`.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import libcst as cst

from poollint.model.finding import Step
from poollint.reading.connections.acquiring.lending import says_nothing
from poollint.reading.connections.acquiring.taking import Taken
from poollint.reading.connections.orm.objects.keeping import Keeper, Mark, Meant, View, made
from poollint.reading.connections.orm.objects.services import says
from poollint.reading.connections.orm.objects.widening import widened
from poollint.reading.connections.orm.use.around import around
from poollint.reading.connections.orm.use.asking import (
    Use,
    arguments,
    asked,
    asked_of_query,
    is_lazy,
)
from poollint.reading.connections.orm.use.callbacks import ends, ends_in, is_handed
from poollint.reading.connections.orm.use.calling import (
    Called,
    called,
    closes_connection,
    queries,
    root,
)
from poollint.reading.connections.orm.use.course import MISSES, Course, effect, followed
from poollint.reading.connections.orm.use.expiring import loads, methods
from poollint.reading.connections.orm.use.sending import sends
from poollint.reading.connections.orm.use.unawaited import is_coroutine, made_only
from poollint.reading.connections.waits.reach.consuming import consumed
from poollint.reading.connections.waits.reach.streaming import only_streamed
from poollint.reading.naming.objects.instances import Member, function, method
from poollint.reading.naming.scopes.bindings import parameters
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import Attribute, Name, of_cst
from poollint.reading.naming.scopes.shapes import Called as CalledShape
from poollint.reading.paths.walk import Place, places
from poollint.syntax.newer import expression
from poollint.syntax.nodes import walk

if TYPE_CHECKING:
    from poollint.reading.connections.waits.calls.waited import Waiting
    from poollint.reading.connections.waits.calls.waiting import Waits

_IN_TRANSACTION = ".in_transaction()"
_BLOCKS = frozenset({"begin", "connection"})


class Session:
    """The uses of one session within one function; `kept` are its names that keep the session."""

    follows = True
    """What functions do is known that are lent the session, and wait."""
    misses = False
    """What is asked of a cache before the database is taken for not found there."""
    cached = False
    """Such a function has been judged."""

    def __init__(
        self, taken: Taken, scope: str, names: Names, kept: Mapping[str, Keeper] | None = None
    ) -> None:
        self.gives = frozenset(taken.api.released_by) | {"close", "commit", "rollback"}
        if closes_connection(Member(names, scope)):
            self.gives |= {"connection"}  # it is not known to be held any longer
        self._scope = scope
        self._names = names
        self._kept = dict(kept or {})
        self._views: dict[frozenset[str], View] = {}
        self._queries: dict[frozenset[str], frozenset[str]] = {}
        self._loads: dict[frozenset[str], frozenset[str]] = {}
        self._calls: dict[int, ast.expr | None] = {}

    def used(self, node: cst.CSTNode, held: frozenset[str]) -> Use:
        """Return what evaluating `node` does while `held` names are the session."""
        view = self._view(held)
        use = Use.NOTHING
        for place in places(node, self._scope):
            if isinstance(place.node, cst.Name):
                name = place.node.value
                if name in held:
                    use = max(use, self.mentioned(place, view))
                elif name in view.own or name in view.keepers or name in self._queries[held]:
                    use = max(use, self._of_other(place, name, held))
                elif self.reads(place, self._loads[held]):
                    use = max(use, Use.TAKES)
                elif is_handed(place) and ends(name, self._scope, self._names, held, self.gives):
                    use = Use.UNKNOWN
        defined = isinstance(node, cst.FunctionDef) and not self._runs(node.name.value)
        return Use.NOTHING if defined and use is Use.TAKES else use

    def goes_through(self, node: cst.CSTNode, held: frozenset[str]) -> bool:
        """Tell whether a loop over `node` sends a query of the session: `session.query(…)`."""
        if not self.follows or not isinstance(node, cst.BaseExpression):
            return False
        value, view = self._ast(node), self._view(held)
        if isinstance(value, ast.Name):
            return value.id in self._queries[held]
        if not isinstance(value, ast.Call):
            return False
        of = root(value, view, Member(self._names, self._scope))
        further = isinstance(of.node, ast.Name) and of.node.id in self._queries[held]
        begun = of.meant is Mark.ITSELF and of.chain[:1] == ("query",)
        return (further or begun) and is_lazy(of.chain)

    def reads(self, place: Place, loads: frozenset[str]) -> bool:
        """Tell whether a name stands in one of the attributes `loads`, which fetch a row."""
        above = place.above.node if place.above is not None else None
        if not loads or not isinstance(above, cst.Attribute) or above.value is not place.node:
            return False
        return f"{cst.ensure_type(place.node, cst.Name).value}.{above.attr.value}" in loads

    def handed_end(self, call: cst.Call, held: frozenset[str]) -> bool:
        """Tell whether `call` is handed a function of this one that ends the transaction."""
        return ends_in(call, self._scope, self._names, held, self.gives)

    def _runs(self, name: str) -> bool:
        """Tell whether the function itself calls one that it defines; threads may, besides."""
        own = self._names.functions.get(self._scope)
        return own is not None and any(
            isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == name
            for call in walk(own)
        )

    def keeps(self, node: cst.CSTNode, held: frozenset[str]) -> bool:
        """Tell whether `node` hands the session to nothing that may end it later.

        To objects that only keep it, and to functions of which it is known what they do.
        """
        mentions = [
            place
            for place in places(node, self._scope)
            if isinstance(place.node, cst.Name) and place.node.value in held
        ]
        return bool(mentions) and all(self._is_kept(place, held) for place in mentions)

    def _is_kept(self, place: Place, held: frozenset[str]) -> bool:
        above = place.above
        call = above.above.node if above is not None and above.above is not None else None
        if above is None or not isinstance(above.node, cst.Arg) or not isinstance(call, cst.Call):
            return False
        shape = of_cst(call.func)
        if self._names.api(shape, self._scope):
            return False
        if function(shape, self._scope, self._names):
            one = self._target(call, self._view(held)) if self.follows else None
            return one is not None and self._is_told(one)
        value = self._ast(call)
        here = Member(self._names, self._scope)
        return value is not None and isinstance(made(value, self._view(held), here), Keeper)

    def _is_told(self, one: Called) -> bool:
        """Tell whether it is known of a function that it leaves the session open, and to us."""
        body = one.member.names.functions[one.member.name].body
        return not says_nothing(body) and self._effect(one) in (Use.NOTHING, Use.TAKES)

    def _view(self, held: frozenset[str]) -> View:
        """Return what of the function is the session, and keeps it, while `held` names are it."""
        if held not in self._views:
            view = View(held, self._kept)
            node = self._names.functions.get(self._scope)
            if node is not None:
                view = widened(view, Member(self._names, self._scope))
            self._views[held] = view
            self._queries[held] = queries(node, view) if node is not None else frozenset()
            self._loads[held] = self._fetching(view) if node is not None else frozenset()
        return self._views[held]

    def _fetching(self, view: View) -> frozenset[str]:
        here = Member(self._names, self._scope)
        return loads(here, lambda call: methods(call, view, here)) if self.follows else frozenset()

    def _ast(self, node: cst.BaseExpression) -> ast.expr | None:
        if id(node) not in self._calls:
            self._calls[id(node)] = expression(cst.Module([]).code_for_node(node))
        return self._calls[id(node)]

    def streams(self, node: cst.CSTNode) -> bool:
        """Tell whether `node` defines what only makes a response, after the function has ended."""
        return isinstance(node, cst.FunctionDef) and only_streamed(
            node.name.value, self._scope, self._names
        )

    def left(self, item: cst.WithItem, held: frozenset[str]) -> bool:
        """Tell whether leaving a `with` item ends the session's transaction: `session.begin()`.

        Or gives its connection back: `session.connection()`.
        """
        view = self._view(held)
        match of_cst(item.item):
            case CalledShape(callee=Attribute(of=Name(text=name), name=block)) if name in held:
                if block in _BLOCKS:
                    return True
        named = item.asname.name if item.asname is not None else None
        if isinstance(named, cst.Name) and isinstance(view.keepers.get(named.value), Keeper):
            return True
        node = self._ast(item.item)
        match node:
            case ast.Call(func=ast.Attribute(value=of, attr=block)) if block in _BLOCKS:
                return view.meant(of) is Mark.ITSELF  # `uow.session.begin()`
        meant = view.meant(node) if node is not None else None
        if isinstance(node, ast.Call) and meant is None and self._concerns(node, view):
            one = called(node, view, Member(self._names, self._scope))
            return one is None or self._effect(one) in (Use.GIVES, Use.UNKNOWN)
        return isinstance(meant, Keeper) or meant is Mark.ITSELF  # `with self.session:`

    def _concerns(self, call: ast.Call, view: View) -> bool:
        """Tell whether a call is given the session, or is a method of what keeps it."""
        of = call.func.value if isinstance(call.func, ast.Attribute) else None
        keeps = of is not None and isinstance(view.meant(of), Keeper)
        return keeps or any(view.meant(v) for _, _, v in arguments(call))

    def idle(self, test: str, truth: bool, held: frozenset[str]) -> bool:
        """Tell whether a test that comes to `truth` means that no transaction is open."""
        of = test.removesuffix(_IN_TRANSACTION)
        return not truth and of != test and (of in held or of in self._view(held).own)

    def mentioned(self, place: Place, view: View) -> Use:
        """Judge one mention of the session by what stands around it."""
        chain: list[str] = []
        node: cst.CSTNode = place.node
        for above in place.ancestors():
            up = above.node
            match up:
                case cst.FunctionDef() | cst.Lambda() | cst.ClassDef():
                    return Use.UNKNOWN
                case cst.Attribute(value=value) if value is node:
                    chain.append(up.attr.value)
                case cst.Attribute():
                    return Use.NOTHING  # the name of an attribute of something else
                case cst.Call(func=func) if func is node and chain:
                    pass
                case cst.Arg(keyword=keyword) if keyword is node:
                    return Use.NOTHING
                case cst.Arg() if not chain:
                    return self._lent(above, view)
                case _:
                    break
            node = up
        return self.chained(chain)

    def chained(self, chain: Sequence[str]) -> Use:
        """Judge `session.a().b()` by its methods."""
        return asked(chain, self.gives)

    def _of_other(self, place: Place, name: str, held: frozenset[str]) -> Use:
        """Judge a mention of what is not a name of the session, but has to do with it."""
        view = self._view(held)
        meant: Meant = Mark.ITSELF if name in view.own else view.keepers.get(name) or Mark.UNSURE
        if name in self._queries[held]:
            meant = None
        chain: list[str] = []
        node: cst.CSTNode = place.node
        for above in place.ancestors():
            up = above.node
            match up:
                case cst.Param() | cst.AssignTarget() | cst.Annotation():
                    return Use.NOTHING
                case cst.AnnAssign(target=target) if target is node:
                    return Use.NOTHING
                case cst.Arg(keyword=keyword) if keyword is node:
                    return Use.NOTHING
                case cst.FunctionDef() | cst.Lambda() | cst.ClassDef():
                    return Use.UNKNOWN if meant is not None else Use.NOTHING
                case cst.Attribute(value=value) if value is node:
                    further = meant.attribute(up.attr.value) if isinstance(meant, Keeper) else None
                    if further is not None and not chain:
                        meant = further
                    else:
                        chain.append(up.attr.value)
                case cst.Attribute():
                    return Use.NOTHING
                case cst.Call(func=func) if func is node and chain:
                    if isinstance(meant, Keeper):
                        return self._further(self._asked(chain, above, view), above, view)
                case cst.Arg() if not chain and meant is not None:
                    return self._lent(above, view)
                case _:
                    break
            node = up
        return self._bare(meant, chain, node, place)

    def _bare(self, meant: Meant, chain: list[str], node: cst.CSTNode, place: Place) -> Use:
        """Judge a mention that is handed to no call, and is no method of a keeper."""
        if meant is None:
            return asked_of_query(chain)
        if meant is Mark.ITSELF:
            return self.chained(chain)
        if isinstance(meant, Keeper):
            if chain:
                return Use.NOTHING if method(meant.of, chain[0]) is None else Use.UNKNOWN
            above = [a.node for a in place.ancestors()]
            if any(isinstance(a, cst.WithItem) for a in above[:2]):
                return Use.NOTHING  # what entering it does is nothing that is not seen
        return Use.UNKNOWN

    def _asked(self, chain: list[str], place: Place, view: View) -> Use:
        """Judge a call of a method of an object that keeps the session."""
        if len(chain) > 1:
            return Use.NOTHING
        return self._called(place, view)  # unknown where no method says what it is

    def _lent(self, argument: Place, view: View) -> Use:
        place = argument.above
        if place is None or not isinstance(place.node, cst.Call):
            return Use.UNKNOWN
        call = place.node
        if self._names.api(of_cst(call.func), self._scope) is not None:
            return Use.TAKES
        return self._further(self._called(place, view), place, view)

    def _further(self, use: Use, place: Place, view: View) -> Use:
        """Judge what is asked of what a call gives: `Orders(session).find(7)`, `self.orders().…`.

        `use` is what the call itself does.
        """
        match [above.node for above in place.ancestors()][:2]:
            case [cst.Attribute(value=value), cst.Call() as outer] if value is place.node:
                one = self._target(outer, view)
                further = self._effect(one) if one is not None else Use.NOTHING
                return use if further is Use.NOTHING else further
        return use

    def _called(self, place: Place, view: View) -> Use:
        one = self._target(cst.ensure_type(place.node, cst.Call), view)
        if one is None:
            return Use.UNKNOWN
        if is_coroutine(one.member):
            later = made_only(place, self._names.functions.get(self._scope))
            if later is not None:
                return later
        whole = self._effect(one)
        found = around(self.course(one), whole) if self.follows else None
        return found[0] if found is not None else whole  # of a manager: entering it

    def _effect(self, one: Called) -> Use:
        course = self.course(one)
        self.cached |= course is not None and course.cached
        return effect(one, self.chained, self._kind)

    def target(self, call: cst.Call, held: frozenset[str]) -> Called | None:
        """Return the function that `call` lends the session, or has an object use it that keeps it.

        None where it is not certain which, or what that does.
        """
        return self._target(call, self._view(held)) if self.follows else None

    def begun_within(self, call: cst.Call, waits: Waits) -> Waiting | None:
        """Return what a call waits for after a statement that it sends by itself."""
        return None

    def course(self, one: Called) -> Course | None:
        """Return the course of the session through a function that it is lent."""
        return followed(one, self.chained, self._kind)

    def _target(self, call: cst.Call, view: View) -> Called | None:
        value = self._ast(call)
        here = Member(self._names, self._scope)
        return called(value, view, here) if isinstance(value, ast.Call) else None

    @property
    def _kind(self) -> str:
        told = MISSES if self.misses else ""
        return f"{type(self).__name__} {' '.join(sorted(self.gives))} {told}"

    def received(self, call: cst.Call, held: frozenset[str]) -> bool:
        """Tell whether a function of the project says that it is handed such a session."""
        one = self._target(call, self._view(held))
        return one is not None and says(one.member, one.view)

    def answers(
        self, call: cst.Call, held: frozenset[str], use: Use, steps: Sequence[Step]
    ) -> bool:
        """Tell whether a call that does `use` to the session answers for it, by `steps` a wait."""
        return use in (Use.GIVES, Use.UNKNOWN) or (use is Use.TAKES and self.received(call, held))

    def within(self, member: Member, line: int, made: cst.Call, held: frozenset[str]) -> Use:
        """Judge a generator up to a line: one of this function, or that `made` hands the session.

        What it is handed under another name, or by an object, is unknown.
        """
        if self._defines(member):
            course = self._of_own(member, held)
            return course.until(line) if course is not None else Use.UNKNOWN
        view = self._view(held)
        mentioned = any(
            isinstance(place.node, cst.Name) and place.node.value in held
            for place in places(made, self._scope)
        )
        return Use.UNKNOWN if mentioned or len(view.keepers) else Use.NOTHING

    def first_within(self, member: Member, line: int, held: frozenset[str]) -> ast.expr | None:
        """Return what a generator of this function asks first that holds a connection at a line.

        None where it may hold none there, or only that of this function.
        """
        course = self._of_own(member, held) if self._defines(member) else None
        return course.first if course is not None and course.until(line) is Use.TAKES else None

    def _defines(self, member: Member) -> bool:
        return member.names is self._names and member.name.startswith(f"{self._scope}.")

    def _of_own(self, member: Member, held: frozenset[str]) -> Course | None:
        """Return the course of the session through a function that this one defines."""
        view = self._view(held)
        own = {a.arg for a in parameters(member.names.functions[member.name].args)}
        kept = {name: one for name, one in view.keepers.items() if name not in own}
        return self.course(Called(member, View(view.own - own, kept)))

    def takes(self, call: ast.Call, view: View) -> bool:
        """Tell whether a call of the function takes a connection, by what it has of the session."""
        here = Member(self._names, self._scope)
        of = root(call, view, here)
        if of.meant is Mark.ITSELF and of.chain:
            return self.chained(of.chain) is Use.TAKES
        one = called(call, view, here)
        return one is not None and (
            self._effect(one) is Use.TAKES or sends(one, self.chained, self.course)
        )

    def sends(self, call: cst.Call, above: list[cst.CSTNode], held: frozenset[str]) -> bool:
        """Tell whether a call runs what certainly sends a statement, though it may end that."""
        one = self.target(call, held)
        if one is None:
            return False
        node = one.member.names.functions[one.member.name]
        is_run = isinstance(node, ast.FunctionDef) or "await" in consumed(above)
        return is_run and sends(one, self.chained, self.course)

    def by(self, member: Member, parameter: str) -> Use:
        """Judge a function of the project that is handed the session as a parameter."""
        return self._effect(Called(member, View(frozenset({parameter}))))
