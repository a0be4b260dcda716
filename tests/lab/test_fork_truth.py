"""What poollint says of sessions open at a fork, held against forking for real.

Each case is a module that an application server loads before it forks, its hook, and what a
child runs. The server's sessions are listed before the fork; the child then asks for the process
id of the session it got. It is shared where that was there before. The same files, with a
Procfile that says `--preload`, are given to poollint.
"""

from __future__ import annotations

import functools
import importlib.util
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from poollint.testing.run import findings
from tests.lab.server import running

RULE = "pool-before-fork"
SECONDS = 30

# What a preloading server does, in so many lines.
PRELOADING = """
import json, os, sys, time
import psycopg2
import app
time.sleep(0.5)  # psycopg_pool connects in threads
with open("gunicorn.conf.py") as file:
    hooks = {}
    exec(file.read(), hooks)
look = psycopg2.connect(os.environ["URL"])
with look.cursor() as cur:
    cur.execute("SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend'"
                " AND pid <> pg_backend_pid()")
    before = [row[0] for row in cur.fetchall()]
look.close()
if "pre_fork" in hooks:
    hooks["pre_fork"](None, None)
reading, writing = os.pipe()
if os.fork() == 0:
    try:
        if "post_fork" in hooks:
            hooks["post_fork"](None, None)
        answer = {"pid": app.backend()}
    except Exception as error:
        answer = {"error": type(error).__name__}
    os.write(writing, json.dumps(answer).encode())
    os._exit(0)
os.wait()
answer = json.loads(os.read(reading, 10_000))
answer["before"] = before
print(json.dumps(answer), flush=True)
os._exit(0)
"""
FORKING = """
import json, os
import app
print(json.dumps(app.main()), flush=True)
os._exit(0)
"""
WEB = """
from flask import Flask
app = Flask(__name__)

@app.get("/")
def index():
    return str(backend())
"""


@dataclass(frozen=True)
class Case:
    """A module, the hook in gunicorn's settings, and the libraries that they need.

    `broken` tells that what the child inherits shares nothing, but does not work.
    """

    name: str
    module: str
    hook: str = ""
    needs: str = "psycopg2"
    broken: bool = False


def engine(rest: str, options: str = "") -> str:
    return f"""
import os
import sqlalchemy as sa
from sqlalchemy import MetaData, create_engine, text
from sqlalchemy.orm import sessionmaker
from sqlalchemy.pool import NullPool
engine = create_engine(os.environ["URL"]{options})
Session = sessionmaker(bind=engine)
metadata = MetaData()
{rest}
def backend():
    with Session() as session:
        return session.execute(text("SELECT pg_backend_pid()")).scalar()
"""


def pool2(built: str, rest: str = "") -> str:
    return f"""
import os
from psycopg2.pool import ThreadedConnectionPool
{built}
{rest}
def backend():
    conn = pool.getconn()
    try:
        with conn, conn.cursor() as cur:
            cur.execute("SELECT pg_backend_pid()")
            return cur.fetchone()[0]
    finally:
        pool.putconn(conn)
"""


def pool3(built: str, rest: str = "") -> str:
    return f"""
import os
from psycopg_pool import ConnectionPool
{built}
{rest}
def backend():
    with pool.connection() as conn:
        return conn.execute("SELECT pg_backend_pid()").fetchone()[0]
"""


def plain(connect: str, rest: str = "") -> str:
    return f"""
import os
{connect}
{rest}
def backend():
    cur = conn.cursor()
    cur.execute("SELECT pg_backend_pid()")
    return cur.fetchone()[0]
"""


