"""Connections that several use: which outlive their functions, and who is started beside whom."""

import textwrap

import pytest

from poollint.facts.connections import Concurrency, Shared
from poollint.model.source import SourceFile
from poollint.reading.code import read
from poollint.reading.reader import Options


def facts(text: str, path: str = "shop/api.py") -> dict[str, tuple[Shared, ...]]:
    """Return what the functions of a text share, by name, where they share anything."""
    module = read(SourceFile(path, textwrap.dedent(text)), Options()).module
    assert module is not None
    return {f.name: f.shared for f in module.functions if f.shared}


def one(text: str, path: str = "shop/api.py") -> Shared:
    found = [shared for each in facts(text, path).values() for shared in each]
    assert len(found) == 1, found
    return found[0]


def places(shared: Shared) -> list[tuple[int, str]]:
    return [(step.span.start.line, step.label) for step in shared.steps]


LASTING = """\
    import functools, threading
    import psycopg2
    from sqlalchemy.orm import scoped_session, sessionmaker

    {made}

    def use():
        {use}
    """


@pytest.mark.parametrize(
    ("made", "use"),
    [
        ("conn = psycopg2.connect()", "conn.cursor()"),
        ("conn = None\n    def main():\n        global conn\n        conn = psycopg2.connect()",
         "conn.cursor()"),
        ("_conn = None\n    def get():\n        global _conn\n        if _conn is None:\n"
         "            _conn = psycopg2.connect()\n        return _conn", "get().cursor()"),
        ("@functools.lru_cache\n    def get():\n        return psycopg2.connect()",
         "conn = get()\n        conn.commit()"),
        ("class Db:\n        def __init__(self):\n            self.conn = psycopg2.connect()\n"
         "    db = Db()", "db.conn.commit()"),
        ("class Db:\n        def __init__(self):\n            self.conn = psycopg2.connect()\n"
         "        def run(self):\n            self.conn.commit()\n    db = Db()", "db.run()"),
        ("class Db:\n        conn = psycopg2.connect()", "Db.conn.commit()"),
        ("class Db:\n        conn = None\n        @classmethod\n        def get(cls):\n"
         "            if cls.conn is None:\n                cls.conn = psycopg2.connect()\n"
         "            return cls.conn", "Db.get().commit()"),
        ("class Db:\n        conn = psycopg2.connect()\n        @classmethod\n"
         "        def run(cls):\n            cls.conn.commit()", "Db.run()"),
        ("conn = psycopg2.connect()\n    cur = conn.cursor()", "cur.execute('SELECT 1')"),
        ("Session = sessionmaker()\n    session = Session()", "session.commit()"),
        ("def start(app):\n        app.state.conn = psycopg2.connect()",
         "request.app.state.conn.commit()"),
        ("def start(app):\n        app['conn'] = psycopg2.connect()",
         "request.app['conn'].commit()"),
    ],
)  # fmt: skip
def test_what_a_module_makes_once_is_used_by_all(made: str, use: str) -> None:
    shared = facts(LASTING.format(made=made, use=use))["use"][0]
    assert shared.at_once is None
    assert shared.made is not None
    assert not shared.is_async


@pytest.mark.parametrize(
    ("made", "use"),
    [
        ("", "conn = psycopg2.connect()\n        conn.commit()"),
        ("def get():\n        return psycopg2.connect()", "get().commit()"),
        ("@functools.lru_cache\n    def get(tenant):\n        return psycopg2.connect(tenant)",
         "get(1).commit()"),
        ("kept = threading.local()\n    kept.conn = psycopg2.connect()", "kept.conn.commit()"),
        ("class Kept(threading.local):\n        def __init__(self):\n"
         "            self.conn = psycopg2.connect()\n    kept = Kept()", "kept.conn.commit()"),
        ("class Db:\n        def __init__(self):\n            self.conn = psycopg2.connect()",
         "Db().conn.commit()"),
        ("class Db:\n        def run(self):\n            self.conn = psycopg2.connect()\n"
         "            self.conn.commit()\n    db = Db()", "db.run()"),
        ("class Db:\n        @classmethod\n        def renew(cls):\n"
         "            cls.conn = psycopg2.connect()\n            cls.conn.commit()", "Db.renew()"),
        ("class Db:\n        def connect(self):\n            self.conn = psycopg2.connect()\n"
         "    db = Db()", "db.connect()\n        db.conn.commit()"),
        ("conn = None\n    def connect():\n        global conn\n        conn = psycopg2.connect()",
         "connect()\n        conn.commit()"),
        ("session = scoped_session(sessionmaker())", "session.commit()"),
        ("conn = psycopg2.connect()", "conn.close()"),
        ("conn = psycopg2.connect()\n    lock = threading.Lock()",
         "with lock:\n            conn.commit()"),
        ("conn = psycopg2.connect()\n    guard = threading.Condition()",
         "with guard:\n            conn.commit()"),
        ("conn = psycopg2.connect()\n    def other(): yield conn.notifies", "conn.cursor()"),
        ("conn = unknown()", "conn.commit()"),
    ],
)  # fmt: skip
def test_what_is_made_each_time_kept_apart_or_locked_is_not(made: str, use: str) -> None:
    assert "use" not in facts(LASTING.format(made=made, use=use))


