"""Applications in PHP: what Laravel, Doctrine or PDO connect with, and Horizon's processes.

PHP keeps no pool: a process has one connection for each database that it uses, whether that is
persistent or not, and a child of PHP-FPM serves one request at a time.

Source: laravel/framework 12, `config/database.php`, `ConnectionFactory` (a second connection where
`read` and `write` are told apart); laravel/horizon 07f86e20, `ProvisioningPlan`,
`SupervisorOptions` (one process where nothing is said); doctrine/DoctrineBundle, `doctrine.dbal`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from fnmatch import fnmatchcase
from posixpath import basename, dirname

from poollint.facts.code import Argument, Pool
from poollint.model.figure import Basis, Figure
from poollint.model.source import SourceFile, Span, Unreadable
from poollint.reading.deployment.ecosystems import numbers
from poollint.reading.deployment.ecosystems import pools as stated_pools
from poollint.reading.deployment.ecosystems.fpm import LANGUAGE
from poollint.reading.deployment.ecosystems.stating import StatedFile, StatedPool, Told
from poollint.reading.deployment.linking.deployed import Unit
from poollint.reading.deployment.linking.reach import endpoints, is_local
from poollint.reading.deployment.linking.variables import Variables, unknown
from poollint.reading.deployment.pools.joined import Joined
from poollint.reading.naming.values import dsn
from poollint.syntax import yaml
from poollint.syntax.tokens import Words
from poollint.syntax.yaml import Mapping

MARK = re.compile(rb"p(?:gsql|g_p?connect\b)|rocesses['\"]|dbal:")
ONE = "PHP opens one connection a process"
_LARAVEL = "config/database.php"
_HORIZON = "config/horizon.php"
_DOCTRINE = re.compile(r"(?:^|/)config/(?:packages/(?:prod/)?)?doctrine\.ya?ml$")
_NAMES = re.compile(r"db|data|database|pdo|pgsql|postgres|connect|config|sql", re.I)
_ASIDE = re.compile(r"(?:^|/)(?:vendor|tests?|node_modules|docs?|examples?|stubs?)/", re.I)
_PDO = re.compile(r"(?:new\s+\\?PDO\s*\(\s*[\"']pgsql:|\bpg_p?connect\s*\()")
_IN_TEXT = re.compile(r"%env\((?:\w+:)*(?P<name>\w+)\)%")
_CHOOSING = "DB_CONNECTION"
_SHARED = ("DB_URL", "DATABASE_URL", "DB_HOST")  # read by every connection of Laravel's own file
_SAYS_POSTGRES = re.compile(r"postgres|pgsql|^pg\b|^pgbouncer", re.I)
_PORT = "5432"
_PRODUCTION = "production"
_MOST = ("maxProcesses", "processes")  # two names of one number: the later one counts


def claims(path: str) -> bool:
    """Tell whether a file by such a name may say how an application connects."""
    if _ASIDE.search(path):
        return False
    if path.endswith(".php"):
        return f"/{path}".endswith(f"/{_HORIZON}") or bool(_NAMES.search(basename(path)))
    return _DOCTRINE.search(path) is not None


def read(source: SourceFile) -> StatedFile | Unreadable | None:
    """Return what a file says; None where it says nothing of PostgreSQL or of processes."""
    path = source.path
    home = dirname(dirname(path)) or "."
    if not path.endswith(".php"):
        found = tuple(_doctrine(source))
        folder = path[: path.rindex("config/")].rstrip("/") or "."
        return StatedFile(LANGUAGE, "doctrine", path, folder, found) if found else None
    words = Words(source.text, "//")
    if f"/{path}".endswith(f"/{_HORIZON}"):
        told = tuple(_horizon(words, source))
        return StatedFile(LANGUAGE, "horizon", path, home, numbers=told) if told else None
    if f"/{path}".endswith(f"/{_LARAVEL}"):
        pools = tuple(_laravel(words, source))
        return StatedFile(LANGUAGE, "laravel", path, home, pools) if pools else None
    match = _PDO.search(source.text)
    if match is None:
        return None
    one = StatedPool("PHP", "PDO", source.span(*match.span()), None, 1, ONE)
    return StatedFile(LANGUAGE, "program", path, "", (one,))


# --- Arrays of PHP -----------------------------------------------------------------------------

_Fields = dict[str, tuple[int, int]]


def _fields(words: Words, value: tuple[int, int] | None) -> _Fields:
    """Return an array by its keys (`['host' => …]`, `array('host' => …)`), each with its value."""
    if value is None:
        return {}
    opening = value[0] + (1 if words.name(value[0], "array") else 0)
    if not (words.sign(opening, "[") or words.sign(opening, "(")):
        return {}
    return {
        words.tokens[start].text: (start + 2, end)
        for start, end in words.parts(opening)
        if words.tokens[start].kind == "text" and words.sign(start + 1, "=>") and end > start + 2
    }


def _returned(words: Words) -> _Fields:
    """Return the array that a file of settings is."""
    at = next((i for i in range(len(words.tokens)) if words.name(i, "return")), None)
    return {} if at is None else _fields(words, (at + 1, len(words.tokens)))


def _text(words: Words, value: tuple[int, int] | None) -> str:
    """Return the text that a value is, or that it is where its variable is not set."""
    if value is None:
        return ""
    texts = [t for t in words.tokens[value[0] : value[1]] if t.kind == "text"]
    if words.name(value[0], "env"):
        return texts[1].text if len(texts) == 2 else ""
    return texts[0].text if len(texts) == 1 and value[1] == value[0] + 1 else ""


def _span(words: Words, value: tuple[int, int], source: SourceFile) -> Span:
    return source.span(words.tokens[value[0]].start, words.tokens[value[1] - 1].end)


# --- Laravel -----------------------------------------------------------------------------------


def _laravel(words: Words, source: SourceFile) -> Iterator[StatedPool]:
    """Yield the connections to PostgreSQL that a file knows; `chosen` is what each is called."""
    settings = _returned(words)
    default = _text(words, settings.get("default"))
    for name, value in _fields(words, settings.get("connections")).items():
        fields = _fields(words, value)
        if _text(words, fields.get("driver")) != "pgsql":
            continue
        reads = [_variable(words, fields.get(key)) for key in ("url", "host")]
        host = _text(words, fields.get("host")) if "host" in fields else ""
        # On the machine itself Laravel's own file has it: whoever deploys it says another.
        plain = host if host and not (reads[1] and is_local(host)) else ""
        found = dsn.address(f"postgresql://{plain}/") if plain else None
        apart = "read" in fields and "write" in fields
        span = _span(words, fields["driver"], source)
        yield StatedPool(
            "Laravel",
            "PDO",
            span,
            Told(span, (), 2, certain=False) if apart else None,
            1,
            ONE,
            address=found.url if found else "",
            variables=tuple(variable for variable in reads if variable),
            sure=name == default,
            chosen=name,
            title=name,
        )


def _variable(words: Words, value: tuple[int, int] | None) -> str:
    found = numbers.variable(words, value[0]) if value else None
    return found[0] if found else ""


def pools(
    files: tuple[StatedFile, ...], variables: Variables, needs: tuple[str, ...] = ()
) -> tuple[StatedPool, ...]:
    """Return the connections that a process of an application opens.

    Of those that a file of Laravel knows: the one that `DB_CONNECTION` names, or the file does,
    and others that are given an address of their own. `needs` are the names of what starts
    before the application: a server called after PostgreSQL tells what an unknown variable says.
    """
    every = [pool for file in files for pool in file.pools if _is_open(pool, variables)]
    named = [pool for pool in every if pool.chosen]
    told = variables[_CHOOSING].value.value if _CHOOSING in variables else None
    main = [p for p in named if (p.chosen == told if told else p.sure)]
    if not main and not told and (waits(needs) or says_postgres(variables)):
        main = [replace(p, sure=waits(needs)) for p in named if p.chosen == "pgsql"]
    taken = {*_SHARED, *(name for pool in main for name in pool.variables)}
    others = [
        p
        for p in named
        if p not in main and any(n in variables for n in p.variables if n not in taken)
        and not taken.intersection(p.variables)
    ]  # fmt: skip
    plain = [pool for pool in every if not pool.chosen]
    return (*main, *(others if main or told else ()), *plain)


def waits(needs: tuple[str, ...]) -> bool:
    """Tell whether a server that is called after PostgreSQL starts before an application."""
    return any(_SAYS_POSTGRES.search(name) for name in needs)


def _is_open(pool: StatedPool, variables: Variables) -> bool:
    """Tell whether none of the variables of a connection names another sort of database."""
    values = [variables[name].value.value for name in pool.variables if name in variables]
    return all(dsn.is_postgresql(value) for value in values if value)


def says_postgres(variables: Variables) -> bool:
    """Tell whether a container's variables say that its database is PostgreSQL."""
    for name, variable in variables.items():
        value = (variable.value.value or "").strip()
        if name == _CHOOSING and value:
            return value == "pgsql"
        if name.endswith("PORT") and value == _PORT:
            return True
        address = "://" in value or name.endswith("HOST")
        if address and _SAYS_POSTGRES.search(value.partition("@")[2] or value.partition(":")[0]):
            return True
        if dsn.scheme(value) and dsn.is_postgresql(value):
            return True
    return False