USED = 'with engine.connect() as looking:\n    looking.execute(text("SELECT 1"))'
OWN_POOL = 'pool = ThreadedConnectionPool(1, 2, os.environ["URL"])'
LATER = """
def post_fork(server, worker):
    import app
    {}
"""
SA = "sqlalchemy psycopg2"
CASES = (
    Case("psycopg2_connection", plain(
        'import psycopg2\nconn = psycopg2.connect(os.environ["URL"])')),
    Case("psycopg2_connection_from_a_function", plain(
        'import psycopg2\ndef connect():\n    return psycopg2.connect(os.environ["URL"])\n'
        "conn = connect()")),
    Case("psycopg2_connection_in_a_hook", plain(
        "import psycopg2\nconn = None\ndef start():\n    global conn\n"
        '    conn = psycopg2.connect(os.environ["URL"])'), LATER.format("app.start()")),
    Case("psycopg3_connection", plain(
        'import psycopg\nconn = psycopg.connect(os.environ["URL"])'), needs="psycopg psycopg2"),
    Case("psycopg2_pool", pool2(OWN_POOL)),
    Case("psycopg2_pool_that_opens_nothing", pool2(OWN_POOL.replace("(1", "(0"))),
    Case("psycopg2_pool_with_an_idle_hook", pool2(OWN_POOL),
         "def post_fork(server, worker):\n    print(end='')\n"),
    Case("psycopg2_pool_in_a_hook", pool2(
        "pool = None\ndef start():\n    global pool\n    " + OWN_POOL),
        LATER.format("app.start()")),
    Case("psycopg2_pool_when_asked_for", """
import os
from functools import lru_cache
from psycopg2.pool import ThreadedConnectionPool

@lru_cache
def pool():
    return ThreadedConnectionPool(1, 2, os.environ["URL"])

def backend():
    conn = pool().getconn()
    try:
        with conn, conn.cursor() as cur:
            cur.execute("SELECT pg_backend_pid()")
            return cur.fetchone()[0]
    finally:
        pool().putconn(conn)
"""),
    Case("psycopg3_pool", pool3(
        'pool = ConnectionPool(os.environ["URL"], min_size=1, timeout=2)'),
        needs="psycopg_pool psycopg2"),
    Case("psycopg3_pool_that_opens_nothing", pool3(
        'pool = ConnectionPool(os.environ["URL"], min_size=0, max_size=2, timeout=2)'),
        needs="psycopg_pool psycopg2", broken=True),
    Case("psycopg3_pool_opened_in_a_hook", pool3(
        'pool = ConnectionPool(os.environ["URL"], min_size=1, timeout=2, open=False)'),
        LATER.format("app.pool.open()"), needs="psycopg_pool psycopg2"),
    Case("engine_unused", engine(""), needs=SA),
    Case("engine_used", engine(USED), needs=SA),
    Case("engine_used_in_a_function", engine(
        f"def look():\n    {USED.replace(chr(10), chr(10) + '    ')}\nlook()"), needs=SA),
    Case("engine_used_by_create_all", engine("metadata.create_all(bind=engine)"), needs=SA),
    Case("engine_used_by_reflect", engine("metadata.reflect(engine)"), needs=SA),
    Case("engine_inspected", engine("names = sa.inspect(engine).get_table_names()"), needs=SA),
    Case("engine_used_by_a_session", engine(
        'with Session() as first:\n    first.execute(text("SELECT 1"))'), needs=SA),
    Case("session_made_and_not_used", engine("first = Session()"), needs=SA),
    Case("engine_without_a_pool", engine(USED, ", poolclass=NullPool"), needs=SA),
    Case("engine_disposed_of_at_import", engine(USED + "\nengine.dispose()"), needs=SA),
    Case("engine_disposed_of_in_the_child", engine(USED),
         LATER.format("app.engine.dispose(close=False)"), needs=SA),
    Case("engine_disposed_of_in_the_parent", engine(USED),
         "def pre_fork(server, worker):\n    import app\n    app.engine.dispose()\n", needs=SA),
    Case("engine_used_if_told", engine(
        'if os.environ.get("NOT_THERE"):\n    metadata.create_all(engine)'), needs=SA),
)  # fmt: skip

CHILDREN = """
import os
import psycopg2
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import Pipe, Pool, Process
from sqlalchemy import create_engine, text
URL = os.environ["URL"]
ASK = "SELECT pg_backend_pid()"

def ask(conn):
    with conn.cursor() as cur:
        cur.execute(ASK)
        return cur.fetchone()[0]
__REST__
"""


def children(rest: str) -> str:
    return CHILDREN.replace("__REST__", rest)


