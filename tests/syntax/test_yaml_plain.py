"""Plain YAML: whatever is taken is what libyaml makes of it, down to the places."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from poollint.model.source import SourceFile
from poollint.syntax import yaml_events, yaml_plain
from poollint.syntax.yaml_nodes import Mapping, Scalar

FIXTURES = Path(__file__).parents[2] / "fixtures"

PLAIN = (
    "", "\n\n# only a comment\n", "---\n", "a: 1", "a: 1\n", "a:\n", "a:", "  a: 1\n  b: 2\n",
    "a: b c  # d\n", "a: b#c:d\n", "a:   b   \nc: d\n", "a: -1\nb: -x --y\n", "a: x,y]\n",
    "a: 'it''s' # x\nb: ''\n", 'a: "b # c" \n"d e": \'f\'\n', 'a: "b\\n\\tc\\\\ \\"d\\""\n',
    "a:\n  b:\n    c: 1\nd: 2\n", "a:\n\n  # one\n  b: 1\n # two\nc: 2\n", "a:\n  b:\nc:\n",
    "a:\n- 1\n- 2\nb: 3\n", "a:\n  - 1\n  -\n  - b: 2\n    c:\n    - 3\n    d: 4\n  - 5\n",
    "- a: 1\n  b: 2\n- c\n-   d:\n      e: 1\n    f: 2\n", "-\n  a: 1\n-\n  - b\n",
    "a: |\n  b\n   c\n\n  d\n\n\ne: 1\n", "a: |-\n  b\n\nc: |+\n  d\n\n# e\nf: 1\n",
    "a: |\n\n\n  b # c\n  - d:\n \n     \ne: 1\n", "- |\n a\n- b: |\n    c\n  d: 1\n",
    "a: |\n  b\n # no text\nc: 1\n", "a: >\n  b\n  c\n\n  d\n\n\n  e\nf: 1\n",
    "a: >-\n\n  b\n  c\n", "a: >+\n  b\n\n\nc: 1\n",
    "a: {b: c, \"d\": 'e', f-g: [1, 2 , -x, {h: i} ]} # j\nk: []\n",
    "- {}\n- [ ]\n- [a, b]\n- c: {d: --e=f}\n", "a: 1\n---\nb: 2\n--- # c\n\n---\n- d\n",
    "a: x:y\n", "a.b/c-d_e: 1\n$f: 2\n\\g: 3\n", "é: ü  # ö\nb: 😀\n", "a:\n  b: 1\n  # c",
    "a: |\n  b\n   \n  c\n     \nd: 1\n", "- a:\n  - b\n- c\n", "a: b\n\n   \n",
)  # fmt: skip
OTHER = (
    "a: b: c\n", "a: b:\n", "a: &b c\n", "a: *b\n", "a: !b c\n", "<<: a\n", "a\n", "- - a\n",
    "a: b\n  c\n", "a: 'b\n  c'\n", 'a: "b\\x41"\n', "a:\tb\n", "a: 1\r\nb: 2\r\n",
    "a: [b,\n  c]\n", "a: {b}\n", "a: [b: c]\n", "a: {{ b }}\n", "{{ a }}: b\n", "a: [b c]\n",
    "a: >\n  b\n   c\n", "a: |2\n  b\n", "a: |\nb: 1\n", "a: |\n   \n  b\n", "a: @b\n", "a: %b\n",
    "a: `b`\n", "a: - b\n", "a: ? b\n", "? a\n: b\n", "%YAML 1.1\n---\na: 1\n", "--- a\n",
    "a: 1\n...\n", "a:\n    b: 1\n  c: 2\n", "a: 1\n- b\n", "- a\nb: 1\n", "a: 'b' c\n",
    'a: "b"c\n', "a: {b: c} d\n", "a: {b: c}#d\n", "a: [b]: c\n", "a: \x07\n", "a: \u2028b\n",
    "a: \ufeffb\n", "a: |\n  b", "a : b\n", "".join(" " * n + "b:\n" for n in range(60)),
    "a: " + "[" * 60 + "]" * 60 + "\n",
)  # fmt: skip


def _source(text: str) -> SourceFile:
    return SourceFile("a/b.yaml", text)


@pytest.mark.parametrize("text", PLAIN)
def test_what_is_plain_is_read_as_libyaml_reads_it(text: str) -> None:
    read, unread = yaml_events.documents(_source(text))
    assert unread is None
    assert yaml_plain.documents(_source(text)) == read


@pytest.mark.parametrize("text", OTHER)
def test_what_is_not_as_plain_is_left_alone(text: str) -> None:
    assert yaml_plain.documents(_source(text)) is None


@pytest.mark.parametrize("folder", sorted(p.name for p in FIXTURES.iterdir() if p.is_dir()))
def test_fixtures_are_read_as_libyaml_reads_them(folder: str) -> None:
    for path in sorted((FIXTURES / folder).rglob("*.y*ml")):
        _agrees(path.read_text(errors="replace"))


_LINES = st.sampled_from((
    "a:", "b: c", "  d: 'e'", "  f:", "    g: |", "      h", "    i: 1", "- j", "  - k: l", "-",
    "    m: n # o", "", "   ", "# p", "  - {q: [r, s]}", "- t:", '    "u": v', "w: >-", "  x y",
    "    - z", "---",
))  # fmt: skip


@given(st.lists(_LINES, max_size=9), st.sampled_from(("", "\n")))
@example(["a:", "- j", "b: c"], "\n")
def test_no_order_of_lines_is_read_in_another_way(lines: list[str], end: str) -> None:
    _agrees("\n".join(lines) + end)


@given(st.text("ab:-#'\"\\|>[]{},&*!%@ \n\t", max_size=14))
def test_no_order_of_signs_is_read_in_another_way(text: str) -> None:
    _agrees(text)


def _agrees(text: str) -> None:
    plain = yaml_plain.documents(_source(text))
    read, unread = yaml_events.documents(_source(text))
    if plain is not None:
        assert unread is None, text
        assert plain == read, text


def test_what_was_not_asked_for_yet_goes_to_another_process() -> None:
    documents = yaml_plain.documents(_source("a:\n  b: [c]\n"))
    assert documents is not None
    assert pickle.loads(pickle.dumps(documents)) == documents


def test_no_file_is_too_long_or_too_deep_to_be_left_alone() -> None:
    assert yaml_plain.documents(_source("a: 1\n" * 300_000)) is None
    many = yaml_plain.documents(_source("".join(f"a{n}: {n}\n" for n in range(20_000))))
    assert many is not None
    assert isinstance(many[0], Mapping)
    assert many[0].items[-1].value == Scalar("19999", "", "", many[0].items[-1].value.span)
