"""When a session that is handed in is taken to be of the only engine of the project."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from poollint import Acquisition, Function, Module, Nested, Pool, Span, Taking
from poollint.reading.connections.pools.only_one import settled

AT = Span.at("mill/db.py", 8, 10, 30)
ENGINE = Pool(AT, "sqlalchemy", "create_engine", (), (), False, True, "", "")
DB = Acquisition(AT, Taking.SESSION, "sqlalchemy", "parameter", "db", "db.close()", "")
SECOND = Nested(DB, Span.at("mill/orders.py", 9, 5, 20), "engine", AT, 2, (), handed=True)
GRIND = Function("grind", Span.at("mill/orders.py", 7, 1, 30), False, (), (), nested=(SECOND,))


def _left(
    *pools: Pool, nested: Nested = SECOND, unread: tuple[str, ...] = (), others: bool = False
) -> tuple[Nested, ...]:
    """Return what is left of a second connection, where a project builds `pools`."""
    builds = Function("", AT, False, (), pools)
    db = Module("mill/db.py", ("sqlalchemy",), (builds,), (), others=others)
    orders = Module("mill/orders.py", ("sqlalchemy",), (replace(GRIND, nested=(nested,)),), ())
    files = SimpleNamespace(passing=lambda *_: iter(("mill/db.py", *unread)))
    exports: Any = SimpleNamespace(files=files)
    return settled((db, orders), lambda: exports)[1].functions[0].nested


def test_a_session_is_of_the_only_engine_that_there_is() -> None:
    assert _left(ENGINE) == (SECOND,)


AWAITED = replace(ENGINE, span=Span.at("mill/db.py", 12, 1, 30), call="create_async_engine")


def test_engines_of_tests_and_those_that_have_to_be_awaited_lend_no_such_session() -> None:
    tests = replace(ENGINE, span=Span.at("tests/conftest.py", 3, 1, 30), aside=True)
    assert _left(ENGINE, tests, AWAITED) == (SECOND,)
    awaited = replace(SECOND, outer=replace(DB, release="await db.close()"), built=AWAITED.span)
    assert _left(ENGINE, AWAITED, nested=awaited) == (awaited,)


@pytest.mark.parametrize("second", [ENGINE, replace(ENGINE, driver="sqlmodel")])
def test_with_two_engines_nothing_is_known(second: Pool) -> None:
    assert _left(ENGINE, replace(second, span=Span.at("mill/old.py", 3, 1, 30))) == ()


def test_nothing_is_known_where_engines_are_of_other_databases_or_not_read() -> None:
    assert _left(ENGINE, others=True) == ()
    assert _left(ENGINE, unread=("mill/silo.py",)) == ()
    assert _left() == ()
    alone = Module("mill/orders.py", ("sqlalchemy",), (GRIND,), ())
    assert settled((alone,), None)[0].functions[0].nested == ()


def test_what_is_known_by_itself_stays() -> None:
    known = replace(SECOND, handed=False)
    assert _left(ENGINE, AWAITED, ENGINE, nested=known) == (known,)
