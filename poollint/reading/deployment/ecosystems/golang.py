"""Go's `database/sql` and pgx: the most connections that a program lets its pool open.

Source: `database/sql`, `DB.SetMaxOpenConns` (nothing bounds them unless it is called, and not
where the number is 0 or less); pgx 5, `pgxpool.Config.MaxConns` and `ParseConfig` (the larger of
4 and the processors, unless the URL has `pool_max_conns`; what code sets afterwards goes before
both); go.dev/doc/modules/layout (each folder of `cmd` is a program of its own).
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Container, Iterable, Iterator, Sequence
from itertools import pairwise
from posixpath import basename, normpath

from poollint.model.source import SourceFile, Span
from poollint.reading.deployment.ecosystems import go_numbers, numbers
from poollint.reading.deployment.ecosystems.stating import StatedFile, StatedPool
from poollint.syntax.tokens import Words

LANGUAGE = "go"
MAIN = "main"  # a file of a program itself: of the only package that none imports
_PACKAGE_MAIN = re.compile(r"^package main\b", re.M)
MARK = re.compile(
    rb"SetMaxOpenConns\(|\.MaxConns\b|\bpgxpool\.(?:New|Connect)\w*\(|" + go_numbers.MARK
)
_PGX = "pgxpool"
_MAKING = frozenset(("New", "NewWithConfig", "Connect", "ConnectConfig"))
_LEAST = 4  # connections that pgx lets a pool have on a machine of fewer processors
_NAMES = re.compile(
    r"db|data|database|postgres|pg|sql|store|storage|repo|conn|pool|main|gorm|orm|app|server"
    r"|bootstrap|init|client|persist|config|conf|settings|env",
    re.I,
)
# By their names packages serve tests alone: `internal/testutils`, `storage/dbtest`.
_ASIDE = re.compile(
    r"_test\.go$|(?:^|/)test(?:[_-]\w+|utils?|helpers?|db)\.go$|(?:^|/)(?:vendor|tests?|testdata|testing|examples?|e2e|docs?|integration_?tests?"
    r"|test[_-]?(?:utils?|helpers?|support|kit|suite|setup|infra|env|db|database|container)s?"
    r"|(?:pg|db|sql|store|storage|postgres)_?test)/",
    re.I,
)
# `os.Getenv("DATABASE_URL")`, or a function of the project that does it with a default.
_ENVIRONMENT = re.compile(r"\b(?:os\.)?\w*[gG]et[eE]nv\w*\(\s*\"(\w+)\"|\bLookupEnv\(\s*\"(\w+)\"")
_ADDRESS = re.compile(r"(?:^|_)(?:HOST|HOSTNAME|URL|URI|DSN|ADDR|ADDRESS|SERVER)$|^DATABASE$", re.I)
_OF_OTHERS = re.compile(
    r"redis|kafka|rabbit|amqp|nats|mongo|smtp|mail|elastic|clickhouse|otel|http|listen|app_|api_",
    re.I,
)
# Another database's pool, in a file or a function that speaks of no other: the name that a driver
# registers with `database/sql`, the dialector that GORM opens.
_FOREIGN = re.compile(
    r"\b(?:Open|Connect|MustConnect|MustOpen|ConnectContext|OpenDB)\((?:\s*ctx,)?\s*"
    r"(?:\"(?:sqlite3?|mysql|sqlserver|mssql|clickhouse|oracle|godror)\""
    r"|(?:sqlite|mysql|sqlserver|clickhouse)\.(?:Open|New)\()"
)
_OURS = re.compile(r"pgx|postgres|lib/pq")
_FUNCTION = re.compile(r"^func\b", re.M)
# What programs in such folders do is started by hand, if at all.
_BY_HAND = re.compile(r"(?:^|/)(?:scripts?|migrations?|tools|hack|seeds?|bench\w*)/", re.I)
_COMMANDS = re.compile(r"(?:^|.*/)cmd/([^/]+)(?=/)")


def claims(path: str) -> bool:
    """Tell whether a file by such a name may set up a pool in a deployed process."""
    if not path.endswith(".go") or _ASIDE.search(path):
        return False
    return any(_NAMES.search(part) for part in path.split("/")[-2:])


def read(source: SourceFile) -> StatedFile | None:
    """Return the pools whose size a file sets, None where it sets none."""
    foreign = _FOREIGN.search(source.text)
    if foreign and not _OURS.search(source.text):
        return None
    words = Words(source.text, "//")
    starts = [match.start() for match in _FUNCTION.finditer(source.text)]
    found: list[StatedPool] = []
    for at in range(1, len(words.tokens) - 2):
        if not words.sign(at - 1, "."):
            continue
        if words.name(at, "SetMaxOpenConns") and words.sign(at + 1, "("):
            closing = words.closing(at + 1)
            if closing and closing > at + 2:
                found.append(
                    _pool("database/sql", "SetMaxOpenConns", at, closing, words, source, starts)
                )
        elif words.name(at, "MaxConns") and words.sign(at + 1, "="):
            end = words.until(at + 2, numbers.GOING_ON)
            found.append(_pool(_PGX, "MaxConns", at, end, words, source, starts))
    if not any(pool.driver == _PGX for pool in found) and not _BY_HAND.search(source.path):
        found += _by_default(words, source, starts)
    if foreign:
        others = _of_another(source.text)
        found = [p for p in found if not any(p.span.start.line in lines for lines in others)]
    fields = tuple(go_numbers.fields(words, source))
    if not found and not fields:
        return None
    kind = MAIN if _PACKAGE_MAIN.search(source.text) else "program" if found else go_numbers.KIND
    return StatedFile(LANGUAGE, kind, source.path, "", tuple(found), numbers=fields)


def _by_default(words: Words, source: SourceFile, starts: Sequence[int]) -> Iterator[StatedPool]:
    """Yield the pools of pgx whose size is left to their URL, and to the machine."""
    for at in range(2, len(words.tokens) - 2):
        if not (words.name(at - 2, _PGX) and words.sign(at - 1, ".") and words.sign(at + 1, "(")):
            continue
        token = words.tokens[at]
        if token.text in _MAKING and words.closing(at + 1):
            span = source.span(words.tokens[at - 2].start, token.end)
            default = "pgx: 4, or the processors of its machine"
            variables = _variables(source.text, token.start, starts)
            yield StatedPool(
                _PGX, "MaxConns", span, None, _LEAST, default, variables=variables,
                option="pool_max_conns", at_least=True,
            )  # fmt: skip


def of_program(
    pools: Iterable[StatedPool],
    program: str,
    compiled: Iterable[tuple[str, str]],
    mains: Container[str] = (),
) -> list[StatedPool]:
    """Return the pools without those that other programs of the application set up.

    `program` is the name of the one that is started, `compiled` the folder of the code of each
    that the image is known to have; `mains` are files of `package main`, which nothing imports.
    Without such a name any may be.
    """
    found = list(pools)
    folders = dict(compiled)
    made = folders.get(basename(program), ".")
    if made != ".":
        found = [p for p in found if p.span.path not in mains or _is(_home(p), made)]
    homes = {pool.span: _folder(pool.span.path, folders.values()) for pool in found}
    own = folders.get(basename(program))
    if own is None:
        own = f"cmd/{basename(program)}"
        if not any(_is(home, own) for home in homes.values()):
            return found
    return [p for p in found if not homes[p.span] or _is(homes[p.span], own)]


def alternatives(pools: Iterable[StatedPool], mains: Container[str]) -> dict[Span, tuple[str, int]]:
    """Return of what only one program sets up, of several, which pool of its program it is.

    A process runs one of them: the first pool of one is an alternative to the first of another.
    """
    of_mains: dict[str, list[Span]] = {}
    for pool in pools:
        if pool.span.path in mains:
            of_mains.setdefault(_home(pool), []).append(pool.span)
    if len(of_mains) < 2:
        return {}
    return {span: (MAIN, at) for own in of_mains.values() for at, span in enumerate(own)}


def _folder(path: str, known: Iterable[str]) -> str:
    """Return the folder of the program that a file is a part of, "" where it may be of several."""
    command = _COMMANDS.match(path)
    if command:
        return command[0]
    folder = normpath(path.rpartition("/")[0] or ".")
    return folder if any(_is(folder, own) for own in known if own != ".") else ""


def _of_another(text: str) -> list[range]:
    """Return the lines of the functions that open another database, and none of PostgreSQL's."""
    starts = [match.start() for match in _FUNCTION.finditer(text)]
    found: list[range] = []
    for first, last in pairwise((*starts, len(text))):
        if _FOREIGN.search(text, first, last) and not _OURS.search(text, first, last):
            line = text.count("\n", 0, first) + 1
            found.append(range(line, line + max(text.count("\n", first, last), 1)))
    return found


def _variables(text: str, at: int, starts: Sequence[int]) -> tuple[str, ...]:
    """Return the variable of an address that a function reads, none where it is not only one.

    The functions of the file begin at `starts`.
    """
    behind = bisect_right(starts, at)
    first = starts[behind - 1] if behind else 0
    last = starts[behind] if behind < len(starts) else len(text)
    names = {m[1] or m[2] for m in _ENVIRONMENT.finditer(text, first, last)}
    found = {n for n in names if _ADDRESS.search(n) and not _OF_OTHERS.search(n)}
    return tuple(found) if len(found) == 1 else ()


def _home(pool: StatedPool) -> str:
    return normpath(pool.span.path.rpartition("/")[0] or ".")


def _is(folder: str, own: str) -> bool:
    return bool(folder) and f"/{folder}".endswith(f"/{own}")


def _pool(
    library: str, setting: str, at: int, end: int, words: Words, source: SourceFile,
    starts: Sequence[int],
) -> StatedPool:  # fmt: skip
    token = words.tokens[at]
    size = go_numbers.told(words, at + 2, end, source)
    span = source.span(token.start, token.end)
    variables = _variables(source.text, token.start, starts)
    return StatedPool(library, setting, span, size, None, "", variables=variables)
