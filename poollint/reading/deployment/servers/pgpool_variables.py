"""What images of Pgpool-II write to pgpool.conf from their variables.

Sources: the entry points of bitnami/pgpool and pgpool/pgpool, named in `platforms.toml`. Both put
each value in quotes, and what they do not know of into no file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from poollint.catalog.platforms import PgpoolImage, platforms
from poollint.facts.configuration import Configuration
from poollint.facts.infrastructure import Pooler, Variable
from poollint.model.source import Span
from poollint.reading.deployment.images.images import reference
from poollint.reading.deployment.linking.deployed import Placed, Unit
from poollint.reading.deployment.linking.variables import environment
from poollint.reading.settings import pgpool, pgpool_backends
from poollint.syntax.pgpool import Entry

_BETWEEN = re.compile(r"[,;\s]+")
_FIELDS = ("hostname", "port", "weight")  # behind the number of a node
_NODE_PORT = "5432"


def configuration(placed: Placed, unit: Unit) -> Configuration | None:
    """Return what the variables of a container set, None where its image reads none."""
    image = _image(placed, unit)
    if image is None:
        return None
    stated = tuple(_stated(image, unit))
    # The place of a setting is that of its value: there is no name to put another one over.
    settings = tuple(replace(s, exposed="", sole=False) for s in pgpool.settings_of(stated))
    if not settings:
        return None
    return Configuration(pgpool.PROGRAM.title, unit.container.span, settings, complete=False)


def pooler(placed: Placed, unit: Unit) -> Pooler | None:
    """Return the pooler that a container's variables describe, None where its image reads none."""
    image = _image(placed, unit)
    if image is None:
        return None
    place = unit.container.span
    made = tuple(Entry(name, value, place, place) for name, value in image.defaults)
    entries = (*made, *_stated(image, unit))
    found = pgpool_backends.pooler(entries, place, placed.workload.name, complete=True)
    hosts = tuple(address.host for address in placed.addresses)
    return replace(found, hosts=hosts, instances=placed.workload.replicas)


def _image(placed: Placed, unit: Unit) -> PgpoolImage | None:
    """Return what is known of a container's image, if its variables are all that sets it up.

    A file may lie where something is mounted, and a command of one's own may read none of them.
    """
    owner, name = reference(unit.container.image.lower())
    found = next(
        (i for i in platforms().pgpool_images if i.name == name and owner in i.owners), None
    )
    if found is None or placed.targets or unit.replaced or unit.argv:
        return None
    return None if found.file in environment(unit.container.variables) else found


def _stated(image: PgpoolImage, unit: Unit) -> Iterator[Entry]:
    """Yield the entries of the file; one whose value no file states is open."""
    named = dict(image.names)
    for variable in environment(unit.container.variables).values():
        value = variable.value.value
        if value is not None and (not value.strip() or "'" in value or "\n" in value):
            continue
        if variable.name == image.nodes:
            yield from _nodes(variable, unit.container.span)
            continue
        name = named.get(variable.name, "")
        if image.prefix and variable.name.startswith(image.prefix):
            name = variable.name.removeprefix(image.prefix).lower()
        if name:
            text = f"${variable.name}" if value is None else value
            yield _entry(name, text, variable, unit.container.span)


def _nodes(variable: Variable, container: Span) -> Iterator[Entry]:
    """Yield the backends of a list `number:host:port:weight`, of which the last two may lack."""
    for node in _BETWEEN.split(variable.value.value or ""):
        number, *fields = [field for field in node.split(":") if field] or [""]
        if not number.isdecimal() or not fields:
            continue
        if len(fields) == 1:
            fields.append(_NODE_PORT)
        for name, value in zip(_FIELDS, fields, strict=False):
            yield _entry(f"backend_{name}{number}", value, variable, container)


def _entry(name: str, value: str, variable: Variable, container: Span) -> Entry:
    origin = variable.value.origin
    place = origin if isinstance(origin, Span) else container
    return Entry(name, value, place, place)
