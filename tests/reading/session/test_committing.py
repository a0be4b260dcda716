"""Which connections commit each statement by themselves."""

from __future__ import annotations

from textwrap import dedent

import libcst as cst
import pytest

from poollint.catalog.load import drivers
from poollint.model.source import SourceFile
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import Attribute, dotted, of_cst
from poollint.reading.paths.walk import of_unit
from poollint.reading.session.committing import commits_itself, connection_of
from poollint.syntax.python import PythonTree, Unit, parse


def _asked(body: str) -> tuple[str, bool | None]:
    """Return the connection that runs `execute`, and whether it commits by itself there."""
    head = """
    import psycopg
    import psycopg2
    from psycopg2.extensions import ISOLATION_LEVEL_AUTOCOMMIT, ISOLATION_LEVEL_SERIALIZABLE

    def f(dsn, chosen, texts):
    """
    text = dedent(head) + "".join(f"    {line}\n" for line in dedent(body).strip().splitlines())
    tree = parse(SourceFile("m.py", text))
    assert isinstance(tree, PythonTree)
    names = Names(tree.module, drivers())
    for prefix, group in tree.statements():
        unit = tree.unit(prefix, group)
        assert isinstance(unit, Unit)
        for place in of_unit(unit):
            shape = of_cst(place.node.func) if isinstance(place.node, cst.Call) else None
            if isinstance(shape, Attribute) and shape.name == "execute":
                found = connection_of(shape.of, place.scope, names)
                return dotted(found), commits_itself(place, found, names)
    raise AssertionError("no execute() in the text")


@pytest.mark.parametrize(
    "says",
    [
        "conn = psycopg.connect(dsn, autocommit=True)",
        "conn = psycopg2.connect(dsn)\nconn.autocommit = True",
        "conn = psycopg2.connect(dsn)\nconn.set_session(readonly=True, autocommit=True)",
        "conn = psycopg2.connect(dsn)\nconn.set_isolation_level(ISOLATION_LEVEL_AUTOCOMMIT)",
        "conn = psycopg.connect(dsn)\nconn.set_autocommit(True)",
        "conn = psycopg2.connect(dsn)\nconn.autocommit = False\nconn.autocommit = True",
    ],
)
@pytest.mark.parametrize(
    "runs",
    [
        'conn.cursor().execute("SELECT 1")',
        'cur = conn.cursor()\ncur.execute("SELECT 1")',
        'with conn.cursor() as cur:\n    cur.execute("SELECT 1")',
        'try:\n    if chosen:\n        conn.cursor().execute("SELECT 1")\nfinally:\n    pass',
    ],
)
def test_it_does_where_that_is_said_before(says: str, runs: str) -> None:
    assert _asked(f"{says}\n{runs}") == ("conn", True)


def test_it_does_where_the_block_is_told() -> None:
    text = 'with psycopg.connect(dsn, autocommit=True) as conn:\n    conn.execute("SELECT 1")'
    assert _asked(text) == ("conn", True)


@pytest.mark.parametrize(
    "says",
    [
        "conn = psycopg2.connect(dsn)",
        "conn = psycopg.connect(dsn, autocommit=False)",
        "conn = psycopg2.connect(dsn)\nconn.autocommit = True\nconn.autocommit = False",
        "conn = psycopg2.connect(dsn)\nconn.set_isolation_level(ISOLATION_LEVEL_SERIALIZABLE)",
    ],
)
def test_it_does_not_where_nobody_says_so(says: str) -> None:
    assert _asked(f'{says}\nconn.cursor().execute("SELECT 1")') == ("conn", False)


@pytest.mark.parametrize(
    "says",
    [
        "conn = psycopg2.connect(dsn)\nconn.autocommit = chosen",
        "conn = psycopg2.connect(dsn)\nif chosen:\n    conn.autocommit = True",
        "conn = psycopg.connect(dsn, **chosen)",
        "conn = given(psycopg2.connect(dsn))",
    ],
)
def test_it_is_not_known_where_it_is_computed(says: str) -> None:
    assert _asked(f'{says}\nconn.execute("SELECT 1")') == ("conn", None)


def test_it_is_not_known_in_a_loop_that_changes_it() -> None:
    text = """
    conn = psycopg2.connect(dsn)
    for text in texts:
        conn.cursor().execute(text)
        conn.autocommit = True
    """
    assert _asked(text) == ("conn", None)
    before = text.replace("conn.cursor", "conn.autocommit = True\n        conn.cursor")
    assert _asked(before) == ("conn", True)
