"""Numbers in Go: of a variable and its default, or of a field that a file of settings gives one.

Understood is a function whose name says that it reads the environment, with a default
(`getEnvInt("DB_MAX_CONNS", 25)`), and a field of a configuration (`cfg.MaxConns`) which one of the
application's files gives such a number, a plain one, or a tag. Source: caarlos0/env 11
(`env`, `envDefault`), kelseyhightower/envconfig 1.4 (`envconfig`, `default`). What a tag of a file
format (`yaml`, `mapstructure`) lets others say is not known.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from poollint.model.source import SourceFile
from poollint.reading.deployment.ecosystems import numbers
from poollint.reading.deployment.ecosystems.stating import StatedFile, StatedPool, Told
from poollint.syntax.tokens import Words

KIND = "fields"  # a file of settings that sets up no pool itself
MARK = (
    rb"\b\w*[eE][nN][vV]\w*(?:\.\w+)?\(\s*\"\w*(?:CONN|POOL)\w*\"|[eE]nv[dD]efault:\"|envconfig:\""
    rb"|\bMax\w*(?:Conn|Open)\w*:\s*\d"
)
_READS = re.compile(r"\w*[eE][nN][vV]\w*")
_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]*")
_CONVERSIONS = ("int", "int32", "int64", "uint", "uint32")
_FIELD = re.compile(r"\w*(?:Max\w*Conn|MaxOpen|MaxPool|Pool\w*(?:Size|Max)|ConnLimit)\w*", re.I)
_OF_TIME = re.compile(r"Idle|Time|Life|Age", re.I)
_TAG = re.compile(r"\b(\w[\w-]*):\"([^\"]*)\"")
_MAX_STEPS = 4


def told(words: Words, start: int, end: int, source: SourceFile, steps: int = 0) -> Told:
    """Return the number of an expression, with its variable, or the field that holds it."""
    span = source.span(words.tokens[start].start, words.tokens[end - 1].end)
    if words.name(start, *_CONVERSIONS) and words.closing(start + 1) == end - 1:
        return told(words, start + 2, end - 1, source, steps)
    read = _of_variable(words, start, end)
    if read:
        return Told(span, (read[0],), read[1])
    token = words.tokens[start]
    if end == start + 1 and token.kind == "name" and steps < _MAX_STEPS:
        value = numbers.assigned(words, token.text, start)
        if value and value[1] <= len(words.tokens):
            return told(words, *value, source, steps + 1)
    plain = numbers.told(words, start, end, source)
    if plain.number and not plain.variables:
        return plain
    return Told(span, field=_chained(words, start, end))


def fields(words: Words, source: SourceFile) -> Iterator[tuple[str, Told]]:
    """Yield the fields of settings that hold sizes of pools, each with what it is given."""
    for at, token in enumerate(words.tokens):
        if token.kind != "name" or not _is_size(token.text):
            continue
        if words.sign(at + 1, ":") and not words.sign(at - 1, "."):
            end = _end_of_value(words, at + 2)
            found = told(words, at + 2, end, source) if end > at + 2 else None
            if found and found.number and (found.variables or not _is_set(words, token.text)):
                yield token.text, found
        elif at + 2 < len(words.tokens) and words.tokens[at + 2].kind == "text":
            yield from _tagged(words, at, source)


def resolved(pools: Iterable[StatedPool], files: Iterable[StatedFile]) -> list[StatedPool]:
    """Return pools, those of a field with the number that the one file says which gives it one."""
    known: dict[str, list[Told]] = {}
    for file in files:
        for name, one in file.numbers:
            known.setdefault(name, []).append(one)

    def with_size(pool: StatedPool) -> StatedPool:
        found = known.get(pool.size.field, []) if pool.size and pool.size.field else []
        alike = {(one.variables, one.number) for one in found}
        return replace(pool, size=found[0]) if len(alike) == 1 else pool

    return [with_size(pool) for pool in pools]


def _is_size(name: str) -> bool:
    return _FIELD.fullmatch(name) is not None and not _OF_TIME.search(name)


def _of_variable(words: Words, start: int, end: int) -> tuple[str, int] | None:
    """Return the variable that a function is asked for, and the number where it is not set."""
    opening = start + 1
    while words.sign(opening, ".") and opening + 2 < end:
        opening += 2
    if not words.sign(opening, "(") or words.closing(opening) != end - 1:
        return None
    if not any(_READS.fullmatch(words.tokens[at].text) for at in range(start, opening, 2)):
        return None
    parts = list(words.parts(opening))
    if len(parts) != 2 or any(last - first != 1 for first, last in parts):
        return None
    name, number = (words.tokens[first] for first, _ in parts)
    told_so = name.kind == "text" and _VARIABLE.fullmatch(name.text) and number.text.isdecimal()
    return (name.text, int(number.text[:8])) if told_so else None


def _chained(words: Words, start: int, end: int) -> str:
    """Return the last name of `cfg.Database.MaxConns`, "" of anything else."""
    if (end - start) % 2 == 0 or end - start < 3:
        return ""
    signs = all(words.sign(at, ".") for at in range(start + 1, end, 2))
    names = all(words.tokens[at].kind == "name" for at in range(start, end, 2))
    return words.tokens[end - 1].text if signs and names else ""


def _end_of_value(words: Words, start: int) -> int:
    """Return where the value of a field ends: before a comma or the bracket around it."""
    at = start
    while at < len(words.tokens) and words.tokens[at].text not in (",", "}", ")", "]", ";"):
        at = words.closing(at) or at
        at += 1
    return min(at, len(words.tokens))


def _is_set(words: Words, name: str) -> bool:
    """Tell whether a field is given something after it was made: `cfg.MaxConns = n`."""
    return any(
        words.name(at, name) and words.sign(at - 1, ".") and words.sign(at + 1, "=")
        for at in range(len(words.tokens))
    )


def _tagged(words: Words, at: int, source: SourceFile) -> Iterator[tuple[str, Told]]:
    """Yield the field of a declaration whose tag names a variable, and a default."""
    tags = dict(_TAG.findall(words.tokens[at + 2].text))
    variable = (tags.get("env") or tags.get("envconfig") or "").partition(",")[0]
    number = tags.get("envDefault") or tags.get("default") or ""
    open_ = {"yaml", "mapstructure", "toml", "koanf"}.intersection(tags)
    if number.isdecimal() and int(number[:8]) and not open_ and _VARIABLE.fullmatch(variable):
        token = words.tokens[at + 2]
        span = source.span(words.tokens[at].start, token.end)
        yield words.tokens[at].text, Told(span, (variable,), int(number[:8]))
