"""Which loops only end with the program."""

import ast
from textwrap import indent

import pytest

from poollint.reading.naming.scopes.bindings import FunctionDef
from poollint.reading.running.once.lasting import endless_loops, goes_on


def _loops(text: str) -> list[int]:
    node = ast.parse("def f():\n" + indent(text, "    ")).body[0]
    assert isinstance(node, FunctionDef)
    return [loop.lineno for loop in endless_loops(node)]


@pytest.mark.parametrize(
    "text",
    [
        "while True:\n    work()\n",
        "while 1:\n    for job in jobs():\n        if job: break\n",
        "while True:\n    try: work()\n    except KeyboardInterrupt: break\n",
        "while True:\n    try: work()\n    except asyncio.CancelledError: return\n",
        "while True:\n    if done: raise Failed\n    work()\n",
        "while True:\n    def end(): return 1\n    work(end)\n",
        "while not stopping.is_set():\n    work()\n",
        "while self.running:\n    work()\n",
    ],
)
def test_a_loop_that_nothing_leaves_is_endless(text: str) -> None:
    assert _loops(text) == [2]


@pytest.mark.parametrize(
    "text",
    [
        "while True:\n    if not page(): break\n",
        "while True:\n    for row in page():\n        if row: return row\n",
        "while True:\n    for row in page(): pass\n    else: break\n",
        "while True:\n    try: return work()\n    except Broken: wait()\n",
        "while True:\n    try: work()\n    except Broken: break\n",
        "while rows:\n    rows = page()\n",
        "while len(running) > 3:\n    wait()\n",
        "while False:\n    work()\n",
        "while True:\n    answer(input())\n",
        "def inner():\n    while True: work()\n",
    ],
)
def test_a_loop_that_comes_to_an_end_is_not(text: str) -> None:
    assert _loops(text) == []


@pytest.mark.parametrize(
    ("text", "on"),
    [
        ("engine = make()\nwhile True:\n    work(engine)\n", True),
        ("engine = make()\nawait server.serve_forever()\n", True),
        ("engine = make()\nuvicorn.run(app)\n", True),
        ("while not stopping.is_set():\n    engine = make()\n", False),
        ("server.serve_forever()\nengine = make()\n", False),
        ("engine = make()\nwhile True:\n    if work(engine): break\n", False),
        ("engine = make()\nengine.run()\n", False),
    ],
)
def test_what_comes_before_it_lasts_as_long_as_the_program(text: str, on: bool) -> None:
    node = ast.parse("async def f():\n" + indent(text, "    ")).body[0]
    assert isinstance(node, FunctionDef)
    line = next(n.lineno for n in ast.walk(node) if isinstance(n, ast.Assign))
    assert goes_on(node, line) == on
