"""Methods whose names tell what they are called on, where nothing else does."""

from __future__ import annotations

import ast

import pytest

from poollint.catalog.load import calls, drivers
from poollint.reading.naming.objects.by_method import may_tell
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import Called, of_ast

TEXT = """
import sqlalchemy
class Bank:
    def raw_connection(self): ...
bank = Bank()
sync = sqlalchemy.create_engine("")
def f(engine, other: Bank): ...
"""


def _names() -> Names:
    return Names(ast.parse(TEXT), drivers())


@pytest.mark.parametrize(
    "callee",
    ["engine.raw_connection", "self.db.engine.raw_connection", "make().raw_connection",
     "sync.raw_connection"],
)  # fmt: skip
def test_a_raw_connection_is_an_engine_s(callee: str) -> None:
    shape = of_ast(ast.parse(callee, mode="eval").body)
    api = _names().api(shape, "f")
    assert api is not None
    assert (api.kind, api.released_by) == ("acquire", ("close", "invalidate"))
    assert _names().type(Called(shape), "f") == "sqlalchemy.raw_connection"


@pytest.mark.parametrize(
    "callee",
    ["bank.raw_connection", "other.raw_connection", "Bank.raw_connection", "raw_connection",
     "engine.connect", "engine.raw_connections"],
)  # fmt: skip
def test_another_method_or_one_of_a_known_object_tells_nothing(callee: str) -> None:
    assert _names().api(of_ast(ast.parse(callee, mode="eval").body), "f") is None


@pytest.mark.parametrize(
    ("said", "known"),
    [
        ("'clickhouse+native'", False),
        ("('mysql', 'sqlite')", False),
        ("('mysql', 'postgresql')", True),
        ("'SELECT 1'", True),
    ],
)
def test_a_function_that_speaks_of_other_databases_alone_has_their_engine(
    said: str, known: bool
) -> None:
    text = f"def f(engine):\n    if engine.dialect.name in {said}:\n        return None\n"
    shape = of_ast(ast.parse("engine.raw_connection", mode="eval").body)
    assert (Names(ast.parse(text), drivers()).api(shape, "f") is not None) == known


RETURNED = """
import sqlalchemy
from sqlalchemy.engine import Connection
def plain() -> Connection:
    return cube.index.connect()
def quoted(cube) -> "sqlalchemy.engine.base.Connection":
    return cube.index.connect()
def untold(cube):
    return cube.index.connect()
def another(cube) -> str:
    return cube.index.connect()
def beside(cube) -> Connection:
    cube.index.connect()
    return cube.kept
"""


@pytest.mark.parametrize(
    ("scope", "told"),
    [("plain", True), ("quoted", True), ("untold", False), ("another", False), ("beside", False)],
)
def test_what_is_returned_as_a_connection_of_sqlalchemy_is_an_engine_s(
    scope: str, told: bool
) -> None:
    names = Names(ast.parse(RETURNED), drivers())
    shape = of_ast(ast.parse("cube.index.connect", mode="eval").body)
    expected = names.catalog.methods[("sqlalchemy.engine", "connect")]
    assert names.api(shape, scope) == (expected if told else None)


PAIRED = """
import %s
class Berths:
    def getconn(self): ...
    def putconn(self, conn): ...
berths = Berths()
def f(pool, keys):
    pool.getconn(), pool.putconn(1)
    keys['a'].getconn(), keys['a'].putconn(1)
    other.getconn(), pool.putconn(1)
    make(pool or keys).getconn(), make(keys).putconn(1)
    berths.getconn(), berths.putconn(1)
async def g(pool):
    await pool.getconn()
    await pool.putconn(1)
"""


