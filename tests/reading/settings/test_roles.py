"""What files of SQL set for the server, for roles and for databases."""

import pytest

from poollint.facts.infrastructure import Pooler, PoolerDatabase, RoleLimit
from poollint.model.figure import Basis, Figure, Word
from poollint.model.source import SourceFile, Span
from poollint.reading.deployment.servers.opens import opens
from poollint.reading.reader import FileReading, Options
from poollint.reading.settings import roles

HERE = Span.at("setup.sql")


def _read(text: str) -> FileReading:
    return roles.READER.read(SourceFile("setup.sql", text), Options())


@pytest.mark.parametrize(
    ("text", "owner", "name", "value", "number"),
    [
        ("ALTER SYSTEM SET work_mem = '64MB';", "", "work_mem", "64MB", 64 * 2**20),
        ("ALTER ROLE shop SET lock_timeout TO 0;", "shop", "lock_timeout", "0", 0),
        ("alter user Shop set Lock_Timeout = 5000;", "shop", "lock_timeout", "5000", 5),
        ("ALTER ROLE ALL SET jit = off;", "ALL", "jit", "off", None),
        ("ALTER ROLE a IN DATABASE b SET jit = on;", "a in b", "jit", "on", None),
        ("ALTER DATABASE b SET seq_page_cost = 1.5;", "database b", "seq_page_cost", "1.5", 1.5),
    ],
)
def test_a_setting_has_its_owner_and_its_number(
    text: str, owner: str, name: str, value: str, number: float | None
) -> None:
    (found,) = _read(text).settings
    assert (found.owner, found.name, found.value, found.number) == (owner, name, value, number)
    assert found.flaw is None


@pytest.mark.parametrize(
    "text",
    [
        "ALTER SYSTEM RESET work_mem;",
        "ALTER ROLE CURRENT_USER SET work_mem = 1;",
        "ALTER ROLE shop SET work_mem FROM CURRENT;",
        "DO $$ BEGIN ALTER SYSTEM SET work_mem = 1; END $$;",
        "-- ALTER SYSTEM SET work_mem = 1;",
        "ALTER ROLE :name SET work_mem = 1;",
        "ALTER SYSTEM SET work_mem =",
        "SELECT 'ALTER SYSTEM SET work_mem = 1;';",
    ],
)
def test_what_sets_nothing_for_certain_is_left_alone(text: str) -> None:
    assert _read(text).settings == ()


def test_the_place_is_that_of_the_statement() -> None:
    (found,) = _read("-- x\n\n  ALTER ROLE shop\n    SET jit = off;\n").settings
    assert (found.span.start.line, found.span.start.column, found.span.end.line) == (3, 3, 4)


@pytest.mark.parametrize("folder", ["tests", "src/test/regress/sql", "docs", "examples/a"])
def test_files_that_set_up_no_server_are_not_read(folder: str) -> None:
    assert not roles.READER.claims(f"{folder}/setup.sql")
    assert roles.READER.claims("latest/setup.sql")


@pytest.mark.parametrize(
    ("text", "role", "database", "most"),
    [
        ("CREATE ROLE shop LOGIN CONNECTION LIMIT 20;", "shop", "", 20),
        ("ALTER USER shop CONNECTION LIMIT 5;", "shop", "", 5),
        ("CREATE DATABASE b OWNER shop CONNECTION LIMIT = 50;", "", "b", 50),
        ("ALTER DATABASE b WITH CONNECTION LIMIT -1;", "", "b", None),
    ],
)
def test_limits_are_those_of_roles_and_databases(
    text: str, role: str, database: str, most: int | None
) -> None:
    (found,) = _read(text).limits
    assert (found.role, found.database, found.most and found.most.high) == (role, database, most)


def _opened(*limits: RoleLimit) -> list[tuple[str, int | None]]:
    size = Figure.stated(30, "default_pool_size", HERE)
    none = Figure.stated(0, "none", HERE)
    entry = PoolerDatabase("orders", HERE, "db", 5432, "shop", user="shop")
    pooler = Pooler(
        "pooler", "PgBouncer", HERE, (), 6432, Word("session", Basis.STATED, HERE),
        Figure.stated(2, "instances", HERE), none, size, none, none, none, (entry,),
    )  # fmt: skip
    found = opens(pooler, (entry,), (), None, limits).clients
    return [(client.steady[-1].name, client.entry.total.high) for client in found]


def _limit(role: str, most: int, database: str = "") -> RoleLimit:
    return RoleLimit(role, database, HERE, Figure.stated(most, "CONNECTION LIMIT", HERE))


def test_a_limit_of_the_role_bounds_all_instances_of_a_pooler() -> None:
    assert _opened() == [("default_pool_size", 60)]
    assert _opened(_limit("shop", 40)) == [("CONNECTION LIMIT", 40)]
    assert _opened(_limit("", 50, "shop"), _limit("shop", 55)) == [("CONNECTION LIMIT", 50)]


def test_a_limit_that_does_not_bind_or_is_stated_twice_bounds_nothing() -> None:
    for limits in ((_limit("shop", 60),), (_limit("other", 5),), (_limit("shop", 5),) * 2):
        assert _opened(*limits) == [("default_pool_size", 60)]
