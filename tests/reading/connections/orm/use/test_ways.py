"""What was done last on each way through a function."""

import ast

import pytest

from poollint.reading.connections.orm.registry.leaving import Leaving
from poollint.reading.connections.orm.use.asking import Use

DOES = {"take": Use.TAKES, "give": Use.GIVES, "ask": Use.UNKNOWN}


def left(text: str) -> Leaving:
    """Follow a function in which `take()`, `give()` and `ask()` do what they are called."""
    body = ast.parse(f"async def f(x):\n{text.replace('#', '    ')}").body[0]
    assert isinstance(body, ast.AsyncFunctionDef)
    done = [
        (node, DOES[node.func.id])
        for node in ast.walk(body)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in DOES
    ]
    return Leaving(body.body, done, lambda entered: ast.unparse(entered) == "begin()")


@pytest.mark.parametrize(
    ("text", "exits"),
    [
        ("#take()", {Use.TAKES}),
        ("#give()\n#take()", {Use.TAKES}),
        ("#take()\n#give()", {Use.GIVES}),
        ("#x(take(), give())", {Use.GIVES}),
        ("#if x: take()", {Use.TAKES, Use.NOTHING}),
        ("#if x: return give()\n#take()", {Use.GIVES, Use.TAKES}),
        ("#x and take()", {Use.TAKES, Use.NOTHING}),
        ("#take() if x else give()", {Use.TAKES, Use.GIVES}),
        ("#for y in take(): give()", {Use.TAKES, Use.GIVES}),
        ("#for y in x:\n##give()\n##take()", {Use.TAKES, Use.NOTHING}),
        ("#for y in x:\n##take()\n##if y: continue\n##give()", set(Use) - {Use.UNKNOWN}),
        ("#while True:\n##take()\n##if x: break\n##give()", {Use.TAKES}),
        ("#while True: take()", set()),
        ("#try:\n##take()\n#except E:\n##give()", {Use.TAKES}),
        ("#try:\n##return take()\n#finally:\n##give()", {Use.GIVES}),
        ("#try:\n##x()\n#except E: ...\n#else: take()", {Use.TAKES}),
        ("#with begin(): take()", {Use.GIVES}),
        ("#with begin():\n##if x: return take()\n##raise E", {Use.GIVES}),
        ("#with begin() as y, take(): x()\n#take()", {Use.TAKES}),
        (
            "#match x:\n##case 1: take()\n##case _: give()",
            {Use.NOTHING, Use.TAKES, Use.GIVES},
        ),
        ("#return [give() for y in take()]", {Use.TAKES, Use.GIVES}),
        ("#y = {z: take() for z in x if give()}", {Use.NOTHING, Use.TAKES}),
        ("#give()\n#ask()", {Use.UNKNOWN}),
        ("#y: int\n#y += await take()", {Use.TAKES}),
        ("#y = lambda: give()", {Use.NOTHING}),
        ("#def g(): give()", {Use.NOTHING}),
    ],
)
def test_what_is_done_last_counts(text: str, exits: set[Use]) -> None:
    assert left(text).exits == exits


@pytest.mark.parametrize(
    ("text", "use"),
    [
        ("#x()", Use.NOTHING),
        ("#if x: take()", Use.TAKES),
        ("#give()\n#if x: take()", Use.UNKNOWN),
        ("#give()", Use.UNKNOWN),
        ("#if x: give()\n#else: take()", Use.UNKNOWN),
    ],
)
def test_a_function_that_may_end_it_is_unknown(text: str, use: Use) -> None:
    assert left(text).use is use


def test_what_is_nested_too_deep_is_unknown() -> None:
    assert left("#x" + ".a(y)" * 80).exits == {Use.UNKNOWN}
