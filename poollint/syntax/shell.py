"""Command lines as POSIX shells read them: words, the commands they make, and where each stands.

Nothing is expanded and nothing is run. A substitution (`$(nproc)`) stays in its word as it is
written.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

MAX_CHARACTERS = 100_000
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*\+?=")
_OPERATORS = (*"&& || ;; >> << >& <& &> ; & | ( ) < >".split(), "\n")
_REDIRECTIONS = frozenset((">", "<", ">>", "<<", ">&", "<&", "&>"))
_KEYWORDS = frozenset("if then else elif do while until ! { } fi done".split())


@dataclass(frozen=True, slots=True)
class Word:
    """A word without its quotes.

    `start` and `end` are offsets in the line, quotes included. `expands` tells that a shell
    would replace `$NAME` in it (no part of it stands in single quotes).
    """

    text: str
    start: int
    end: int
    expands: bool = True


@dataclass(frozen=True, slots=True)
class Command:
    """A simple command: `NAME=value` words before it, and its own words.

    `behind` tells that the shell does not wait for it (`&`).
    """

    assignments: tuple[tuple[str, Word], ...]
    words: tuple[Word, ...]
    behind: bool = False


@dataclass(frozen=True, slots=True)
class _Operator:
    text: str


def words(text: str) -> tuple[Word, ...]:
    """Split `text` into words as a shell does, but take operators for ordinary text.

    This is how Compose and Docker split a command that no shell runs.
    """
    return tuple(t for t in _tokens(text, operators=False) if isinstance(t, Word))


def commands(text: str) -> tuple[Command, ...]:
    """Return the simple commands of a shell line or script, in order, redirections left out."""
    found: list[Command] = []
    current: list[Word] = []
    skip = False
    for token in (*_tokens(text, operators=True), _Operator("\n")):
        if isinstance(token, Word):
            if not skip:
                current.append(token)
            skip = False
        elif token.text in _REDIRECTIONS:
            if current and current[-1].text.isdigit() and current[-1].expands:
                current.pop()  # the number of a file (`2>&1`)
            skip = True
        else:
            skip = False
            command = _command(current, behind=token.text == "&")
            if command:
                found.append(command)
            current = []
    return tuple(found)


def _command(parts: list[Word], *, behind: bool) -> Command | None:
    while parts and parts[0].text in _KEYWORDS:
        parts = parts[1:]
    assignments: list[tuple[str, Word]] = []
    for word in parts:
        match = _ASSIGNMENT.match(word.text)
        if not match:
            break
        value = Word(word.text[match.end() :], word.start + match.end(), word.end, word.expands)
        assignments.append((match[0].rstrip("+="), value))
    rest = tuple(parts[len(assignments) :])
    return Command(tuple(assignments), rest, behind) if rest or assignments else None


def _tokens(text: str, *, operators: bool) -> list[Word | _Operator]:
    text = text[:MAX_CHARACTERS]
    found: list[Word | _Operator] = []
    at = 0
    while at < len(text):
        sign = text[at]
        if sign in " \t\r" or (sign == "\n" and not operators):
            at += 1
        elif text.startswith("\\\n", at):
            at += 2
        elif sign == "#" and operators:
            end = text.find("\n", at)
            at = len(text) if end < 0 else end
        elif operators and (operator := _operator(text, at)):
            found.append(_Operator(operator))
            at += len(operator)
        else:
            word = _word(text, at, operators=operators)
            found.append(word)
            at = word.end
    return found


def _operator(text: str, at: int) -> str:
    return next((o for o in _OPERATORS if text.startswith(o, at)), "")


def _word(text: str, start: int, *, operators: bool) -> Word:
    parts: list[str] = []
    expands = True
    at = start
    while at < len(text):
        sign = text[at]
        if sign in " \t\r\n" or (operators and _operator(text, at)):
            break
        if sign == "'":
            end = _find(text, "'", at + 1)
            expands = False
            part = text[at + 1 : end]
            at = end + 1
        elif sign == '"':
            end = _quoted_end(text, at + 1)
            part = _unquoted(text[at + 1 : end], operators=operators)
            at = end + 1
        elif sign == "\\":
            part = text[at + 1 : at + 2].replace("\n", "")
            at += 2
        else:
            end = _substitution_end(text, at)
            part = text[at:end]
            at = end
        parts.append(part)
    return Word("".join(parts), start, min(at, len(text)), expands)


def _unquoted(text: str, *, operators: bool) -> str:
    """Return what stands in double quotes; without a shell every backslash only escapes.

    A shell keeps it before most characters. mattn/go-shellwords, with which Compose splits, does
    not: the lines of a folded text that end with one are one line.
    """
    text = text.replace("\\\n", "")
    if operators:
        return re.sub(r'\\(["\\$`])', r"\1", text)
    return re.sub(r"\\(.)", lambda m: {"n": "\n", "t": "\t"}.get(m[1], m[1]), text, flags=re.S)


def _find(text: str, sign: str, at: int) -> int:
    end = text.find(sign, at)
    return len(text) if end < 0 else end


def _quoted_end(text: str, at: int) -> int:
    while at < len(text) and text[at] != '"':
        at = at + 2 if text[at] == "\\" else _substitution_end(text, at)
    return min(at, len(text))


def _substitution_end(text: str, at: int) -> int:
    """Return the end of the `$(…)`, `${…}` or backticks that begin at `at`, else `at` + 1."""
    if text[at] == "`":
        return min(_find(text, "`", at + 1) + 1, len(text))
    opening = text[at + 1 : at + 2]
    if text[at] != "$" or opening not in ("(", "{"):
        return at + 1
    closing = ")" if opening == "(" else "}"
    depth = 0
    for index in range(at + 1, len(text)):
        depth += (text[index] == opening) - (text[index] == closing)
        if not depth:
            return index + 1
    return len(text)
