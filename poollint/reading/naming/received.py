"""What the calls of a module give the parameters of its functions.

`def load(pool, url)` says nothing of `pool`; `load(await create_pool(dsn), url)` does.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from poollint.reading.naming import instances
from poollint.reading.naming.shapes import of_ast

if TYPE_CHECKING:
    from poollint.reading.naming.names import Names

Calls = Iterable[tuple[ast.Call, str]]  # each with the scope it stands in


def received(
    names: Names, name: str, parameter: str, calls: Calls
) -> Iterator[tuple[ast.expr | None, str]]:
    """Yield what `calls` of a function of the module give a parameter, and the scope of each.

    None stands for what cannot be told: starred arguments. A call that leaves the parameter to
    its default gives nothing.
    """
    for call, scope in calls:
        member = instances.function(of_ast(call.func), scope, names)
        if member is None or member.names is not names or member.name != name:
            continue
        if any(isinstance(a, ast.Starred) for a in call.args) or any(
            keyword.arg is None for keyword in call.keywords
        ):
            yield None, scope
            continue
        arguments = names.functions[name].args
        plain = [a.arg for a in (*arguments.posonlyargs, *arguments.args)][member.bound :]
        given = dict(zip(plain, call.args, strict=False))
        given.update({k.arg: k.value for k in call.keywords if k.arg})
        if parameter in given:
            yield given[parameter], scope
