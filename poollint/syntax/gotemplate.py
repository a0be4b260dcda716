"""Templates of Go's text/template as a tree: text, actions and blocks, each with its line.

Source: pkg.go.dev/text/template, and text/template/parse of Go 1.22 (lex.go, parse.go). What is not
known here (`break`, `continue`) makes the whole template malformed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TypeAlias

MAX_CHARACTERS = 1_000_000
MAX_DEPTH = 60

_TOKEN = re.compile(
    r"(?P<space>\s+)|(?P<string>\"(?:\\.|[^\"\\\n])*\"|`[^`]*`)|(?P<char>'(?:\\.|[^'\\\n])+')"
    r"|(?P<number>[+-]?(?:0[xX][0-9a-fA-F]+|\d[\d_]*(?:\.\d*)?(?:[eE][+-]?\d+)?))"
    r"|(?P<variable>\$\w*)|(?P<field>\.[A-Za-z_]\w*)|(?P<dot>\.)|(?P<word>[A-Za-z_]\w*)"
    r"|(?P<sign>:=|=|\||\(|\)|,)"
)
_WORD = re.compile(r"[A-Za-z_]\w*")


class MalformedError(ValueError):
    """A template that this module cannot parse."""


@dataclass(frozen=True, slots=True)
class Literal:
    """A constant: a text, a number, true, false or nil."""

    value: str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Path:
    """Fields of something: of `.` (variable ""), or of a variable (`$` is the root)."""

    variable: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Name:
    """A function."""

    text: str


@dataclass(frozen=True, slots=True)
class Nested:
    """A pipeline in parentheses, and the fields taken of what it comes to."""

    pipe: Pipe
    names: tuple[str, ...]


Operand: TypeAlias = Literal | Path | Name | Nested
Command: TypeAlias = tuple[Operand, ...]


@dataclass(frozen=True, slots=True)
class Pipe:
    """Commands, each given what the one before it comes to as its last argument."""

    commands: tuple[Command, ...]
    code: str


@dataclass(frozen=True, slots=True)
class Text:
    """Text between actions, as `{{-` and `-}}` leave it."""

    text: str
    line: int


@dataclass(frozen=True, slots=True)
class Action:
    """A pipeline whose value is written, or given to a variable ("" for none)."""

    pipe: Pipe
    line: int
    variable: str = ""
    new: bool = False


@dataclass(frozen=True, slots=True)
class Branch:
    """`if`, `with` or `range`; `other` is what `else` leads to, `names` what a range names."""

    word: str
    pipe: Pipe
    body: tuple[Part, ...]
    other: tuple[Part, ...]
    line: int
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Call:
    """`template "name" pipeline`, and `block`, whose body is defined besides."""

    name: str
    pipe: Pipe | None
    line: int


Part: TypeAlias = Text | Action | Branch | Call


@dataclass(frozen=True, slots=True)
class Template:
    """What a file of templates writes, and what it defines for others by name."""

    parts: tuple[Part, ...]
    defined: tuple[tuple[str, tuple[Part, ...]], ...]


@lru_cache(maxsize=1024)
def parse(text: str) -> Template:
    """Return the tree of a template; MalformedError where it is none."""
    if len(text) > MAX_CHARACTERS:
        raise MalformedError("too large")
    work = _Parser(list(_pieces(text)))
    parts, end = work.parts(0)
    if end:
        raise MalformedError(f"{end[0]} without a block")
    return Template(parts, tuple(work.defined))


# --- Pieces: text and actions ----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Piece:
    """Text, or the code of an action (`code` is then not None)."""

    line: int
    text: str = ""
    code: str | None = None


def _pieces(text: str) -> Iterator[_Piece]:
    at, line, trim = 0, 1, False
    while True:
        start = text.find("{{", at)
        plain = text[at:] if start < 0 else text[at:start]
        first = line
        line += plain.count("\n")
        if trim:
            bare = plain.lstrip(" \t\r\n")
            first += plain[: len(plain) - len(bare)].count("\n")
            plain = bare
        if start >= 0 and re.match(r"-\s", text[start + 2 : start + 4]):
            plain = plain.rstrip(" \t\r\n")
        if plain:
            yield _Piece(first, plain)
        if start < 0:
            return
        code, after = _code(text, start + 2)
        if code is not None:
            yield _Piece(line, code=code)
        line += text.count("\n", start, after)
        trim = text[after - 3 : after] == "-}}"
        at = after


def _code(text: str, start: int) -> tuple[str | None, int]:
    """Return the code of an action that begins at `start`, None for a comment, and its end."""
    comment = re.compile(r"(?:-\s)?\s*/\*").match(text, start)
    if comment:
        closed = text.find("*/", comment.end())
        end = text.find("}}", closed) if closed >= 0 else -1
        if end < 0:
            raise MalformedError("a comment without an end")
        return None, end + 2
    at = start
    while True:
        stop = re.compile(r"\}\}|\"(?:\\.|[^\"\\\n])*\"|`[^`]*`").search(text, at)
        if stop is None:
            raise MalformedError("an action without an end")
        if stop[0] == "}}":
            break
        at = stop.end()
    code = text[start : stop.start()]
    code = code[1:] if re.match(r"-\s", code) else code
    return (code[:-1] if re.search(r"\s-$", code) else code).strip(), stop.end()


# --- Blocks ----------------------------------------------------------------------------------


@dataclass(slots=True)
class _Parser:
    pieces: list[_Piece]
    at: int = 0
    defined: list[tuple[str, tuple[Part, ...]]] = field(default_factory=list)

    def parts(self, depth: int) -> tuple[tuple[Part, ...], tuple[str, str, int] | None]:
        """Return what stands before the next `end` or `else`, and that with its line."""
        if depth > MAX_DEPTH:
            raise MalformedError("blocks within blocks")
        found: list[Part] = []
        while self.at < len(self.pieces):
            piece = self.pieces[self.at]
            self.at += 1
            if piece.code is None:
                found.append(Text(piece.text, piece.line))
                continue
            first = _WORD.match(piece.code)
            word = first[0] if first else ""
            rest = piece.code[len(word) :].strip()
            if word in ("end", "else"):
                return tuple(found), (word, rest, piece.line)
            if word in ("break", "continue"):
                raise MalformedError(word)
            part = self._part(word, rest, piece, depth)
            if part:
                found.append(part)
        return tuple(found), None

    def _part(self, word: str, rest: str, piece: _Piece, depth: int) -> Part | None:
        if word in ("if", "with", "range"):
            return self._branch(word, rest, piece.line, depth)
        if word in ("define", "block"):
            return self._define(word, rest, piece.line, depth)
        if word == "template":
            name, pipe = _named(rest)
            return Call(name, pipe, piece.line)
        code = piece.code or ""
        given = re.match(r"\$(\w+)\s*(:?=)(?!=)", code)
        if given:
            pipe = pipe_of(code[given.end() :])
            return Action(pipe, piece.line, given[1], given[2] == ":=")
        return Action(pipe_of(code), piece.line) if code else None

    def _branch(self, word: str, rest: str, line: int, depth: int) -> Branch:
        given = re.match(r"\$(\w*)\s*(?:,\s*\$(\w*)\s*)?:=", rest)
        names = tuple(n for n in given.groups() if n is not None) if given else ()
        pipe = pipe_of(rest[given.end() :] if given else rest)
        body, end = self.parts(depth + 1)
        other: tuple[Part, ...] = ()
        if end and end[0] == "else":
            inner, _, more = end[1].partition(" ")
            if inner in ("if", "with"):
                return Branch(word, pipe, body, (self._branch(inner, more, end[2], depth + 1),),
                              line, names)  # fmt: skip
            other, end = self.parts(depth + 1)
        if not end or end[0] != "end":
            raise MalformedError(f"{word} without an end")
        return Branch(word, pipe, body, other, line, names)

    def _define(self, word: str, rest: str, line: int, depth: int) -> Call | None:
        name, pipe = _named(rest)
        body, end = self.parts(depth + 1)
        if not end or end[0] != "end":
            raise MalformedError(f"{word} without an end")
        self.defined.append((name, body))
        return Call(name, pipe, line) if word == "block" else None


def _named(code: str) -> tuple[str, Pipe | None]:
    match = re.match(r"\"((?:\\.|[^\"\\\n])*)\"|`([^`]*)`", code)
    if not match:
        raise MalformedError("a template without a name")
    rest = code[match.end() :].strip()
    return match[1] or match[2] or "", pipe_of(rest) if rest else None


# --- Pipelines -------------------------------------------------------------------------------


def pipe_of(code: str) -> Pipe:
    """Return the pipeline that a code is."""
    tokens = list(_tokens(code))
    pipe, at = _pipe(tokens, 0, code.strip(), 0)
    if at != len(tokens):
        raise MalformedError(code)
    return pipe


def _tokens(code: str) -> Iterator[tuple[str, str, bool]]:
    """Yield the kind and text of each token, and whether space stands before it."""
    at, spaced = 0, True
    while at < len(code):
        match = _TOKEN.match(code, at)
        if match is None or match.end() == at:
            raise MalformedError(code)
        kind = match.lastgroup or ""
        at = match.end()
        if kind != "space":
            yield kind, match[0], spaced
        spaced = kind == "space"


def _pipe(tokens: list[tuple[str, str, bool]], at: int, code: str, depth: int) -> tuple[Pipe, int]:
    if depth > MAX_DEPTH:
        raise MalformedError("parentheses within parentheses")
    commands: list[Command] = []
    operands: list[Operand] = []
    while at < len(tokens) and tokens[at][1] != ")":
        if tokens[at][0] == "sign" and tokens[at][1] == "|":
            commands.append(tuple(operands))
            operands = []
            at += 1
            continue
        operand, at = _operand(tokens, at, code, depth)
        operands.append(operand)
    commands.append(tuple(operands))
    if not all(commands):
        raise MalformedError(code)
    return Pipe(tuple(commands), code), at


def _operand(
    tokens: list[tuple[str, str, bool]], at: int, code: str, depth: int
) -> tuple[Operand, int]:
    kind, text, _ = tokens[at]
    at += 1
    if text == "(":
        pipe, at = _pipe(tokens, at, code, depth + 1)
        if at >= len(tokens) or tokens[at][1] != ")":
            raise MalformedError(code)
        names, at = _fields(tokens, at + 1)
        return Nested(pipe, names), at
    if kind == "variable":
        names, at = _fields(tokens, at)
        return Path(text, names), at
    if kind == "field":
        names, at = _fields(tokens, at)
        return Path("", (text[1:], *names)), at
    if kind == "dot":
        return Path("", ()), at
    if kind == "word" and text not in ("true", "false", "nil"):
        return Name(text), at
    return Literal(_constant(kind, text, code)), at


def _fields(tokens: list[tuple[str, str, bool]], at: int) -> tuple[tuple[str, ...], int]:
    names: list[str] = []
    while at < len(tokens) and tokens[at][0] == "field" and not tokens[at][2]:
        names.append(tokens[at][1][1:])
        at += 1
    return tuple(names), at


def _constant(kind: str, text: str, code: str) -> str | int | float | bool | None:
    match kind:
        case "word":
            return {"true": True, "false": False}.get(text)
        case "string":
            return text[1:-1] if text[0] == "`" else _unescaped(text[1:-1])
        case "char":
            return ord(_unescaped(text[1:-1])[:1] or " ")
        case "number":
            digits = text.replace("_", "")
            whole = re.fullmatch(r"[+-]?(?:0[xX][0-9a-fA-F]+|\d+)", digits)
            return int(digits, 16 if "x" in digits.lower() else 10) if whole else float(digits)
    raise MalformedError(code)


def _unescaped(text: str) -> str:
    known = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", '"': '"', "'": "'"}
    return re.sub(r"\\(.)", lambda match: known.get(match[1], match[0]), text)
