"""What has certainly run before a call, within one turn of a loop."""

from __future__ import annotations

import ast
from textwrap import dedent

import pytest

from poollint.reading.connections.waits.held.in_order import before, surely


def _call(body: ast.AST, name: str) -> ast.Call:
    return next(n for n in ast.walk(body) if isinstance(n, ast.Call) and ast.unparse(n) == name)


@pytest.mark.parametrize(
    ("text", "run"),
    [
        ("a()\nb()\nwait()\nc()", ["a()", "b()"]),
        ("a()\nif x:\n    b()\n    wait()\nelse:\n    c()", ["a()", "x", "b()"]),
        ("a()\nif x:\n    b()\nelse:\n    c()\n    wait()", ["a()", "x", "c()"]),
        ("with a():\n    b()\n    wait()", ["a()", "b()"]),
        ("for x in a():\n    wait()", ["a()"]),
        ("a()\ntry:\n    b()\n    wait()\nfinally:\n    c()", ["a()", "b()"]),
        ("a()\ntry:\n    b()\nexcept E:\n    wait()", []),
        ("a()\nmatch x:\n    case 1:\n        b()\n    case _:\n        wait()", ["a()", "x"]),
        ("a()\nx = f(wait())", ["a()"]),
    ],
)
def test_what_comes_before(text: str, run: list[str]) -> None:
    body = ast.parse(dedent(text)).body
    found = before(body, _call(ast.Module(body, []), "wait()"))
    assert [ast.unparse(one) for one in found] == run


@pytest.mark.parametrize(
    ("text", "sure"),
    [
        ("x = wait()", True),
        ("with y:\n    wait()", True),
        ("try:\n    wait()\nexcept E:\n    pass", True),
        ("if x:\n    wait()", False),
        ("for x in y:\n    wait()", False),
        ("x and wait()", False),
        ("try:\n    pass\nexcept E:\n    wait()", False),
    ],
)
def test_what_runs_whenever_its_statement_does(text: str, sure: bool) -> None:
    (statement,) = ast.parse(text).body
    assert surely(statement, _call(statement, "wait()")) is sure
