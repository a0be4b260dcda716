"""Ecto's repositories, as `config/*.exs` of an application in Elixir sets them up.

Source: Ecto SQL 3, `Ecto.Adapters.Postgres` and DBConnection: `pool_size` is 10 by default, all
of them are opened at once, and `pool_count` makes several such pools. Oban 2, `Oban.Notifier`: it
listens on one connection of its own, with the notifier of PostgreSQL, which it has by default.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from posixpath import basename, dirname

from poollint.model.source import SourceFile, Span
from poollint.reading.deployment.ecosystems import numbers
from poollint.reading.deployment.ecosystems.stating import StatedFile, StatedPool, Told
from poollint.reading.naming.values import dsn
from poollint.syntax.tokens import Words

LANGUAGE = "elixir"
MARK = re.compile(rb"\bconfig\s+:\w+,\s*[\w.]*Repo\b|\buse\s+Ecto\.Repo\b")
REPOSITORY = "repository"
"""The kind of a file that makes repositories, of which settings say the rest."""
POOL_SIZE = 10
_ANY = "*"  # whatever repositories there are
# What counts in a release: the last of these that says something.
ORDER = ("config.exs", "prod.exs", "releases.exs", "runtime.exs")
# What listens on a connection that it opens beside those of the repositories.
_LISTENS = re.compile(
    r"\bStrategy\.Postgres\b|\bPostgrex\.(?:Notifications\.)?start_link\b"
    r"|\bOban\.Notifiers\.Postgres\b|\bconfig\s+:\w+,\s*Oban\s*,"
)
_SILENT = re.compile(r"\bnotifier:\s*\{?\s*Oban\.Notifiers\.(?!Postgres\b)")
_MADE = re.compile(
    r"\bdefmodule[ \t]+(?P<title>[\w.]{1,200})[ \t]+do\b[^\n]*\n"
    r"(?:(?![^\n]*(?:\bdefmodule\b|\buse[ \t]+Ecto\.Repo\b))[^\n]*\n){0,40}"
    r"[ \t]*use[ \t]+Ecto\.Repo\b(?:(?![^\n]*\badapter:)[^\n]*\n){0,6}"
    r"[^\n]*?\badapter:[ \t]*(?P<adapter>[\w.]{1,200})"
)
_OURS = re.compile(r"Postgres|Cockroach|Yugabyte")
_ADAPTER = re.compile(r"Ecto\.Adapters\.(\w+)")


def claims(path: str) -> bool:
    """Tell whether this is a file of settings that counts in a release, or makes a repository."""
    if path.endswith("repo.ex"):
        return "lib/" in path
    return basename(path) in ORDER and basename(dirname(path)) == "config"


def read(source: SourceFile) -> StatedFile | None:
    """Return the repositories that a file sets up, None where it sets up none."""
    if source.path.endswith(".ex"):
        return _others(source)
    adapter = _ADAPTER.search(source.text)
    if adapter and adapter[1] != "Postgres":
        return None
    words = Words(source.text, "#")
    found = tuple(_repositories(words, source))
    if _says_more(words, "pool_size", "pool_count"):
        found = tuple(replace(pool, size=Told(pool.span)) for pool in found) or _beyond(source)
    if _says_more(words, "pool_count"):
        found = tuple(replace(pool, times=Told(pool.span)) for pool in found)
    if not found:
        return None
    home = dirname(dirname(source.path)) or "."
    beside = _listens(source)
    return StatedFile(LANGUAGE, basename(source.path), source.path, home, found, beside=beside)


def _others(source: SourceFile) -> StatedFile | None:
    """Return the repositories of other databases that a file makes, by their adapters."""
    found = _MADE.finditer(source.text)
    titles = tuple(m["title"] for m in found if not _OURS.search(m["adapter"]))
    home = f"/{source.path}".rpartition("/lib/")[0].lstrip("/") or "."
    known = StatedFile(LANGUAGE, REPOSITORY, source.path, home, entries=titles)
    return known if titles else None


def _listens(source: SourceFile) -> Span | None:
    """Return where a file sets up what has a connection of its own, None where nothing has."""
    code = re.sub(r"(?m)^\s*#.*$", lambda comment: " " * len(comment[0]), source.text)
    found = None if _SILENT.search(code) else _LISTENS.search(code)
    return source.span(found.start(), found.end()) if found else None


def _repositories(words: Words, source: SourceFile) -> Iterator[StatedPool]:
    """Yield what `config :shop, Shop.Repo, …` says, one a repository; a later one adds to it."""
    found: dict[str, StatedPool] = {}
    for at in range(len(words.tokens) - 4):
        parts = _parts(words, at)
        title = _title(words, parts) if parts else ""
        if not title.endswith("Repo"):
            continue
        pool = _pool(title, at, parts[2:], words, source)
        before = found.get(title)
        found[title] = _over(before, pool) if before else pool
    yield from found.values()


def _says_more(words: Words, *keys: str) -> bool:
    """Tell whether one of `keys` stands where it is not a plain one of a repository.

    One of another module (`config :shop, Shop.Http, pool_size: 50`) is of no repository.
    """
    plain = 0
    for at in range(len(words.tokens) - 4):
        parts = _parts(words, at)
        if parts and _title(words, parts)[:1].isupper():
            plain += sum(words.name(start, *keys) for start, _ in parts[2:])
    every = (words.name(at, *keys) and _is_key(words, at) for at in range(len(words.tokens)))
    return plain < sum(every)


def _is_key(words: Words, at: int) -> bool:
    """Tell whether a name is given a value as a key: `pool_size: 5`, `:pool_size, 5`."""
    atom = words.sign(at - 1, ":") and words.tokens[at - 1].end == words.tokens[at].start
    return words.sign(at + 1, ":") or atom


def _beyond(source: SourceFile) -> tuple[StatedPool, ...]:
    """Return the pool of a file that sets up repositories in words that are not understood."""
    span = source.span(0, 0)
    return (StatedPool("Ecto", "pool_size", span, Told(span), POOL_SIZE, "", title=_ANY),)


def _parts(words: Words, at: int) -> tuple[tuple[int, int], ...]:
    """Return what stands between the commas of the `config` at `at`, none where there is none."""
    if not (words.name(at, "config") and words.sign(at + 1, ":")):
        return ()
    parts = tuple(words.split(at + 2, words.until(at + 2, numbers.GOING_ON)))
    return parts if len(parts) > 1 else ()


def _title(words: Words, parts: tuple[tuple[int, int], ...]) -> str:
    return "".join(token.text for token in words.tokens[slice(*parts[1])])


def _pool(
    title: str, at: int, parts: tuple[tuple[int, int], ...], words: Words, source: SourceFile
) -> StatedPool:
    token = words.tokens[at]
    span = source.span(token.start, words.tokens[at].end)
    size: Told | None = None
    times: Told | None = None
    address = ""
    variables: tuple[str, ...] = ()
    for start, end in parts:
        if not words.sign(start + 1, ":") or end <= start + 2:
            continue
        if words.name(start, "pool_size"):
            size = numbers.told(words, start + 2, end, source)
        elif words.name(start, "pool_count"):
            times = numbers.told(words, start + 2, end, source)
        elif words.name(start, "url"):
            address, variables = _address(words, start + 2, end)
    return StatedPool(
        "Ecto", "pool_size", span, size, POOL_SIZE, "Ecto default",
        eager=True, address=address, variables=variables, title=title, times=times,
    )  # fmt: skip


def _address(words: Words, start: int, end: int) -> tuple[str, tuple[str, ...]]:
    token = words.tokens[start]
    if end == start + 1 and token.kind == "name":
        found = numbers.assigned(words, token.text, start)
        if found is None:
            return "", ()
        start, end = found
    names = [name[0] for at in range(start, end) if (name := numbers.variable(words, at))]
    if names:
        return "", tuple(dict.fromkeys(names))
    literal = dsn.address(token.text) if token.kind == "text" else None
    return (literal.url, ()) if literal else ("", ())


def _over(before: StatedPool, after: StatedPool) -> StatedPool:
    """Return what counts where both are said: the later one, as far as it says something."""
    return replace(
        after,
        size=after.size or before.size,
        times=after.times or before.times,
        span=after.span if after.size else before.span,
        address=after.address or ("" if after.variables else before.address),
        variables=after.variables or (() if after.address else before.variables),
    )


def merged(files: tuple[StatedFile, ...], environment: str | None) -> tuple[StatedPool, ...]:
    """Return the repositories of an application, as its release reads the files.

    Those of an `environment` other than "prod" are set up by other files: how, is not known.
    """
    found: dict[str, StatedPool] = {}
    others = {title for file in files if file.kind == REPOSITORY for title in file.entries}
    said = (file for file in files if file.kind != REPOSITORY)
    for file in sorted(said, key=lambda file: ORDER.index(file.kind)):
        for pool in (p for p in file.pools if p.title not in others):
            before = found.get(pool.title)
            found[pool.title] = _over(before, pool) if before else pool
    strange = found.pop(_ANY, None)
    if strange and not found:
        return (strange,)
    pools = tuple(found.values())
    if strange or environment not in (None, "prod"):
        return tuple(replace(p, size=Told(strange.span if strange else p.span)) for p in pools)
    return pools
