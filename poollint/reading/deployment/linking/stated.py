"""Settings that deployments state themselves, and the versions that read those of files.

The sources are arguments of `postgres`, variables of images that write a file of them, and the
parameters of operators' resources (cloudnative-pg api/v1, zalando/postgres-operator,
CrunchyData/postgres-operator, ongres/stackgres).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from poollint.catalog import settings as catalog
from poollint.facts.configuration import Configuration
from poollint.facts.infrastructure import Setting
from poollint.model.source import Span
from poollint.reading.deployment.images.images import is_pooler, is_server, pooler_image, version
from poollint.reading.deployment.linking.deployed import Placed, Unit
from poollint.reading.deployment.linking.documents import Manifest
from poollint.reading.deployment.linking.environments import Environment
from poollint.reading.deployment.linking.variables import environment
from poollint.reading.deployment.programs.arguments import parameters
from poollint.reading.deployment.servers import pgpool_variables
from poollint.reading.deployment.servers.databases import serves
from poollint.reading.settings import single, versions
from poollint.syntax.yaml import Mapping, Scalar

_EVERYWHERE = "0.0.0.0"  # where the images listen by themselves
# The kind of a resource, where its parameters stand, and what they are parameters of.
_RESOURCES = (
    ("Cluster", ("spec", "postgresql", "parameters"), single.POSTGRES),
    ("Pooler", ("spec", "pgbouncer", "parameters"), single.PGBOUNCER),
    ("postgresql", ("spec", "postgresql", "parameters"), single.POSTGRES),
    ("PostgresCluster", ("spec", "config", "parameters"), single.POSTGRES),
    (
        "PostgresCluster",
        ("spec", "patroni", "dynamicConfiguration", "postgresql", "parameters"),
        single.POSTGRES,
    ),
    ("PostgresCluster", ("spec", "proxy", "pgBouncer", "config", "global"), single.PGBOUNCER),
    ("SGPostgresConfig", ("spec", "postgresql.conf"), single.POSTGRES),
    ("SGPoolingConfig", ("spec", "pgBouncer", "pgbouncer.ini", "pgbouncer"), single.PGBOUNCER),
)
_VERSIONS = {
    "postgresql": ("spec", "postgresql", "version"),
    "PostgresCluster": ("spec", "postgresVersion"),
    "SGPostgresConfig": ("spec", "postgresVersion"),
}


def configurations(
    files: Iterable[Configuration], described: Iterable[Environment], documents: Iterable[object]
) -> tuple[Configuration, ...]:
    """Return the configurations of files, judged for the version that reads them, and all others.

    Where programs of several versions read one file, none of them is taken.
    """
    environments = tuple(described)
    placed = [(p, unit) for where in environments for p in where.placed for unit in p.units]
    told = tuple(_versioned(found, placed) for found in files)
    others = [found for p, unit in placed if (found := _of_unit(p, unit))]
    others += [found for d in documents if isinstance(d, Manifest) for found in _of_resource(d)]
    others += [found for where in environments for found in where.configured]
    unique = {(found.program, found.span): found for found in others}
    return (*told, *unique.values())


def _versioned(found: Configuration, placed: Iterable[tuple[Placed, Unit]]) -> Configuration:
    """Return the configuration of a file as the containers that see it take it."""
    if found.program not in (single.PGBOUNCER, single.POSTGRES):
        return found
    seeing = [unit for where, unit in placed if found.settings and where.sees(found.span)]
    fits = is_pooler if found.program == single.PGBOUNCER else is_server
    running = [u for u in seeing if fits(u.container.image) or fits(u.base)]
    if len(running) == 1:
        found = _limited(found, running[0])
    known = {_version(found.program, unit): unit.container.span for unit in running}
    known.pop("", None)
    if len(known) != 1:
        return found
    ((text, span),) = known.items()
    return versions.judged(found, text, span)


def _limited(found: Configuration, unit: Unit) -> Configuration:
    container = unit.container
    return replace(found, memory=container.memory, descriptors=container.descriptors)


def _version(program: str, unit: Unit) -> str:
    """Return the version of a program in a container, "" where no tag tells it."""
    fits = is_pooler if program == single.PGBOUNCER else is_server
    image = next((i for i in (unit.container.image, unit.base) if fits(i)), "")
    return version(image)


def _of_unit(placed: Placed, unit: Unit) -> Configuration | None:
    """Return what the command or the variables of a container set."""
    if is_server(unit.container.image) or is_server(unit.base):
        if not serves(placed, unit):
            return None
        program, settings = single.POSTGRES, tuple(_arguments(unit))
    elif pooler_image(unit.container.image) and not placed.targets:
        program, settings = single.PGBOUNCER, tuple(_variables(unit))
    else:
        return pgpool_variables.configuration(placed, unit)
    if not settings:
        return None
    found = Configuration(program, unit.container.span, settings, complete=False)
    found = _limited(found, unit)
    return versions.judged(found, _version(program, unit), unit.container.span)


def _arguments(unit: Unit) -> Iterator[Setting]:
    """Yield the `-c name=value` of a server; of several of one name the last counts."""
    variables = environment(unit.container.variables)
    found: dict[str, Setting] = {}
    for name, word in parameters(unit.argv or (), variables):
        if word.value is not None and isinstance(word.origin, Span):
            found.pop(name, None)
            found[name] = single.of_postgres(name, word.value, word.origin)
    yield from found.values()


def _variables(unit: Unit) -> Iterator[Setting]:
    """Yield what an image writes to pgbouncer.ini; empty variables it leaves out."""
    image = pooler_image(unit.container.image)
    if image is None:
        return
    known = catalog.pgbouncer().sections["pgbouncer"]
    listens = False
    for variable in unit.container.variables:
        name = variable.name.removeprefix(image.prefix).lower()
        if not variable.name.startswith(image.prefix) or name not in known:
            continue
        word = variable.value
        if name in image.ignored or not word.value or not isinstance(word.origin, Span):
            continue
        listens = listens or name == "listen_addr"
        yield single.of_pgbouncer(name, word.value, word.origin)
    if not listens:
        span = unit.container.span
        yield Setting(single.PGBOUNCER, "pgbouncer", "", "listen_addr", _EVERYWHERE, span, span)


def _of_resource(manifest: Manifest) -> Iterator[Configuration]:
    for kind, path, program in _RESOURCES:
        if manifest.kind != kind or not manifest.name:
            continue
        mapping = manifest.root.mapping(*path)
        settings = tuple(_of_mapping(mapping, program))
        if settings:
            found = Configuration(program, mapping.span, settings, complete=False)
            text = manifest.root.text(*_VERSIONS[kind]) if kind in _VERSIONS else ""
            yield versions.judged(found, text, mapping.span) if text else found


def _of_mapping(mapping: Mapping, program: str) -> Iterator[Setting]:
    make = single.of_postgres if program == single.POSTGRES else single.of_pgbouncer
    for item in mapping.items:
        if isinstance(item.value, Scalar) and not item.value.is_null:
            span = Span(item.key.span.path, item.key.span.start, item.value.span.end)
            setting = make(item.key.text, item.value.text, span)
            yield replace(setting, span=span)
