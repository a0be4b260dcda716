"""What a function takes back of its session's state."""

from __future__ import annotations

from textwrap import dedent, indent

import pytest

from poollint.catalog.load import drivers
from poollint.model.source import SourceFile
from poollint.reading.naming.scopes.names import Names
from poollint.reading.session.statements import statements
from poollint.syntax.python import PythonTree, Unit, parse


def _left(body: str) -> list[str]:
    """Return what the statements of a function on a psycopg 3 connection leave."""
    head = "import psycopg\n\ndef f(dsn):\n    conn = psycopg.connect(dsn)\n"
    tree = parse(SourceFile("m.py", head + indent(dedent(body).strip(), "    ") + "\n"))
    assert isinstance(tree, PythonTree)
    names = Names(tree.module, drivers())
    units = [tree.unit(prefix, group) for prefix, group in tree.statements()]
    return [s.text for unit in units if isinstance(unit, Unit) for s in statements(unit, names)]


SET = 'conn.execute("SET work_mem = 1")'
LOCK = 'conn.execute("SELECT pg_advisory_lock(1)")'


@pytest.mark.parametrize(
    "body",
    [
        f"try:\n    {SET}\nfinally:\n    conn.rollback()",
        f"{SET}\nconn.rollback()",
        f"with conn.transaction(force_rollback=True):\n    {SET}",
        f"try:\n    {SET.replace('conn', 'conn.cursor()')}\nfinally:\n    conn.rollback()",
        f'with conn.transaction():\n    {SET}\n    conn.execute("RESET work_mem")',
        f'with conn.transaction():\n    {LOCK}\n    conn.execute("SELECT pg_advisory_unlock(1)")',
    ],
)  # fmt: skip
def test_what_is_taken_back_in_its_transaction_does_not_stay(body: str) -> None:
    assert _left(body) == []


@pytest.mark.parametrize(
    ("body", "left"),
    [
        (f"{SET}\nconn.commit()", "SET work_mem"),
        (f"{SET}\nconn.commit()\nconn.rollback()", "SET work_mem"),
        (
            f"try:\n    {SET}\n    conn.commit()\nfinally:\n    conn.rollback()",
            "SET work_mem",
        ),
        # A lock belongs to the session: a rollback does not give it back.
        (f"try:\n    {LOCK}\nfinally:\n    conn.rollback()", "pg_advisory_lock"),
        # Nor does it take back what was committed at once.
        (
            f"conn.autocommit = True\ntry:\n    {SET}\nfinally:\n    conn.rollback()",
            "SET work_mem",
        ),
        (f"try:\n    {SET}\nfinally:\n    other.rollback()", "SET work_mem"),
    ],
)
def test_what_is_committed_or_not_of_the_transaction_stays(body: str, left: str) -> None:
    assert _left(body) == [left]
