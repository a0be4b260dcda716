"""Waiting for a task that works on the connection is no holding; waiting for another one is."""

import pytest

from poollint.model.source import SourceFile
from poollint.reading.code import read
from poollint.reading.reader import Options

HEAD = """\
import httpx, psycopg2
from concurrent.futures import ThreadPoolExecutor
threads = ThreadPoolExecutor()
def count(conn): return conn.cursor().execute('SELECT 1')
def in_a_thread(conn): return threads.submit(lambda: count(conn)).result()
def elsewhere(): return threads.submit(httpx.get, 'https://rates.example').result()
def asked(conn): return httpx.get('https://rates.example').json()
"""


def waited_for(call: str) -> list[str]:
    text = f"{HEAD}def f():\n    conn = psycopg2.connect('')\n    {call}\n    conn.close()\n"
    module = read(SourceFile("shop.py", text), Options()).module
    assert module is not None
    held = next(f for f in module.functions if f.name == "f").holds
    return [hold.wait.value for hold in held]


@pytest.mark.parametrize("call", ["in_a_thread(conn)", "in_a_thread(conn=conn)"])
def test_a_task_that_is_given_the_connection_may_be_working_on_it(call: str) -> None:
    assert waited_for(call) == []


@pytest.mark.parametrize(
    ("call", "wait"),
    [("elsewhere()", "waits for another task"), ("asked(conn)", "waits for an HTTP answer")],
)
def test_other_waits_hold_it(call: str, wait: str) -> None:
    assert waited_for(call) == [wait]


THREAD = """\
import psycopg2, threading, time
def f(number):
    conn = psycopg2.connect('')
    {}
    thread = threading.Thread(target={})
    thread.start()
    conn.cursor().execute('SELECT 1')
    thread.join()
    conn.close()
"""


@pytest.mark.parametrize(
    ("within", "target", "held"),
    [
        ("def poll(): conn.cancel()", "poll", []),
        ("def poll(): time.sleep(number)", "poll", ["waits for another task"]),
        ("def poll(conn=None): conn.cancel()", "poll", ["waits for another task"]),
        ("def poll(): conn.cancel()", "time.sleep", ["waits for another task"]),
    ],
)
def test_a_thread_that_runs_a_function_within_may_be_working_on_it(
    within: str, target: str, held: list[str]
) -> None:
    module = read(SourceFile("shop.py", THREAD.format(within, target)), Options()).module
    assert module is not None
    found = next(f for f in module.functions if f.name == "f").holds
    assert [hold.wait.value for hold in found] == held