def unread(unit: Unit, variables: Variables, children: Figure) -> Joined | None:
    """Return what the children of a container open whose code says nothing of it that is read.

    From none to one each, where its variables say that the database is PostgreSQL.
    """
    container = unit.container
    if not (endpoints(container.variables) and says_postgres(variables)):
        return None
    size = Figure(0, 1, "max_size", Basis.ASSUMED, ONE, "PDO")
    one = Pool(
        span=container.span,
        driver="PHP",
        call="PHP",
        arguments=(Argument("max_size", "PDO", container.span, size),),
        defaults=(),
        eager=False,
        pooled=True,
        once="",
        function="",
    )
    note = f"each child of PHP-FPM in `{container.name}` opens one connection at the most"
    return Joined(((one,),), note=note, workers=children)


# --- Doctrine ----------------------------------------------------------------------------------


def _doctrine(source: SourceFile) -> Iterator[StatedPool]:
    stream = yaml.read(source)
    root = stream.documents[0] if stream.documents and not stream.unread else None
    dbal = root.mapping("doctrine", "dbal") if isinstance(root, Mapping) else None
    if dbal is None:
        return
    several = [
        (item.key.text, item.value)
        for item in dbal.mapping("connections").items
        if isinstance(item.value, Mapping)
    ]
    for title, entry in several or [("", dbal)]:
        driver, url = entry.text("driver"), entry.get("url") or entry.get("host")
        if url is None or (driver and "pgsql" not in driver):
            continue
        names = tuple(_IN_TEXT.findall(entry.text("url") or entry.text("host")))
        literal = dsn.address(entry.text("url")) if not names else None
        yield StatedPool(
            "Doctrine",
            "PDO",
            url.span,
            None,
            1,
            ONE,
            address=literal.url if literal else "",
            variables=names,
            sure="pgsql" in driver,
            title=title,
        )


