"""Which calls run what they are handed, and wait until it has ended."""

import ast

import pytest

from poollint.catalog.merged import drivers
from poollint.reading.connections.waits.reach.running_others import (
    handing,
    run_by_callee,
    runs_coroutine,
)
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import dotted, of_ast
from tests.reading.connections.waits.calls.test_waiting import waits

HEAD = (
    "import anyio, asyncer, asyncio, trio\nfrom asgiref.sync import async_to_sync, sync_to_async\n"
)


def handed(text: str, awaited: bool) -> str:
    call = ast.parse(text, mode="eval").body
    assert isinstance(call, ast.Call)
    names = Names(ast.parse(HEAD), drivers())
    found = handing(call, {"await"} if awaited else set(), "", names)
    return dotted(found.function) if found else ""


@pytest.mark.parametrize(
    "text",
    [
        "asyncio.to_thread(f, 1)",
        "loop.run_in_executor(None, f)",
        "loop.run_in_executor(None, lambda: f(1))",
        "anyio.to_thread.run_sync(partial(f, 1))",
        "sync_to_async(f)(1)",
        "asyncer.asyncify(f)(1)",
    ],
)
def test_a_function_in_a_thread_is_waited_for_where_it_is_awaited(text: str) -> None:
    assert handed(text, awaited=True) == "f"
    assert handed(text, awaited=False) == ""


@pytest.mark.parametrize("text", ["anyio.run(f, 1)", "trio.run(f)", "async_to_sync(f)(1)"])
def test_a_loop_is_waited_for_as_it_is(text: str) -> None:
    assert handed(text, awaited=False) == "f"


def test_what_only_starts_something_runs_nothing_yet() -> None:
    assert handed("asyncio.create_task(f())", awaited=True) == ""
    assert handed("executor.submit(f)", awaited=False) == ""


def test_what_runs_a_coroutine_is_known_by_its_name() -> None:
    assert runs_coroutine(of_ast(ast.parse("asyncio.run", mode="eval").body))
    assert runs_coroutine(of_ast(ast.parse("loop.run_until_complete", mode="eval").body))
    assert not runs_coroutine(of_ast(ast.parse("worker.run", mode="eval").body))
    chained = ast.parse("asyncio.get_event_loop().run_until_complete", mode="eval").body
    assert runs_coroutine(of_ast(chained))
    assert not runs_coroutine(of_ast(ast.parse("subprocess.run", mode="eval").body))


@pytest.mark.parametrize(
    ("body", "call", "expected"),
    [
        ("return asyncio.run(work)", "g(f())", {"await"}),
        ("return asyncio.run(work)", "g(work=f())", {"await"}),
        ("return asyncio.run(work)", "g(name=f(), work=None)", set()),
        ("return asyncio.run(work)", "g(*all, f())", set()),
        ("return asyncio.run(name)", "g(f(), 1)", set()),
        ("asyncio.create_task(work)", "g(f())", set()),
        ("return work", "g(f())", set()),
    ],
)
def test_a_coroutine_is_waited_for_by_a_function_that_runs_it(
    body: str, call: str, expected: set[str]
) -> None:
    names = Names(ast.parse(f"{HEAD}def g(work, name=None):\n    {body}\n"), drivers())
    outer = ast.parse(call, mode="eval").body
    assert isinstance(outer, ast.Call)
    (made,) = [n for n in ast.walk(outer) if isinstance(n, ast.Call) and n is not outer]
    keywords = [k for k in outer.keywords if k.value is made]
    assert run_by_callee(made, [*keywords, outer], "", names) == expected


@pytest.mark.parametrize(
    ("before", "text"),
    [
        ("ask = lambda: f(1)", "ask()"),
        ("ask = partial(f, 1)", "ask()"),
        ("", "list(map(f, urls))"),
    ],
)
def test_what_is_made_to_call_a_function_runs_it(before: str, text: str) -> None:
    head = "import requests\nfrom functools import partial\ndef f(u): return requests.get(u)\n"
    body = "".join(f"    {line}\n" for line in (before, text) if line)
    assert len(waits(f"{head}def g(urls):\n{body}", "g")) == 1


@pytest.mark.parametrize(
    ("before", "text"),
    [
        ("", "map(f, urls)"),
        ("map = print", "list(map(f, urls))"),
        ("ask = lambda: f(1)\n    ask = print", "ask()"),
        ("ask = f(1)", "ask()"),
    ],
)
def test_what_is_not_known_to_call_it_does_not(before: str, text: str) -> None:
    body = "".join(f"    {line}\n" for line in (before, text) if line)
    assert waits(f"import requests\ndef g(urls, f):\n{body}", "g") == []