@pytest.mark.parametrize(
    ("of", "imported", "scope", "kind"),
    [
        ("pool", "psycopg2", "f", "psycopg2.pool"),
        ("keys['a']", "os", "f", "psycopg2.pool"),
        ("pool", "psycopg_pool", "f", "psycopg_pool.pool"),
        ("pool", "psycopg", "g", "psycopg_pool.async_pool"),
        ("other", "psycopg2", "f", ""),
        ("make(pool or keys)", "psycopg2", "f", ""),
        ("berths", "psycopg2", "f", ""),
        ("pool", "psycopg2", "", ""),
    ],
)
def test_who_takes_of_and_gives_back_to_one_object_has_a_pool_of_psycopg(
    of: str, imported: str, scope: str, kind: str
) -> None:
    names = Names(ast.parse(PAIRED % imported), drivers())
    shape = of_ast(ast.parse(f"{of}.getconn", mode="eval").body)
    expected = names.catalog.methods[(kind, "getconn")] if kind else None
    assert names.api(shape, scope) == expected


ROWS = """
class Berths:
    def acquire(self): ...
berths = Berths()
async def row(pool):
    async with pool.acquire() as conn:
        return await conn.fetchrow("SELECT 1")
async def kept(self):
    async with self.pool.acquire() as conn, conn.transaction():
        if await conn.fetchval("SELECT 1"):
            ...
async def cursor(pool):
    async with pool.acquire() as conn:
        async with conn.cursor() as cur:
            await cur.execute("SELECT 1")
            return await cur.fetchval()
async def lock(pool):
    async with pool.acquire():
        await pool.fetchrow("SELECT 1")
async def every(pool):
    async with pool.acquire() as conn:
        return await conn.fetch("SELECT 1")
async def by_name(pool):
    query = f" select {pool.columns} from berths"
    async with pool.acquire() as conn:
        return await conn.fetch(query, 1)
async def page(pool):
    async with pool.acquire() as conn:
        return await conn.fetch("https://port.example/berths")
async def told(pool, query):
    async with pool.acquire() as conn:
        return await conn.fetch(query)
async def one_or_other(pool, far):
    wanted = "SELECT 1"
    if far:
        wanted = far.address
    async with pool.acquire() as conn:
        return await conn.fetch(wanted)
async def another(pool, other):
    async with other.acquire() as conn:
        return await conn.fetchrow("SELECT 1")
async def made(pool):
    async with pool().acquire() as conn:
        return await conn.fetchrow("SELECT 1")
async def own():
    async with berths.acquire() as conn:
        return await conn.fetchrow("SELECT 1")
def plain(pool):
    with pool.acquire() as conn:
        return conn.fetchrow("SELECT 1")
"""


@pytest.mark.parametrize(
    ("of", "scope", "told"),
    [
        ("pool", "row", True),
        ("self.pool", "kept", True),
        ("pool", "cursor", False),
        ("pool", "lock", False),
        ("pool", "every", True),
        ("pool", "by_name", True),
        ("pool", "page", False),
        ("pool", "told", False),
        ("pool", "one_or_other", False),
        ("pool", "another", False),
        ("pool()", "made", False),
        ("berths", "own", False),
        ("pool", "plain", False),
        ("pool", "", False),
    ],
)
def test_who_waits_for_rows_of_the_connection_itself_has_a_pool_of_asyncpg(
    of: str, scope: str, told: bool
) -> None:
    names = Names(ast.parse(ROWS), drivers())
    shape = of_ast(ast.parse(f"{of}.acquire", mode="eval").body)
    expected = names.catalog.methods[("asyncpg.pool", "acquire")]
    assert names.api(shape, scope) == (expected if told else None)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"await conn.fetchval(sql)", True),
        (b"async with pool.acquire() as conn: await conn.fetch(sql)", True),
        (b"await session.fetch(url)", False),
        (b"async with lock.acquire(): ...", False),
    ],
)
def test_the_bytes_of_a_file_say_whether_it_may_tell(data: bytes, told: bool) -> None:
    assert may_tell(data) == told


def test_other_catalogs_have_no_such_method() -> None:
    shape = of_ast(ast.parse("engine.raw_connection", mode="eval").body)
    assert _names().under(calls()).api(shape, "f") is None
