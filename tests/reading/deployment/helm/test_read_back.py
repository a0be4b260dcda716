"""What templates wrote is told at the lines of the template, values where they are stated."""

from __future__ import annotations

from poollint.model.source import SourceFile, Span
from poollint.reading.deployment.helm.marks import UNKNOWN
from poollint.reading.deployment.helm.read_back import ReadBack
from poollint.reading.deployment.helm.worth import Leaf, Marks
from poollint.reading.deployment.terraform.scalars import UNKNOWN as UNKNOWN_TAG
from poollint.syntax import yaml
from poollint.syntax.yaml import Mapping, Node, Scalar

AT = Span.at("values.yaml", 3, 8, 1)


def read(text: str, lines: tuple[int, ...], *values: str) -> Mapping:
    marks = Marks()
    for value in values:
        marks.of(Leaf(Scalar(value, "", "", AT)))
    (document,) = yaml.read(SourceFile("written.yaml", text)).documents
    node = ReadBack(SourceFile("t.yaml", ""), lines, marks).node(document)
    assert isinstance(node, Mapping)
    return node


def told(node: Node | None) -> tuple[str, Span]:
    assert isinstance(node, Scalar)
    return node.text, node.span


def test_a_node_stands_at_the_line_of_the_template_that_wrote_it() -> None:
    root = read("a:\n  - b: 1\n  - c\n", (5, 9, 9, 9))
    first, second = root.sequence("a")
    assert isinstance(first, Mapping)
    assert told(first.get("b")) == ("1", Span.at("t.yaml", 9, 8, 1))
    assert told(second) == ("c", Span.at("t.yaml", 9, 5, 1))
    assert (root.items[0].key.span, root.span.start.line) == (Span.at("t.yaml", 5, 1, 1), 5)


def test_values_keep_the_place_where_they_are_stated() -> None:
    text = "HELM_LEAF_1__: HELM_LEAF_0__\ncommand: [--workers=HELM_LEAF_0__, x-HELM_LEAF_0__]\n"
    root = read(text, (1, 2, 3), "4.0", "replicas")
    assert told(root.get("replicas")) == ("4", AT)
    given, within = root.sequence("command")
    assert told(given) == ("--workers=4.0", AT)
    assert told(within)[0] == "x-4.0"
    assert told(within)[1].path == "t.yaml"


def test_what_nobody_knows_is_marked() -> None:
    root = read(f"a: {UNKNOWN}_lookup_\nb: !tag [1]\n", (1, 2, 3))
    node = root.get("a")
    assert isinstance(node, Scalar)
    assert (node.text, node.tag) == ("${lookup}", UNKNOWN_TAG)
    assert [told(one)[0] for one in root.sequence("b")] == ["1"]
