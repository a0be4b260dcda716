"""Which calls run what they are handed, and wait until it has ended."""

import ast

import pytest

from poollint.catalog.merged import drivers
from poollint.reading.connections.running_others import handing, runs_coroutine
from poollint.reading.naming.names import Names
from poollint.reading.naming.shapes import dotted, of_ast

HEAD = "import anyio, asyncio, trio\nfrom asgiref.sync import async_to_sync, sync_to_async\n"


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
