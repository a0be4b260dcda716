"""What the methods of a session do to its connection.

Measured with SQLAlchemy 2.0 and 1.4: a new session, and one after `commit()`, `rollback()` or
`close()`, has none checked out; `execute` and its like check one out, `connection` too, `add`
does not.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Sequence
from enum import IntEnum

from poollint.reading.naming.scopes.shapes import Attribute, Called, Name, Shape

SENDING = frozenset(
    """execute scalar scalars get get_one exec flush refresh merge stream stream_scalars
    connection bulk_save_objects bulk_insert_mappings bulk_update_mappings""".split()
)
FETCHING = frozenset(
    """all first one one_or_none scalar scalars scalar_one scalar_one_or_none count get update
    delete""".split()
)
"""Methods of a session that send a statement, and of a query that do."""

_LAZY = frozenset(
    """query add_columns add_entity autoflush distinct enable_assertions enable_eagerloads except_
    except_all execution_options filter filter_by from_statement group_by having intersect
    intersect_all join limit offset options order_by outerjoin params populate_existing
    reset_joinpoint select_from slice union union_all where with_entities with_for_update
    yield_per""".split()
)  # methods that give another query (SQLAlchemy 2.0, `sqlalchemy.orm.Query`)


class Use(IntEnum):
    """What a piece of code does to the connection of a session; the greatest prevails."""

    NOTHING = 0
    TAKES = 1
    GIVES = 2
    UNKNOWN = 3


def asked(chain: Sequence[str], gives: Collection[str]) -> Use:
    """Judge `session.a().b()` by its methods; those of `gives` end the transaction."""
    first = chain[0] if chain else ""
    if first in gives:
        return Use.GIVES
    if first == "run_sync":
        return Use.UNKNOWN
    sends = first in SENDING or (first == "query" and bool(FETCHING & set(chain[1:])))
    return Use.TAKES if sends else Use.NOTHING


def asked_of_query(chain: Sequence[str]) -> Use:
    """Judge `query.a().b()`, where `query` is `session.query(…)`."""
    return Use.TAKES if FETCHING & set(chain) else Use.NOTHING


def is_lazy(chain: Sequence[str]) -> bool:
    """Tell whether methods give a query, which sends its statement when it is gone through."""
    return _LAZY.issuperset(chain)


def methods_of(shape: Shape) -> tuple[list[str], str]:
    """Return the methods of `name.a().b()` and the name, "" where it is none."""
    chain: list[str] = []
    while isinstance(shape, Attribute | Called):
        if isinstance(shape, Called):
            shape = shape.callee
        else:
            chain.insert(0, shape.name)
            shape = shape.of
    return chain, shape.text if isinstance(shape, Name) else ""


def arguments(call: ast.Call) -> Iterator[tuple[int, str, ast.expr]]:
    """Yield what a call is given: its position, its keyword ("*" where unpacked), its value."""
    yield from ((at, "", value) for at, value in enumerate(call.args))
    yield from ((-1, k.arg or "**", k.value) for k in call.keywords)
