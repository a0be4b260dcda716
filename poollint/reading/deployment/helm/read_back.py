"""What a template wrote, read as YAML: with the values for its marks, at the lines of the template.

A node is worked out when it is asked for: charts make far more than anybody counts.
"""

from __future__ import annotations

import re

from poollint.model.source import Position, SourceFile, Span
from poollint.reading.deployment.helm.marks import UNKNOWN, VALUE
from poollint.reading.deployment.helm.worth import MARK as LEAF
from poollint.reading.deployment.helm.worth import Marks
from poollint.reading.deployment.terraform.scalars import UNKNOWN as UNKNOWN_TAG
from poollint.syntax.yaml import Item, Mapping, Node, Scalar, Sequence
from poollint.syntax.yaml_nodes import item, late_mapping, late_sequence, mapping, scalar, sequence

_MARKED = re.compile(rf"{VALUE}(\w+(?:\.\w+)*)")
_UNKNOWN = re.compile(rf"{UNKNOWN}(\w*)")
_WHOLE = re.compile(r"([+-]?\d{1,15})\.0*")  # a number that Helm writes without its end
_SETTING = re.compile(rf"[A-Za-z_-]+={LEAF.pattern}")  # `max_connections={{ … }}`, `--workers=`


class ReadBack:
    """What the template at `path` wrote: `lines` tells of each line which of the template's it is.

    `marks` may grow while nodes are worked out, and forgets none.
    """

    __slots__ = ("_lines", "_marks", "_path")

    def __init__(self, template: SourceFile, lines: tuple[int, ...], marks: Marks) -> None:
        self._path = template.path
        self._lines = lines
        self._marks = marks

    def node(self, node: Node) -> Node:
        """Return a node at its place, with values for marks; each keeps where it is stated."""
        place = (self, node, None)
        if isinstance(node, Scalar):
            return self._scalar(node)
        if isinstance(node, Sequence):
            if node.tag:
                return sequence(_elements(self, node), node.tag, place)
            return late_sequence((_elements, self, node), place)
        if node.tag or node.odd:
            return mapping(_items(self, node), node.tag, node.odd, place)
        return late_mapping((_items, self, node), place)

    def span(self, node: Node, _: None) -> Span:
        """Return where a node that was read stands in the template."""
        before, last = node.span, len(self._lines)
        start = Position(self._lines[min(before.start.line, last) - 1], before.start.column)
        end = Position(self._lines[min(before.end.line, last) - 1], before.end.column)
        return Span(self._path, start, max(start, end))

    def key(self, node: Scalar) -> Scalar:
        """Return a key; its marks are texts in it."""
        return scalar(self._marks.resolved(node.text), node.style, node.tag, (self, node, None))

    def _scalar(self, node: Scalar) -> Scalar:
        whole = LEAF.fullmatch(node.text)
        if whole:
            return _rounded(self._marks.nodes[int(whole[1])])
        known = UNKNOWN not in node.text and VALUE not in node.text
        tag = node.tag if known else UNKNOWN_TAG
        given = _SETTING.fullmatch(node.text)
        if given:  # what one would change stands at the value
            return Scalar(self._text(node), node.style, tag, self._marks.nodes[int(given[1])].span)
        return scalar(self._text(node), node.style, tag, (self, node, None))

    def _text(self, node: Scalar) -> str:
        text = _MARKED.sub(lambda m: "${" + m[1] + "}", self._marks.resolved(node.text))
        return _UNKNOWN.sub(lambda m: "${" + m[1].strip("_") + "}", text)


def _items(whole: ReadBack, node: Mapping) -> tuple[Item, ...]:
    return tuple(item(whole.key(i.key), whole.node(i.value)) for i in node.items)


def _elements(whole: ReadBack, node: Sequence) -> tuple[Node, ...]:
    return tuple(whole.node(element) for element in node.items)


def _rounded(found: Scalar) -> Scalar:
    whole = _WHOLE.fullmatch(found.text) if not found.style else None
    if not whole:
        return found
    return Scalar(whole[1], found.style, found.tag, found.span)
