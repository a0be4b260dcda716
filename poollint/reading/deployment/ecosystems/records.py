"""Records of Rails that connect to a database of their own: each has a pool beside the others'.

Source: Rails 8.1, `ActiveRecord::ConnectionHandling#establish_connection` (a pool for each class
that calls it, by the name of an entry of `config/database.yml`, a URL, or a hash).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from fnmatch import fnmatchcase

from poollint.model.source import SourceFile, Unreadable
from poollint.reading.deployment.ecosystems import numbers
from poollint.reading.deployment.ecosystems.rails import LANGUAGE, POOL
from poollint.reading.deployment.ecosystems.stating import StatedFile, StatedPool, Told
from poollint.syntax.tokens import Words

KIND = "records"
MARK = re.compile(rb"\bestablish_connection\b")
_CALL = "establish_connection"
_TESTS = frozenset(("spec", "test", "tests"))
_EVERYONE = frozenset(("Base", "ApplicationRecord"))  # who gives these another gives it to all
_PUT_IN = re.compile(r"#\{[^{}]{0,200}\}")
_NAME = re.compile(r"[\w*-]+")


def claims(path: str) -> bool:
    """Tell whether this is code where an application's records are."""
    folders = path.split("/")[:-1]
    return path.endswith(".rb") and "models" in folders and _TESTS.isdisjoint(folders)


def read(source: SourceFile) -> StatedFile | Unreadable | None:
    """Return the databases that records connect to, None where they connect to none of theirs."""
    words = Words(source.text, "#")
    names: list[str] = []
    pools: list[StatedPool] = []
    for at in range(len(words.tokens)):
        if not words.name(at, _CALL) or not _is_of_a_record(words, at):
            continue
        end = words.until(at, numbers.GOING_ON)
        named = list(_names(words, at + 1, end))
        names += named
        if not named and end > at + 1:
            pools.append(_pool(words, at, end, source))
    if not names and not pools:
        return None
    return StatedFile(LANGUAGE, KIND, source.path, "", tuple(pools), entries=tuple(names))


def _is_of_a_record(words: Words, at: int) -> bool:
    """Tell whether a call is a record's: what all records share is replaced, not added to."""
    if words.name(at - 1, "def") or words.sign(at - 1, ":"):
        return False
    if not words.sign(at - 1, "."):
        return any(words.name(i, "class", "included", "class_methods") for i in range(at))
    receiver = words.tokens[at - 2].text if at > 1 else ""
    return receiver not in _EVERYONE and (receiver == "self" or receiver[:1].isupper())


def _names(words: Words, start: int, end: int) -> Iterator[str]:
    """Yield names of entries in the words of a call, with `*` for what is put in."""
    at = start
    while at < end:
        read_ = numbers.variable(words, at)
        if read_:
            at = read_[1]
            continue
        word = words.tokens[at]
        symbol = word.kind == "name" and words.sign(at - 1, ":") and (
            words.tokens[at - 1].end == word.start
        )  # fmt: skip
        name = _PUT_IN.sub("*", word.text) if word.kind == "text" else word.text if symbol else ""
        if _NAME.fullmatch(name) and name.strip("*"):
            yield name
        at += 1


def _pool(words: Words, at: int, end: int, source: SourceFile) -> StatedPool:
    """Return the pool of a record that takes its address from a variable, or who knows whence."""
    span = source.span(words.tokens[at].start, words.tokens[end - 1].end)
    reads = [read for i in range(at, end) if (read := numbers.variable(words, i))]
    variables = tuple(dict.fromkeys(name for name, _ in reads))
    size, default = (None, POOL) if variables else (Told(span), None)
    title = f"{source.path}:{span.start.line}"
    return StatedPool(
        "Active Record", "pool", span, size, default, "Rails default",
        variables=variables, title=title, option="pool",
    )  # fmt: skip


def further(
    pools: Iterable[StatedPool], entries: Iterable[str], environment: str | None
) -> dict[StatedPool, StatedPool]:
    """Return the pools of entries that records name, each as one beside those of the others.

    `environment` is the one that the process runs in, None where that is not known: then entries
    that one name may mean are alternatives.
    """
    found: dict[StatedPool, StatedPool] = {}
    every = [pool for pool in pools if pool.chosen and pool.chosen != environment]
    for entry in dict.fromkeys(entries):
        exact = entry.replace("*", environment or "*")
        named = [p for p in every if p.chosen == exact]
        for pool in named or [p for p in every if fnmatchcase(p.chosen, entry)]:
            title = pool.chosen if environment else entry
            found.setdefault(pool, replace(pool, chosen="", title=title, unasked=""))
    return found
