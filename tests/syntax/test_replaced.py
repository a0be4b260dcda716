"""Functions that another of the same name replaces."""

from __future__ import annotations

import ast
from textwrap import dedent

import pytest

from poollint.model.source import SourceFile, Unreadable
from poollint.syntax.python import parse
from poollint.syntax.replaced import replaced


@pytest.mark.parametrize(
    ("between", "dead"),
    [
        ("", True),
        ("other = 1", True),
        ("def g(): return f()", True),
        ("register(f)", False),
        ("f = cached(f)", False),
        ("def g(by=f): pass", False),
        ("@f.setter\ndef g(): pass", False),
    ],
)
def test_a_function_is_dead_that_is_defined_anew_before_it_is_named(
    between: str, dead: bool
) -> None:
    block = ast.parse(f"def f(): one()\n{between}\ndef f(): two()\n").body
    assert replaced(block) == (frozenset({id(block[0])}) if dead else frozenset())


def test_a_function_under_a_decorator_is_handed_on_by_it() -> None:
    block = ast.parse("@app.get('/')\ndef f(): one()\ndef f(): two()\n").body
    assert replaced(block) == frozenset()
    assert replaced(ast.parse("def f(): one()\n@f.also\ndef f(): two()\n").body) == frozenset()


def test_the_units_of_a_file_leave_out_what_is_dead() -> None:
    text = """
    def f(): one()
    class A:
        def g(self): two()
        async def g(self): three()
    if A:
        def f(): four()
    def f(): five()
    """
    tree = parse(SourceFile("a.py", dedent(text)))
    assert not isinstance(tree, Unreadable)
    said = [ast.unparse(node) for _, group in tree.statements() for node in group]
    assert [word for word in ("one", "two", "three", "four", "five") if word in " ".join(said)] == [
        "three", "four", "five"
    ]  # fmt: skip
