"""Where each statement goes: to which pooler in which mode, to PostgreSQL itself, or unknown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from posixpath import commonpath, dirname

from poollint.catalog import endpoints
from poollint.catalog.settings import pgbouncer
from poollint.facts.code import Database, Effect, Endpoint, Module, Statement
from poollint.facts.infrastructure import Container, Pooler, Variable, Workload
from poollint.facts.topology import Topology
from poollint.model.figure import Basis, Figure, Word
from poollint.reading.naming.dsn import DEFAULT_PORT, Address, address, is_postgresql
from poollint.reading.reader import Options
from poollint.reading.session import alembic, django, pooling

TRANSACTION = "transaction"
SETTINGS = "settings"  # the origin of a mode that the user's settings state

# What usually runs on a connection of its own, or once: nothing is assumed of where it goes.
_APART = re.compile(
    r"(?:^|/)(?:migrations?|alembic|revisions?|versions|scripts?|bin|tools|tests?|testing|examples?"
    r"|docs?|benchmarks?|management/commands|\.[^/.]+)/"
    r"|(?:^|/)(?:test_[^/]*|[^/]*_test|conftest|setup|manage|env)\.py$|(?:^|/)alembic[^/]*\.ini$"
)
_HOST_VARIABLE = re.compile(r"(?:.*_)?(?:PG|DB|DATABASE|POSTGRES|POSTGRESQL|SQL)_?(?:HOST|SERVER)")
_URL_VARIABLE = re.compile(
    r"(?:.*_)?(?:PG|DB|DATABASE|POSTGRES|POSTGRESQL|SQLALCHEMY)_?.*(?:URL|URI|DSN)"
)


@dataclass(frozen=True, slots=True)
class _Lead:
    """Where an address leads. Not `known`: nobody says; no endpoint: PostgreSQL itself."""

    known: bool
    endpoint: Endpoint | None = None

    @property
    def mode(self) -> str:
        """Return the pool mode, "direct" without a pooler, "" unknown."""
        if not self.known:
            return ""
        return endpoints.DIRECT if self.endpoint is None else self.endpoint.mode.value or ""


_UNKNOWN = _Lead(known=False)
_DIRECT = _Lead(known=True)


def attach(
    modules: tuple[Module, ...], topologies: tuple[Topology, ...], options: Options
) -> tuple[Module, ...]:
    """Return the modules, their statements with the endpoint they go to, where it is known.

    A statement's own connection counts first; then `options.pool_mode`; then what every
    database address in an environment agrees on.
    """
    map_ = _Map(modules, topologies, options)
    return tuple(
        replace(module, statements=tuple(map_.placed(s, module.path) for s in module.statements))
        if module.statements
        else module
        for module in modules
    )


class _Map:
    def __init__(
        self, modules: tuple[Module, ...], topologies: tuple[Topology, ...], options: Options
    ) -> None:
        self._modules = modules
        self._topologies = topologies
        self._options = options
        self._shared: dict[frozenset[str], Endpoint | None] = {}
        self._set: dict[str, bool] = {}

    def placed(self, statement: Statement, path: str) -> Statement:
        """Return the statement with its endpoint."""
        found = self._endpoint(statement, path)
        if found is not None and statement.dialect and not self._names(statement):
            found = None  # another driver runs it, or nobody knows which
        if found is not None and statement.unless and self._is_set(statement.unless):
            found = None
        return replace(statement, endpoint=found)

    def _is_set(self, words: str) -> bool:
        """Tell whether any file gives one of `words` a value that is not False."""
        if words not in self._set:
            names = words.lower().split()
            value = re.compile(rf"(?:{'|'.join(names)})[\"']?\]?\s*[:=]\s*(?!False\b)", re.I)
            files = self._options.exports().files if self._options.exports else None
            texts = (files.data(path).decode() for path in files.paths) if files else ()
            self._set[words] = any(
                any(name in text.lower() for name in names) and value.search(text) for text in texts
            )
        return self._set[words]

    def _names(self, statement: Statement) -> bool:
        """Tell whether the variable of a statement holds a URL that names its dialect."""
        word = f"+{statement.dialect}:"
        return any(
            word in (variable.value.value or "")
            for topology in self._topologies
            for container in _clients(topology)
            if (variable := container.variable(statement.variable)) is not None
        )

    def _endpoint(self, statement: Statement, path: str) -> Endpoint | None:
        own = self._own(statement, path)
        if own.known:
            return own.endpoint
        if _APART.search(path):
            return None
        if self._options.pool_mode:
            mode = Word(self._options.pool_mode, Basis.ASSUMED, SETTINGS)
            kept = pgbouncer().tracked
            return Endpoint("", mode, tracked=kept, accepted=kept)
        if statement.url is not None and not statement.variable:
            return None  # it goes somewhere, and no file tells what is there
        every = (c.build for t in self._topologies for c in _clients(t))
        folders = frozenset(b for b in every if b.strip("./") and _within(path, b))
        if folders not in self._shared:
            self._shared[folders] = self._agreed(folders)
        return self._shared[folders]

    def _own(self, statement: Statement, path: str) -> _Lead:
        """Return where the statement's own connection leads, by its variable or its URL."""
        if statement.alias:
            return self._of_alias(statement.alias, path)
        if statement.variable:
            asked = (self._of_variable(statement.variable, path, t) for t in self._topologies)
            told = [lead for lead in asked if lead is not None]
            # Transaction mode in one environment is enough: there it breaks.
            told.sort(key=lambda lead: lead.mode != TRANSACTION)
            if told:
                return told[0]
            return _DIRECT if endpoints.is_direct(statement.variable) else _UNKNOWN
        if statement.url is None or statement.url.value is None:
            return _UNKNOWN
        found = address(statement.url.value)
        leads = [self._lead(found, topology) for topology in self._topologies or (None,)]
        return next((lead for lead in leads if lead.known), _UNKNOWN)

    def _of_alias(self, alias: str, path: str) -> _Lead:
        """Return where a database of the project leads that a file belongs to.

        Settings differ by environment: transaction mode in one of them is enough. Of any
        database at all (`ANY`), all have to agree.
        """
        named: dict[str, list[_Lead]] = {}
        having = [m for m in self._modules if any(_means(alias, d) for d in m.databases)]
        if not having and alias == alembic.ALEMBIC:
            return self._of_alias(alembic.ALEMBIC_INI, path)
        for module in _nearest(path, having):
            for one in module.databases:
                asks = Statement(Effect.SET, "", "", one.span, "", None, one.url, one.variable)
                if _means(alias, one):
                    named.setdefault(one.alias, []).append(self._own(asks, module.path))
        each = [min(leads, key=lambda lead: lead.mode != TRANSACTION) for leads in named.values()]
        modes = {lead.mode for lead in each}
        if len(modes) == 1:
            return each[0]
        return _DIRECT if modes - {TRANSACTION, ""} else _UNKNOWN  # one of them: nothing is said

    def _of_variable(self, name: str, path: str, topology: Topology) -> _Lead | None:
        """Return where a variable leads in one environment, None where it is not set there."""
        containers = [
            (container, variable)
            for container in _clients(topology)
            if (variable := container.variable(name)) is not None
        ]
        own = [v for c, v in containers if c.build.strip("./") and _within(path, c.build)]
        # Another project's program may call its own database by the same name.
        ours = [v for c, v in containers if c.build]
        found = own or ours or [v for _, v in containers]
        leads = [self._of_value(v, topology) for v in found]
        if not leads:
            return None
        return leads[0] if len({lead.mode for lead in leads}) == 1 else _UNKNOWN

    def _of_value(self, variable: Variable, topology: Topology) -> _Lead:
        found = _addressed(variable)
        return self._lead(found, topology) if found else _UNKNOWN

    def _agreed(self, folders: frozenset[str]) -> Endpoint | None:
        """Return the endpoint where all addresses of an environment lead to transaction mode.

        Of code in `folders` that images are built from, those of their containers only.
        """
        for topology in self._topologies:
            leads = [self._lead(found, topology) for found in self._addresses(topology, folders)]
            if leads and all(lead.mode == TRANSACTION for lead in leads):
                return leads[0].endpoint
        return None

    def _addresses(self, topology: Topology, folders: frozenset[str]) -> Iterator[Address | None]:
        """Yield every database address that an environment or the code states, None unread."""
        for container in _clients(topology):
            if folders and container.build not in folders:
                continue
            for variable in container.variables:
                if _URL_VARIABLE.fullmatch(variable.name) or _HOST_VARIABLE.fullmatch(
                    variable.name
                ):
                    yield _addressed(variable)
        if folders:
            return
        for module in self._modules:
            if _APART.search(module.path):
                continue
            urls = [(pool.url, pool.variable) for pool in module.pools]
            urls += [(statement.url, statement.variable) for statement in module.statements]
            urls += [(database.url, database.variable) for database in module.databases]
            for url, read in urls:
                if url is not None and url.value and not read:
                    yield address(url.value)

    def _lead(self, found: Address | None, topology: Topology | None) -> _Lead:
        if found is None:
            return _UNKNOWN
        port = found.port or DEFAULT_PORT
        recognised = endpoints.known_host(found.host, port)
        if recognised is not None:
            return _recognised(recognised, found)
        if topology is None:
            return _UNKNOWN
        poolers = [budget.pooler for budget in topology.poolers]
        servers = [budget.server for budget in topology.servers]
        served = any(found.host in s.hosts and port == s.port for s in servers)
        pooler = None if served else _pooler(found, poolers)
        if pooler is None:
            return _DIRECT if served or any(found.host in s.hosts for s in servers) else _UNKNOWN
        return self._through(pooler, found, topology)

    def _through(self, pooler: Pooler, found: Address, topology: Topology) -> _Lead:
        alias = next((d for d in pooler.databases if d.alias == found.dbname), None)
        mode = alias.mode if alias is not None and alias.mode is not None else pooler.mode
        if mode.value is None:
            return _UNKNOWN
        server = next((b.server for b in topology.poolers if b.pooler is pooler), None)
        return _Lead(True, pooling.endpoint(pooler, mode, server))


