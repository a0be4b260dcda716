"""What children inherit where code forks them itself."""

from __future__ import annotations

import pytest

from poollint.facts.forking import Forker, Kept
from poollint.model.source import SourceFile
from poollint.reading.code import read
from poollint.reading.reader import Options

HEAD = """import os, multiprocessing
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import Pool, Process
import psycopg2
from psycopg_pool import ConnectionPool
from sqlalchemy import create_engine, text

def ask(conn):
    return conn.cursor()

"""
GLOBAL = "conn = psycopg2.connect()\ndef work(x):\n    return conn.cursor()\n"
FORK = "def main(xs):\n    with Pool() as workers:\n        workers.map(work, xs)\n"


def inherited(text: str) -> list[tuple[Forker, Kept, str]]:
    module = read(SourceFile("app.py", HEAD + text), Options()).module
    assert module is not None
    return [(one.forker, one.kept, one.name) for one in module.inherited]


@pytest.mark.parametrize(
    "fork",
    [
        FORK,
        "def main(xs):\n    pool = multiprocessing.Pool(8)\n    pool.imap_unordered(work, xs)\n",
        "def main(xs):\n    ProcessPoolExecutor().submit(work, 1)\n",
        "def main(xs):\n    Pool(4).map(partial(work, 1), xs)\n",
        "async def main(loop):\n    pool = ProcessPoolExecutor()\n"
        "    await loop.run_in_executor(pool, work, 1)\n",
        "def main(xs):\n    for x in xs:\n        Process(target=work, args=(x,)).start()\n",
        "if __name__ == '__main__':\n    with Pool() as workers:\n        workers.map(work, [1])\n",
    ],
)
def test_connection_of_the_module_that_children_use_is_inherited(fork: str) -> None:
    assert inherited(GLOBAL + fork) == [(Forker.PROCESSES, Kept.CONNECTION, "conn")]


@pytest.mark.parametrize(
    "fork",
    [
        "def main(xs):\n    Pool(1).map(work, xs)\n",
        "def main(xs):\n    Pool(4, initializer=print).map(work, xs)\n",
        "def main(xs):\n    ProcessPoolExecutor(mp_context=ctx).submit(work, 1)\n",
        "def main(xs):\n    multiprocessing.set_start_method('spawn')\n    Pool(4).map(work, xs)\n",
        "def main(xs):\n    conn.close()\n    Pool(4).map(work, xs)\n",
        "def main(xs):\n    Process(target=work, args=(1,)).start()\n",
        "def main(xs):\n    Pool(4).map(ask, xs)\n",
        "def main(xs):\n    from multiprocessing.dummy import Pool as Threads\n"
        "    Threads(4).map(work, xs)\n",
    ],
)
def test_fork_that_shares_nothing_for_sure_is_quiet(fork: str) -> None:
    assert inherited(GLOBAL + fork) == []


def test_connection_that_the_child_makes_its_own_is_quiet() -> None:
    text = "conn = None\ndef work(x):\n    global conn\n    conn = psycopg2.connect()\n" + FORK
    assert inherited(text) == []


def test_pool_with_threads_is_inherited_even_empty() -> None:
    text = "pool = ConnectionPool(min_size=0, max_size=2)\ndef work(x):\n    pool.getconn()\n"
    assert inherited(text + FORK) == [(Forker.PROCESSES, Kept.POOL, "pool")]
    assert inherited(text.replace("min_size=0", "open=False") + FORK) == []


def test_engine_is_inherited_once_it_was_used() -> None:
    text = "engine = create_engine('postgresql://db/x')\ndef work(x):\n    engine.begin()\n"
    used = FORK.replace("    with", "    engine.connect()\n    with", 1)
    after = FORK + "    engine.connect()\n"
    assert inherited(text + FORK) == []
    assert inherited(text + after) == []
    assert inherited(text + used) == [(Forker.PROCESSES, Kept.ENGINE, "engine")]


@pytest.mark.parametrize(
    ("parent", "expected"),
    [
        ("conn.cursor()", [(Forker.FORK, Kept.CONNECTION, "conn")]),
        ("conn.close()", []),
        ("os._exit(0)", []),
    ],
)
def test_plain_fork_shares_where_both_sides_go_on(
    parent: str, expected: list[tuple[Forker, Kept, str]]
) -> None:
    text = (
        "def main():\n    conn = psycopg2.connect()\n    pid = os.fork()\n"
        f"    if not pid:\n        ask(conn)\n        os._exit(0)\n    {parent}\n"
    )
    assert inherited(text) == expected
