"""Where each statement goes: to which pooler in which mode, to PostgreSQL itself, or unknown."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from posixpath import commonpath, dirname

from poollint.catalog import endpoints
from poollint.catalog.settings import pgbouncer
from poollint.facts.code import Database, Effect, Endpoint, Module, Statement
from poollint.facts.infrastructure import Variable
from poollint.facts.topology import Topology
from poollint.model.figure import Basis, Word
from poollint.reading.naming.values.dsn import Address, address
from poollint.reading.reader import Options
from poollint.reading.session import alembic, django, tortoise
from poollint.reading.session.assigned import Assignments
from poollint.reading.session.reaching import (
    DIRECT,
    LOCAL,
    UNKNOWN,
    Client,
    Lead,
    clients,
    lead,
    stated,
    told,
    told_in,
)

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


def attach(
    modules: tuple[Module, ...],
    topologies: tuple[Topology, ...],
    options: Options,
    assignments: Assignments | None = None,
) -> tuple[Module, ...]:
    """Return the modules, their statements with the endpoint they go to, where it is known.

    A statement's own connection counts first; then `options.pool_mode`; then what every
    database address in an environment agrees on. Where no container is told anything of a
    variable, all `assignments` of it have to agree.
    """
    map_ = _Map(modules, topologies, options, assignments or Assignments((), options))
    return tuple(
        replace(module, statements=tuple(map_.placed(s, module.path) for s in module.statements))
        if module.statements
        else module
        for module in modules
    )


class _Map:
    def __init__(
        self,
        modules: tuple[Module, ...],
        topologies: tuple[Topology, ...],
        options: Options,
        assignments: Assignments,
    ) -> None:
        self._modules = modules
        self._topologies = topologies
        self._options = options
        self._assignments = assignments
        self._shared: dict[frozenset[str], Endpoint | None] = {}
        self._set: dict[str, bool] = {}
        self._told: dict[tuple[str, int], tuple[tuple[str, Lead], ...]] = {}

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

            def sets(text: str) -> bool:
                return any(name in text.lower() for name in names) and bool(value.search(text))

            found = files.passing(f"sets {words}", sets) if files else iter(())
            self._set[words] = next(found, None) is not None
        return self._set[words]

    def _names(self, statement: Statement) -> bool:
        """Tell whether the variable of a statement holds a URL that names its dialect."""
        word = f"+{statement.dialect}:"
        return any(
            word in (variable.value.value or "")
            for topology in self._topologies
            for client in clients(topology)
            if (variable := client.container.variable(statement.variable)) is not None
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
        every = (c.container.build for t in self._topologies for c in clients(t))
        folders = frozenset(b for b in every if b.strip("./") and _within(path, b))
        if folders not in self._shared:
            self._shared[folders] = self._agreed(folders)
        return self._shared[folders] or self._agreed_by_files(path)

    def _agreed_by_files(self, path: str) -> Endpoint | None:
        """Return the endpoint where all that files give to a program leads to transaction mode.

        Only where no container is given an address: what files give may be for another place.
        """
        given = self._assignments.of(path)
        if not given or any(any(self._addresses(t, frozenset())) for t in self._topologies):
            return None
        leads = [
            told_in(self._at(stated(variable, one.variables)), variable)
            for one in given
            for name in dict.fromkeys(variable.name for variable in one.variables)
            if _names_address(name) and (variable := one.variable(name)) is not None
        ]
        leads += [self._at(address(url)) for url in self._literal()]
        every = bool(leads) and all(one.mode == TRANSACTION for one in leads)
        return leads[0].endpoint if every else None

    def _own(self, statement: Statement, path: str) -> Lead:
        """Return where the statement's own connection leads, by its variable or its URL."""
        if statement.alias:
            return self._of_alias(statement.alias, path)
        if statement.variable:
            asked = (self._of_variable(statement.variable, path, t) for t in self._topologies)
            found = [one for one in asked if one is not None]
            if found:
                return _preferred(found)
            given = self._given(statement.variable, path)
            if given.known:
                return given
            return DIRECT if endpoints.is_direct(statement.variable) else UNKNOWN
        if statement.url is None or statement.url.value is None:
            return UNKNOWN
        return self._at(address(statement.url.value))

    def _at(self, where: Address | None) -> Lead:
        """Return where an address leads that counts in every environment."""
        leads = [lead(where, topology) for topology in self._topologies or (None,)]
        known = [one for one in leads if one.known]
        if where is not None and where.host in LOCAL and len({one.mode for one in known}) > 1:
            return UNKNOWN  # whose machine it is decides
        return _preferred(known) if known else UNKNOWN

    def _given(self, name: str, path: str) -> Lead:
        """Return where a variable leads that files give to a program, where all of them agree."""
        found = [
            told_in(self._at(stated(variable, one.variables)), variable)
            for one in self._assignments.of(path)
            if (variable := one.variable(name)) is not None
        ]
        return found[0] if len({one.mode for one in found}) == 1 else UNKNOWN

    def _of_alias(self, alias: str, path: str) -> Lead:
        """Return where a database of the project leads that a file belongs to.

        Settings differ by environment: transaction mode in one of them is enough. Of any
        database at all (`ANY`), all have to agree.
        """
        named: dict[str, list[Lead]] = {}
        having = [m for m in self._modules if any(_means(alias, d) for d in m.databases)]
        if not having and alias == alembic.ALEMBIC:
            return self._of_alias(alembic.ALEMBIC_INI, path)
        for module in _nearest(path, having):
            for one in module.databases:
                asks = Statement(Effect.SET, "", "", one.span, "", None, one.url, one.variable)
                if _means(alias, one):
                    named.setdefault(one.alias, []).append(self._own(asks, module.path))
        each = [_preferred(leads) for leads in named.values()]
        modes = {one.mode for one in each}
        if len(modes) == 1:
            return each[0]
        return DIRECT if modes - {TRANSACTION, ""} else UNKNOWN  # one of them: nothing is said

    def _of_variable(self, name: str, path: str, topology: Topology) -> Lead | None:
        """Return where a variable leads in one environment, None where it is not set there."""
        found = self._in_containers(name, topology)
        own = [one for build, one in found if build.strip("./") and _within(path, build)]
        # Another project's program may call its own database by the same name.
        ours = [one for build, one in found if build]
        leads = own or ours or [one for _, one in found]
        if not leads:
            return None
        return leads[0] if len({one.mode for one in leads}) == 1 else UNKNOWN

    def _in_containers(self, name: str, topology: Topology) -> tuple[tuple[str, Lead], ...]:
        """Return where a variable leads in each container that has it, beside what it builds."""
        key = (name, id(topology))
        if key not in self._told:
            self._told[key] = tuple(
                (client.container.build, told(variable, client, topology))
                for client in clients(topology)
                if (variable := client.container.variable(name)) is not None
            )
        return self._told[key]

    def _agreed(self, folders: frozenset[str]) -> Endpoint | None:
        """Return the endpoint where all addresses of an environment lead to transaction mode.

        Of code in `folders` that images are built from, those of their containers only.
        """
        for topology in self._topologies:
            leads = list(self._leads(topology, folders))
            if leads and all(one.mode == TRANSACTION for one in leads):
                return leads[0].endpoint
        return None

    def _leads(self, topology: Topology, folders: frozenset[str]) -> Iterator[Lead]:
        """Yield where every database address leads that an environment or the code states."""
        for client, variable in self._addresses(topology, folders):
            yield told(variable, client, topology)
        if not folders:
            yield from (lead(address(url), topology) for url in self._literal())

    def _addresses(
        self, topology: Topology, folders: frozenset[str]
    ) -> Iterator[tuple[Client, Variable]]:
        """Yield the variables of containers, of those built from `folders`, for addresses."""
        for client in clients(topology):
            if not folders or client.container.build in folders:
                found = client.container.variables
                yield from ((client, v) for v in found if _names_address(v.name))

    def _literal(self) -> Iterator[str]:
        """Yield the addresses that the code itself states, and no variable."""
        for module in self._modules:
            if _APART.search(module.path):
                continue
            urls = [(pool.url, pool.variable) for pool in module.pools]
            urls += [(statement.url, statement.variable) for statement in module.statements]
            urls += [(database.url, database.variable) for database in module.databases]
            for url, read in urls:
                if url is not None and url.value and not read:
                    yield url.value


def _preferred(leads: list[Lead]) -> Lead:
    """Return the lead that counts: transaction mode in one environment is enough to break."""
    return min(leads, key=lambda one: one.mode != TRANSACTION)


def _names_address(name: str) -> bool:
    """Tell whether a variable is called after the address of a database."""
    return bool(_URL_VARIABLE.fullmatch(name) or _HOST_VARIABLE.fullmatch(name))


def _nearest(path: str, modules: list[Module]) -> list[Module]:
    """Return the modules that share the most folders with a path."""

    def shared(module: Module) -> int:
        return len(commonpath([dirname(path), dirname(module.path)]))

    most = max(map(shared, modules), default=0)
    return [module for module in modules if shared(module) == most]


def _means(alias: str, database: Database) -> bool:
    """Tell whether an alias may be that of a database: any of an ORM's, or one by its name."""
    of_tortoise = database.alias.startswith(tortoise.PACKAGE)
    if alias == django.ANY:
        return not of_tortoise and database.alias not in (alembic.ALEMBIC, alembic.ALEMBIC_INI)
    return of_tortoise if alias == tortoise.ANY else database.alias == alias


def _within(path: str, folder: str) -> bool:
    return path.startswith(folder.removeprefix("./").rstrip("/") + "/")
