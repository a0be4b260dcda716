"""libcst reads single statements at their own places; what would kill it is not given to it."""

from __future__ import annotations

import ast
import asyncio
import sys
from pathlib import Path

import libcst as cst
import pytest

from poollint.model.source import SourceFile, Unreadable
from poollint.reading.paths.walk import places
from poollint.syntax.python import PythonTree, Unit, parse

STANDARD = [*Path(asyncio.__file__).parent.glob("*.py"), Path(ast.__file__)]


def tree(text: str) -> PythonTree:
    found = parse(SourceFile("x.py", text))
    assert isinstance(found, PythonTree)
    return found


def units(text: str) -> list[Unit | Unreadable]:
    found = tree(text)
    return [found.unit(name, group) for name, group in found.statements()]


@pytest.mark.parametrize("path", STANDARD, ids=lambda path: path.name)
def test_calls_stand_where_ast_says_they_do(path: Path) -> None:
    found = tree(path.read_text())
    for name, group in found.statements():
        unit = found.unit(name, group)
        assert isinstance(unit, Unit)
        expected = [found.span(n) for s in group for n in ast.walk(s) if isinstance(n, ast.Call)]
        read = [
            unit.span(place.node)
            for statement in unit.statements
            for place in places(statement)
            if isinstance(place.node, cst.Call)
        ]
        assert sorted(read) == sorted(expected)


def test_a_method_is_a_unit_of_its_own_and_keeps_its_columns() -> None:
    text = "class Repo:\n    limit = 5\n    def one(self):\n        é = take()\n"
    first, second = units(text)
    assert isinstance(first, Unit)
    assert isinstance(second, Unit)
    assert (first.name, second.name) == ("Repo", "Repo")
    call = next(p.node for p in places(second.statements[0]) if isinstance(p.node, cst.Call))
    assert (second.span(call).start.line, second.span(call).start.column) == (4, 13)
    assert second.code(call) == "take()"


def test_statements_on_one_line_are_one_unit() -> None:
    assert len(units("a = 1; b = take(); c = 3\nd = 4\n")) == 2


@pytest.mark.parametrize("body", ["...", "a = take(); b = 1"])
def test_a_class_whose_body_shares_a_line_with_its_bases_is_one_unit(body: str) -> None:
    (unit,) = units(f"class A(\n    B,\n): {body}\n")
    assert isinstance(unit, Unit)
    assert unit.span(unit.statements[0]).start.line == 1


def test_what_only_libcst_cannot_parse_is_no_fault_of_the_file() -> None:
    (unit,) = units("(a): int = take()\n")
    assert isinstance(unit, Unreadable)
    assert not unit.broken


HOSTILE = {
    "an and chain": "x = " + " and ".join(["a"] * 20_000),
    "nested lists": "x = " + "[" * 150 + "]" * 150,
    "nested calls": "x = " + "f(" * 120 + ")" * 120,
    "adjacent strings": "x = " + " ".join(['"a"'] * 20_000),
    "a comparison": "x = " + "<".join("a" * 2_000),
    "an elif chain": "if a: pass\n" + "elif b: pass\n" * 900,
    "attributes": "x = a" + ".b" * 500,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_what_libcst_cannot_bear_is_said_to_be_unread(text: str) -> None:
    (unit,) = units(text)
    assert isinstance(unit, Unreadable)
    assert not unit.broken


@pytest.mark.parametrize(
    "text",
    ["x = " + "+".join("a" * 3_000), "x = " + "f(" * 3_000 + ")" * 3_000, "x = '\x00'"],
    ids=["a sum", "nested calls", "NUL"],
)
def test_what_ast_cannot_read_is_unreadable(text: str) -> None:
    assert isinstance(parse(SourceFile("x.py", text)), Unreadable)


def test_broken_syntax_has_its_place() -> None:
    found = parse(SourceFile("x.py", "a = 1\ndef f(:\n    pass\n"))
    assert isinstance(found, Unreadable)
    assert found.broken
    assert (found.span.start.line, found.span.start.column) == (2, 7)


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="this Python reads the syntax itself")
@pytest.mark.parametrize("indent", ["", "    "])
def test_syntax_of_a_later_python_is_not_called_broken(indent: str) -> None:
    body = "print(t'{1}',\n    2)\n"
    text = "".join(indent + line for line in body.splitlines(keepends=True))
    found = parse(SourceFile("x.py", f"def f():\n{text}" if indent else text))
    assert isinstance(found, Unreadable)
    assert not found.broken
    assert "newer" in found.reason


def test_a_text_that_nothing_ends_is_of_no_python() -> None:
    found = parse(SourceFile("x.py", '"""What this does.""f"\n\nimport os\n\n"""more"""\n'))
    assert isinstance(found, Unreadable)
    assert found.broken
    assert "newer" not in found.reason


@pytest.mark.parametrize("caught", ["IOError, e", "(A, B), exc", "socket.error , _why"])
def test_python_2_is_not_taken_for_a_later_python(caught: str) -> None:
    found = parse(SourceFile("x.py", f"try:\n    pass\nexcept {caught}:\n    pass\n"))
    assert isinstance(found, Unreadable)
    assert found.broken
    assert found.span.start.line == 3


def test_a_huge_file_is_left_unread() -> None:
    found = parse(SourceFile("x.py", "x = 1\n" * 200_000))
    assert isinstance(found, Unreadable)
    assert not found.broken
