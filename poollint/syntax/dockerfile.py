"""Dockerfiles: the instructions of each stage, with their places.

Continued lines, comments between them and here-documents follow Docker's reference.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from poollint.model.source import Comment, SourceFile, Span

_INSTRUCTION = re.compile(r"[ \t]*(?P<name>[A-Za-z]+)[ \t]+(?P<rest>\S.*)", re.S)
_HEREDOC = re.compile(r"<<-?[\"']?([A-Za-z_]\w*)[\"']?")


@dataclass(frozen=True, slots=True)
class Instruction:
    """An instruction: its name in capitals, and its arguments as written, lines joined.

    `documents` are its here-documents, each without the line that ends it.
    """

    name: str
    text: str
    span: Span
    documents: tuple[Span, ...] = ()


def read(source: SourceFile) -> tuple[Instruction, ...]:
    """Return the instructions in order; what is none is left out."""
    found: list[Instruction] = []
    lines = re.split(r"\r\n|\n|\r", source.text)
    # The last line that may end a here-document: no search goes on behind it.
    last = {line.strip("\t "): index for index, line in enumerate(lines)}
    number = 0
    while number < len(lines):
        first = number
        parts: list[str] = []
        while number < len(lines):
            line = lines[number]
            number += 1
            if line.lstrip().startswith("#") or (parts and not line.strip()):
                continue
            parts.append(line)
            if not line.rstrip().endswith("\\"):
                break
        text = "\n".join(parts)
        match = _INSTRUCTION.match(text)
        if not match:
            continue
        made = _instruction(source, match["name"], match["rest"], first + 1, number)
        ends = _HEREDOC.findall(text) if made.name in ("RUN", "COPY", "ADD") else []
        documents: list[Span] = []
        for end in ends:
            if last.get(end, -1) >= number:
                begin, number = number, _behind(lines, number, end)
                start = Span.at(source.path, begin + 1).start
                documents.append(Span(source.path, start, Span.at(source.path, number).start))
        found.append(replace(made, documents=tuple(documents)) if documents else made)
    return tuple(found)


def _instruction(source: SourceFile, name: str, rest: str, first: int, last: int) -> Instruction:
    start = Span.at(source.path, first).start
    end = Span.at(source.path, last, len(source.line(last)) + 1).start
    text = re.sub(r"\\[ \t]*\n", " ", rest).strip()
    return Instruction(name.upper(), text, Span(source.path, start, end))


def _behind(lines: list[str], number: int, end: str) -> int:
    """Return the number of the line after `end`, which stands at `number` or below."""
    while lines[number].strip("\t ") != end:
        number += 1
    return number + 1


def comments(source: SourceFile) -> tuple[Comment, ...]:
    """Return the lines that begin with `#`."""
    found: list[Comment] = []
    for number, text in enumerate(re.split(r"\r\n|\n|\r", source.text), 1):
        at = len(text) - len(text.lstrip(" \t"))
        if text[at : at + 1] == "#":
            span = Span.at(source.path, number, at + 1, len(text) - at)
            found.append(Comment(span, text[at:], own_line=True))
    return tuple(found)
