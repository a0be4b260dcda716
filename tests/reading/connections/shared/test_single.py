"""Sessions that code opens beside any pool: which of them last as long as their process."""

import textwrap

import pytest

from poollint.facts.code import Pool
from poollint.model.source import SourceFile
from poollint.reading.code import read
from poollint.reading.reader import Options

HEAD = "import asyncio, os, threading\nimport asyncpg, psycopg, psycopg2\n"


def singles(text: str, path: str = "shop/api.py") -> tuple[Pool, ...]:
    source = SourceFile(path, HEAD + textwrap.dedent(text))
    module = read(source, Options()).module
    assert module is not None
    return module.singles


LASTING = {
    "import": "conn = psycopg2.connect(os.environ['DATABASE_URL'])",
    "global": "conn = None\ndef main():\n    global conn\n    conn = psycopg2.connect()",
    "needed": """
        conn = None
        def get():
            global conn
            if conn is None or conn.closed:
                conn = psycopg2.connect()
            return conn
        """,
    "twice": """
        conn = psycopg2.connect()
        def connect_again():
            global conn
            conn = psycopg2.connect()
        """,
    "state": """
        from contextlib import asynccontextmanager
        from fastapi import FastAPI
        @asynccontextmanager
        async def lifespan(app):
            app.state.listener = await asyncpg.connect()
            yield
            await app.state.listener.close()
        app = FastAPI(lifespan=lifespan)
        """,
    "object": """
        class Listener:
            async def start(self):
                self.conn = await asyncpg.connect()
        listener = Listener()
        """,
    "listening": """
        async def listen():
            conn = await asyncpg.connect()
            await conn.add_listener("orders", print)
            while True:
                await asyncio.sleep(60)
        """,
    "notified": """
        async def listen():
            conn = await psycopg.AsyncConnection.connect(autocommit=True)
            await conn.execute("LISTEN orders")
            async for notice in conn.notifies():
                print(notice)
        """,
    "by a function": """
        def get_connection():
            return psycopg2.connect()
        conn = get_connection()
        """,
}


@pytest.mark.parametrize("text", LASTING.values(), ids=LASTING)
def test_a_session_that_its_process_keeps_is_one(text: str) -> None:
    (one,) = singles(text)
    assert one.once.startswith("kept for as long as the process")
    assert one.single
    assert [(f.low, f.high) for f in one.defaults] == [(1, 1)]


PASSING = {
    "own": "def ask():\n    conn = psycopg2.connect()\n    conn.close()",
    "closed": "conn = psycopg2.connect()\nprint(conn)\nconn.close()",
    "block": "with psycopg.connect() as conn:\n    print(conn)",
    "given": "def connect():\n    return psycopg2.connect()",
    "program": "if __name__ == '__main__':\n    conn = psycopg2.connect()",
    "thread": "kept = threading.local()\ndef connect():\n    kept.conn = psycopg2.connect()",
    "each object": """
        class Job:
            def __init__(self):
                self.conn = psycopg2.connect()
        def run():
            Job()
        """,
    "request": """
        from fastapi import FastAPI
        app = FastAPI()
        @app.get("/events")
        async def events():
            conn = await asyncpg.connect()
            await conn.add_listener("orders", print)
            while True:
                await asyncio.sleep(1)
        """,
    "for a while": """
        async def listen_once():
            conn = await asyncpg.connect()
            await conn.add_listener("orders", print)
            await asyncio.sleep(5)
            await conn.close()
        """,
}


@pytest.mark.parametrize("text", PASSING.values(), ids=PASSING)
def test_a_session_that_its_function_ends_does_not_last(text: str) -> None:
    assert [one.once for one in singles(text)] == [""]


def test_what_is_no_session_of_the_server_s_own_is_none() -> None:
    assert singles("pool = psycopg2.pool.SimpleConnectionPool(1, 5)\nconn = pool.getconn()") == ()
    assert singles("conn = psycopg2.connect()", path="tests/test_api.py") == ()


def test_where_it_leads_is_what_it_is_told() -> None:
    (one,) = singles("conn = psycopg2.connect(os.environ['DATABASE_URL'])")
    assert (one.variable, one.span.start.line) == ("DATABASE_URL", 3)
