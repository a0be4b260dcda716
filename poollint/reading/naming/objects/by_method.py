"""Methods that tell by their names alone what they are called on, where nothing else does.

`self.db_engine.raw_connection()`: no library but SQLAlchemy has a method of that name, of an
engine, for its caller to close what it gives (sqlalchemy/engine/base.py, 1.3 to 2.0).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from poollint.catalog.load import Api
from poollint.reading.naming.objects import instances
from poollint.reading.naming.scopes.shapes import Attribute, Shape

if TYPE_CHECKING:
    from poollint.reading.naming.scopes.names import Names

_OF = {"raw_connection": "sqlalchemy.engine"}
WORDS = tuple(f".{name}(".encode() for name in _OF)
"""How calling one of them looks in the bytes of a file, whatever that imports."""


def by_method(callee: Shape, scope: str, names: Names) -> Api | None:
    """Return what calling a method means whose name says so, of an object of unknown type."""
    if not isinstance(callee, Attribute) or callee.name not in _OF:
        return None
    if names.type(callee.of, scope) or instances.holding(callee.of, scope, names) is not None:
        return None
    if instances.function(callee, scope, names) is not None:
        return None
    return names.catalog.methods.get((_OF[callee.name], callee.name))
