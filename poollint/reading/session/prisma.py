"""Prisma's clients: their query engine keeps prepared statements under names.

Source: prisma-engines, quaint/src/connector/postgres/native: without `pgbouncer=true` in the URL
each connection keeps the statements that it has prepared, which tokio-postgres calls "s0", "s1",
…; `statement_cache_size=0` alone leaves the names. Prisma's documentation of version 6, "Configure
Prisma Client with PgBouncer". With a driver adapter there is no such engine, and from version 7 on
there is none at all: a schema holds no `url` then. @prisma/adapter-pg 6.19.0 and 7.10.1, read: no
names, unless a program makes them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from poollint.facts.code import Effect, Module, Statement
from poollint.facts.infrastructure import Variable
from poollint.facts.topology import Topology
from poollint.model.figure import Basis, Word
from poollint.model.source import SourceFile
from poollint.reading.deployment.ecosystems import prisma as schemas
from poollint.reading.deployment.ecosystems.stating import StatedFile
from poollint.reading.naming.values import dsn
from poollint.reading.reader import FileReading, Options
from poollint.reading.session.assigned import Assignments
from poollint.reading.session.reaching import clients

_FAILURE = 'prepared statement "s0" does not exist'
_OFF = "pgbouncer=true"
_TITLES = {"py": "Prisma Client Python", "js": "Prisma Client"}
_NAMES = re.compile(r"(?:^|/)(?:schema/[^/]+|schema)\.prisma$")
_COPIES = re.compile(r"(?:^|/)(?:generated|node_modules|dist|build|out)/")  # of a generated client
_GENERATOR = re.compile(r"^[ \t]*generator[ \t]+\w+[ \t]*\{(?P<body>[^}]{0,4000})\}", re.M)
_CLIENT = re.compile(
    r"^\s*provider\s*=\s*\"(?:(?:[^\"]*\s)?prisma-client(?:-(?P<kind>js|py))?"
    r"|(?P<module>[^\"]*python[\d.]*\s+-m\s+prisma))\"",
    re.M,
)
# What takes the place of the engine: an adapter, or a place where only adapters run.
_ADAPTED = re.compile(
    r"^\s*(?:engineType\s*=\s*\"client\"|runtime\s*=\s*\"(?:workerd|cloudflare|vercel-edge|edge-light"
    r"|deno|react-native)\"|previewFeatures\s*=\s*\[[^\]]*\"(?:driverAdapters|queryCompiler)\")",
    re.M,
)
_PYTHON_ADDRESS = re.compile(r"\bPrisma\([^)]*\bdatasource\s*=|\bdatasource_overrides?\b")


def module(source: SourceFile) -> Module | None:
    """Return what a schema says of its client's sessions, None where nothing is known of them.

    The schema has to name a client whose engine is Prisma's own, and PostgreSQL's address. A
    file by a name that Prisma does not look for may be a draft.
    """
    drafted = not _NAMES.search(source.path) or _COPIES.search(source.path)
    title = "" if drafted else _title(source.text)
    found = schemas.datasource(source) if title else None
    if found is None or _is_off(found.url):
        return None
    where = dsn.address(found.url) if found.url else None
    if not found.variable and where is None:
        return None
    place = f"the URL in `{found.variable}`" if found.variable else "the URL"
    statement = Statement(
        effect=Effect.NAMED_STATEMENTS,
        text=title,
        subject="",
        span=found.span,
        function="",
        url=Word(where.url, Basis.STATED, found.span) if where else None,
        variable=found.variable,
        help=f"add `{_OFF}` to {place}",
        failure=_FAILURE,
    )
    return Module(source.path, ("Prisma",), (), (statement,))


def _title(text: str) -> str:
    """Return what the client that a schema generates is called, "" where its engine is not known.

    A schema of several files may keep that in another one.
    """
    bodies = [found["body"] for found in _GENERATOR.finditer(text)]
    named = [client for body in bodies if (client := _CLIENT.search(body))]
    if not named or any(_ADAPTED.search(body) for body in bodies):
        return ""
    python = all(client["kind"] == "py" or client["module"] for client in named)
    return _TITLES["py" if python else "js"]


def _is_off(url: str) -> bool:
    return _OFF in url.partition("?")[2].split("&")


def attach(
    modules: tuple[Module, ...],
    readings: Iterable[FileReading],
    topologies: tuple[Topology, ...],
    options: Options,
    assignments: Assignments,
) -> tuple[Module, ...]:
    """Return the modules, of Prisma's clients only those whose engine is known to name statements.

    An adapter, an address that code gives to a client, or a URL that is not known may change it.
    """
    if not any(_is_schema(module) for module in modules):
        return modules
    adapted = _is_adapted(readings, options)
    return tuple(
        replace(module, statements=() if adapted else tuple(_sure(module, topologies, assignments)))
        if _is_schema(module)
        else module
        for module in modules
    )


def _is_schema(module: Module) -> bool:
    return schemas.claims(module.path)


def _is_adapted(readings: Iterable[FileReading], options: Options) -> bool:
    stated = (d for reading in readings for d in reading.documents if isinstance(d, StatedFile))
    if any(file.adapts for file in stated):
        return True
    files = options.exports().files if options.exports else None
    asked = files.passing("gives Prisma an address", _gives_address) if files else iter(())
    return next(asked, None) is not None


def _gives_address(text: str) -> bool:
    return "prisma" in text.lower() and bool(_PYTHON_ADDRESS.search(text))


def _sure(
    module: Module, topologies: tuple[Topology, ...], assignments: Assignments
) -> Iterator[Statement]:
    for statement in module.statements:
        values = [
            variable.value.value or ""
            for variable in _given(statement.variable, module.path, topologies, assignments)
        ]
        if not statement.variable or (any(values) and not any(map(_is_off, values))):
            yield statement


def _given(
    name: str, path: str, topologies: tuple[Topology, ...], assignments: Assignments
) -> Iterator[Variable]:
    """Yield what a variable is given where the program of a schema runs."""
    built = False
    for client in (c for topology in topologies for c in clients(topology)):
        variable = client.container.variable(name)
        if variable is None:
            continue
        folder = client.container.build.removeprefix("./").rstrip("/")
        if folder in ("", ".") or path.startswith(f"{folder}/"):
            yield variable
        else:
            built = True
    if not built:
        for given in assignments.of(path):
            if variable := given.variable(name):
                yield variable
