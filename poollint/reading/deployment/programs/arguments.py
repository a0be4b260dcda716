"""What the command of a server sets: `postgres -c name=value --name=value`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from posixpath import basename

from poollint.model.figure import Word
from poollint.reading.deployment.linking.documents import Part
from poollint.reading.deployment.linking.variables import Variables, expand
from poollint.reading.deployment.servers.databases import PROGRAMS
from poollint.syntax import shell

_DEEPEST = 4  # lines for a shell within one another
_PAIR = re.compile(r"(?P<name>[A-Za-z_][\w.-]*)\s*=(?P<value>.*)", re.S)
_ATTACHED = re.compile(r"-c(?P<pair>[A-Za-z_][\w.-]*=.*)", re.S)
_LONG = re.compile(r"--(?P<pair>[A-Za-z_][\w.-]*=\S*)")


def parameters(
    parts: tuple[Part, ...], variables: Variables, depth: int = 0
) -> Iterator[tuple[str, Word]]:
    """Yield the parameters in their order, with their values and places."""
    for index, part in enumerate(parts):
        before = parts[index - 1].text if index else ""
        pair = part.text if before in ("-c", "--set") else ""
        attached = _ATTACHED.fullmatch(part.text) or _LONG.fullmatch(part.text)
        if not pair and attached:
            pair = attached["pair"]
        match = _PAIR.fullmatch(pair)
        if match:
            value = Part(match["value"].strip(), part.span, part.expands)
            yield match["name"].replace("-", "_"), expand(value, variables)
        elif len(part.text.split()) > 1 and depth < _DEEPEST:  # a line for a shell
            yield from _of_line(part, variables, depth + 1)


def _of_line(part: Part, variables: Variables, depth: int) -> Iterator[tuple[str, Word]]:
    for command in shell.commands(part.text):
        if any(basename(word.text) in PROGRAMS for word in command.words):
            words = (Part(w.text, part.span, w.expands) for w in command.words)
            yield from parameters(tuple(words), variables, depth)
