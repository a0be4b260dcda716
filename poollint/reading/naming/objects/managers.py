"""Functions of the project that make context managers of a generator, and what they lend."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from poollint.reading.naming.scopes.bodies import is_none, own_nodes
from poollint.reading.naming.scopes.shapes import MANAGERS, decorator_name

if TYPE_CHECKING:
    from poollint.reading.naming.objects.instances import Member


def is_manager(member: Member) -> bool:
    """Tell whether a function of the project makes context managers out of a generator."""
    decorators = member.names.functions[member.name].decorator_list
    return any(decorator_name(decorator) in MANAGERS for decorator in decorators)


def lent(member: Member) -> tuple[ast.expr, ...]:
    """Return what a context manager of the project hands to its block; nothing of another."""
    return handed_out(member) if is_manager(member) else ()


def handed_out(member: Member) -> tuple[ast.expr, ...]:
    """Return what a generator of the project yields, `None` aside."""
    node = member.names.functions[member.name]
    found = (n.value for n in own_nodes(node) if isinstance(n, ast.Yield))
    return tuple(value for value in found if value is not None and not is_none(value))