# --- Horizon -----------------------------------------------------------------------------------


def _horizon(words: Words, source: SourceFile) -> Iterator[tuple[str, Told]]:
    """Yield what each supervisor may start at the most: "production/supervisor-1"."""
    settings = _returned(words)
    defaults = _fields(words, settings.get("defaults"))
    for environment, value in _fields(words, settings.get("environments")).items():
        own = _fields(words, value)
        for name in dict.fromkeys((*defaults, *own)):
            given = {**_fields(words, defaults.get(name)), **_fields(words, own.get(name))}
            most = next((given[k] for k in reversed(given) if k in _MOST), None)
            at = own.get(name) or defaults[name]
            told = numbers.told(words, *most, source) if most else Told(
                source.span(words.tokens[at[0]].start, words.tokens[at[0]].end), (), 1
            )  # fmt: skip
            yield f"{environment}/{name}", told


def horizon(file: StatedFile | None, variables: Variables, program: Span) -> Figure:
    """Return the processes that Horizon starts in a container's environment."""
    known = variables.get("APP_ENV")
    environment = (known.value.value if known else None) or _PRODUCTION
    sets = dict.fromkeys(name.partition("/")[0] for name, _ in file.numbers) if file else {}
    fitting = next((one for one in sets if fnmatchcase(environment, one)), None)
    told = [t for n, t in file.numbers if n.partition("/")[0] == fitting] if file else []
    figures = [stated_pools.settled(t, variables, "workers", "maxProcesses") for t in told]
    counts = [figure for figure in figures if figure]
    if not counts or len(counts) < len(figures):
        place = told[0].span if told else program
        return unknown("workers", place, f"{_HORIZON}: {environment}")
    if len(counts) == 1:
        return counts[0]
    low, high = sum(f.low for f in counts), sum(f.high or f.low for f in counts)
    hint = f"maxProcesses of {len(counts)} supervisors"
    return Figure(low, high, "workers", Basis.DERIVED, counts[0].origin, hint)