def _recognised(known: endpoints.KnownHost, found: Address) -> _Lead:
    if known.mode == endpoints.DIRECT:
        return _DIRECT
    where = f"the host {found.host}" + (f":{found.port}" if found.port else "")
    tracked = (*pgbouncer().tracked, *known.tracked)
    mode = Word(known.mode, Basis.DERIVED, where)
    prepared = known.prepared
    follows = None
    if prepared is not None:
        follows = Figure(prepared, prepared, "prepared statements", Basis.DERIVED, where)
    ignored = None if known.ignored is None else Word(known.ignored, Basis.DERIVED, where)
    return _Lead(True, Endpoint(known.pooler, mode, "", tracked, follows, ignored, tracked))


def _pooler(found: Address, poolers: Iterable[Pooler]) -> Pooler | None:
    """Return the one pooler that answers at an address, by its names, or else by its port."""
    every = list(poolers)
    named = [p for p in every if found.host in p.hosts]
    if len(named) > 1:
        named = [p for p in named if p.port == (found.port or DEFAULT_PORT)]
    if not named:
        # A file that names no host answers at a port that PostgreSQL does not have.
        port = found.port
        named = [p for p in every if not p.hosts and p.port == port and port != DEFAULT_PORT]
    return named[0] if len(named) == 1 else None


