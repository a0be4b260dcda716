"""What a function leaves out because of the arguments that it is given, or is not.

`def __init__(self, url, engine=None): self.engine = engine or create_engine(url)` makes no engine
for whoever gives it one; `async def hide(message, delay=None): if delay: await sleep(delay)` does
not sleep for whoever says `hide(message)`.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Mapping
from typing import TypeGuard

from poollint.catalog.load import calls
from poollint.reading.connections.waits.reach.assigned_before import Statements, assigned_before
from poollint.reading.connections.waits.reach.choices import choice
from poollint.reading.connections.waits.reach.fields import Fields, changes, fields
from poollint.reading.connections.waits.reach.known import (
    Argument,
    Known,
    Something,
    Value,
    value_of,
)
from poollint.reading.connections.waits.reach.left_out import left_out
from poollint.reading.connections.waits.reach.members import constant as member_of
from poollint.reading.connections.waits.reach.members import named
from poollint.reading.connections.waits.reach.running_others import made_to_call
from poollint.reading.naming.objects.instances import (
    Member,
    function,
    instance,
    method,
    project_class,
)
from poollint.reading.naming.objects.other_databases import told_another
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import Attribute, Name, Shape, dotted, of_ast
from poollint.syntax.nodes import walk
from poollint.syntax.python import PythonTree

Place = tuple[int, int]  # line and column, as `ast` counts them
_MAKING = frozenset({"connect", "pool", "engine"})
_ANYTHING = frozenset({"Any", "Callable"})


class Making:
    """Where the functions of a module connect, or make a pool."""

    def __init__(self, names: Names, tree: PythonTree) -> None:
        self._names = names
        self._tree = tree
        self._places: dict[str, frozenset[Place]] = {}
        self._told: frozenset[int] | None = None

    def spared(self, name: str, call: ast.expr) -> bool:
        """Tell whether a function of the module makes nothing for this call of it."""
        if name not in self._names.functions:
            return False
        if self._told is None:
            self._told = told_another(self._tree)
        if id(call) in self._told:
            return True
        return spared(Member(self._names, name), call, self._of(name), self._tree.module.body)

    def _of(self, name: str) -> frozenset[Place]:
        """Return where a function makes something, or calls one that does."""
        if name not in self._places:
            self._places[name] = frozenset()  # a function that calls itself
            self._places[name] = frozenset(
                (node.lineno, node.col_offset)
                for node in walk(self._names.functions[name])
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


def spared(member: Member, call: ast.expr, places: Collection[Place], around: Statements) -> bool:
    """Tell whether a function runs none of these `places` in it for what `call` gives it.

    `around` are the statements of the file in which the call stands.
    """
    if not isinstance(call, ast.Call) or not places:
        return False
    known = supposed(call, member, _locals(call, around))
    return bool(known) and not any(_runs(place, member, known) for place in places)


def _locals(call: ast.Call, around: Statements) -> Known:
    """Return the local names that a call gives and that hold what an attribute or a call gave."""
    given = {a.id for a in (*call.args, *(k.value for k in call.keywords)) if _is_name(a)}
    return tuple((n, Something.SOMETHING) for n in sorted(given) if _holds(n, call, around))


def _holds(name: str, call: ast.Call, around: Statements) -> bool:
    value = assigned_before(name, call, around)
    value = value.value if isinstance(value, ast.Await) else value
    return isinstance(value, ast.Attribute | ast.Call)


def _is_name(node: ast.expr) -> TypeGuard[ast.Name]:
    return isinstance(node, ast.Name)


def runs(node: ast.expr | ast.stmt, member: Member, known: Known) -> bool:
    """Tell whether a part of a function may be come to when so much is known."""
    return not known or _runs((node.lineno, node.col_offset), member, known)


def _runs(place: Place, member: Member, known: Known) -> bool:
    memory: dict[tuple[str, Known], tuple[tuple[Place, Place], ...]] = (
        member.names.memory.setdefault("left out", {})
    )
    key = (member.name, known)
    if key not in memory:
        left = left_out(member.names.functions[member.name].body, {**named(member), **dict(known)})
        memory[key] = tuple(_extent(node) for node in left)
    return not any(start <= place < end for start, end in memory[key])


def _extent(node: ast.stmt | ast.expr) -> tuple[Place, Place]:
    end = (node.end_lineno or node.lineno, node.end_col_offset or 0)
    return (node.lineno, node.col_offset), end


def supposed(
    call: ast.Call, member: Member, here: Known = (), caller: Member | None = None
) -> Known:
    """Return what is known of the parameters of `member` when it is called so.

    `here` is known where the call stands, in `caller`. What `*` and `**` hold is not.
    """
    arguments = member.names.functions[member.name].args
    plain = [*arguments.posonlyargs, *arguments.args]
    missing: list[ast.expr | None] = [None] * (len(plain) - len(arguments.defaults))
    pairs = [*zip(plain, [*missing, *arguments.defaults], strict=True)]
    pairs += zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    starred = [isinstance(a, ast.Starred) for a in call.args]
    more = any(starred) or any(not k.arg for k in call.keywords)  # who knows what they hold
    first = call.args[: starred.index(True)] if any(starred) else call.args
    given = dict(zip([a.arg for a in plain[member.bound :]], first, strict=False))
    given.update({k.arg: k.value for k in call.keywords if k.arg})
    found: list[tuple[str, Value]] = []
    for parameter, default in pairs:
        value = given.get(parameter.arg)
        argument = _argument(value, parameter, caller, dict(here)) if value and caller else None
        if argument is not None:
            found.append((parameter.arg, argument))
        elif value is not None or not more:
            constant = value_of(value or default, dict(here) if value is not None else {})
            if constant is None and (one := member_of(value, caller)) is not None:
                constant = (one,)
            if constant is None and isinstance(value, ast.Attribute | ast.Call):
                constant = (_made(value, parameter.arg, member, caller),)
            known = constant[0] if constant else choice(value, given)
            found += [(parameter.arg, known)] if constant or known else []
    return tuple(found)


def _made(
    value: ast.expr, parameter: str, member: Member, caller: Member | None
) -> Something | Fields:
    """Return what is known of what an attribute or a call gives: an object's fields, if that."""
    if caller is None or not isinstance(value, ast.Call):
        return Something.SOMETHING
    made = fields(value, caller.name, caller.names)
    if made is None or changes(member.names.functions[member.name], parameter):
        return Something.SOMETHING
    return made


