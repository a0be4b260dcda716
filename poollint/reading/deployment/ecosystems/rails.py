"""Rails applications: `config/database.yml`, and how many threads Puma and Sidekiq run.

Source: Rails 8.1, `ActiveRecord::DatabaseConfigurations::HashConfig` (`max_connections`, before
and still `pool`, 5 where neither is said) and `DatabaseConfigurations` (`DATABASE_URL` is that of
`primary`, `CACHE_DATABASE_URL` that of `cache`); Puma 6, `Puma::DSL` and `Puma::Configuration` (one
process and 5 threads where nothing is said); Sidekiq 7, `sidekiq.yml` (5 threads).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from posixpath import basename, dirname

from poollint.model.source import SourceFile, Span, Unreadable
from poollint.reading.deployment.ecosystems import erb, numbers
from poollint.reading.deployment.ecosystems.stating import StatedFile, StatedPool, Told
from poollint.reading.naming.values import dsn
from poollint.syntax import yaml
from poollint.syntax.tokens import Words
from poollint.syntax.yaml import Mapping, Node, Scalar

LANGUAGE = "ruby"
MARK = re.compile(rb"\b(?:adapter|url|concurrency)\s*:|^[ \t]*(?:threads|workers)\b", re.M)
POOL = 5
_PRIMARY = "primary"  # what counts where nothing names a database
MAX_URL = 2000
_NO_ENVIRONMENTS = frozenset(("test", "default", "shared", "base"))
_ADAPTERS = frozenset(("postgresql", "postgis"))
_TEMPLATE = re.compile(r"\s*<%=(?P<code>.*?)-?%>\s*", re.S)
_FILES = {
    "database.yml": "database",
    "sidekiq.yml": "sidekiq",
    "puma.rb": "puma",
    "production.rb": "puma",
}


def claims(path: str) -> bool:
    """Tell whether this is a file of settings of Rails, Puma or Sidekiq."""
    parts = path.split("/")
    if parts[-1] == "production.rb":
        return parts[-3:-1] == ["config", "puma"]
    return parts[-1] in _FILES and parts[-2:-1] == ["config"]


def read(source: SourceFile) -> StatedFile | Unreadable | None:
    """Return what a file says; None where it says nothing of PostgreSQL, or of threads."""
    kind = _FILES[basename(source.path)]
    folder = dirname(dirname(source.path))
    if source.path.endswith("config/puma/production.rb"):
        folder = dirname(folder)
    home = folder or "."
    if kind == "puma":
        return StatedFile(LANGUAGE, kind, source.path, home, numbers=tuple(_puma(source)))
    plain = erb.plain(source) if kind == "database" else source
    root = _root(plain) if plain else None
    if not isinstance(root, Mapping):
        return Unreadable(Span.at(source.path), "a template of ERB", broken=False)
    if kind == "sidekiq":
        value = root.get(":concurrency") or root.get("concurrency")
        told = _told(value, source) if value else None
        named = (("concurrency", told),) if told else ()
        return StatedFile(LANGUAGE, kind, source.path, home, numbers=named)
    pools = tuple(_pools(root, source))
    return StatedFile(LANGUAGE, kind, source.path, home, pools) if pools else None


def _root(source: SourceFile) -> Node | None:
    stream = yaml.read(source)
    return stream.documents[0] if stream.documents and not stream.unread else None


def _pools(root: Mapping, source: SourceFile) -> Iterator[StatedPool]:
    """Yield the pools of each environment; one may have several databases."""
    for item in root.items:
        if not isinstance(item.value, Mapping) or item.key.text in _NO_ENVIRONMENTS:
            continue
        entries = [("", item.value, item.key.span)]
        if not _is_database(item.value):
            entries = [
                (inner.key.text, inner.value, inner.key.span)
                for inner in item.value.items
                if isinstance(inner.value, Mapping) and _is_database(inner.value)
            ]
        for title, entry, span in entries:
            if _is_postgres(entry):
                yield _pool(entry, span, item.key.text, title, source)


def _is_database(entry: Mapping) -> bool:
    return any(entry.get(name) for name in ("adapter", "url", "database", "host"))


def _is_postgres(entry: Mapping) -> bool:
    adapter = entry.text("adapter")
    if adapter:
        return adapter in _ADAPTERS or "<%" in adapter
    url = entry.text("url")
    return bool(url) and ("<%" in url or dsn.address(url) is not None)


def _pool(
    entry: Mapping, span: Span, environment: str, title: str, source: SourceFile
) -> StatedPool:
    named = next((n for n in ("max_connections", "pool") if entry.get(n)), "pool")
    value = entry.get(named)
    size = _told(value, source) if value else None
    if size and size.number is not None and size.number <= 0:
        size = Told(size.span)  # nothing bounds it
    url, host = entry.text("url"), entry.text("host")
    address = ""
    variables: tuple[str, ...] = ()
    if url:
        address, variables = _address(url)
    elif host and "<%" not in host and not host.startswith("/"):
        port = entry.text("port")
        shown = f":{port}" if port.isdecimal() else ""
        database = entry.text("database")
        address = f"postgresql://{host}{shown}/{'' if '<%' in database else database}"
    unasked = "DATABASE_URL" if title in ("", _PRIMARY) else f"{title.upper()}_DATABASE_URL"
    return StatedPool(
        "Active Record",
        named,
        span,
        size,
        POOL,
        "Rails default",
        address=address,
        variables=variables,
        sure=entry.text("adapter") in _ADAPTERS,
        unasked=unasked,
        chosen=environment,
        title=title,
        option="pool",
    )


def _address(text: str) -> tuple[str, tuple[str, ...]]:
    if len(text) > MAX_URL:
        return "", ()
    if "<%" not in text:
        literal = dsn.address(text)
        return (literal.url, ()) if literal else ("", ())
    found: list[str] = []
    for template in _TEMPLATE.finditer(text):
        words = Words(template["code"], "#")
        reads = (numbers.variable(words, at) for at in range(len(words.tokens)))
        found += [read[0] for read in reads if read]
    return "", tuple(dict.fromkeys(found))


def _told(node: Node, source: SourceFile) -> Told:
    """Return the number of a scalar: a literal, or an expression of Ruby in `<%= … %>`."""
    text = node.text.strip() if isinstance(node, Scalar) else ""
    if text.isdecimal() and len(text) < 9:
        return Told(node.span, (), int(text))
    template = _TEMPLATE.fullmatch(text)
    if template is None:
        return Told(node.span)
    found = _expression(template["code"], source)
    return Told(node.span, found.variables, found.number)


def _expression(code: str, source: SourceFile) -> Told:
    words = Words(code, "#")
    inside = SourceFile(source.path, code)
    return numbers.told(words, 0, len(words.tokens), inside)


def _puma(source: SourceFile) -> Iterator[tuple[str, Told]]:
    """Yield the last `workers` and `threads` of a file in Puma's own language."""
    words = Words(source.text, "#")
    found: dict[str, Told] = {}
    for at, token in enumerate(words.tokens):
        if token.kind != "name" or token.text not in ("workers", "threads"):
            continue
        if not _begins_line(words, at) or words.sign(at + 1, "="):
            continue
        start, end = at + 1, words.until(at + 1, numbers.GOING_ON)
        if words.sign(start, "(") and words.closing(start) == end - 1:
            start, end = start + 1, end - 1
        end = next((i for i in range(start, end) if words.name(i, "if", "unless")), end)
        parts = tuple(words.split(start, end))
        if parts:
            told = numbers.told(words, *parts[-1], source)
            found[token.text] = replace(told, certain=_is_outermost(words, at))
    yield from found.items()


def _is_outermost(words: Words, at: int) -> bool:
    """Tell whether a line is not indented: one within a condition may not count."""
    start = words.tokens[at].start
    return start == 0 or words.text[start - 1] == "\n"


def _begins_line(words: Words, at: int) -> bool:
    if at == 0:
        return True
    return "\n" in words.text[words.tokens[at - 1].end : words.tokens[at].start]
