"""Loops of a chart's template over values that are known: each turn written out.

What a turn calls `.` or `$value` becomes a value of its own, under a name that no chart has. Lines
move by that: `Unrolled.lines` tells where each one stands in the template.

Source: text/template of Go 1.22 (`range`, variables); a mapping is gone through by sorted keys.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from poollint.reading.deployment.helm.templates import ACTION, WORD
from poollint.syntax.yaml import Item, Mapping, Node, Scalar, Sequence

MAX_TURNS = 500  # of all loops of one template
MAX_DEPTH = 6
_ELEMENT = "HELM_ELEMENT_"
_OPENS = ("if", "with", "range", "define", "block")
_LOOP = re.compile(
    r"(?:(?:\$(?P<key>\w+)\s*,\s*)?\$(?P<value>\w+)\s*:=\s*)?\$?\.Values\.(?P<path>[\w.]+)"
)
_DOT = re.compile(
    r"(?<![\w.$)\"\]])\.(?!Values\b|Release\b|Chart\b|Files\b|Capabilities\b|Template\b)"
    r"(?P<name>[A-Za-z_]\w*)?(?=[\s.)|]|$)"
)


@dataclass(frozen=True, slots=True)
class Unrolled:
    """A template without the loops whose turns are known.

    values  the chart's, and those of the turns
    lines   the line of the template in which each line of `text` stands
    turns   loops were written out
    """

    text: str
    values: Mapping
    lines: tuple[int, ...]
    turns: bool


def unrolled(text: str, values: Mapping) -> Unrolled:
    """Return a template with its loops written out."""
    work = _Work(values)
    work.write(text, 1, 0)
    text = "".join(piece for piece, _ in work.pieces)
    return Unrolled(text, work.values, work.lines(), work.found)


@dataclass(frozen=True, slots=True)
class _Loop:
    """A loop: its head, what it repeats, and where all of it ends."""

    head: re.Match[str]
    over: re.Match[str]
    start: int  # of what it repeats
    end: int
    after: int


@dataclass(slots=True)
class _Work:
    """What is written so far: pieces, each with the line in which it begins."""

    values: Mapping
    pieces: list[tuple[str, int]] = field(default_factory=list)
    turns: int = 0
    found: bool = False

    def write(self, text: str, line: int, depth: int) -> None:
        """Add a text that begins in `line`, its loops written out."""
        at = 0
        loops = sorted(_loops(text), key=lambda loop: loop.start) if depth < MAX_DEPTH else []
        for loop in loops:  # one that is within another comes after it
            elements = self._elements(loop.over) if loop.head.start() >= at else None
            if elements is None:
                continue
            self.found = True
            self._keep(text, at, loop.head.start(), line)
            first = line + text.count("\n", 0, loop.start)
            for key, name in elements:
                self.write(_turn(text[loop.start : loop.end], loop.over, key, name), first,
                           depth + 1)  # fmt: skip
            at = loop.after
        self._keep(text, at, len(text), line)

    def lines(self) -> tuple[int, ...]:
        """Return where each line that was written stands."""
        found = [1]
        blank = True
        for piece, line in self.pieces:
            for index, row in enumerate(piece.split("\n")):
                if index:
                    found.append(line + index)
                elif blank:
                    found[-1] = line
                blank = (bool(index) or blank) and not row.strip()
        return tuple(found)

    def _keep(self, text: str, start: int, end: int, line: int) -> None:
        if start < end:
            self.pieces.append((text[start:end], line + text.count("\n", 0, start)))

    def _elements(self, over: re.Match[str]) -> list[tuple[str, str]] | None:
        """Return key and name of each turn, None where these are not known."""
        node = self.values.get(*over["path"].split("."))
        pairs: list[tuple[str, Node]] = []
        if isinstance(node, Mapping):
            pairs = [(i.key.text, i.value) for i in sorted(node.items, key=lambda i: i.key.text)]
        elif isinstance(node, Sequence):
            pairs = [(str(at), item) for at, item in enumerate(node.items)]
        elif node is not None and not (node.is_null or not node.text):
            return None
        if self.turns + len(pairs) > MAX_TURNS:
            return None
        return [(key, self._named(value)) for key, value in pairs]

    def _named(self, value: Node) -> str:
        self.turns += 1
        name = f"{_ELEMENT}{self.turns}"
        item = Item(Scalar(name, "", "", value.span), value)
        self.values = replace(self.values, items=(*self.values.items, item))
        return name


def _loops(text: str) -> Iterator[_Loop]:
    """Yield the loops over values; one with an `else` is left as it is."""
    stack: list[tuple[str, re.Match[str], bool]] = []
    for match in ACTION.finditer(text):
        control = WORD.match(match["code"].strip())
        word = control["word"] if control else ""
        if word in _OPENS:
            stack.append((word, match, True))
        elif word in ("else", "else if") and stack:
            stack[-1] = (*stack[-1][:2], False)
        elif word == "end" and stack:
            kind, head, plain = stack.pop()
            over = _LOOP.fullmatch(head["code"].strip()[5:].strip()) if kind == "range" else None
            if over and plain:
                yield _Loop(head, over, head.end(), match.start(), match.end())


def _turn(body: str, over: re.Match[str], key: str, name: str) -> str:
    """Return what a loop repeats with the names of one turn in it."""
    depth = 0
    found: list[str] = []
    at = 0
    for match in ACTION.finditer(body):
        control = WORD.match(match["code"].strip())
        word = control["word"] if control else ""
        depth -= word == "end" and depth > 0
        code = _renamed(match[0], over, key, name, whole=depth == 0)
        found += (body[at : match.start()], code)
        at = match.end()
        depth += word in ("with", "range", "define", "block") or (word == "if" and depth > 0)
    return "".join((*found, body[at:]))


def _renamed(action: str, over: re.Match[str], key: str, name: str, *, whole: bool) -> str:
    """Return an action with the names of one turn; `.` is the turn's where it is `whole`."""
    parts = re.split(r"(\"[^\"\n]*\"|`[^`]*`)", action)
    for index in range(0, len(parts), 2):
        part = parts[index]
        if over["value"]:
            part = re.sub(rf"\${over['value']}\b", f".Values.{name}", part)
        if over["key"]:
            part = re.sub(rf"\${over['key']}\b", lambda match: f'"{key}"', part)
        parts[index] = _DOT.sub(lambda m: _of_turn(m, name), part) if whole else part
    return "".join(parts)


def _of_turn(match: re.Match[str], name: str) -> str:
    return f".Values.{name}" + (f".{match['name']}" if match["name"] else "")
