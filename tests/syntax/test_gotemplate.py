"""Go's templates as a tree."""

from __future__ import annotations

import pytest

from poollint.syntax.gotemplate import (
    Action,
    Branch,
    Call,
    Literal,
    MalformedError,
    Name,
    Nested,
    Path,
    Text,
    parse,
    pipe_of,
)


def test_text_and_actions_know_their_lines() -> None:
    parts = parse("a\nb {{ .x }}\n\n{{ .y }}").parts
    assert [type(part) for part in parts] == [Text, Action, Text, Action]
    assert [part.line for part in parts] == [1, 2, 2, 4]


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("a \n {{- 1 -}} \n b", ["a", "b"]),
        ("a {{ 1 }} b", ["a ", " b"]),
        ("a {{-1}} b", ["a ", " b"]),
        ("{{- /* c }} */ -}} \n b", ["b"]),
        ('a {{ "}}" }} b', ["a ", " b"]),
    ],
)
def test_signs_take_the_space_beside_them(text: str, left: list[str]) -> None:
    assert [part.text for part in parse(text).parts if isinstance(part, Text)] == left


def test_blocks_hold_what_they_are_for() -> None:
    (part,) = parse("{{ if .a }}1{{ else if .b }}2{{ else }}3{{ end }}").parts
    assert isinstance(part, Branch)
    assert part.body == (Text("1", 1),)
    (inner,) = part.other
    assert isinstance(inner, Branch)
    assert (inner.body, inner.other) == ((Text("2", 1),), (Text("3", 1),))


def test_a_range_names_its_turns() -> None:
    (one,) = parse("{{ range $k, $v := .a }}{{ end }}").parts
    (other,) = parse("{{range .a}}{{end}}").parts
    assert isinstance(one, Branch)
    assert isinstance(other, Branch)
    assert (one.names, other.names) == (("k", "v"), ())


def test_definitions_are_kept_apart() -> None:
    found = parse('{{ define "a.b" }}x{{ end }}{{ template "a.b" . }}')
    assert found.defined == (("a.b", (Text("x", 1),)),)
    (call,) = found.parts
    assert isinstance(call, Call)
    assert call.name == "a.b"


@pytest.mark.parametrize(
    ("code", "operands"),
    [
        (".Values.a", (Path("", ("Values", "a")),)),
        ("$.a", (Path("$", ("a",)),)),
        ("f $x 2 -1.5", (Name("f"), Path("$x", ()), Literal(2), Literal(-1.5))),
        ("f `a b` true nil", (Name("f"), Literal("a b"), Literal(True), Literal(None))),
        ('f "a\\"b"', (Name("f"), Literal('a"b'))),
    ],
)
def test_operands(code: str, operands: tuple[object, ...]) -> None:
    assert pipe_of(code).commands == (operands,)


def test_parentheses_and_pipes() -> None:
    pipe = pipe_of("(f .a).b | g")
    assert [len(command) for command in pipe.commands] == [1, 1]
    (nested,) = pipe.commands[0]
    assert isinstance(nested, Nested)
    assert nested.names == ("b",)


@pytest.mark.parametrize(
    "text",
    ["{{ end }}", "{{ if", "{{ if .a }}", "{{ else }}", "{{ f ) }}", "{{ | f }}", "{{ /* a }}",
     "{{ range .a }}{{ break }}{{ end }}", "{{ define x }}{{ end }}", "{{" + "(" * 200 + "}}",
     "{{ if .a }}" * 200],
)  # fmt: skip
def test_what_is_no_template_is_told(text: str) -> None:
    with pytest.raises(MalformedError):
        parse(text)