IN_CODE = (
    Case("pool_of_processes_with_a_global", children("""
conn = psycopg2.connect(URL)

def work(_):
    return ask(conn)

def main():
    with Pool(2) as workers:
        return {"before": [ask(conn)], "pid": workers.map(work, [1])[0]}
""")),
    Case("pool_of_processes_with_an_initializer", children("""
conn = psycopg2.connect(URL)

def start():
    global conn
    conn = psycopg2.connect(URL)

def work(_):
    return ask(conn)

def main():
    with Pool(2, initializer=start) as workers:
        return {"before": [ask(conn)], "pid": workers.map(work, [1])[0]}
""")),
    Case("processes_given_a_connection", children("""
def work(conn, out):
    out.send(ask(conn))

def main():
    conn = psycopg2.connect(URL)
    before = [ask(conn)]
    ours, theirs = Pipe()
    process = Process(target=work, args=(conn, theirs))
    process.start()
    process.join()
    return {"before": [*before, ask(conn)], "pid": ours.recv()}
""")),
    Case("executor_with_an_unused_engine", children("""
engine = create_engine(URL)

def work(_):
    with engine.connect() as conn:
        return conn.execute(text(ASK)).scalar()

def main():
    with ProcessPoolExecutor(2) as executor:
        return {"before": [], "pid": list(executor.map(work, [1]))[0]}
"""), needs=SA),
    Case("executor_with_a_used_engine", children("""
engine = create_engine(URL)

def work(_):
    with engine.connect() as conn:
        return conn.execute(text(ASK)).scalar()

def main():
    with engine.connect() as conn:
        before = conn.execute(text(ASK)).scalar()
    with ProcessPoolExecutor(2) as executor:
        return {"before": [before], "pid": list(executor.map(work, [1]))[0]}
"""), needs=SA),
    Case("executor_whose_child_disposes", children("""
engine = create_engine(URL)

def work(_):
    engine.dispose(close=False)
    with engine.connect() as conn:
        return conn.execute(text(ASK)).scalar()

def main():
    with engine.connect() as conn:
        before = conn.execute(text(ASK)).scalar()
    with ProcessPoolExecutor(2) as executor:
        return {"before": [before], "pid": list(executor.map(work, [1]))[0]}
"""), needs=SA),
    Case("fork_of_its_own", children("""
def main():
    conn = psycopg2.connect(URL)
    ours, theirs = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.write(theirs, str(ask(conn)).encode())
        os._exit(0)
    os.waitpid(pid, 0)
    return {"before": [ask(conn)], "pid": int(os.read(ours, 100))}
""")),
    Case("spawned_processes", children("""
from multiprocessing import get_context
conn = psycopg2.connect(URL)

def work(_):
    return ask(conn)

def main():
    with get_context("spawn").Pool(2) as workers:
        return {"before": [ask(conn)], "pid": workers.map(work, [1])[0]}
""")),
)  # fmt: skip


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    for name in ("psycopg2", "psycopg_pool", "sqlalchemy"):
        if importlib.util.find_spec(name) is None:
            pytest.skip(f"{name} is not installed")
    with running("max_connections=50") as folder:
        yield f"postgresql://postgres@/postgres?host={folder}"


def outcome(folder: Path, url: str, program: str) -> dict[str, object]:
    """Run a program beside a case; what its last line says."""
    run = subprocess.run(
        [sys.executable, "-c", f"import sys\nsys.path.insert(0, '.')\n{program}"],
        cwd=folder, env={"URL": url, "PYTHONWARNINGS": "ignore", "PATH": "/usr/bin:/bin"},
        capture_output=True, text=True, timeout=SECONDS,
    )  # fmt: skip
    assert run.stdout, run.stderr
    found: dict[str, object] = json.loads(run.stdout.splitlines()[-1])
    return found


@functools.cache
def verdict(folder: Path) -> tuple[str, ...]:
    return tuple(f.problem.message for f in findings(folder, RULE))


def is_shared(found: dict[str, object]) -> bool:
    before = found["before"]
    assert isinstance(before, list)
    return found.get("pid") in before


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_preloaded_application_is_judged_as_it_forks(case: Case, url: str, tmp_path: Path) -> None:
    (tmp_path / "gunicorn.conf.py").write_text(case.hook)
    (tmp_path / "app.py").write_text(case.module)
    found = outcome(tmp_path, url, PRELOADING)
    (tmp_path / "app.py").write_text(case.module + WEB)
    (tmp_path / "Procfile").write_text("web: gunicorn --preload --workers 4 app:app\n")
    assert (found.get("error") == "PoolTimeout") == case.broken, found
    assert bool(verdict(tmp_path)) == (is_shared(found) or case.broken), found


@pytest.mark.parametrize("case", IN_CODE, ids=lambda case: case.name)
def test_code_that_forks_is_judged_as_it_runs(case: Case, url: str, tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(case.module)
    found = outcome(tmp_path, url, FORKING)
    assert bool(verdict(tmp_path)) == is_shared(found), found


def test_cases_hold_both_sides(url: str, tmp_path: Path) -> None:
    """Without shared and unshared sessions alike, agreement would prove nothing."""
    sides = set()
    for case in (CASES[0], next(c for c in CASES if c.name == "engine_unused")):
        (tmp_path / "gunicorn.conf.py").write_text(case.hook)
        (tmp_path / "app.py").write_text(case.module)
        sides.add(is_shared(outcome(tmp_path, url, PRELOADING)))
    assert sides == {True, False}