def test_a_closure_is_used_by_what_it_defines() -> None:
    shared = facts("""\
        import psycopg2
        def create():
            conn = psycopg2.connect()
            def handler():
                conn.commit()
            return handler
        """)["create.<locals>.handler"][0]
    assert places(shared) == [(3, "made here, once for all"), (5, "used here")]
    assert shared.ends


def test_a_test_shares_nothing_that_lasts() -> None:
    text = "import psycopg2\nconn = psycopg2.connect()\ndef use(): conn.commit()\n"
    assert facts(text, "tests/test_api.py") == {}
    assert facts(text)["use"]


STARTED = """\
    import asyncio, threading
    from concurrent.futures import ThreadPoolExecutor
    from functools import partial
    import anyio, asyncpg, psycopg2
    from sqlalchemy.ext.asyncio import AsyncSession

    async def load(conn, x):
        await conn.fetch(x)

    async def through(conn, x):
        return await load(conn, x)

    def work(conn, x):
        conn.commit()

    async def use(conn: asyncpg.Connection, sync: psycopg2.extensions.connection, xs,
                  pool: asyncpg.Pool, executor=None):
        {body}
    """


@pytest.mark.parametrize(
    ("body", "at_once"),
    [
        ("await asyncio.gather(conn.fetch('a'), conn.fetch('b'))", Concurrency.TASKS),
        ("await asyncio.gather(load(conn, 1), through(conn, 2))", Concurrency.TASKS),
        ("await asyncio.gather(*[load(conn, x) for x in xs])", Concurrency.TASKS),
        ("await asyncio.gather(*(through(conn, x) for x in xs))", Concurrency.TASKS),
        ("found = [load(conn, x) for x in xs]\n        await asyncio.gather(*found)",
         Concurrency.TASKS),
        ("await asyncio.wait([asyncio.create_task(load(conn, x)) for x in xs])",
         Concurrency.TASKS),
        ("for x in xs:\n            asyncio.create_task(load(conn, x))", Concurrency.TASKS),
        ("async with anyio.create_task_group() as group:\n            for x in xs:\n"
         "                group.start_soon(load, conn, x)", Concurrency.TASKS),
        ("async with asyncio.TaskGroup() as group:\n            group.create_task(load(conn, 1))\n"
         "            group.create_task(load(conn, 2))", Concurrency.TASKS),
        ("await asyncio.gather(*[asyncio.to_thread(work, sync, x) for x in xs])",
         Concurrency.THREADS),
        ("with ThreadPoolExecutor() as ex:\n            ex.map(lambda x: work(sync, x), xs)",
         Concurrency.THREADS),
        ("with ThreadPoolExecutor() as ex:\n            ex.map(partial(work, sync), xs)",
         Concurrency.THREADS),
        ("loop = asyncio.get_running_loop()\n        for x in xs:\n"
         "            loop.run_in_executor(None, work, sync, x)", Concurrency.THREADS),
        ("for x in xs:\n            threading.Thread(target=work, args=(sync, x)).start()",
         Concurrency.THREADS),
        ("def body(x):\n            work(sync, x)\n        with ThreadPoolExecutor() as ex:\n"
         "            ex.map(body, xs)", Concurrency.THREADS),
    ],
)  # fmt: skip
def test_what_is_started_together_shares(body: str, at_once: Concurrency) -> None:
    shared = one(STARTED.format(body=body))
    assert shared.at_once is at_once
    assert shared.is_async is (at_once is Concurrency.TASKS)


