"""A name that is given again to what it was taken from is marked where it means the later."""

from __future__ import annotations

import libcst as cst
import pytest

from poollint.model.source import SourceFile
from poollint.syntax.python import PythonTree, Unit, parse
from poollint.syntax.rebinding import MARK, plain


def marked(text: str) -> list[tuple[int, int]]:
    """Return the lines and columns (from 1) of the marked names."""
    found = parse(SourceFile("x.py", text))
    assert isinstance(found, PythonTree)
    return sorted((a.line, a.column) for a, name in found.renamed.items() if MARK in name)


def body(*lines: str) -> str:
    return "\n".join(["def f(p):", *(f"    {line}" for line in lines)]) + "\n"


def test_the_name_of_a_block_is_another_within_it_and_after() -> None:
    text = body("p.a()", "with p.acquire() as p:", "    p.b(p)", "p.c()")
    assert marked(text) == [(3, 25), (4, 9), (4, 13), (5, 5)]


@pytest.mark.parametrize(
    "value", ["p()", "await p()", "p.getconn()", "p.connection", "(p.connect())"]
)
def test_what_is_assigned_of_the_name_is_another(value: str) -> None:
    text = "async " + body(f"p = {value}", "p.b()")
    assert marked(text) == [(2, 5), (3, 5)]


@pytest.mark.parametrize(
    "value", ["p.lower()", "p or 1", "g(p)", "p.execution_options(x=1)", "q()"]
)
def test_what_is_not_taken_of_the_name_is_the_same(value: str) -> None:
    assert not marked(body(f"p = {value}", "p.b()"))


def test_branches_each_have_their_own() -> None:
    text = body("if x:", "    with p.acquire() as p:", "        p.b()", "else:", "    p.c()")
    assert marked(text) == [(3, 29), (4, 13)]


@pytest.mark.parametrize(
    "lines",
    [
        ["if x:", "    p = p()", "p.c()"],  # either
        ["try:", "    p = p()", "finally:", "    p.c()"],
        ["for i in j:", "    p = p()", "    p.c()"],  # the second round has what the first made
        ["for i in j:", "    p = q", "    p = p()", "p.c()"],
        ["p = p()", "def g():", "    return p"],
        ["p = p()", "return lambda: p"],
        ["p = p()", "return [p for p in x]"],
        ["global p", "p = p()"],
        ["while x:", "    p = q", "    if y:", "        p = p()", "        break", "    return p"],
    ],
)
def test_nothing_is_marked_where_either_could_be_meant(lines: list[str]) -> None:
    assert not marked(body(*lines))


def test_a_loop_that_gives_the_name_first_has_both_in_each_round() -> None:
    text = body("for i in j:", "    p = q", "    p = p()", "    p.c()")
    assert marked(text) == [(4, 9), (5, 9)]


def test_what_returns_is_not_followed_by_what_stands_below() -> None:
    text = body("if x:", "    p = p()", "    return p.a()", "p.c()")
    assert marked(text) == [(3, 9), (4, 16)]


def test_a_name_that_was_not_had_before_is_not_given_again() -> None:
    assert not marked("def f():\n    with p.acquire() as p:\n        p.b()\n")


def test_libcst_reads_the_marks_and_stands_where_it_stood() -> None:
    text = "class A:\n    def f(self, ü, p):\n        'ü'; p = p(); p.run(ü)\n"
    found = parse(SourceFile("x.py", text))
    assert isinstance(found, PythonTree)
    units = [found.unit(name, group) for name, group in found.statements()]
    (unit,) = (one for one in units if isinstance(one, Unit))
    names: list[tuple[str, int]] = []

    class Seen(cst.CSTVisitor):
        def visit_Name(self, node: cst.Name) -> None:  # noqa: N802
            names.append((node.value, unit.span(node).start.column))

    for statement in unit.statements:
        statement.visit(Seen())
    assert names[-5:] == [
        (f"p{MARK}", 14), ("p", 18), (f"p{MARK}", 23), ("run", 25), ("ü", 29),
    ]  # fmt: skip
    assert MARK not in unit.code(unit.statements[0])


def test_texts_are_told_without_marks() -> None:
    assert plain(f"`pool{MARK}.close()`") == "`pool.close()`"
