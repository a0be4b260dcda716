"""Coroutines and tasks made first are waited for where they are gathered."""

import pytest

from tests.reading.connections.waits.test_waiting import waits

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
    assert gathered("tasks = [sort(u) for u in urls]", "await asyncio.gather(*tasks)") == []
