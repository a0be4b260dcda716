"""The pools that the files of an application state, for a container that runs it or for none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from posixpath import dirname

from poollint.model.source import Span
from poollint.reading.deployment.ecosystems import (
    dotnet,
    ecto,
    fpm,
    go_numbers,
    golang,
    node,
    node_programs,
    php,
    quarkus,
    rails,
    records,
    spring,
)
from poollint.reading.deployment.ecosystems.home import Home
from poollint.reading.deployment.ecosystems.stating import StatedFile, StatedPool
from poollint.reading.deployment.linking.deployed import Unit
from poollint.reading.deployment.linking.variables import Variables

_CHOOSING = {
    rails.LANGUAGE: ("RAILS_ENV", "RACK_ENV"),
    node.LANGUAGE: ("NODE_ENV",),
}
_ALTERNATIVES = frozenset(("TypeORM", "Knex", "Active Record"))
_PRIMARY = "primary"  # what Rails calls the database that needs no name
_DEPLOYED = "production"  # of a file that says something for several environments
_ADAPTER = "@prisma/adapter-pg"


def loose(home: Home) -> Iterator[StatedPool]:
    """Yield the pools of an application that no container runs, as far as its files tell."""
    if home.language == spring.LANGUAGE:
        yield from spring.pools(home.files, {}, (), False)
        yield from quarkus.pools(home.files, {})
    elif home.language == dotnet.LANGUAGE:
        yield from dotnet.pools(home.files, {})
    elif home.language == fpm.LANGUAGE:
        yield from php.pools(home.files, {}, ())
    elif home.language == ecto.LANGUAGE:
        yield from ecto.merged(home.files, None)
    else:
        every = [pool for file in home.files for pool in file.pools]
        deployed = any(pool.chosen == _DEPLOYED for pool in every)
        yield from (pool for pool in every if not deployed or pool.chosen in ("", _DEPLOYED))


def groups(
    home: Home, unit: Unit, variables: Variables, needs: tuple[str, ...],
    outside: tuple[StatedFile, ...] = (),
) -> tuple[tuple[StatedPool, ...], ...]:  # fmt: skip
    """Return the pools of an application in groups, of each of which a process builds one.

    Files `outside` are those of settings that lie beside its archive.
    """
    if home.language == spring.LANGUAGE:
        argv = unit.argv or ()
        words = tuple(replace(part, text=word) for part in argv for word in part.text.split())
        found = spring.pools(home.files, variables, words, unit.complete, outside)
        found += quarkus.pools((*home.files, *outside), variables)
        kinds = dict.fromkeys((pool.driver, pool.title) for pool in found)
        return tuple(tuple(p for p in found if (p.driver, p.title) == kind) for kind in kinds)
    if home.language == ecto.LANGUAGE:
        told = variables.get("MIX_ENV")
        environment = told.value.value or "" if told else None
        if told is None and _starts(unit, "mix"):
            environment = "dev"  # Mix's own
        return tuple((pool,) for pool in ecto.merged(home.files, environment))
    if home.language == dotnet.LANGUAGE:
        return tuple((pool,) for pool in dotnet.pools(home.files, variables))
    if home.language == fpm.LANGUAGE:
        return tuple((pool,) for pool in php.pools(home.files, variables, needs))
    return _grouped(home, unit, variables)


def _grouped(home: Home, unit: Unit, variables: Variables) -> tuple[tuple[StatedPool, ...], ...]:
    """Return the pools of an application whose language has no framework that merges its files."""
    every = [pool for file in home.files for pool in file.pools]
    programs: dict[Span, tuple[str, int]] = {}
    if home.language == golang.LANGUAGE:
        mains = frozenset(file.path for file in home.files if file.kind == golang.MAIN)
        compiled = unit.file.programs if unit.file else ()
        every = golang.of_program(every, _program_of(unit), compiled, mains)
        programs = golang.alternatives(every, mains)
        every = go_numbers.resolved(every, home.files)
    if home.language == node.LANGUAGE and home.programs:
        started = node_programs.file_of(unit.argv or ())
        every = node_programs.of_program(every, started, home.programs, home.files, home.folder)
    adapted = any(pool.driver == _ADAPTER for pool in every)
    alike: dict[tuple[object, ...], list[StatedPool]] = {}
    for pool in _chosen(every, home, variables):
        if pool.driver == "Prisma" and adapted:
            continue
        key = programs.get(pool.span) or _alternative(pool, every)
        alike.setdefault(key, []).append(pool)
    return tuple(tuple(group) for group in alike.values())


def _alternative(pool: StatedPool, every: list[StatedPool]) -> tuple[object, ...]:
    """Return what is the same for pools of which a process builds one.

    Files beside each other that each make the only pool of their own are variants, unless each
    is a route.
    """
    if pool.driver in _ALTERNATIVES:
        return pool.driver, "" if pool.title == _PRIMARY else pool.title
    own = [other for other in every if other.span.path == pool.span.path]
    if len(own) == 1 and not node.ROUTE.search(pool.span.path):
        return pool.driver, dirname(pool.span.path)
    return (pool.span,)


def _chosen(pools: list[StatedPool], home: Home, variables: Variables) -> list[StatedPool]:
    """Return the pools that are for the environment that a container's variable names."""
    names = _CHOOSING.get(home.language, ())
    told = next((variables[name].value.value for name in names if name in variables), None)
    if not any(pool.chosen == told for pool in pools):
        told = None
    further = records.further(pools, (e for file in home.files for e in file.entries), told)
    usual = (pool for pool in pools if pool not in further)
    if told:
        usual = (pool for pool in usual if pool.chosen in ("", told))
    return [*usual, *further.values()]


def _starts(unit: Unit, program: str) -> bool:
    return any(word == program for part in unit.argv or () for word in part.text.split())


def _program_of(unit: Unit) -> str:
    """Return what a container starts, "" where that is not known."""
    process = unit.container.process
    return process.application if process else ""
