"""Nothing is found in the code of drivers and ORMs themselves, but for what is true of it.

They take connections in every way there is, and give them back. What is found all the same, at
whatever confidence, stands in `TRUE`, with what is true about it; the tests below show it.
"""

from __future__ import annotations

import asyncio
import importlib.util
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from poollint.model.finding import Confidence, Finding
from poollint.testing import run
from tests.lab.server import running

LIBRARIES = (
    "aiopg asyncpg databases dbutils django flask_sqlalchemy peewee piccolo playhouse pony psycopg"
    " psycopg2 psycopg_pool sqlalchemy sqlmodel tortoise"
).split()
TESTS = ("tests", "test", "testing", "__pycache__")

# Findings of low confidence, by rule and place, with what is true of them.
TRUE = {
    ("pool-without-timeout", "databases/backends/postgres.py PostgresBackend.connect"): "who finds "
    "the pool empty waits without end, and `databases` offers no timeout",
    ("connection-leak", "peewee.py Psycopg2Adapter.connect"): "an encoding that the server does "
    "not know leaves the connection to the garbage collector",
}
# What is added to each, so that a run that judges nothing does not pass for quiet.
PLANTED = """import psycopg2


def lose(dsn: str) -> None:
    conn = psycopg2.connect(dsn)
    conn.cursor().execute("SELECT 1")
"""


@pytest.mark.parametrize("library", LIBRARIES)
def test_the_code_of_a_library_is_quiet(library: str, tmp_path: Path) -> None:
    spec = importlib.util.find_spec(library)
    if spec is None or spec.origin is None:
        pytest.skip(f"{library} is not installed")
    source, code = Path(spec.origin), tmp_path / "code"
    if source.name == "__init__.py":
        ignored = shutil.ignore_patterns("*.so", *TESTS)
        shutil.copytree(source.parent, code / library, ignore=ignored)
    else:
        code.mkdir()
        shutil.copy(source, code)
    (code / "planted.py").write_text(PLANTED, "utf-8")
    findings = [(_place(f), f) for f in run.findings(code)]
    found = Counter((f.rule, place) for place, f in findings)
    assert found.pop(("connection-leak", "planted.py lose")) == 1
    own = (f"{library}/", f"{library}.py ")
    assert found <= Counter(one for one in TRUE if one[1].startswith(own))
    surely = [place for place, f in findings if f.problem.confidence is not Confidence.LOW]
    assert surely == ["planted.py lose"]


def _place(finding: Finding) -> str:
    """Return the file of a finding, as below the folder it is copied to, and its function."""
    _, _, file = finding.problem.at.path.rpartition("/code/")
    return f"{file} {finding.problem.scope}"


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with running() as folder:
        yield folder


def test_databases_waits_without_end_for_a_connection(server: str) -> None:
    databases = pytest.importorskip("databases", reason="databases is not installed")
    url = f"postgresql+asyncpg://postgres@/postgres?host={server}&min_size=1&max_size=1"

    async def waits() -> bool:
        async with databases.Database(url) as database:
            holder = asyncio.create_task(_held(database))
            await asyncio.sleep(0.2)
            other = asyncio.create_task(_held(database))
            await asyncio.wait({other}, timeout=1)
            waiting = not (holder.done() or other.done())
            for task in (holder, other):
                task.cancel()
            await asyncio.wait({holder, other})
            return waiting

    assert asyncio.run(waits())


async def _held(database: Any) -> None:
    """Hold a connection for good; `databases` gives each task one of its own."""
    async with database.connection() as connection:
        assert await connection.fetch_val("SELECT 1") == 1
        await asyncio.Event().wait()


def test_peewee_leaves_a_connection_with_an_unknown_encoding_open(server: str) -> None:
    peewee = pytest.importorskip("peewee", reason="peewee is not installed")
    psycopg2 = pytest.importorskip("psycopg2", reason="psycopg2 is not installed")
    monitor = psycopg2.connect(host=server, user="postgres", dbname="postgres")
    wrong = peewee.PostgresqlDatabase(
        "postgres", user="postgres", host=server, encoding="klingon", application_name="wrong"
    )

    def sessions() -> int:
        with monitor, monitor.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'wrong'")
            count: int = cursor.fetchone()[0]
            return count

    with pytest.raises(peewee.DatabaseError) as kept:
        wrong.connect()
    assert sessions() == 1  # as long as the exception lives, so does the connection
    assert kept.traceback
    monitor.close()