@pytest.mark.parametrize(
    "body",
    [
        "await asyncio.gather(conn.fetch('a'), other())",
        "await asyncio.gather(pool.fetch('a'), pool.fetch('b'))",
        "await asyncio.gather(*[load(conn, x) for conn in xs for x in xs])",
        "await asyncio.gather(conn.close(), conn.fetch('a'))",
        "for x in xs:\n            await asyncio.create_task(load(conn, x))",
        "for x in xs:\n            await asyncio.gather(load(conn, x), other(x))",
        "for x in xs:\n            task = asyncio.create_task(load(conn, x))\n"
        "            await task",
        "for x in xs:\n            asyncio.create_task(load(conn, x))\n            return",
        "first = asyncio.create_task(load(conn, 1))\n        await first\n"
        "        second = asyncio.create_task(load(conn, 2))\n        await second",
        "for x in xs:\n            async with asyncio.TaskGroup() as group:\n"
        "                group.create_task(load(conn, x))",
        "for x in xs:\n            one = await pool.acquire()\n"
        "            asyncio.create_task(load(one, x))",
        "await asyncio.gather(*[unknown(conn, x) for x in xs])",
        "with ThreadPoolExecutor(max_workers=1) as ex:\n"
        "            ex.map(partial(work, sync), xs)",
        "await asyncio.gather(*[asyncio.to_thread(print, sync) for x in xs])",
        "for x in xs:\n            thread = threading.Thread(target=work, args=(sync, x))\n"
        "            thread.start()\n            thread.join()",
        "executor.submit(work, sync, 1)\n        executor.submit(work, sync, 2)",
        "async with lock:\n            await asyncio.gather(load(conn, 1), load(conn, 2))",
        "def body(x):\n            sync = psycopg2.connect()\n            work(sync, x)\n"
        "        with ThreadPoolExecutor() as ex:\n            ex.map(body, xs)",
    ],
)
def test_what_comes_one_after_another_or_has_its_own_does_not(body: str) -> None:
    assert facts(STARTED.format(body=body)).get("use", ()) == ()


def test_repositories_made_with_one_session_share_it() -> None:
    shared = one("""\
        import asyncio
        from sqlalchemy.ext.asyncio import AsyncSession

        class Repo:
            def __init__(self, session):
                self.session = session
            async def all(self):
                return await self.session.execute("x")

        async def both(session: AsyncSession):
            users, orders = Repo(session), Repo(session)
            await asyncio.gather(users.all(), orders.all())

        async def apart(session: AsyncSession, other: AsyncSession):
            users, orders = Repo(session), Repo(other)
            await asyncio.gather(users.all(), orders.all())
        """)
    assert shared.span.start.line == 12
    assert shared.role == "session"
    assert (8, "uses `self.session`") in places(shared)


def test_what_is_set_to_autocommit_is_alone() -> None:
    text = "import psycopg2\nconn = psycopg2.connect()\n{}\ndef use(): conn.cursor()\n"
    assert one(text.format("conn.autocommit = True")).alone
    assert not one(text.format("conn.autocommit = False")).alone


def test_a_session_of_another_database_is_left_out() -> None:
    text = """\
        from sqlalchemy import create_engine
        from sqlalchemy.orm import sessionmaker
        session = sessionmaker(create_engine("{}"))()
        def use(): session.commit()
        """
    assert facts(text.format("postgresql://db/shop"))["use"]
    assert facts(text.format("sqlite:///shop.db")) == {}


@pytest.mark.parametrize(
    ("body", "caller", "settled"),
    [
        ("conn.execute('SELECT 1')", "read()", False),
        ("conn.execute('SELECT 1')", "read()\n    finish_and_commit()", True),
        ("conn.execute('SELECT 1')\n    conn.execute('ROLLBACK')", "pass", True),
        ("conn.execute('SELECT 1')  # no commit here", "pass", False),
    ],
)
def test_who_leads_to_a_use_may_say_that_it_ends_the_transaction(
    body: str, caller: str, settled: bool
) -> None:
    text = (
        "import psycopg\nconn = psycopg.connect('')\n"
        f"def read():\n    {body}\ndef handler():\n    {caller}\n"
    )
    module = read(SourceFile("shop.py", text), Options()).module
    assert module is not None
    (shared,) = next(f.shared for f in module.functions if f.name == "read")
    assert shared.settled is settled
