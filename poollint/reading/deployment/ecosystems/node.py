"""Pools of programs for Node.js: node-postgres, postgres.js, Knex, Sequelize, TypeORM, Prisma.

Source: pg-pool 3.14.0, postgres 3.4.9, knex 3.3.0, sequelize 6.37.8, typeorm 1.1.1 and
@prisma/adapter-pg 7.10.1, read and run: what each honours, and what it does by itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from posixpath import basename

from poollint.model.source import SourceFile
from poollint.reading.deployment.ecosystems import node_threads, numbers
from poollint.reading.deployment.ecosystems.stating import StatedFile, StatedPool, Told
from poollint.reading.naming.values import dsn
from poollint.syntax.tokens import Words

LANGUAGE = "node"
ENDINGS = (".js", ".ts", ".mjs", ".cjs", ".mts", ".cts")
_IMPORTS = r"""(?:from|require\(|import\()\s*["'`](?:npm:)?{}(?:@[\w.^~-]+)?(?:/[^"'`]*)?["'`]"""
_DEFAULT_IMPORT = re.compile(
    r"""\bimport\s+(?:\*\s+as\s+)?(\w+)\s+from\s+["'](?:npm:)?postgres(?:@[\w.^~-]+)?["']"""
    r"""|\b(?:const|let|var)\s+(\w+)\s*=\s*require\(\s*["']postgres["']\s*\)"""
)
_POSTGRES = frozenset(("pg", "postgres", "postgresql", "pg-native"))
_PG_ADDRESS = ("connectionString",)
_URLS = ("url", "connection", "connectionString")
_ENVIRONMENTS = frozenset(
    ("development", "staging", "production", "test", "testing", "local", "dev", "prod")
)


@dataclass(frozen=True, slots=True)
class _Library:
    """What a library calls its size, from the outside in, and what it is by itself."""

    name: str
    sizes: tuple[tuple[str, ...], ...]
    default: int
    addresses: tuple[str, ...] = _URLS


_PG = _Library("node-postgres", (("max",), ("poolSize",)), 10, _PG_ADDRESS)
_ADAPTER = _Library("@prisma/adapter-pg", (("max",),), 10, _PG_ADDRESS)
_POSTGRES_JS = _Library("postgres.js", (("max",),), 10)
_KNEX = _Library("Knex", (("pool", "max"),), 10)
_SEQUELIZE = _Library("Sequelize", (("pool", "max"),), 5)
_TYPEORM = _Library("TypeORM", (("poolSize",), ("extra", "max")), 10, ("url",))

MARK = re.compile(
    rb"""["'`](?:npm:)?(?:pg|postgres|knex|sequelize|sequelize-typescript|typeorm|@nestjs/typeorm"""
    rb"""|@prisma/adapter-[\w-]+)(?:@[\w.^~-]+)?(?:/[^"'`\n]*)?["'`]"""
    rb"""|\bclient['"]?:\s*['"](?:pg|postgres)"""
    rb"""|\bpgbouncer\b|\bdatasource(?:Url|s)?\b|\benv\.\w*(?:URL|URI|DSN)\w*\s*(?:\?\?|\|\|)?=[^=]|"""
    + node_threads.MARK.pattern
)
# What gives Prisma's client another driver or another address than its schema says.
_ADAPTS = re.compile(
    r"""@prisma/adapter-|\bpgbouncer\b|\bdatasource(?:Url|s)?\b"""
    r"""|\benv\.\w*(?:URL|URI|DSN)\w*\s*(?:\?\?|\|\|)?=[^=]"""
)
# What takes a URL apart, so that what stands in it may count.
_PARSES = re.compile(
    r"searchParams|\burl\.parse|querystring|pg-connection-string|connection_?limit|pool_?size=",
    re.I,
)
_EXPORTS = re.compile(r"\bexports?\b|\bglobal(?:This)?\b")
_NAMES = re.compile(
    r"api|service|handler|consum|start|entry|boot|db|database|pool|postgres|pg|sql|knex|orm|data-?source|prisma|drizzle|connection|storage"
    r"|config|server|index|app\b|main|client|store|deploy|publish|work|cluster|cron|job|sched|queue"
    r"|repo|adapter|persist|infra|dao\b|\bdata\b|model|provider|auth|health",
    re.I,
)
# What Next.js and Nuxt make a route of: one process serves all of them.
ROUTE = re.compile(r"(?:^|/)pages/api/|(?:^|/)route\.[cm]?[jt]sx?$|(?:^|/)server/(?:api|routes)/")
_ASIDE = re.compile(
    r"(?:^|/)(?:node_modules|dist|build|out|vendor|__tests__|__mocks__|tests?|test[-_]utils|e2e"
    r"|spec|examples?|docs?|seeds?|seeders|migrations?|scripts|bench\w*|\.\w+)/"
    r"|\.(?:test|spec|d|min|e2e-spec|stories)\.\w+$|(?:^|/)(?:seed|migrate)\w*\.\w+$",
    re.I,
)


def claims(path: str) -> bool:
    """Tell whether a file by such a name may set up a pool in a deployed process."""
    if not path.endswith(ENDINGS) or _ASIDE.search(path):
        return False
    return any(_NAMES.search(part) for part in path.split("/")[-2:]) or bool(ROUTE.search(path))


def read(source: SourceFile) -> StatedFile | None:
    """Return the pools that a file sets up; None where nothing is said of any."""
    text = source.text
    words = Words(text, "//")
    reading = _File(source, words)
    found: list[StatedPool] = []
    if _imports("pg", text):
        found += reading.made("Pool", _PG)
    if _imports("@prisma/adapter-pg", text):
        found += reading.made("PrismaPg", _ADAPTER)
    named = _DEFAULT_IMPORT.search(text)
    if named:
        found += reading.called(named[1] or named[2])
    if _imports("sequelize", text) or _imports("sequelize-typescript", text):
        found += reading.sequelize()
    if _imports("knex", text) or basename(source.path).startswith("knexfile"):
        found += reading.objects("client", _KNEX, frozenset(("pool", "connection")))
    if _imports("typeorm", text) or _imports("@nestjs/typeorm", text):
        more = frozenset("entities url host synchronize migrations extra poolSize database".split())
        found += reading.objects("type", _TYPEORM, more)
    if _PARSES.search(text):
        found = [replace(pool, parses=True) for pool in found]
    adapts = bool(_ADAPTS.search(text))
    several = node_threads.read(source)
    if not found and not adapts:
        return several
    beside = several.beside if several else None
    return StatedFile(
        LANGUAGE, "program", source.path, "", tuple(found), adapts=adapts, beside=beside,
        exports_nothing=_EXPORTS.search(text) is None,
    )  # fmt: skip


def _imports(name: str, text: str) -> bool:
    return re.search(_IMPORTS.format(re.escape(name)), text) is not None


@dataclass(frozen=True, slots=True)
class _Object:
    """An object literal: where the value of each key stands; `open` where more is put in."""

    fields: dict[str, tuple[int, int]]
    open: bool = False


class _File:
    def __init__(self, source: SourceFile, words: Words) -> None:
        self._source = source
        self._words = words

    def made(self, name: str, library: _Library) -> Iterator[StatedPool]:
        """Yield the pools that `new Pool(…)` makes."""
        words = self._words
        for at in range(len(words.tokens) - 1):
            if words.name(at, name) and words.sign(at + 1, "(") and self._is_new(at):
                arguments = tuple(words.parts(at + 1))
                if library is _ADAPTER and arguments and self._is_pool(*arguments[0]):
                    continue
                given = self._object(arguments[0]) if arguments else _Object({})
                yield self._pool(library, given, at)

    def _is_pool(self, start: int, end: int) -> bool:
        """Tell whether the words name what `new Pool(…)` made, which is told itself.

        A member does so that is given one, or said to be one: `this.pool`, `private db: Pool`.
        """
        words = self._words
        name = words.tokens[end - 1].text
        if words.tokens[end - 1].kind != "name" or end - start not in (1, 3):
            return False
        if end == start + 1:
            value = numbers.assigned(words, name, start)
            if value is not None:
                return any(words.name(at, "Pool") for at in range(*value))
        elif not words.sign(start + 1, "."):
            return False
        return any(self._holds(at) for at in range(len(words.tokens)) if words.name(at, name))

    def _holds(self, at: int) -> bool:
        """Tell whether a name is given a pool where it stands, or has its type."""
        words = self._words
        typed = words.sign(at + 1, ":") or words.sign(at + 1, "?:")
        behind = at + 2
        if words.sign(at + 1, "=") and words.name(behind, "new"):
            behind += 1
        elif not typed:
            return False
        if words.sign(behind + 1, "."):  # `pg.Pool`
            behind += 2
        return words.name(behind, "Pool")

    def called(self, name: str) -> Iterator[StatedPool]:
        """Yield the pools of postgres.js: `postgres(url, { max: 5 })`."""
        words = self._words
        for at in range(len(words.tokens) - 1):
            if not (words.name(at, name) and words.sign(at + 1, "(")) or words.sign(at - 1, "."):
                continue
            arguments = tuple(words.parts(at + 1))
            options = arguments[1:2] if len(arguments) > 1 else arguments[:1]
            alone = len(arguments) == 1 and not words.sign(arguments[0][0], "{")
            given = _Object({}) if alone or not options else self._object(options[0])
            url = arguments[0] if alone or len(arguments) > 1 else None
            yield self._pool(_POSTGRES_JS, given, at, url, "max")

    def sequelize(self) -> Iterator[StatedPool]:
        """Yield the pools of `new Sequelize(…, { dialect: "postgres" })`."""
        words = self._words
        for at in range(len(words.tokens) - 1):
            if not (words.name(at, "Sequelize") and words.sign(at + 1, "(") and self._is_new(at)):
                continue
            arguments = tuple(words.parts(at + 1))
            given = self._object(arguments[-1]) if arguments else None
            if self._is_of_another(given, arguments):
                continue
            url = arguments[0] if len(arguments) == 2 or given is None else None
            yield self._pool(_SEQUELIZE, given or _Object({}, open=True), at, url)

    def _is_of_another(self, given: _Object | None, arguments: tuple[tuple[int, int], ...]) -> bool:
        """Tell whether what Sequelize is given names another database than PostgreSQL."""
        dialect = given.fields.get("dialect") if given else None
        if dialect:
            return self._text(dialect) not in ("", *_POSTGRES)
        literal = self._text(arguments[0]) if arguments else ""
        return ":" in literal and literal.partition(":")[0] not in _POSTGRES

    def objects(self, key: str, library: _Library, beside: frozenset[str]) -> Iterator[StatedPool]:
        """Yield the pools of objects whose `key` says PostgreSQL, with one of `beside`."""
        words = self._words
        for at in range(len(words.tokens)):
            if not words.sign(at, "{") or words.closing(at) is None:
                continue
            given = self._fields(at)
            value = given.fields.get(key)
            if value is None or beside.isdisjoint(given.fields):
                continue
            if self._text(value) in _POSTGRES:
                yield self._pool(library, given, value[0], chosen=self._environment(at))

    def _environment(self, at: int) -> str:
        """Return the environment for which an object stands (`production: {…}`), "" for none."""
        words = self._words
        if not words.sign(at - 1, ":") or at < 2:
            return ""
        name = words.tokens[at - 2].text
        return name if name in _ENVIRONMENTS else ""

    def _is_new(self, at: int) -> bool:
        while self._words.sign(at - 1, "."):
            at -= 2
        return self._words.name(at - 1, "new")

    def _pool(
        self, library: _Library, given: _Object | None, at: int,
        url: tuple[int, int] | None = None, option: str = "", chosen: str = "",
    ) -> StatedPool:  # fmt: skip
        token = self._words.tokens[at]
        span = self._source.span(token.start, token.end)
        setting, size = self._size(library, given)
        if given is None:
            size = Told(span)
        fields = given.fields if given else {}
        end = url or next((fields[name] for name in library.addresses if name in fields), None)
        address, variables = self._address(end) if end else self._of_host(given)
        return StatedPool(
            library.name, setting, span, size, library.default, f"{library.name} default",
            address=address, variables=variables, chosen=chosen, option=option,
        )  # fmt: skip

    def _of_host(self, given: _Object | None) -> tuple[str, tuple[str, ...]]:
        """Return the address of an object that says the host, or the variable that holds this.

        With both the address is what the code falls back on: `process.env.PGHOST || "localhost"`.
        """
        value = given.fields.get("host") if given else None
        if given is None or value is None:
            return "", ()
        words = self._words
        read = numbers.variable(words, value[0])
        start = read[1] if read else value[0]
        if read and (words.sign(start, "||") or words.sign(start, "??")):
            start += 1
        host = self._text((start, value[1])) if start < value[1] else ""
        port = given.fields.get("port")
        number = words.tokens[port[0]].text if port and port[1] == port[0] + 1 else ""
        found = dsn.address(f"postgresql://{host}:{number if number.isdecimal() else 5432}/")
        return found.url if host and found else "", (read[0],) if read else ()

    def _size(self, library: _Library, given: _Object | None) -> tuple[str, Told | None]:
        unsure: Told | None = None
        for path in library.sizes:
            inner: _Object | None = given
            for key in path[:-1]:
                value = inner.fields.get(key) if inner else None
                if value is None and inner and inner.open:
                    unsure = unsure or self._unclear(path)
                inner = self._object(value) if value else None
                if value and inner is None:
                    return ".".join(path), self._at(value)
            value = inner.fields.get(path[-1]) if inner else None
            if value:
                return ".".join(path), numbers.told(self._words, *value, self._source)
            if inner and inner.open:
                unsure = unsure or self._unclear(path)
        return ".".join(library.sizes[0]), unsure

    def _unclear(self, path: tuple[str, ...]) -> Told:
        return Told(self._source.span(0, 0))

    def _at(self, value: tuple[int, int]) -> Told:
        words = self._words.tokens
        return Told(self._source.span(words[value[0]].start, words[value[1] - 1].end))

    def _object(self, value: tuple[int, int] | None) -> _Object | None:
        """Return an object literal, or the one a name stands for; None for anything else."""
        if value is None:
            return None
        start, end = value
        if self._words.sign(start, "{"):
            return self._fields(start)
        if end == start + 1 and self._words.tokens[start].kind == "name":
            found = numbers.assigned(self._words, self._words.tokens[start].text, start)
            if found and self._words.sign(found[0], "{"):
                return self._fields(found[0])
        return None

    def _fields(self, opening: int) -> _Object:
        words = self._words
        fields: dict[str, tuple[int, int]] = {}
        more = False
        for start, end in words.parts(opening):
            if words.sign(start, "..."):
                more = True
            elif words.tokens[start].kind in ("name", "text") and words.sign(start + 1, ":"):
                if end > start + 2:
                    fields[words.tokens[start].text] = (start + 2, end)
            elif end == start + 1 and words.tokens[start].kind == "name":
                fields[words.tokens[start].text] = (start, end)
            elif words.sign(start, "["):
                more = True
        return _Object(fields, more)

    def _text(self, value: tuple[int, int]) -> str:
        """Return the text a value is (`'postgres' as const`), "" where it is none."""
        start, end = value
        token = self._words.tokens[start]
        sole = end == start + 1 or self._words.name(start + 1, "as")
        return token.text if token.kind == "text" and sole else ""

    def _address(self, value: tuple[int, int], steps: int = 0) -> tuple[str, tuple[str, ...]]:
        """Return the literal address that a value is, or the variables it may come from."""
        start, end = value
        words = self._words
        if end == start + 1 and words.tokens[start].kind == "name":
            found = numbers.assigned(words, words.tokens[start].text, start)
            if found is None:
                return "", ()
            start, end = found
        if words.sign(start, "{"):
            inner = self._fields(start)
            named = next((inner.fields[n] for n in _PG_ADDRESS if n in inner.fields), None)
            deeper = named and steps < numbers.MAX_STEPS
            return self._address(named, steps + 1) if named and deeper else ("", ())
        reads = (numbers.variable(words, at) for at in range(start, end))
        names = [name[0] for name in reads if name]
        if names:
            return "", tuple(dict.fromkeys(names))
        literal = dsn.address(self._text((start, end)))
        return (literal.url, ()) if literal else ("", ())
