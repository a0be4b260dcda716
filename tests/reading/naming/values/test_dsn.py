"""Database URLs and conninfo strings."""

from __future__ import annotations

import pytest

from poollint.reading.naming.values.dsn import Address, address, is_postgresql, options
from poollint.reading.session.sql import HOLE


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("postgresql://u:p@db:6432/a", Address("db", 6432, "a", "u")),
        ("postgres://db/a?sslmode=require", Address("db", 0, "a")),
        ("postgresql+asyncpg://u:p%40x@DB.Example:5432/a", Address("db.example", 5432, "a", "u")),
        ("postgresql://u:a/b@c@db/a", Address("db", 0, "a", "u")),
        ("postgresql://[::1]:5433/a", Address("::1", 5433, "a")),
        ("postgresql:///a?host=db&port=6432", Address("db", 6432, "a")),
        ("host=db port=6432 dbname=a password='x y'", Address("db", 6432, "a")),
        ("dbname=a host='db' user=app", Address("db", 0, "a", "app")),
        (f"postgresql://{HOLE}:{HOLE}@db/{HOLE}", Address("db", 0, "")),
    ],
)
def test_an_address_is_its_host_port_database_and_user(text: str, expected: Address) -> None:
    assert address(text) == expected


def test_a_user_is_no_part_of_what_is_shown() -> None:
    found = address("postgresql://u:p@db:6432/a")
    assert found is not None
    assert found.url == "postgresql://db:6432/a"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "db",
        "sqlite:///x.db",
        "mysql://db/a",
        "dbname=a",
        "postgresql:///a",
        "postgresql://a,b/c",
        "postgresql://db:port/a",
        "postgresql://$HOST/a",
        f"postgresql://{HOLE}/a",
        f"postgresql://db:{HOLE}/a",
        "postgresql://" + "@" * 100_000,
    ],
)
def test_what_names_no_single_host_is_no_address(text: str) -> None:
    assert address(text) is None


def test_an_address_shown_has_neither_user_nor_password() -> None:
    found = address("postgresql://user:hidden@db:6432/a?password=hidden")
    assert found is not None
    assert found.url == "postgresql://db:6432/a"


def test_other_databases_are_told_by_their_scheme() -> None:
    assert is_postgresql("postgresql+psycopg://db/a")
    assert is_postgresql("host=db")
    assert not is_postgresql("sqlite://")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("postgresql://u@h/d?pool_size=20&sslmode=require", ("pool_size", "sslmode")),
        ("postgresql://u@h/d", ()),
        ("host=h options='-c a=b?c=d'", ()),
        ("postgresql://u@h/d?&=&x", ()),
    ],
)
def test_options_of_a_url_are_told_by_name(text: str, expected: tuple[str, ...]) -> None:
    assert options(text) == expected
