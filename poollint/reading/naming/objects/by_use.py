"""Sessions that nothing announces, told by what a function asks of them.

`def run_impl(self, db_session, key)` says nothing of `db_session`, and nobody in the file hands it
in; `db_session.query(Order)` does. No library but SQLAlchemy has a session of which statements that
it made itself, or classes of rows, are asked; with `await` it is an `AsyncSession`. A function that
lends it to one that says so, or asks such things, tells it as well: `row = find(key, session)`. So
it is with what makes one: `async with self.session_factory() as session`, where `__init__` was
handed it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from poollint.catalog.load import Api
from poollint.reading.naming.given.received import default
from poollint.reading.naming.objects import instances
from poollint.reading.naming.scopes.bindings import SELF, Binding, FunctionDef, parameters
from poollint.reading.naming.scopes.bodies import is_none, own_nodes, results
from poollint.reading.naming.scopes.shapes import (
    Attribute,
    Name,
    Shape,
    dotted,
    of_ast,
    says_nothing,
)

if TYPE_CHECKING:
    from poollint.reading.naming.scopes.names import Names

_NAMED = re.compile(r"(?:^|_)(?:session|sess|db)$", re.I)
_MAKING = re.compile(
    r"(?:^|_)(?:session_?(?:factory|maker|local|pool|cls|class)|async_session)$", re.I
)
# How one of either looks in the bytes of a file, whatever that imports. Each begins with what is
# quickly looked for.
_SEEN = (
    re.compile(
        rb"\.(?:(?<=session\.)|(?<=sess\.)|(?<=db\.))"
        rb"(?:(?:execute|scalars?|exec|stream|stream_scalars)\("
        rb"|query\(\s*[\w.]*[A-Z]|get(?:_one)?\(\s*[\w.]*[A-Z]\w*\s*,)"
    ),
    re.compile(rb"session_?(?:factory|maker|local|pool|cls|class)\(\)"),
    re.compile(rb"async_session\(\)"),
)
_LIBRARIES = ("sqlalchemy.", "sqlmodel.")
LIBRARY = b"sqlalchemy"
"""What stands in a file that such a session is used in, or in one that it reaches."""
_STATEMENTS = frozenset({"execute", "scalar", "scalars", "exec", "stream", "stream_scalars"})
_CLASSES = frozenset({"get", "get_one"})  # of a class of rows, and a key
_SESSION = "sqlalchemy.session"
_ASYNC = "sqlalchemy.async_session"
_LEVELS = 3  # functions that lend it on to the next


def may_have(data: bytes) -> bool:
    """Tell whether a file can hold such a session, by its bytes."""
    return any(seen.search(data) is not None for seen in _SEEN)


def handed_session(names: Names, function: str, parameter: str, levels: int = _LEVELS) -> str:
    """Return the type id of a session that a bare parameter is, "" where nothing says so."""
    node = names.functions.get(function)
    if node is None or not _NAMED.search(parameter) or not _may_be(names):
        return ""
    bare = [a for a in parameters(node.args) if a.arg == parameter and says_nothing(a.annotation)]
    if not bare or instances.instance(Name(parameter), function, names) is not None:
        return ""
    # Asked by levels, and not until it leads back to itself: the answer is the same whoever asks.
    memory: dict[tuple[str, str, int], str] = names.memory.setdefault("handed sessions", {})
    key = (function, parameter, levels)
    if key not in memory:
        meant = {Name(parameter), *_kept(names, function, parameter)}
        asked = _asked(names, function, meant)
        memory[key] = _told((*asked, *_lent(names, function, parameter, levels)))
    return memory[key]


def _lent(names: Names, function: str, parameter: str, levels: int) -> Iterator[str]:
    """Yield what the functions have a parameter for that are lent it, where they say so."""
    for call in own_nodes(names.functions[function]) if levels else ():
        if not isinstance(call, ast.Call) or not _gives(call, parameter):
            continue
        shape = of_ast(call.func)
        made = instances.project_class(shape, function, names)
        runs = instances.function(shape, function, names)
        member = instances.method(made, "__init__") if made is not None else runs
        if member is not None:
            told = (_said(one, *member, levels - 1) for one in _given(call, parameter, member))
            yield from filter(None, told)


def _said(argument: ast.arg, there: Names, function: str, levels: int) -> str:
    """Return what a parameter is by its annotation, or else as a session by its use."""
    if says_nothing(argument.annotation):
        return handed_session(there, function, argument.arg, levels)
    own = instances.instance(Name(argument.arg), function, there)
    return own.cls if own is not None else there.type(Name(argument.arg), function)


def _given(call: ast.Call, name: str, member: instances.Member) -> Iterator[ast.arg]:
    """Yield the parameters of a function that a call gives what goes by a name."""
    told = member.names.functions[member.name].args
    plain = [argument.arg for argument in (*told.posonlyargs, *told.args)][member.bound :]
    given = dict(zip(plain, call.args, strict=False))
    given |= {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}
    for argument in parameters(told):
        if of_ast(given.get(argument.arg)) == Name(name):
            yield argument


def _gives(call: ast.Call, parameter: str) -> bool:
    """Tell whether a call is plainly given what goes by a name, and nothing is unpacked."""
    if any(isinstance(value, ast.Starred) for value in call.args):
        return False
    values = (*call.args, *(keyword.value for keyword in call.keywords))
    return any(isinstance(value, ast.Name) and value.id == parameter for value in values)


def only_shown(given: Iterable[tuple[Names, ast.expr | None, str]]) -> bool:
    """Tell whether all that a parameter is given are parameters that only their use tells."""
    told = [one for one in given if not is_none(one[1])]
    return bool(told) and all(
        isinstance(value, ast.Name) and there.parameters.used_as(scope, value.id) != ""
        for there, value, scope in told
    )


def takes_session(names: Names, function: str) -> bool:
    """Tell whether whoever calls a function hands it a session, by its annotation or use."""
    node = names.functions.get(function)
    return node is not None and any(
        _NAMED.search(argument.arg)
        and names.type(Name(argument.arg), function) in (_SESSION, _ASYNC)
        for argument in parameters(node.args)
    )


def shown(argument: ast.arg, function: str, names: Names) -> ast.expr | None:
    """Return what says that a parameter is a session where only its use does: itself."""
    if not says_nothing(argument.annotation) or not names.parameters.used_as(
        function, argument.arg
    ):
        return None
    return ast.copy_location(ast.Name(id=argument.arg, ctx=ast.Load()), argument)


def making(callee: Shape, scope: str, names: Names) -> Api | None:
    """Return what makes the session that a block is entered for, of what is only handed in."""
    last = callee.text if isinstance(callee, Name) else getattr(callee, "name", "")
    node = names.functions.get(scope)
    if node is None or not _MAKING.search(last) or not _may_be(names):
        return None
    if not _unknown(callee, scope, names):
        return None
    found = {_used(names, scope, name) for name in _entered(node, callee)}
    kind = found.pop() if len(found) == 1 else ""
    return names.catalog.methods.get((f"{kind}_factory", "__call__")) if kind else None


def used_session(names: Names, function: str, name: str) -> str:
    """Return the type of a session that a function has under a name, "" where nothing says so."""
    return _used(names, function, name) if _NAMED.search(name) and _may_be(names) else ""


def _used(names: Names, function: str, name: str) -> str:
    """Return the type of a session that a function has under a name, by what it does with it."""
    asked = _asked(names, function, {Name(name)})
    return _told((*asked, *_lent(names, function, name, _LEVELS)))


def _may_be(names: Names) -> bool:
    return any(f"{name}.".startswith(_LIBRARIES) for name in names.imports.values()) or (
        names.outside.reaches(LIBRARY.decode())
    )


def _told(asked: Iterable[str]) -> str:
    """Return what all that was asked is asked of."""
    found = set(asked)
    return found.pop() if len(found) == 1 else ""


def _asked(names: Names, function: str, of: set[Shape]) -> Iterator[str]:
    """Yield the type of session of which each telling thing is asked in a function, or its class.

    `of` are the names of the session; one that `self` keeps has them in all methods.
    """
    owner = names.scope(function).parent
    kept = any(isinstance(shape, Attribute) for shape in of)
    own = [function]
    if kept and owner is not None:
        own = [name for name in names.functions if name.rpartition(".")[0] == owner.name]
    for name in own:
        nodes = own_nodes(names.functions[name])
        awaited = {id(n.value) for n in nodes if isinstance(n, ast.Await)}
        for call in nodes:
            if isinstance(call, ast.Call) and _tells(call, of, name, names):
                query = isinstance(call.func, ast.Attribute) and call.func.attr == "query"
                yield _ASYNC if id(call) in awaited and not query else _SESSION


def _tells(call: ast.Call, of: set[Shape], scope: str, names: Names) -> bool:
    """Tell whether a call asks one of `of` what only a session is asked."""
    func = call.func
    if not isinstance(func, ast.Attribute) or not call.args or of_ast(func.value) not in of:
        return False
    first = call.args[0]
    if func.attr == "query" or (func.attr in _CLASSES and len(call.args) > 1):
        return any(part[:1].isupper() for part in dotted(of_ast(first)).split("."))
    return func.attr in _STATEMENTS and _is_statement(first, scope, names)


def _is_statement(value: ast.expr, scope: str, names: Names) -> bool:
    """Tell whether a value is a statement that SQLAlchemy made: `select(User).where(…)`."""
    node: ast.expr | None = value
    while isinstance(node, ast.Call | ast.Attribute):
        if isinstance(node, ast.Call):
            if names.qualified(of_ast(node.func), scope).startswith(_LIBRARIES):
                return True
            node = node.func
        else:
            node = node.value
    if not isinstance(node, ast.Name) or not node.id.islower():
        return False
    bound = [b for b in names.bound(Name(node.id), scope) if b.how == "=" and b.value is not None]
    calls = [b.value for b in bound if _root(b.value) != node.id]  # `stmt = stmt.where(…)`
    return bool(calls) and all(
        isinstance(v, ast.Call) and _is_statement(v, scope, names) for v in calls
    )


def _root(value: ast.expr | None) -> str:
    while isinstance(value, ast.Call | ast.Attribute):
        value = value.func if isinstance(value, ast.Call) else value.value
    return value.id if isinstance(value, ast.Name) else ""


def _kept(names: Names, function: str, parameter: str) -> Iterator[Shape]:
    """Yield the attributes of `self` in which `__init__` keeps a parameter."""
    if function.rpartition(".")[2] != "__init__":
        return
    for node in own_nodes(names.functions[function]):
        if isinstance(node, ast.Assign) and of_ast(node.value) == Name(parameter):
            for shape in map(of_ast, node.targets):
                if isinstance(shape, Attribute) and dotted(shape.of) in SELF:
                    yield shape


def _entered(node: FunctionDef, callee: Shape) -> Iterator[str]:
    """Yield what the blocks of a function call what entering a call of `callee` gives."""
    for inner in own_nodes(node):
        for item in inner.items if isinstance(inner, ast.With | ast.AsyncWith) else ():
            call, named = item.context_expr, item.optional_vars
            if isinstance(call, ast.Call) and of_ast(call.func) == callee:
                yield named.id if isinstance(named, ast.Name) else ""


def _unknown(callee: Shape, scope: str, names: Names) -> bool:
    """Tell whether nothing says what a value is: it is handed in, or left to who inherits."""
    if instances.function(callee, scope, names) is not None:
        return False
    bound = list(names.bound(callee, scope))
    if isinstance(callee, Attribute):
        if dotted(callee.of) not in SELF:
            return False
        owner = names.scope(scope).owner
        made = f"{owner.name}.{callee.name}" if owner is not None else ""
        if made in names.functions:
            return not [v for v in results(names.functions[made]) or () if not is_none(v)]
    last = callee.text if isinstance(callee, Name) else ""
    return all(_is_bare(binding, last, names) for binding in bound)


def _is_bare(binding: Binding, name: str, names: Names) -> bool:
    """Tell whether what binds `name` is a bare parameter, or gives none but such a value."""
    if binding.how == ":":
        told = says_nothing(binding.value)
        given = name and binding.where in names.functions
        return told and not (given and default(names, binding.where, name) is not None)
    value = binding.value
    if binding.how != "=" or is_none(value):
        return binding.how == "="
    bound = names.bound(of_ast(value), binding.where) if isinstance(value, ast.Name) else ()
    last = value.id if isinstance(value, ast.Name) else ""
    return bool(bound) and all(b.how == ":" and _is_bare(b, last, names) for b in bound)
