"""Java's `.properties` files, and what YAML says in their terms.

Source: Java SE, `java.util.Properties.load`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from poollint.model.source import SourceFile, Span
from poollint.syntax.yaml import Mapping, Node, Scalar, Sequence

MAX_DEPTH = 30
_LINE = re.compile(r"[ \t\f]*(?P<key>(?:\\.|[^\\=:\s#!])(?:\\.|[^\\=:\s])*)[ \t\f]*[=:]?[ \t\f]*")
_ESCAPE = re.compile(r"\\(.)")
_SEPARATOR = re.compile(r"[#!]---\s*")


@dataclass(frozen=True, slots=True)
class Property:
    """A key, its value, and where the value stands."""

    key: str
    value: str
    span: Span


def read(source: SourceFile) -> tuple[tuple[Property, ...], ...]:
    """Return the documents of a file, which `#---` divides as Spring Boot reads them."""
    documents: list[list[Property]] = [[]]
    offset = 0
    pending = ""
    start = 0
    for line in source.text.splitlines(keepends=True):
        text = line.rstrip("\r\n")
        if not pending:
            start = offset
        offset += len(line)
        if not pending and _SEPARATOR.fullmatch(text):
            documents.append([])
            continue
        if _goes_on(text) and (pending or not text.lstrip().startswith(("#", "!"))):
            pending += text[:-1] if not pending else text[:-1].lstrip()
            continue
        whole, joined = (pending + text.lstrip(), True) if pending else (text, False)
        pending = ""
        found = _property(whole, source, start, joined)
        if found:
            documents[-1].append(found)
    return tuple(tuple(document) for document in documents)


def _goes_on(text: str) -> bool:
    return (len(text) - len(text.rstrip("\\"))) % 2 == 1


def _property(text: str, source: SourceFile, start: int, joined: bool) -> Property | None:
    match = _LINE.match(text)
    if match is None:
        return None
    value = text[match.end() :]
    at = start if joined else start + match.end()
    span = source.span(at, min(at + max(len(value.rstrip()), 1), len(source.text)))
    return Property(_ESCAPE.sub(r"\1", match["key"]), _ESCAPE.sub(r"\1", value).strip(), span)


def flat(node: Node, prefix: str = "", depth: int = 0) -> Iterator[Property]:
    """Yield the scalars of a YAML document under their dotted names (`a.b[0]`)."""
    if depth > MAX_DEPTH:
        return
    if isinstance(node, Mapping):
        for item in node.items:
            key = f"{prefix}.{item.key.text}" if prefix else item.key.text
            yield from flat(item.value, key, depth + 1)
    elif isinstance(node, Sequence):
        for index, part in enumerate(node.items):
            yield from flat(part, f"{prefix}[{index}]", depth + 1)
    elif isinstance(node, Scalar):
        yield Property(prefix, "" if node.is_null else node.text, node.span)
