"""HCL as a tree with places."""

from __future__ import annotations

import pytest

from poollint.model.source import Position, SourceFile, Unreadable
from poollint.syntax import hcl


def body(text: str) -> hcl.Body:
    found = hcl.read(SourceFile("main.tf", text))
    assert isinstance(found, hcl.Body)
    return found


def value(text: str) -> hcl.Expression:
    found = body(f"x = {text}\n").get("x")
    assert found is not None
    return found


def test_a_number_knows_where_it_stands() -> None:
    found = body('resource "a" "b" {\n  # é\n  count = 12\n}\n').blocks[0].body.get("count")
    assert isinstance(found, hcl.Constant)
    assert (found.text, found.quoted) == ("12", False)
    assert (found.span.start, found.span.end) == (Position(3, 11), Position(3, 13))


def test_places_behind_other_letters_than_ascii_are_those_of_characters() -> None:
    found = body('x = "é" # ü\ny = 7\n').get("y")
    assert isinstance(found, hcl.Constant)
    assert found.span.start == Position(2, 5)


def test_a_block_has_its_labels_and_the_place_of_its_head() -> None:
    block = body('resource "aws_db_instance" "main" {\n  a { b = 1 }\n}\n').blocks[0]
    assert (block.kind, block.labels) == ("resource", ("aws_db_instance", "main"))
    assert (block.head.start, block.head.end) == (Position(1, 1), Position(1, 34))
    assert [inner.kind for inner in block.body.blocks] == ["a"]


def test_operators_bind_as_the_language_says() -> None:
    found = value("1 + 2 * var.n")
    assert isinstance(found, hcl.Operation)
    assert found.operator == "+"
    inner = found.operands[1]
    assert isinstance(inner, hcl.Operation)
    assert inner.operator == "*"
    assert isinstance(inner.operands[1], hcl.Reference)
    assert inner.operands[1].steps == ("var", "n")


def test_a_template_keeps_its_white_space() -> None:
    found = value('"a ${var.b} c"')
    assert isinstance(found, hcl.Template)
    assert [p.text for p in found.parts if isinstance(p, hcl.Constant)] == ["a ", " c"]


def test_escapes_are_undone_outside_heredocs_only() -> None:
    quoted = value(r'"a\"b\n$${c}"')
    assert isinstance(quoted, hcl.Constant)
    assert quoted.text == 'a"b\n${c}'
    block = value("<<EOT\na\\n\nEOT")
    assert isinstance(block, hcl.Template)
    assert [p.text for p in block.parts if isinstance(p, hcl.Constant)] == ["a\\n\n"]


@pytest.mark.parametrize("text", ["{for x in var.y : x => x...}", "aws_x.y[*].id", "f(a...)"])
def test_what_depends_on_more_than_constants_is_opaque(text: str) -> None:
    assert isinstance(value(text), hcl.Opaque)


def test_steps_of_a_reference_are_names_and_indexes() -> None:
    found = value('aws_x.y[0].z["k"].w')
    assert isinstance(found, hcl.Reference)
    texts = [step if isinstance(step, str) else step.text for step in found.steps]  # type: ignore[union-attr]
    assert texts == ["aws_x", "y", "0", "z", "k", "w"]


def test_a_broken_file_is_told_with_its_place() -> None:
    found = hcl.read(SourceFile("main.tf", 'resource "a" "b" {\n  c =\n}\n'))
    assert isinstance(found, Unreadable)
    assert found.broken
    assert found.span.start.line in (1, 2, 3)


@pytest.mark.parametrize("text", ["", "[" * 5000, "a = " + "(" * 3000, "\x00", "x = <<EOT\n"])
def test_hostile_text_is_no_error(text: str) -> None:
    assert isinstance(hcl.read(SourceFile("main.tf", text)), hcl.Body | Unreadable)


def test_nesting_beyond_reason_is_opaque() -> None:
    found = value("[" * 200 + "]" * 200)
    assert isinstance(found, hcl.Array)


def test_comments_are_told_but_not_those_within_texts() -> None:
    source = SourceFile("main.tf", 'a = "# no" # yes\n// alone\n/* none */\n')
    found = hcl.comments(source)
    assert [(c.text, c.own_line) for c in found] == [("# yes", False), ("// alone", True)]


@pytest.mark.parametrize(
    ("text", "names", "keyed", "conditioned"),
    [
        ("[for x in var.y : x]", ("x",), False, False),
        ("[for k, v in var.y : { name = k, value = v } if v != null]", ("k", "v"), False, True),
        ("{ for x in var.y : x.name => x }", ("x",), True, False),
    ],
)
def test_what_a_collection_is_made_into_is_told(
    text: str, names: tuple[str, ...], keyed: bool, conditioned: bool
) -> None:
    found = value(text)
    assert isinstance(found, hcl.For)
    assert found.names == names
    assert (found.key is not None, found.condition is not None) == (keyed, conditioned)
    assert (found.text, found.span.start.column) == (text, 5)
