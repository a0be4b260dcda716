from __future__ import annotations

import pytest

from poollint.model.source import Comment, SourceFile, Span
from poollint.syntax import yaml
from poollint.syntax.yaml import Mapping, Node, Scalar, Sequence, Stream


def read(text: str, path: str = "x.yaml") -> Stream:
    return yaml.read(SourceFile(path, text))


def root(text: str) -> Mapping:
    (document,) = read(text).documents
    assert isinstance(document, Mapping)
    return document


def scalar(node: Node | None) -> Scalar:
    assert isinstance(node, Scalar)
    return node


def test_scalars_stay_as_they_are_written() -> None:
    document = root("a: 22:22\nb: 010\nc: on\nd: 1e3\ne: '7'\nf: ~\ng:\n")
    texts = {i.key.text: scalar(i.value).text for i in document.items}
    assert texts == {"a": "22:22", "b": "010", "c": "on", "d": "1e3", "e": "7", "f": "~", "g": ""}
    assert scalar(document.get("e")).style == "'"
    assert [i.key.text for i in document.items if scalar(i.value).is_null] == ["f", "g"]


def test_every_scalar_knows_its_line_and_column_in_characters() -> None:
    document = root('é:\r\n  "ü ü": [a, "b c"]\r\n')
    assert document.items[0].key.span == Span.at("x.yaml", 1, 1, 1)
    inner = document.mapping("é")
    assert inner.items[0].key.span == Span.at("x.yaml", 2, 3, 5)
    values = inner.sequence("ü ü")
    assert [node.span for node in values] == [
        Span.at("x.yaml", 2, 11, 1),
        Span.at("x.yaml", 2, 14, 5),
    ]


def test_documents_of_one_file_are_separate() -> None:
    found = read("a: 1\n---\n---\nb: 2\n...\n").documents
    assert [d.items[0].key.text for d in found if isinstance(d, Mapping)] == ["a", "b"]


def test_aliases_stand_for_their_anchor_with_its_place() -> None:
    document = root("a: &x {n: 5}\nb: *x\n")
    assert document.get("b") is document.get("a")
    assert scalar(document.get("b", "n")).span.start.line == 1


def test_an_anchor_may_be_given_again() -> None:
    document = root("a: &x 1\nb: *x\nc: &x 2\nd: *x\n")
    assert [scalar(i.value).text for i in document.items] == ["1", "1", "2", "2"]


def test_merges_add_what_is_not_there() -> None:
    document = root("a: &a {x: 1, y: 1}\nb: &b {y: 2, z: 2}\nc: {<<: [*a, *b], x: 0}\n")
    merged = {i.key.text: scalar(i.value).text for i in document.mapping("c").items}
    assert merged == {"x": "0", "y": "1", "z": "2"}


def test_of_a_key_given_twice_the_last_counts() -> None:
    assert root("a: 1\na: 2\n").text("a") == "2"


def test_lookups_of_what_is_not_there_are_empty() -> None:
    document = root("a: {b: [1, {c: 2}]}\n")
    assert document.get("a", "x") is None
    assert document.get("a", "b", "c") is None
    assert document.text("a") == ""
    assert document.mapping("q").items == ()
    assert document.sequence("a") == ()
    assert [m.text("c") for m in document.mappings("a", "b")] == ["2"]


def test_unknown_tags_are_kept_and_harmless() -> None:
    document = root("a: !Ref x\nb: !reset null\n")
    assert [scalar(i.value).tag for i in document.items] == ["!Ref", "!reset"]


def test_broken_yaml_says_where_and_keeps_what_came_before() -> None:
    found = read("a: 1\n---\nb: 2\n]\n")
    assert len(found.documents) == 1
    (unread,) = found.unread
    assert unread.broken
    assert unread.span.start.line == 4
    assert unread.reason.startswith("broken YAML: ")


@pytest.mark.parametrize(
    "text",
    ["a: \x00", "a: \x07", "a: \ud800", "\t- a", "a: *nowhere", "&a [*a]", "%YAML 9.9\n---\na"],
)
def test_what_is_no_yaml_is_a_value_and_no_error(text: str) -> None:
    found = read(text)
    assert found.documents == ()
    assert found.unread
    assert all(unread.broken for unread in found.unread)


def test_aliases_that_multiply_are_refused() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    (unread,) = read("\n".join(lines)).unread
    assert not unread.broken
    assert "nodes" in unread.reason


def test_depth_and_size_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    # One stops at the parser's events, the others in the scanner of a libyaml that has a limit.
    for deep in ("[" * 101 + "]" * 101, "[" * 10_000, "- " * 2_000):
        (unread,) = read(deep).unread
        assert (unread.broken, unread.reason) == (False, "nested deeper than 100 levels")
    monkeypatch.setattr(yaml, "MAX_CHARACTERS", 10)
    (unread,) = read("a: 123456789\n").unread
    assert not unread.broken


def test_templates_are_told_from_broken_files() -> None:
    helm = "replicas: {{ .Values.replicas }}\n{{- if .Values.x }}\na: 1\n{{- end }}\n"
    (unread,) = read(helm, "charts/web/templates/deployment.yaml").unread
    assert not unread.broken
    assert unread.reason == (
        "Helm template; render it: helm template charts/web | poollint audit -"
    )
    assert unread.span.start.line == 1
    (unread,) = read("{% for a in b %}\n- {{ a }}\n{% endfor %}\n", "x.yaml").unread
    assert unread.reason.startswith("Jinja template")
    (unread,) = read("name: {{ name }}\n").unread
    assert unread.reason.startswith("template")


def test_braces_in_quotes_make_no_template() -> None:
    found = read('- name: "{{ x }}"\n- run: ${{ github.ref }}\n')
    assert found.unread == ()
    assert len(found.documents) == 1


def comments(text: str) -> list[tuple[int, int, str, bool]]:
    found: tuple[Comment, ...] = yaml.comments(SourceFile("x.yaml", text))
    return [(c.span.start.line, c.span.start.column, c.text, c.own_line) for c in found]


def test_comments_are_those_of_yaml() -> None:
    text = (
        "# head\n"
        "a: |  # sign\n"
        "  text # no\n"
        "\n"
        "# after\n"
        "b: é#x # plain\n"
        'c: "# no" # quoted\n'
        "d: >-\n"
        "  # no\n"
        "'k # no': v  # key\n"
        "  # indented\n"
    )
    assert comments(text) == [
        (1, 1, "# head", True),
        (2, 7, "# sign", False),
        (5, 1, "# after", True),
        (6, 8, "# plain", False),
        (7, 11, "# quoted", False),
        (10, 14, "# key", False),
        (11, 3, "# indented", True),
    ]


def test_a_comment_with_further_signs_is_one() -> None:
    assert comments("a: 1 # x # y\n# z\n") == [(1, 6, "# x # y", False), (2, 1, "# z", True)]


def test_broken_files_have_no_comments() -> None:
    assert comments("a: [ # x\n") == []


def test_sequence_nodes_hold_their_elements() -> None:
    document = root("a:\n- 1\n- [2, 3]\n")
    node = document.get("a")
    assert isinstance(node, Sequence)
    assert [type(item).__name__ for item in node.items] == ["Scalar", "Sequence"]
