"""Coroutines and tasks made first are waited for where they are gathered."""

import pytest

from tests.reading.connections.waits.calls.test_waiting import waits

FETCH = """
import asyncio, httpx
async def fetch(u):
    async with httpx.AsyncClient() as client:
        return await client.get(u)
async def f(urls):
"""


def gathered(*lines: str) -> list[str]:
    return [one.call for one in waits(FETCH + "".join(f"    {line}\n" for line in lines))]


@pytest.mark.parametrize(
    "lines",
    [
        ("tasks = [fetch(u) for u in urls]", "await asyncio.gather(*tasks)"),
        ("tasks = [asyncio.create_task(fetch(u)) for u in urls]", "await asyncio.wait(tasks)"),
        ("one, two = fetch(1), fetch(2)", "await asyncio.gather(one, two)"),
        ("tasks = []", "tasks.append(fetch(1))", "await asyncio.gather(*tasks)"),
        ("task = asyncio.create_task(fetch(1))", "await asyncio.wait_for(task, 5)"),
        (
            "t = set()",
            "task = asyncio.create_task(fetch(1))",
            "t.add(task)",
            "done, t = await asyncio.wait(t)",
        ),
    ],
)
def test_what_is_gathered_under_a_name_is_waited_for(lines: tuple[str, ...]) -> None:
    assert len(gathered(*lines)) == 1


def test_a_generator_that_is_gathered_at_once_runs_there() -> None:
    assert len(gathered("await asyncio.gather(*(fetch(u) for u in urls))")) == 1


def test_what_is_only_made_or_kept_is_not_waited_for() -> None:
    assert gathered("tasks = [fetch(u) for u in urls]") == []
    assert gathered("tasks = [fetch(u) for u in urls]", "asyncio.gather(*tasks)") == []
    assert gathered("later = (fetch(u) for u in urls)", "await asyncio.gather(*other)") == []
    assert gathered("t = set()", "one = 1", "t.add(one)", "await asyncio.wait(t)") == []
    assert gathered("tasks = [sort(u) for u in urls]", "await asyncio.gather(*tasks)") == []


GROUPS = """
import asyncio, httpx
async def tell(to):
    async with httpx.AsyncClient() as client:
        await client.post(to)
def plain(to): return to
"""


@pytest.mark.parametrize(
    ("body", "number"),
    [
        ("async with asyncio.TaskGroup() as g:\n        g.create_task(tell(U))", 1),
        ("async with asyncio.TaskGroup() as g:\n        for u in U: g.create_task(tell(u))", 1),
        ("async with asyncio.TaskGroup() as g, other:\n        g.create_task(tell(U))", 0),
        ("async with asyncio.TaskGroup() as g:\n        with other: g.create_task(tell(U))", 0),
        ("async with asyncio.TaskGroup() as g:\n        g.create_task(plain(U))", 0),
        ("async with asyncio.TaskGroup() as g:\n        h.create_task(tell(U))", 0),
        ("async with other() as g:\n        g.create_task(tell(U))", 0),
        ("asyncio.create_task(tell(U))", 0),
        ("for one in asyncio.as_completed([tell(u) for u in U]): await one", 1),
        ("made = [tell(u) for u in U]\n    for one in asyncio.as_completed(made): await one", 1),
        ("made = [tell(u) for u in U]\n    for one in reversed(made): print(one)", 0),
    ],
)
def test_the_block_of_a_group_waits_for_its_tasks(body: str, number: int) -> None:
    assert len(waits(f"{GROUPS}async def f():\n    {body}\n")) == number
    within = f"{GROUPS}async def g():\n    {body}\nasync def f():\n    await g()\n"
    assert len(waits(within)) == number
