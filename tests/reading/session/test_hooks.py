"""Functions that are registered to run for each new connection."""

from __future__ import annotations

from textwrap import dedent

import pytest

from poollint.catalog.load import drivers
from poollint.model.source import SourceFile
from poollint.reading.naming.scopes.names import Names
from poollint.reading.session.hooks import hooked
from poollint.syntax.python import PythonTree, Unit, parse

HEAD = """
import asyncpg
from django.db.backends.signals import connection_created
from django.dispatch import receiver
from psycopg_pool import ConnectionPool
from sqlalchemy import create_engine, event

engine = create_engine("postgresql://db:6432/shop")

"""


def _hooked(text: str) -> dict[str, str | None]:
    """Return the functions that run for each connection, and where the connections lead."""
    tree = parse(SourceFile("m.py", HEAD + dedent(text)))
    assert isinstance(tree, PythonTree)
    names = Names(tree.module, drivers())
    units = [tree.unit(prefix, group) for prefix, group in tree.statements()]
    unit = next(unit for unit in units if isinstance(unit, Unit))
    found = hooked(unit, names).items()
    return {n: h.origin.url.value if h.origin and h.origin.url else None for n, h in found}


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("@event.listens_for(engine, 'connect')\n{f}", "postgresql://db:6432/shop"),
        ("@event.listens_for(engine.sync_engine, 'connect')\n{f}", "postgresql://db:6432/shop"),
        ("{f}\nevent.listen(engine, 'checkout', f)", "postgresql://db:6432/shop"),
        ("@receiver(connection_created)\n{f}", None),
        ("{f}\nconnection_created.connect(f)", None),
        (
            "{f}\npool = ConnectionPool('postgresql://db/a', configure=f)",
            "postgresql://db/a",
        ),
        (
            "{f}\nmade = asyncpg.create_pool('postgresql://db/a', init=f)",
            "postgresql://db/a",
        ),
    ],
)
def test_what_is_registered_runs_for_each_connection(text: str, url: str | None) -> None:
    assert _hooked(text.format(f="def f(conn, *rest):\n    pass\n")) == {"f": url}


@pytest.mark.parametrize(
    "text",
    [
        "@event.listens_for(engine, 'before_execute')\n{f}",
        "{f}\nevent.listen(engine, 'close', f)",
        "@receiver(other)\n{f}",
        "{f}\npool = ConnectionPool('postgresql://db/a', check=f)",
        "{f}\nmade = asyncpg.create_pool('postgresql://db/a', reset=f)",
        "{f}\nsetup(init=f)",
    ],
)
def test_what_runs_at_another_time_does_not(text: str) -> None:
    assert _hooked(text.format(f="def f(conn, *rest):\n    pass\n")) == {}
