"""Which stack of a block an acquiring call is entered on."""

from __future__ import annotations

from textwrap import indent

import libcst as cst
import pytest

from poollint.reading.connections.acquiring.stacking import entered, target
from poollint.reading.paths.walk import Place, places


def argument(body: str) -> Place:
    module = cst.parse_module(f"def work():\n{indent(body, '    ')}\n")
    found = (p for p in places(module) if isinstance(p.node, cst.Arg))
    return next(p for p in found if isinstance(p.node.value, cst.Call))  # type: ignore[attr-defined]


STACK = "with ExitStack() as stack:\n    {}"


@pytest.mark.parametrize(
    ("body", "name"),
    [
        (STACK.format("conn = stack.enter_context(pool.connection())"), "conn"),
        (STACK.format("if told:\n        stack.enter_context(pool.connection())"), ""),
        (
            "async with contextlib.AsyncExitStack() as stack:\n"
            "    conn = await stack.enter_async_context(pool.acquire())",
            "conn",
        ),
    ],
)
def test_stack_of_the_block_gives_it_back(body: str, name: str) -> None:
    place = argument(body)
    assert entered(place, "release") == "stack"
    assert target(place) == (frozenset({name}) if name else frozenset())


@pytest.mark.parametrize(
    "body",
    [
        "self.stack.enter_context(pool.connection())",
        "stack.enter_context(pool.connection())",
        STACK.format("stack.callback(pool.connection())"),
        STACK.format("other.enter_context(pool.connection())"),
        STACK.format("stack.enter_context(pool.connection())\n    keep(stack.pop_all())"),
        STACK.format("stack.enter_context(pool.connection())\n    stack.close()"),
        "with Stack() as stack:\n    stack.enter_context(pool.connection())",
    ],
)
def test_nothing_is_known_of_others(body: str) -> None:
    assert entered(argument(body), "release") == ""


def test_what_leaving_does_not_give_back_stays() -> None:
    place = argument(STACK.format("conn = stack.enter_context(psycopg2.connect())"))
    assert entered(place, "transaction") == ""
