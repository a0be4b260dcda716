"""How the work of reading a file grows with it, and that no file is too deep or too long to end."""

from __future__ import annotations

import pytest

from poollint.model.source import SourceFile, Unreadable
from poollint.reading.code import read
from poollint.reading.reader import FileReading, Options
from tests.effort import effort

HEAD = """import psycopg2
from psycopg2.pool import ThreadedConnectionPool
pool = ThreadedConnectionPool(1, 10, "dbname=shop")
"""
# One after the other in a function, each with a connection of its own.
BLOCKS = {
    "try": """
    conn{n} = pool.getconn()
    try:
        conn{n}.cursor().execute("SELECT {n}")
    finally:
        pool.putconn(conn{n})""",
    "with": """
    with psycopg2.connect("") as conn{n}, conn{n}.cursor() as cur{n}:
        cur{n}.execute("SELECT {n}")""",
}
# One after the other, under one connection of the whole function.
BRANCHES = {
    "if": """
        if work({n}):
            work(conn)""",
    "if of a name": """
        if flag{n}:
            work(conn)""",
    "for": """
        for item in work({n}):
            conn.cursor().execute("SELECT 1", item)""",
    "handled": """
        try:
            conn.cursor().execute("SELECT {n}")
        except ValueError:
            work({n})""",
    "return": """
        if work({n}):
            return {n}""",
}


def reading(text: str) -> FileReading:
    return read(SourceFile("app/grown.py", text), Options())


def work(text: str) -> int:
    """Return how much work it is to read a file; what it holds must be judged."""
    found = reading(text)
    assert found.unread == ()
    assert found.module is not None
    assert found.module.functions
    return effort(lambda: reading(text))


def sequence(block: str, times: int) -> str:
    return HEAD + "\ndef many():" + "".join(block.format(n=n) for n in range(times)) + "\n"


def branches(block: str, times: int) -> str:
    inner = "".join(block.format(n=n) for n in range(times))
    end = "\n    finally:\n        pool.putconn(conn)\n"
    return f"{HEAD}\ndef many():\n    conn = pool.getconn()\n    try:{inner}{end}"


@pytest.mark.parametrize("block", BRANCHES.values(), ids=BRANCHES)
def test_work_grows_with_the_branches_of_a_function(block: str) -> None:
    small, large = (work(branches(block, times)) for times in (15, 60))
    assert large <= 4 * 2.5 * small, (small, large)


def test_work_grows_with_the_connections_of_a_function() -> None:
    small, large = (work(sequence(BLOCKS["try"], times)) for times in (16, 64))
    assert large <= 4 * 2 * small, (small, large)


def test_work_for_each_connection_that_is_kept_grows_no_faster_than_the_function() -> None:
    # Each is followed to the end of the function: n of them cost n times n, no more.
    small, large = (work(sequence(BLOCKS["with"], times)) for times in (8, 32))
    assert large <= 16 * 2 * small, (small, large)


def test_a_function_with_a_million_ways_is_followed_with_bounded_work() -> None:
    lines = [f"        if flag{n}:\n            work({n})" for n in (*range(20), *range(20))]
    flags = ", ".join(f"flag{n}" for n in range(20))
    found = "\n".join(lines)
    text = f"""{HEAD}
def many(own, {flags}):
    conn = lost = None
    if own:
        conn = pool.getconn()
    try:
{found}
        if flag7:
            lost = pool.getconn()
    finally:
        if own:
            pool.putconn(conn)
"""
    told = reading(text)
    assert effort(lambda: reading(text)) < 9_000_000
    assert told.unread == ()
    assert told.module is not None
    (many,) = [f for f in told.module.functions if f.name == "many"]
    assert [a.target for a in many.acquisitions if a.leak is not None] == ["lost"]


def test_work_grows_with_the_functions_of_a_file() -> None:
    def file(times: int) -> str:
        function = "\ndef f{n}():" + BLOCKS["try"] + "\n"
        return HEAD + "".join(function.format(n=n) for n in range(times))

    small, large = (work(file(times)) for times in (20, 80))
    assert large <= 4 * 2 * small, (small, large)


def test_a_file_of_a_hundred_thousand_lines_is_read() -> None:
    text = HEAD + "x = 1\n" * 100_000 + "def late():\n    conn = pool.getconn()\n    work(conn)\n"
    found = reading(text)
    assert found.unread == ()
    assert found.module is not None
    assert [function.name for function in found.module.functions] == ["", "late"]
    leak = found.module.functions[1].acquisitions[0].leak
    assert leak is not None
    assert leak.steps[0].span.start.line == 100_005


def test_a_file_that_is_too_large_is_reported_as_unread() -> None:
    found = reading(HEAD + "answer = 'forty-two'\n" * 100_000)
    assert [part.broken for part in found.unread] == [False]
    assert "characters" in found.unread[0].reason


DEPTH = 950  # blocks: a few more in a `try`, and the file is too large
DEEP = {
    "calls": "pool.getconn(" + "f(" * 1_000 + ")" * 1_000 + ")",
    "lists": "[" * 1_000 + "pool.getconn()" + "]" * 1_000,
    "operators": "pool.getconn()" + " + 1" * 1_000,
    "attributes": "pool.getconn()" + ".a" * 1_000,
    "conditions": "pool.getconn()" + " if a else b" * 1_000,
    "lambdas": "lambda: " * 1_000 + "pool.getconn()",
}


@pytest.mark.parametrize("expression", DEEP.values(), ids=DEEP)
def test_what_is_nested_a_thousand_deep_is_reported_as_unread(expression: str) -> None:
    beside = "def beside():\n    conn = pool.getconn()\n    work(conn)\n"
    _is_told(reading(f"{HEAD}\ndef deep():\n    return {expression}\n\n{beside}"), "beside")


@pytest.mark.parametrize("opening", ["if a:", "for a in b:", "with a:", "try:", "def f():"])
def test_blocks_a_thousand_deep_end_with_a_word_of_it(opening: str) -> None:
    lines = ["def deep():"]
    lines += [" " * depth + opening for depth in range(1, DEPTH)]
    lines += [" " * DEPTH + "conn = pool.getconn()"]
    if opening == "try:":
        lines += [" " * depth + "finally: 0" for depth in range(DEPTH - 1, 0, -1)]
    _is_told(reading(HEAD + "\n".join(lines) + "\n"), "")


def test_an_elif_chain_of_a_thousand_ends_with_a_word_of_it() -> None:
    chain = "    if a:\n        pass\n" + "    elif a:\n        pool.getconn()\n" * 1_000
    _is_told(reading(f"{HEAD}\ndef deep():\n{chain}"), "")


def _is_told(found: FileReading, judged: str) -> None:
    """Hold that something was left unread and said so, and that what stands beside it was not."""
    assert found.unread
    for part in found.unread:
        assert isinstance(part, Unreadable)
        assert "nested" in part.reason or "deep" in part.reason or "indent" in part.reason
    if judged and found.module is not None:
        assert [f.name for f in found.module.functions if f.acquisitions] == [judged]
