"""The JSON and YAML documents that texts of Terraform hold.

What is not known of such a text stands in it as written, `${…}`: quotes in it, or a bare one
where JSON wants a number, would end the reading. So each is set aside before the text is read,
and put back into the values.

Source: hashicorp/terraform, docs/language/expressions/strings (quotes in `${…}` nest).
"""

from __future__ import annotations

import re
from dataclasses import replace

from poollint.model.source import SourceFile, Span
from poollint.reading.deployment.terraform.scalars import UNKNOWN, WHOLE
from poollint.syntax import yaml
from poollint.syntax.yaml import Item, Node, Scalar, Sequence

# Two characters that stand for nothing anywhere, and between them a number.
_ASIDE = re.compile("\ue000(\\d{1,7})\ue001")
_STEP = re.compile(r'\\.|\$\{|[{}"]', re.S)


def document(node: Scalar) -> Node | None:
    """Return the JSON or YAML document that a text holds.

    Places are those of its lines where it is a file or stands between `<<` and its end; else
    the text's own.
    """
    found = _read(node.text)
    if found is None and "${" in node.text:
        masked, parts = _aside(node.text)
        found = _read(masked)
        found = _back(found, parts) if found else None
    if found is None:
        return None
    first = node.span.start.line - 1 if node.style == WHOLE else node.span.start.line
    lined = node.style in (WHOLE, "|")
    return _moved(found, node.span, first if lined else None)


def _read(text: str) -> Node | None:
    stream = yaml.read(SourceFile("", text))
    return None if stream.unread or not stream.documents else stream.documents[0]


def _aside(text: str) -> tuple[str, list[str]]:
    """Return a text without its `${…}`, and these; one that doesn't end stays, as all behind it."""
    pieces: list[str] = []
    parts: list[str] = []
    at = 0
    while (start := text.find("${", at)) >= 0:
        end = _end(text, start)
        if end is None:
            break
        part = text[start:end]
        pieces += [text[at:start], f"\ue000{len(parts)}\ue001", "\n" * part.count("\n")]
        parts.append(part)
        at = end
    return "".join((*pieces, text[at:])), parts


def _end(text: str, start: int) -> int | None:
    """Return where the `${` at `start` is over; texts in it may hold others of their own."""
    around: list[str] = []
    for step in _STEP.finditer(text, start):
        sign = step[0]
        within = around[-1:] == ['"']
        if sign == '"':
            if within:
                around.pop()
            else:
                around.append(sign)
        elif sign == "${" or (sign == "{" and not within):
            around.append("{")
        elif sign == "}" and not within:
            around.pop()
        if not around:
            return step.end()
    return None


def _back(node: Node, parts: list[str]) -> Node:
    """Return a document with what was set aside back in its texts."""

    def part(match: re.Match[str]) -> str:
        return parts[int(match[1])] if int(match[1]) < len(parts) else match[0]

    def scalar(found: Scalar) -> Scalar:
        return replace(found, text=_ASIDE.sub(part, found.text))

    def whole(found: Node) -> Node:
        if isinstance(found, Scalar):
            return scalar(found)
        if isinstance(found, Sequence):
            return replace(found, items=tuple(map(whole, found.items)))
        items = (Item(scalar(item.key), whole(item.value)) for item in found.items)
        return replace(found, items=tuple(items))

    return whole(node)


def _moved(node: Node, span: Span, first: int | None) -> Node:
    """Return a node of a document where it stands: in the line `first` behind its own."""
    at = span
    if first is not None:
        start = replace(node.span.start, line=node.span.start.line + first)
        end = replace(node.span.end, line=node.span.end.line + first)
        at = Span(span.path, start, end)
    if isinstance(node, Scalar):
        return replace(node, span=at, tag=UNKNOWN if "${" in node.text else node.tag)
    if isinstance(node, Sequence):
        return replace(node, items=tuple(_moved(i, span, first) for i in node.items), span=at)
    items = (Item(_key(i.key, span, first), _moved(i.value, span, first)) for i in node.items)
    return replace(node, items=tuple(items), span=at)


def _key(key: Scalar, span: Span, first: int | None) -> Scalar:
    found = _moved(key, span, first)
    return found if isinstance(found, Scalar) else key
