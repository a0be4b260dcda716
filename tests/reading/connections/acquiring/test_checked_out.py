"""When a connection that FastAPI hands to a function is out of its pool."""

import pytest

from poollint.facts.connections import Hold, Taking
from poollint.model.source import SourceFile
from poollint.reading.code import read
from poollint.reading.reader import Options

HEAD = """\
import asyncpg, httpx, psycopg2
from fastapi import Depends, FastAPI
from psycopg_pool import ConnectionPool
app = FastAPI()
pool = ConnectionPool("dbname=d")
"""
BLOCK = "with pool.connection() as conn:\n        yield conn"
UNKNOWN = "async with request.state.pool.acquire() as conn:\n        yield conn"


def holds(provider: str, parameter: str, body: str = "httpx.get('x')") -> tuple[Hold, ...]:
    text = f"{HEAD}async def get(request):\n    {provider}\n@app.get('/')\n"
    text += f"async def f({parameter}):\n    {body}\n"
    module = read(SourceFile("shop.py", text), Options()).module
    assert module is not None
    return next((f.holds for f in module.functions if f.name == "f"), ())


@pytest.mark.parametrize(
    ("provider", "parameter", "taking"),
    [
        (BLOCK, "c=Depends(get)", Taking.ACQUIRE),
        (UNKNOWN, "c: asyncpg.Connection = Depends(get)", Taking.ACQUIRE),
        ("c = psycopg2.connect('')\n    yield c\n    c.close()", "c=Depends(get)", Taking.CONNECT),
    ],
)
def test_it_is_held_from_the_beginning(provider: str, parameter: str, taking: Taking) -> None:
    (hold,) = holds(provider, parameter)
    assert hold.injected
    assert hold.held.taking is taking
    assert [step.label for step in hold.steps][:1] == ["`get` has taken it before"]


@pytest.mark.parametrize(
    ("provider", "parameter"),
    [
        ("return pool.getconn()", "c=Depends(get)"),
        ("yield pool", "c=Depends(get)"),
        ("yield request.state.conn", "c: asyncpg.Connection = Depends(get)"),
        (UNKNOWN, "c=Depends(get)"),
        (BLOCK, "c=Depends(elsewhere)"),
        (BLOCK, "c=None"),
    ],
)
def test_what_is_not_certainly_taken_for_the_request_is_not_held(
    provider: str, parameter: str
) -> None:
    assert holds(provider, parameter) == ()


def test_it_may_be_given_back_before_the_function_waits() -> None:
    assert holds(BLOCK, "c=Depends(get)", "pool.putconn(c)\n    httpx.get('x')") == ()
    assert holds(BLOCK, "c=Depends(get)", "c = 1\n    httpx.get('x')") == ()


CHAIN = """\
def get():
    with pool.connection() as conn:
        yield conn
def user(conn=Depends(get)):
    conn.execute('SELECT 1')
def admin(who=Depends(user)):
    return who
def ended(conn=Depends(get)):
    pool.putconn(conn)
def early(conn=Depends(get, scope="function")):
    return conn
def lone():
    return 1
def left_to():
    yield from get()
def endless():
    yield from endless()
def added_to():
    yield from get()
    yield None
def or_none():
    try:
        conn = pool.getconn()
    except OSError:
        yield None
        return
    yield conn
    pool.putconn(conn)
"""


def behind(parameters: str) -> list[tuple[str, str]]:
    text = f"{HEAD}{CHAIN}@app.get('/')\nasync def f({parameters}):\n    httpx.get('x')\n"
    module = read(SourceFile("shop.py", text), Options()).module
    assert module is not None
    held = next((f.holds for f in module.functions if f.name == "f"), ())
    return [(hold.held.target, hold.steps[0].label) for hold in held]


@pytest.mark.parametrize(
    ("parameters", "told"),
    [
        ("who=Depends(user)", [("", "`get` has taken it before, for `user`")]),
        ("who=Depends(admin)", [("", "`get` has taken it before, for `admin`")]),
        ("a=Depends(user), b=Depends(admin)", [("", "`get` has taken it before, for `user`")]),
        ("a=Depends(user), c=Depends(get)", [("c", "`get` has taken it before")]),
        ("who=Depends(ended)", []),
        ("who=Depends(early)", []),
        ("who=Depends(lone)", []),
        ("c=Depends(left_to)", [("c", "`left_to` has taken it before")]),
        ("c=Depends(or_none)", [("c", "`or_none` has taken it before")]),
        ("c=Depends(endless)", []),
        ("c=Depends(added_to)", []),
    ],
)
def test_what_a_dependency_depends_on_is_out_as_long(
    parameters: str, told: list[tuple[str, str]]
) -> None:
    assert behind(parameters) == told
