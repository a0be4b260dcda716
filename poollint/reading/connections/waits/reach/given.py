"""What a function leaves out because of the arguments that it is given, or is not.

`def __init__(self, url, engine=None): self.engine = engine or create_engine(url)` makes no engine
for whoever gives it one; `async def hide(message, delay=None): if delay: await sleep(delay)` does
not sleep for whoever says `hide(message)`.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping

from poollint.catalog.load import calls
from poollint.reading.connections.waits.reach.choices import Choice, choice
from poollint.reading.connections.waits.reach.fields import Fields, changes, fields
from poollint.reading.connections.waits.reach.known import (
    Argument,
    Known,
    Something,
    Value,
    alone,
    truth_of,
    value_of,
)
from poollint.reading.connections.waits.reach.parts_of_names import part
from poollint.reading.connections.waits.reach.running_others import made_to_call
from poollint.reading.naming.objects.instances import (
    Member,
    function,
    instance,
    method,
    project_class,
)
from poollint.reading.naming.objects.other_databases import told_another
from poollint.reading.naming.scopes.bindings import FunctionDef
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import Attribute, Name, Shape, dotted, of_ast
from poollint.syntax.nodes import walk
from poollint.syntax.python import PythonTree

Place = tuple[int, int]  # line and column, as `ast` counts them
_MAKING = frozenset({"connect", "pool", "engine"})
_ANYTHING = frozenset({"Any", "Callable"})
_ENDS = (ast.Return, ast.Raise, ast.Continue, ast.Break)


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
        return spared(Member(self._names, name), call, self._of(name))

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


def spared(member: Member, call: ast.expr, places: Collection[Place]) -> bool:
    """Tell whether a function runs none of these `places` in it for what `call` gives it."""
    if not isinstance(call, ast.Call) or not places:
        return False
    known = supposed(call, member)
    return bool(known) and not any(_runs(place, member, known) for place in places)


def runs(node: ast.expr | ast.stmt, member: Member, known: Known) -> bool:
    """Tell whether a part of a function may be come to when so much is known."""
    return not known or _runs((node.lineno, node.col_offset), member, known)


def _runs(place: Place, member: Member, known: Known) -> bool:
    memory: dict[tuple[str, Known], tuple[tuple[Place, Place], ...]] = (
        member.names.memory.setdefault("left out", {})
    )
    key = (member.name, known)
    if key not in memory:
        left = _left_out(member.names.functions[member.name].body, dict(known))
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


def _left_out(body: list[ast.stmt], known: dict[str, Value]) -> Iterator[ast.stmt | ast.expr]:
    """Yield the parts that do not run; `known` changes with what the body assigns."""
    for at, statement in enumerate(body):
        if isinstance(statement, ast.If):
            yield from _in_expression(statement.test, known)
            verdict = truth_of(statement.test, known)
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
        else:
            yield from _in_statement(statement, known)
        _learn(statement, known)


def _in_statement(statement: ast.stmt, known: dict[str, Value]) -> Iterator[ast.stmt | ast.expr]:
    """Yield what is left out of any statement but `if`; a definition's body runs later."""
    blocks = list(_blocks(statement))
    if not blocks:
        yield from _in_expression(statement, known)
        return
    stored = _stored(statement)
    within = {name: value for name, value in known.items() if not _by(name, value) & stored}
    for block in blocks:  # it may run again, or after what another block has assigned
        yield from _left_out(block, dict(within))
    if isinstance(statement, ast.While) and truth_of(statement.test, within) is False:
        yield from statement.body


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


def _learn(statement: ast.stmt, known: dict[str, Value]) -> None:
    """Forget what a statement gives another value; `same = engine` is known as `engine` is."""
    told: dict[str, Value] = {}
    match statement:
        case (
            ast.Assign(targets=[ast.Name(id=name)], value=value)
            | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
        ):
            told = _same(name, value, known)
        case ast.Assign(targets=[ast.Tuple(elts=several)], value=value):
            pieces = part(value, lambda one: alone(one, known))
            if isinstance(pieces, tuple) and len(pieces) == len(several):
                pairs = zip(several, pieces, strict=True)
                told = {one.id: piece for one, piece in pairs if isinstance(one, ast.Name)}
    stored = _stored(statement)
    for name in [name for name, value in known.items() if _by(name, value) & stored]:
        del known[name]
    known.update(told)


def _by(name: str, value: Value) -> set[str]:
    """Return the names by which the value of one is known."""
    return {name, value.of} if isinstance(value, Choice) else {name}


def _same(name: str, value: ast.expr, known: Mapping[str, Value]) -> dict[str, Value]:
    """Return what a name is known to be that is given a value, nothing where that is unknown."""
    if isinstance(value, ast.Name):
        return {name: known[value.id]} if value.id in known else {}
    made = part(value, lambda one: alone(one, known))
    return {name: made} if made is not None else {}


def _stored(statement: ast.stmt) -> set[str]:
    """Return the names that a statement, or one within it, gives a value or takes it from."""
    names = (n for n in walk(statement) if isinstance(n, ast.Name))
    return {name.id for name in names if not isinstance(name.ctx, ast.Load)}


def _in_expression(
    node: ast.stmt | ast.expr, known: Mapping[str, Value]
) -> Iterator[ast.stmt | ast.expr]:
    """Yield what is left out of `engine or make()`, and of `make() if engine is None else …`."""
    for inner in walk(node):
        if isinstance(inner, ast.IfExp):
            verdict = truth_of(inner.test, known)
            if verdict is not None:
                yield inner.orelse if verdict else inner.body
        elif isinstance(inner, ast.BoolOp):
            stops = isinstance(inner.op, ast.Or)
            for at, value in enumerate(inner.values):
                if truth_of(value, known) is stops:
                    yield from inner.values[at + 1 :]
