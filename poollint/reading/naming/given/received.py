"""What the calls of a module, and decorators, give the parameters of its functions.

`def load(pool, url)` says nothing of `pool`; `load(await create_pool(dsn), url)` does.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from poollint.reading.naming.given.decorating import given as given_by_decorators
from poollint.reading.naming.objects import instances
from poollint.reading.naming.scopes.bodies import is_none
from poollint.reading.naming.scopes.shapes import of_ast

if TYPE_CHECKING:
    from poollint.reading.naming.scopes.names import Names

Calls = Iterable[tuple[ast.Call, str]]  # each with the scope it stands in


def received(
    names: Names, name: str, parameter: str, calls: Calls
) -> Iterator[tuple[Names, ast.expr | None, str]]:
    """Yield what a parameter of a function of the module is given, and the scope of each value.

    What a decorator gives it, or `calls` of the module. None stands for what cannot be told:
    starred arguments. A call that leaves the parameter to its default gives that; so may calls of
    other modules, and the default counts without any.
    """
    by = [g for g in given_by_decorators(instances.Member(names, name)) if g.parameter == parameter]
    if by:
        yield from ((one.wrapper.names, one.value, one.wrapper.name) for one in by)
        return
    told = default(names, name, parameter)
    if told is not None:
        around = names.scope(name).parent
        yield names, told, around.name if around is not None else ""
    for call, scope in calls:
        member = _runs(call, scope, names)
        if member is None or member.names is not names or member.name != name:
            continue
        if any(isinstance(a, ast.Starred) for a in call.args) or any(
            keyword.arg is None for keyword in call.keywords
        ):
            yield names, None, scope
            continue
        arguments = names.functions[name].args
        plain = [a.arg for a in (*arguments.posonlyargs, *arguments.args)][member.bound :]
        given = dict(zip(plain, call.args, strict=False))
        given.update({k.arg: k.value for k in call.keywords if k.arg})
        if parameter in given:
            yield names, given[parameter], scope


def word(names: Names, name: str) -> str:
    """Return the last name in the calls that run a function: of `__init__` that of its class."""
    owner, _, last = name.rpartition(".")
    return owner.rpartition(".")[2] if last == "__init__" and owner in names.classes else last


def _runs(call: ast.Call, scope: str, names: Names) -> instances.Member | None:
    """Return the function that a call runs, `__init__` where it makes an object."""
    shape = of_ast(call.func)
    cls = instances.project_class(shape, scope, names)
    if cls is not None:
        return instances.method(cls, "__init__")
    return instances.function(shape, scope, names)


def default(names: Names, name: str, parameter: str) -> ast.expr | None:
    """Return what a parameter is where it is not given, None where nothing, or `None`, is."""
    arguments = names.functions[name].args
    plain = [*arguments.posonlyargs, *arguments.args]
    told = dict(zip((a.arg for a in reversed(plain)), reversed(arguments.defaults), strict=False))
    keyed = zip((a.arg for a in arguments.kwonlyargs), arguments.kw_defaults, strict=True)
    told |= {key: value for key, value in keyed if value is not None}
    found = told.get(parameter)
    return None if is_none(found) else found
