"""What a framework hands to a parameter that says who provides it: `db=Depends(get_db)`.

The type is that of what the provider returns or yields, in this file or another.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from poollint.reading.naming import instances
from poollint.reading.naming.bodies import is_none, own_nodes
from poollint.reading.naming.instances import Member
from poollint.reading.naming.shapes import Called, decorator_name, dotted, of_ast

if TYPE_CHECKING:
    from poollint.reading.naming.bindings import FunctionDef
    from poollint.reading.naming.names import Names

MANAGERS = frozenset({"contextmanager", "asynccontextmanager"})
"""Decorators that make a context manager of a generator: what it yields, `with` binds."""

_INJECTORS = frozenset({"fastapi.Depends", "fastapi.params.Depends", "fastapi.Security"})


def depends(value: ast.expr | None, scope: str, names: Names) -> bool:
    """Tell whether a value is FastAPI's mark of a parameter that it fills by itself."""
    shape = of_ast(value)
    if not isinstance(shape, Called):
        return False
    return names.qualified(shape.callee, scope) in _INJECTORS or (
        dotted(shape.callee) in _INJECTORS
    )


def defaults(node: FunctionDef) -> Iterator[tuple[ast.arg, ast.expr | None]]:
    """Yield the parameters of a function that a name can be given to, each with its default."""
    plain = [*node.args.posonlyargs, *node.args.args]
    missing: list[ast.expr | None] = [None] * (len(plain) - len(node.args.defaults))
    yield from zip(plain, [*missing, *node.args.defaults], strict=True)
    yield from zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)


def provider(names: Names, function: str, parameter: str) -> Member | None:
    """Return the function of the project that provides what a bare parameter is given."""
    for argument, default in defaults(names.functions[function]):
        if argument.arg != parameter or not isinstance(default, ast.Call):
            continue
        if depends(default, function, names):
            told = [k.value for k in default.keywords if k.arg == "dependency"]
            given = [*default.args, *told]
            return instances.function(of_ast(given[0]), function, names) if given else None
    return None


def yielded(member: Member) -> tuple[ast.expr, ...]:
    """Return what a generator of the project hands out; nothing of any other function."""
    return () if member.names.functions[member.name].decorator_list else _yields(member)


def is_manager(member: Member) -> bool:
    """Tell whether a function of the project makes context managers out of a generator."""
    decorators = member.names.functions[member.name].decorator_list
    return any(decorator_name(decorator) in MANAGERS for decorator in decorators)


def lent(member: Member) -> tuple[ast.expr, ...]:
    """Return what a context manager of the project hands to its block; nothing of another."""
    return _yields(member) if is_manager(member) else ()


def _yields(member: Member) -> tuple[ast.expr, ...]:
    node = member.names.functions[member.name]
    found = (n.value for n in own_nodes(node) if isinstance(n, ast.Yield))
    return tuple(value for value in found if value is not None and not is_none(value))
