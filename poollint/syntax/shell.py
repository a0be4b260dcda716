"""Command lines as POSIX shells read them: words, the commands they make, and where each stands.

Nothing is expanded and nothing is run. A substitution (`$(nproc)`) stays in its word as it is
written.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

MAX_CHARACTERS = 100_000
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*\+?=")
_OPERATOR = re.compile(r"&&|\|\||;;|>>|<<|>&|<&|&>|[;&|()<>\n]")
_PLAIN = re.compile(r"""[^\s'"\\$`;&|()<>]+""")  # nothing in it ends a word, or is another word
_REDIRECTIONS = frozenset((">", "<", ">>", "<<", ">&", "<&", "&>"))
_KEYWORDS = frozenset("if then else elif do while until ! { } fi done esac".split())
_TESTS = frozenset(("[", "[[", "test"))
_CASE = 3  # words of `case WORD in`


Branch = tuple[tuple[int, int], ...]


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

    `behind` tells that the shell does not wait for it (`&`). `branch` is the way to it through
    what a shell may or may not run (`if`, `case`, a function, `test && …`, `… || …`): the number
    of each such place, and which of its branches; () for what runs in any case.
    """

    assignments: tuple[tuple[str, Word], ...]
    words: tuple[Word, ...]
    behind: bool = False
    branch: Branch = ()


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
    read = _Commands()
    for token in (*_tokens(text, operators=True), _Operator("\n")):
        if isinstance(token, Word):
            read.word(token)
        else:
            read.operator(token.text)
    return tuple(read.found)


class _Commands:
    """The simple commands of a line, read from left to right."""

    def __init__(self) -> None:
        self.found: list[Command] = []
        self._current: list[Word] = []
        self._skip = False  # the next word is a file
        self._blocks: list[tuple[str, int, int]] = []  # their keyword, number and branch
        self._places = 0
        self._patterns = False  # between `in` or `;;` and `)` of a `case`
        self._tested = False  # the commands of this list depend on one before them
        self._last = ""

    def word(self, word: Word) -> None:
        if self._skip:
            self._skip = False
        elif self._patterns:
            if word.text == "esac":
                self._patterns = False
                self._close()
        else:
            self._current.append(word)
            words = self._current
            if len(words) == _CASE and (words[0].text, words[-1].text) == ("case", "in"):
                self._open("case")
                self._patterns, self._current = True, []

    def operator(self, sign: str) -> None:
        if sign in _REDIRECTIONS:
            if self._current and self._current[-1].text.isdigit() and self._current[-1].expands:
                self._current.pop()  # the number of a file (`2>&1`)
            self._skip = True
            return
        self._skip = False
        if self._patterns:
            self._patterns = sign != ")"
            return
        if sign == "(" and len(self._current) == 1:  # a function: its name is no command
            self._current = []
        command = self._command(behind=sign == "&")
        if command:
            self.found.append(command)
        if sign == ";;" and self._blocks and self._blocks[-1][0] == "case":
            self._patterns = True
            self._next()
        self._depend(sign, command)

    def _depend(self, sign: str, command: Command | None) -> None:
        """Note whether what follows depends on a test, or on what has failed."""
        if sign not in ("&&", "||"):
            self._tested = self._tested and sign == "|"
        elif sign == "||" or (command and command.words and command.words[0].text in _TESTS):
            self._tested = True
            self._places += 1

    def _command(self, *, behind: bool) -> Command | None:
        parts, self._current = self._current, []
        while parts and parts[0].text in _KEYWORDS:
            self._keyword(parts[0].text)
            parts = parts[1:]
        assignments: list[tuple[str, Word]] = []
        for word in parts:
            match = _ASSIGNMENT.match(word.text)
            if not match:
                break
            value = Word(word.text[match.end() :], word.start + match.end(), word.end, word.expands)
            assignments.append((match[0].rstrip("+="), value))
        rest = tuple(parts[len(assignments) :])
        if not rest and not assignments:
            return None
        branch = tuple((number, index) for _, number, index in self._blocks)
        branch += ((self._places, 0),) if self._tested else ()
        return Command(tuple(assignments), rest, behind, branch)

    def _keyword(self, text: str) -> None:
        if text in ("if", "{"):
            self._open(text)
        elif text in ("elif", "else"):
            self._next()
        elif text in ("fi", "}", "esac"):
            self._close()

    def _open(self, keyword: str) -> None:
        self._places += 1
        self._blocks.append((keyword, self._places, 0))

    def _next(self) -> None:
        if self._blocks:
            keyword, number, index = self._blocks[-1]
            self._blocks[-1] = (keyword, number, index + 1)

    def _close(self) -> None:
        if self._blocks:
            self._blocks.pop()


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
        elif operators and (operator := _OPERATOR.match(text, at)):
            found.append(_Operator(operator[0]))
            at = operator.end()
        else:
            word = _word(text, at, operators=operators)
            found.append(word)
            at = word.end
    return found


def _word(text: str, start: int, *, operators: bool) -> Word:
    parts: list[str] = []
    expands = True
    at = start
    while at < len(text):
        sign = text[at]
        if plain := _PLAIN.match(text, at):
            parts.append(plain[0])
            at = plain.end()
            continue
        if sign in " \t\r\n" or (operators and _OPERATOR.match(text, at)):
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
