"""Numbers in code of other languages: a literal, or an environment variable and its default.

Understood is what people write around them (`parseInt(process.env.POOL_MAX || "10", 10)`,
`String.to_integer(System.get_env("POOL_SIZE") || "10")`, `ENV.fetch("DB_POOL") { 5 }`,
`(int) env('POOL_SIZE', 10)`). An expression with anything else in it is not: its number is not
known.
"""

from __future__ import annotations

import re

from poollint.model.source import SourceFile, Span
from poollint.reading.deployment.ecosystems.stating import Told
from poollint.syntax.tokens import Words

MAX_STEPS = 5
GOING_ON = frozenset("|| ?? . ?. |> ? : , = => ( [ { && | or".split())
_AROUND = frozenset(
    "Number parseInt String to_integer Integer to_i to_s presence do end or then int".split()
) | frozenset("( ) { } || ?? | . ?. |> ? : + , !".split())
_ENDS = frozenset(("if", "unless"))
_INTEGER = re.compile(r"\d(?:_?\d){0,7}")
_VARIABLE = re.compile(r"[A-Za-z_]\w*")


def told(words: Words, start: int, end: int, source: SourceFile, steps: int = 0) -> Told:
    """Return the number that the words from `start` up to `end` stand for."""
    if not start < end <= len(words.tokens):
        return Told(source.span(0, 0))
    span = source.span(words.tokens[start].start, words.tokens[end - 1].end)
    single = words.tokens[start]
    if end == start + 1 and single.kind == "name" and steps < MAX_STEPS:
        value = assigned(words, single.text, start)
        return told(words, *value, source, steps + 1) if value else Told(span)
    names: list[str] = []
    numbers: list[int] = []
    strange = False
    at = start
    while at < end:
        reference = variable(words, at)
        word = words.tokens[at]
        if reference:
            names.append(reference[0])
            strange = strange or bool(numbers and "?" not in _signs(words, start, end))
            at = reference[1]
        elif word.kind in ("number", "text"):
            if not _is_radix(words, at):
                if not _INTEGER.fullmatch(word.text):
                    return _worked_out(words, start, end, span)
                numbers.append(int(word.text))
            at += 1
        elif word.text in _ENDS:
            break
        elif word.text == "+" and at > start and _is_value(words, at - 1):  # a sum, no sign
            return _worked_out(words, start, end, span)
        else:
            if word.text not in _AROUND:
                if word.kind != "name" or not names:
                    return _worked_out(words, start, end, span)
                numbers, strange = [], True  # a default that is computed
            at += 1
    known = tuple(dict.fromkeys(names))
    if strange and "?" in _signs(words, start, end):
        return Told(span)
    if strange:
        return Told(span, known)
    if len(numbers) > 1 or ("?" in _signs(words, start, end) and len(known) > 1):
        return Told(span)
    return Told(span, known, numbers[0] if numbers else None)


def _worked_out(words: Words, start: int, end: int, span: Span) -> Told:
    """Return a number that is not known, and whether variables have a say in it."""
    return Told(span, computed=any(variable(words, at) for at in range(start, end)))


def _is_value(words: Words, at: int) -> bool:
    """Tell whether a value ends here."""
    return words.tokens[at].kind != "sign" or words.tokens[at].text in ")]}"


def _signs(words: Words, start: int, end: int) -> frozenset[str]:
    return frozenset(token.text for token in words.tokens[start:end] if token.kind == "sign")


def _is_radix(words: Words, at: int) -> bool:
    """Tell whether this is the second argument of `parseInt(text, 10)`."""
    if not (words.sign(at - 1, ",") and words.sign(at + 1, ")")):
        return False
    return any(
        words.name(index - 1, "parseInt")
        for index in range(max(at - 40, 1), at)
        if words.closing(index) == at + 1
    )


def variable(words: Words, at: int) -> tuple[str, int] | None:
    """Return the environment variable that is read at `at`, and where the words go on."""
    if words.name(at, "process", "Bun") and words.sign(at + 1, ".") and words.name(at + 2, "env"):
        return _member(words, at + 3)
    if words.name(at, "Deno") and words.sign(at + 1, ".") and words.name(at + 2, "env"):
        return _call(words, at + 4, "get") if words.sign(at + 3, ".") else None
    if words.name(at, "ENV"):
        if words.sign(at + 1, "."):
            return _call(words, at + 2, "fetch")
        return _subscript(words, at + 1)
    if words.name(at, "env") and not words.sign(at - 1, "."):
        return _call(words, at, "env")
    if words.name(at, "System") and words.sign(at + 1, "."):
        return _call(words, at + 2, "get_env", "fetch_env!")
    return None


def _member(words: Words, at: int) -> tuple[str, int] | None:
    if words.sign(at, ".") and at + 1 < len(words.tokens):
        word = words.tokens[at + 1]
        return (word.text, at + 2) if word.kind == "name" else None
    return _subscript(words, at)


def _subscript(words: Words, at: int) -> tuple[str, int] | None:
    closing = words.closing(at) if words.sign(at, "[") else None
    if closing != at + 2 or words.tokens[at + 1].kind != "text":
        return None
    return words.tokens[at + 1].text, closing + 1


def _call(words: Words, at: int, *names: str) -> tuple[str, int] | None:
    if not words.name(at, *names) or not words.sign(at + 1, "("):
        return None
    word = words.tokens[at + 2]
    if word.kind != "text" or not _VARIABLE.fullmatch(word.text):
        return None
    return word.text, at + 3


def assigned(words: Words, name: str, used: int) -> tuple[int, int] | None:
    """Return the words that a name is given in the file, None where it is not given them once."""
    found: list[int] = []
    for at, token in enumerate(words.tokens):
        if token.text != name or token.kind != "name" or at == used:
            continue
        behind = at + 1
        if words.sign(behind, ":") and words.name(at - 1, "const", "let", "var"):
            while behind < len(words.tokens) and not words.sign(behind, "="):
                if words.tokens[behind].text in ";,(":
                    break
                behind += 1
        if words.sign(behind, "=") or words.sign(behind, ":="):
            if words.sign(at - 1, "."):
                continue
            found.append(behind + 1)
    if len(found) != 1 or found[0] >= len(words.tokens):
        return None
    return found[0], words.until(found[0], GOING_ON)