def untyped(member: Member) -> bool:
    """Tell whether a function has parameters that say no type, besides that of its object."""
    arguments = member.names.functions[member.name].args
    plain = [*arguments.posonlyargs, *arguments.args][member.bound :]
    return any(_says_nothing(a.annotation) for a in (*plain, *arguments.kwonlyargs))


def _says_nothing(annotation: ast.expr | None) -> bool:
    """Tell whether an annotation does not tell what is given: none, or any function."""
    plain = annotation.value if isinstance(annotation, ast.Subscript) else annotation
    return annotation is None or dotted(of_ast(plain)).rpartition(".")[2] in _ANYTHING


def told(known: Known) -> Known:
    """Return what is known of the parameters of a function whoever calls it with such values."""
    return tuple((name, value) for name, value in known if not isinstance(value, Argument))


def _argument(
    value: ast.expr, parameter: ast.arg, caller: Member, here: Mapping[str, Value]
) -> Argument | None:
    """Return what a parameter is given that says no type, None where that has no type either."""
    if not _says_nothing(parameter.annotation):
        return None
    called = made_to_call(value)
    if called is not None:
        return standing_for(called, caller, here) or Argument(called, caller.name, caller.names)
    found = standing_for(of_ast(value), caller, here) or Argument(
        of_ast(value), caller.name, caller.names
    )
    shape, scope, names = found
    waiting = names.under(calls())
    typed = waiting.type(shape, scope) or instance(shape, scope, names)
    known = typed or function(shape, scope, names) or waiting.api(shape, scope)
    return found if known else None


def standing_for(shape: Shape, member: Member, known: Mapping[str, Value]) -> Argument | None:
    """Return what a chain that begins with a parameter of `member` means where that is called.

    None where nothing is known of the parameter, or where the function gives it another value.
    """
    chain: list[str] = []
    of = shape
    while isinstance(of, Attribute):
        chain.append(of.name)
        of = of.of
    given = known.get(of.text) if isinstance(of, Name) else None
    if not isinstance(given, Argument):
        return None
    if any(binding.how != ":" for binding in member.names.bound(of, member.name)):
        return None
    meant = given.shape
    for name in reversed(chain):
        meant = Attribute(meant, name)
    return Argument(meant, given.scope, given.names)
