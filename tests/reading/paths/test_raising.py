"""What hardly ever raises: how sure it is that a connection is lost there."""

from __future__ import annotations

from textwrap import dedent, indent

import pytest

from poollint.model.finding import Confidence
from poollint.model.source import SourceFile
from poollint.reading.code import read
from poollint.reading.reader import Options

HEAD = """
import asyncpg
import psycopg2
import re
from prometheus_client import Gauge
from sqlalchemy import text
LENT = Gauge("lent", "lent", ["by"])
async def with_codecs(conn):
    await conn.set_type_codec("json")
async def with_more(conn):
    await conn.set_type_codec("json")
    await conn.execute("CREATE TABLE x ()")
async def tidied(conn):
    try:
        await conn.execute("UNLISTEN jobs")
    except Exception:
        pass
"""


def _confidence(body: str, taking: str = "psycopg2.connect()") -> Confidence | None:
    work = f"async def work(self, folder):\n    conn = {taking}\n{indent(body, '    ')}"
    module = read(SourceFile("work.py", f"{HEAD}{work}\n    conn.close()\n"), Options()).module
    assert module is not None
    ((taken,),) = [f.acquisitions for f in module.functions if f.name == "work"]
    return taken.leak.confidence if taken.leak else None


@pytest.mark.parametrize(
    ("body", "confidence"),
    [
        ("conn.cursor()", Confidence.LOW),
        ("conn.set_type_codec('json')", Confidence.LOW),
        ("with_codecs(conn)", Confidence.LOW),
        ("conn.add_listener('orders', print)", Confidence.LOW),
        ("with_more(conn)", Confidence.MEDIUM),
        ("await with_more(conn)", Confidence.MEDIUM),
        ("await tidied(conn)", Confidence.LOW),
        ("conn.cursor().execute('select 1;')", Confidence.LOW),
        ("cur = conn.cursor()\ncur.execute('SELECT 1')\ncur.fetchone()", Confidence.LOW),
        ("cur = conn.cursor()\ncur.execute('SELECT 10')\ncur.fetchone()", Confidence.MEDIUM),
        ("cur = conn.cursor()\ncur.execute('SELECT 1')\ncur.execute('DROP')", Confidence.MEDIUM),
        ("cur = conn.cursor()\ncur.execute('SELECT 1')\ncur.callproc('f')", Confidence.MEDIUM),
        ("conn.scalar(text('SELECT 1'))", Confidence.LOW),
        ("folder.joinpath('x').as_posix()", None),
        ("os.path.join(folder, name.strip().lower())", None),
        ("names.append(folder.with_suffix('.csv'))", None),
    ],
)
def test_some_calls_raise_only_where_the_connection_is_broken(
    body: str, confidence: Confidence | None
) -> None:
    found = _confidence(dedent(body))
    if confidence is None:  # `KeyboardInterrupt` is all that is left
        assert found in (None, Confidence.LOW)
    else:
        assert found is confidence


@pytest.mark.parametrize(
    ("kept", "call", "sure"),
    [
        ("set()", "lent.add(id(conn))", False),
        ("{}", "lent.update({id(conn): 1})", False),
        ("[]", "lent.insert(0, id(conn))", False),
        ("deque()", "lent.extend((1, 2))", False),
        ("set()", "lent.remove(id(conn))", True),
        ("Ledger()", "lent.add(id(conn))", True),
        ("given", "lent.add(id(conn))", True),
    ],
)
def test_to_put_something_into_a_container_does_not_raise(kept: str, call: str, sure: bool) -> None:
    found = _confidence(f"lent = {kept}\n{call}")
    assert (found is Confidence.MEDIUM) is sure


def test_a_pattern_that_is_written_there_is_right() -> None:
    assert _confidence("found = re.compile(r'[a-z]+', re.I)\n") is None
    assert _confidence("found = re.compile(folder)\n") is Confidence.MEDIUM


@pytest.mark.parametrize(
    ("caught", "confidence"),
    [("KeyError", Confidence.MEDIUM), ("(KeyError, IndexError)", Confidence.MEDIUM)],
)
def test_a_handler_of_its_own_says_that_a_look_up_fails(caught: str, confidence: object) -> None:
    body = f"try:\n    found = RATES[folder]\nexcept {caught}:\n    return None\n"
    assert _confidence(body) is confidence
    assert _confidence("found = RATES[folder]\n") is Confidence.LOW


@pytest.mark.parametrize(
    ("test", "confidence"),
    [("folder and mounted()", Confidence.LOW), ("await mounted()", Confidence.MEDIUM)],
)
def test_what_decides_what_is_tidied_up_hardly_raises(test: str, confidence: Confidence) -> None:
    body = f"""
    try:
        conn.cursor().execute('DROP')
    finally:
        if {test}:
            pass
        conn.close()
    return
    """
    assert _confidence(dedent(body)) is confidence


@pytest.mark.parametrize(
    ("items", "sure"),
    [
        ("['a', 'b']", False),
        ("wanted", False),
        ("sorted(wanted)", False),
        ("{'a': 1}", False),
        ("shares.items()", False),
        ("range(3)", False),
        ("folder", True),
        ("folder.items()", True),
        ("folder.iterdir()", True),
    ],
)
def test_a_loop_over_what_is_there_does_not_raise(items: str, sure: bool) -> None:
    body = f"""
    shares = {{}}
    wanted = ["a"]
    try:
        for one in {items}:
            pass
    except UnicodeError:
        return None
    """
    assert (_confidence(dedent(body)) is Confidence.MEDIUM) is sure


@pytest.mark.parametrize(
    ("done", "sure"), [("import pandas", True), ("found = RATES[folder]", False), ("pass", False)]
)
def test_only_an_import_raises_what_is_caught_of_one(done: str, sure: bool) -> None:
    body = f"try:\n    {done}\nexcept ImportError:\n    return None\n"
    assert (_confidence(body) is Confidence.MEDIUM) is sure


@pytest.mark.parametrize(
    ("last", "confidence"),
    [
        ("await conn.execute('UNLISTEN jobs')", Confidence.LOW),
        ("await asyncio.sleep(5)", Confidence.MEDIUM),
    ],
)
def test_a_task_seldom_ends_while_it_tidies_up(last: str, confidence: Confidence) -> None:
    body = f"""
    try:
        work = folder.start()
    finally:
        try:
            {last}
        except Exception:
            pass
        await conn.close()
    return
    """
    assert _confidence(dedent(body), "await asyncpg.connect()") is confidence


@pytest.mark.parametrize(
    ("call", "sure"),
    [
        ("LENT.inc()", False),
        ("LENT.labels(by='page').observe(1)", False),
        ("folder.inc()", True),
        ("LENT.shout()", True),
    ],
)
def test_what_a_metric_counts_does_not_raise(call: str, sure: bool) -> None:
    assert (_confidence(call) is Confidence.MEDIUM) is sure
