"""What a call is told by name."""

from __future__ import annotations

import ast

import pytest

from poollint.catalog.load import drivers
from poollint.model.source import SourceFile
from poollint.reading.naming.scopes.names import Names
from poollint.reading.session.arguments import UNKNOWN, told, values
from poollint.syntax.python import PythonTree, parse

HEAD = "def f(given, chosen):\n"


def _call(lines: str) -> tuple[ast.Call, Names]:
    """Return the call of `made` in a function, and the names of its file."""
    text = HEAD + "".join(f"    {line}\n" for line in lines.split("\n"))
    tree = parse(SourceFile("m.py", text))
    assert isinstance(tree, PythonTree)
    calls = [node for node in ast.walk(tree.module) if isinstance(node, ast.Call)]
    call = next(c for c in calls if isinstance(c.func, ast.Name) and c.func.id == "made")
    return call, Names(tree.module, drivers())


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        ("made(a=1, b=2)", {"a": ["1"], "b": ["2"]}),
        ("made(**{'a': 1}, b=2)", {"a": ["1"], "b": ["2"]}),
        ("made(**dict(a=1))", {"a": ["1"]}),
        ("d = {'a': 1}\nmade(**d)", {"a": ["1"]}),
        ("d = {}\nd['b'] = 2\nd.update(c=3)\nmade(**d)", {"b": ["2"], "c": ["3"]}),
        ("d = {}\nd.setdefault('a', 1)\nd.update({'b': 2})\nmade(**d)", {"a": ["1"], "b": ["2"]}),
        ("d = {'a': 1}\nmade(**{**d, 'a': 2})", {"a": ["1", "2"]}),
        ("made(**({'a': 1} if chosen else {'b': 2}))", {"a": ["1"], "b": ["2"]}),
        ("made(**({'a': 1} | {'b': 2}))", {"a": ["1"], "b": ["2"]}),
        ("made(**(None or {'a': 1}))", {"a": ["1"]}),
    ],
)  # fmt: skip
def test_every_value_is_found_by_its_name(lines: str, found: dict[str, list[str]]) -> None:
    call, names = _call(lines)
    told_ = {key: [ast.unparse(v) for v in every] for key, every in told(call, "f", names).items()}
    assert told_ == found


@pytest.mark.parametrize(
    "lines",
    [
        "made(**given)",
        "made(**given.options)",
        "made(**{chosen: 1})",
        "d = {}\nd.update(given)\nmade(**d)",
        "made(**given())",
    ],
)
def test_where_there_may_be_more_that_is_said(lines: str) -> None:
    call, names = _call(lines)
    assert UNKNOWN in told(call, "f", names)


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        ("made(0)", ["0"]),
        ("made(None)", ["None"]),
        ("made(0 if chosen else 5)", ["0", "5"]),
        ("size = 0\nmade(size)", ["0"]),
        ("made(given)", [None]),
        ("made(given + 1)", [None]),
    ],
)
def test_a_value_is_what_it_may_be(lines: str, found: list[str | None]) -> None:
    call, names = _call(lines)
    assert list(values(call.args[0], "f", names)) == found
