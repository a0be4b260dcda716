"""What a settings file says of a company's own packages is found in the code that uses them."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from poollint.engine.request import Request
from poollint.engine.session import run

WRAPPER = """
[drivers."acme.db"]
acquire = ["acme.db.get_conn"]
release = ["acme.db.put_conn"]
"""
POOL = """
[drivers."acme.db"]
pool = ["acme.db.Pool"]
acquire = ["acme.db.Pool.take"]
release = ["acme.db.Pool.put"]
guard = ["acme.db.Pool.connection", "acme.db.connection"]
"""
LARGE = f"{POOL}defaults = {{ max_size = 300 }}\n"
LIKE = """
[drivers."acme.db"]
like = "psycopg2"
connect = ["acme.db.open"]
"""
SAME = """
[drivers."acme.db".like]
"acme.db.Session" = "sqlalchemy.orm.Session"
"acme.db.Pool" = "psycopg2.pool.ThreadedConnectionPool"
"""
ASYNC = """
[drivers."acme.db"]
like = "asyncpg"
acquire = ["acme.db.get"]
release = ["acme.db.put"]
"""
HANDLER = """
[drivers."acme.db"]
connect = ["acme.db.open"]

[handlers]
request = ["acme.web.endpoint"]
"""

LEAKS = [
    (WRAPPER, "c = db.get_conn()\nc.execute('x')\ndb.put_conn(c)", "db.put_conn(c)"),
    (WRAPPER, "c = db.get_conn()\ntry:\n    c.execute('x')\nfinally:\n    c.close()", "put_conn"),
    (POOL, "p = db.Pool(1)\nc = p.take()\nc.execute('x')\np.put(c)\np.close()", "`p.put(c)`"),
    (LIKE, "with db.open() as c:\n    c.cursor()", "c.close()"),
    (LIKE, "c = db.connect()\nc.cursor().execute('x')", "c.close()"),
    (LIKE, "p = db.pool.ThreadedConnectionPool(1, 2)\nc = p.getconn()\nc.cursor()", "putconn(c)"),
    (SAME, "s = db.Session()\ns.execute('x')\ns.close()", "s.close()"),
    (SAME, "p = db.Pool(1, 2)\nc = p.getconn()\nc.close()", "p.putconn(c)"),
    (ASYNC, "c = await db.get()\nawait c.execute('x')\nawait db.put(c)", "await acme.db.put(c)"),
]
FINE = [
    (WRAPPER, "c = db.get_conn()\ntry:\n    c.execute('x')\nfinally:\n    db.put_conn(c)"),
    (WRAPPER, "c = db.get_conn()\ntry:\n    c.execute('x')\nfinally:\n    end(c)"),
    (WRAPPER, "return db.get_conn()"),
    (WRAPPER, "c = db.other()\nc.execute('x')"),
    (POOL, "p = db.Pool(1)\nwith p.connection() as c:\n    c.execute('x')\np.close()"),
    (POOL, "with db.connection() as c:\n    c.execute('x')"),
    (LIKE, "c = db.open()\ntry:\n    c.cursor()\nfinally:\n    c.close()"),
    (ASYNC, "c = await db.get()\ntry:\n    await c.execute('x')\nfinally:\n    await db.put(c)"),
    ("", "c = db.get_conn()\nc.execute('x')"),
]


def found(settings: str, code: str) -> list[tuple[str, str]]:
    """Return rule and message of each finding in a project of one file."""
    Path("poollint.toml").write_text(settings)
    Path("shop.py").write_text(code)
    report = run(Request(paths=(".",))).report
    return [(finding.rule, finding.problem.message) for finding in report.active]


def function(body: str) -> str:
    start = "async def" if "await" in body else "def"
    lines = "\n".join(f"    {line}" for line in body.split("\n"))
    return f"from acme import db\n\n\n{start} go():\n{lines}\n\n\ndef end(c):\n    db.put_conn(c)\n"


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(("settings", "body", "release"), LEAKS)
def test_a_leak_of_an_own_package_is_found_with_its_own_remedy(
    settings: str, body: str, release: str
) -> None:
    leaks = [f for f in found(settings, function(body)) if f[0] != "pool-never-closed"]
    ((rule, message),) = leaks
    assert rule == "connection-leak"
    assert release in message


@pytest.mark.parametrize(("settings", "body"), FINE)
def test_what_gives_back_in_the_package_s_own_way_is_quiet(settings: str, body: str) -> None:
    assert found(settings, function(body)) == []


def test_an_own_pool_has_the_defaults_that_are_said() -> None:
    code = "from acme import db\n\nPOOL = db.Pool()\n"
    assert [rule for rule, _ in found(LARGE, code)] == ["oversized-pool"]
    assert found(LARGE, code.replace("Pool()", "Pool(max_size=5)")) == []


def test_a_second_connection_of_an_own_pool_is_found() -> None:
    code = """
        from acme import db

        POOL = db.Pool(max_size=5)

        def go():
            first = POOL.take()
            try:
                second = POOL.take()
                POOL.put(second)
            finally:
                POOL.put(first)
        """
    assert [rule for rule, _ in found(POOL, dedent(code))] == ["nested-acquire"]


def test_an_own_handler_makes_a_connection_one_per_request() -> None:
    code = """
        from acme import db, web

        @web.endpoint("/x")
        def view():
            conn = db.open()
            conn.close()
        """
    assert [rule for rule, _ in found(HANDLER, dedent(code))] == ["connection-per-request"]
    assert found(HANDLER, dedent(code).replace("@web.endpoint", "@web.other")) == []
