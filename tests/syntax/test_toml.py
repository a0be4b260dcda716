"""TOML: the meaning is the standard library's, the places are ours."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import tomlkit
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from poollint.model.source import Position, SourceFile, Span, Unreadable
from poollint.syntax import toml

DOCUMENT = """\
# head
title = "a # b"  # note
site.name = 'x'
[tool.poollint]
select = ["default", 'leak']
since = 1979-05-27 07:32:00
ratio = 1.5
text = \"\"\"
# no comment \\" \"\"\"\" # after
[tool.poollint.assume]
"cron.workers" = { max = 40, min = [1, 2] }
[[step]]
name = "one"
[[step]]
name = "two"
[step.inner]
deep = true
"""


def parsed(text: str) -> tuple[SourceFile, toml.Node]:
    source = SourceFile("x.toml", text)
    node = toml.parse(source)
    assert isinstance(node, toml.Node)
    return source, node


def cut(source: SourceFile, span: Span) -> str:
    return source.text[source.offset(span.start) : source.offset(span.end)]


def at(node: toml.Node, *path: str | int) -> toml.Node:
    for step in path:
        assert isinstance(node.value, Mapping | tuple)
        node = node.value[step]  # type: ignore[index]
    return node


def plain(node: toml.Node) -> Any:
    if isinstance(node.value, Mapping):
        return {key: plain(item) for key, item in node.value.items()}
    return [plain(item) for item in node.value] if isinstance(node.value, tuple) else node.value


def scalars(node: toml.Node) -> Iterator[toml.Node]:
    if isinstance(node.value, Mapping):
        for item in node.value.values():
            yield from scalars(item)
    elif isinstance(node.value, tuple):
        for item in node.value:
            yield from scalars(item)
    else:
        yield node


def test_meaning_is_that_of_the_standard_library() -> None:
    _, node = parsed(DOCUMENT)
    assert plain(node) == tomllib.loads(DOCUMENT)


@pytest.mark.parametrize(
    ("path", "key", "value"),
    [
        (("title",), "title", '"a # b"'),
        (("site", "name"), "name", "'x'"),
        (("tool", "poollint"), "poollint", "[tool.poollint]"),
        (("tool", "poollint", "select", 1), "'leak'", "'leak'"),
        (("tool", "poollint", "since"), "since", "1979-05-27 07:32:00"),
        (("tool", "poollint", "ratio"), "ratio", "1.5"),
        (("tool", "poollint", "assume", "cron.workers", "max"), "max", "40"),
        (("tool", "poollint", "assume", "cron.workers", "min", 1), "2", "2"),
        (("step", 0, "name"), "name", '"one"'),
        (("step", 1, "name"), "name", '"two"'),
        (("step", 1, "inner", "deep"), "deep", "true"),
    ],
)
def test_keys_and_values_know_their_place(
    path: tuple[str | int, ...], key: str, value: str
) -> None:
    source, node = parsed(DOCUMENT)
    found = at(node, *path)
    assert (cut(source, found.key), cut(source, found.span)) == (key, value)


def test_multiline_string_spans_its_lines() -> None:
    source, node = parsed(DOCUMENT)
    span = at(node, "tool", "poollint", "text").span
    assert (span.start.line, span.end.line) == (8, 9)
    assert cut(source, span).endswith('""""')


_KEYS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=6)
_VALUES = st.recursive(
    st.integers(-(2**60), 2**60)
    | st.booleans()
    | st.floats(allow_nan=False)
    | st.datetimes()
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=3),
    max_leaves=10,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(_KEYS, _VALUES, max_size=4))
def test_what_stands_at_a_place_is_the_value(data: dict[str, Any]) -> None:
    text = tomlkit.dumps(data)
    source, node = parsed(text)
    assert plain(node) == tomllib.loads(text)
    for leaf in scalars(node):
        assert tomllib.loads(f"v = {cut(source, leaf.span)}")["v"] == leaf.value


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [("a = \n", 1, 5), ("a = 1\nb = [1, 2\n", 3, 1), ("a = 1\na = 2\n", 2, 6), ('a = "x\n', 1, 7)],
)
def test_broken_document_says_where(text: str, line: int, column: int) -> None:
    found = toml.parse(SourceFile("x.toml", text))
    assert isinstance(found, Unreadable)
    assert found.broken
    assert found.span.start == Position(line, column)
    assert found.reason.startswith("not valid TOML: ")


@pytest.mark.parametrize("text", ["a = " + "[" * 5000, "a = " + "[" * 3000 + "]" * 3000])
def test_nesting_that_is_too_deep_is_no_crash(text: str) -> None:
    found = toml.parse(SourceFile("x.toml", text))
    assert isinstance(found, Unreadable)


@pytest.mark.parametrize("text", ["a = " + "9" * 5000, "a = 0000-00-00", "a.b = 1\na.b.c = 2"])
def test_values_out_of_range_are_broken(text: str) -> None:
    assert isinstance(toml.parse(SourceFile("x.toml", text)), Unreadable)


def test_comments_are_found_outside_of_strings_only() -> None:
    found = toml.comments(SourceFile("x.toml", DOCUMENT))
    assert [(c.text, c.span.start.line, c.own_line) for c in found] == [
        ("# head", 1, True),
        ("# note", 2, False),
        ("# after", 9, False),
    ]


def test_comments_of_a_broken_document_are_found() -> None:
    found = toml.comments(SourceFile("x.toml", 'a = = "\n# one\n[[[\nb = 2 # two\n'))
    assert [c.text for c in found] == ["# one", "# two"]