def _clients(topology: Topology) -> Iterator[Container]:
    """Yield the containers of an environment that are no poolers and no servers themselves."""
    apart = {name for b in topology.poolers for name in (b.pooler.name, *b.pooler.hosts)}
    apart |= {name for b in topology.servers for name in b.server.hosts}
    for workload in topology.workloads:
        if workload.name not in apart:
            yield from (c for c in workload.containers if not _is_apart(workload, c))


def _is_apart(workload: Workload, container: Container) -> bool:
    names = f"{workload.name} {container.name} {container.image}".lower()
    return any(word in names for word in ("pgbouncer", "pgcat", "odyssey", "pgpool", "postgres:"))


def _addressed(variable: Variable) -> Address | None:
    value = (variable.value.value or "").strip()
    if "://" in value or "=" in value:
        return address(value) if is_postgresql(value) else None
    host, _, port = value.partition(":")
    if not re.fullmatch(r"[\w.-]+", host) or (port and not port.isdecimal()):
        return None
    return Address(host.lower(), int(port[:5]) if port else 0, "")


def _nearest(path: str, modules: list[Module]) -> list[Module]:
    """Return the modules that share the most folders with a path."""

    def shared(module: Module) -> int:
        return len(commonpath([dirname(path), dirname(module.path)]))

    most = max(map(shared, modules), default=0)
    return [module for module in modules if shared(module) == most]


def _means(alias: str, database: Database) -> bool:
    """Tell whether an alias may be that of a database: any of Django's, or one by its name."""
    if alias == django.ANY:
        return database.alias not in (alembic.ALEMBIC, alembic.ALEMBIC_INI)
    return database.alias == alias


def _within(path: str, folder: str) -> bool:
    return path.startswith(folder.removeprefix("./").rstrip("/") + "/")
