"""What loops, comprehensions and calls that collect go through."""

from __future__ import annotations

import ast

import libcst as cst
import pytest

from poollint.reading.connections.orm.use.going_through import gone_through, iterated

GOING = (
    "[x for x in given if x]",
    "{x for x in given for y in x}",
    "{x: 1 for x in given}",
    "list(given)",
    "sorted(given, key=id)",
)
STANDING = (
    "(x for x in given)",
    "[x async for x in given]",
    "len(given)",
    "list(given, 1)",
    "kept.list(given)",
)


@pytest.mark.parametrize("text", GOING)
def test_what_collects_goes_through_what_it_is_given(text: str) -> None:
    found = gone_through(ast.parse(text, mode="eval").body)
    assert isinstance(found, ast.Name)
    assert found.id == "given"


@pytest.mark.parametrize("text", STANDING)
def test_what_only_begins_or_asks_goes_through_nothing(text: str) -> None:
    assert gone_through(ast.parse(text, mode="eval").body) is None


def _function(body: str) -> cst.FunctionDef:
    module = cst.parse_module(f"async def f():\n    {body}\n")
    return cst.ensure_type(module.body[0], cst.FunctionDef)


def _iterated(function: cst.FunctionDef) -> set[str]:
    parts = (part for found in iterated(function).values() for part in found)
    return {part.value for part in parts if isinstance(part, cst.Name)}


@pytest.mark.parametrize("text", [*GOING, "use(found=[x for x in given])"])
def test_a_part_of_a_statement_is_told_by_the_statement_too(text: str) -> None:
    function = _function(f"x = {text}")
    assert _iterated(function) == {"given"}
    line = cst.ensure_type(function.body.body[0], cst.SimpleStatementLine)
    assert id(line.body[0]) in iterated(function)


def test_a_loop_is_told_by_what_it_goes_through_alone() -> None:
    function = _function("for x in given: use(x)")
    loop = cst.ensure_type(function.body.body[0], cst.For)
    assert iterated(function) == {id(loop.iter): [loop.iter]}


@pytest.mark.parametrize(
    "text",
    ["(x for x in given)", "use(lambda: list(given))", "[x async for x in given]",
     "async for x in given: use(x)"],
)  # fmt: skip
def test_what_runs_later_or_waits_between_is_not_told(text: str) -> None:
    assert _iterated(_function(text)) == set()
