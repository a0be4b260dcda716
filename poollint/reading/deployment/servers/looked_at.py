"""Whether the server of an image looks at the file of settings that a container is given.

Source: docker-library/docs, postgres, "Database Configuration": the image reads the file in its
data directory, which `initdb` has made of its sample; another is read where the command says so
(`-c config_file=…`). It looks at nothing below /etc/postgresql by itself. bitnami/containers,
postgresql, "Configuration file" (libpostgresql.sh): that image takes all that is mounted below
/bitnami/postgresql/conf, whatever the files in `conf.d` are called.
"""

from __future__ import annotations

from posixpath import basename

from poollint.model.figure import Basis, Figure
from poollint.reading.deployment.images.images import reference
from poollint.reading.deployment.linking.deployed import Placed, Unit
from poollint.reading.deployment.linking.variables import environment
from poollint.reading.deployment.servers import told_to_read
from poollint.reading.deployment.servers.configured import Configured

_IMAGES = frozenset(
    (
        ("library", "postgres"), ("postgis", "postgis"), ("pgvector", "pgvector"),
        ("timescale", "timescaledb"),
    )
)  # fmt: skip
_SERVERS = ("postgres", "docker-entrypoint.sh")
_DATA = "/var/lib/postgresql"
_ELSEWHERE = "/etc/postgresql"
# Where what is mounted is read, or may make another file be.
_READ = ("/var/lib/postgresql/data/", "/usr/share/postgresql")
_FIRST = "/docker-entrypoint-initdb.d"
_TAKEN = "/bitnami/postgresql/conf"
_TELLING = ("config_file", "config-file", "data_directory", "$", " ")


def in_force(
    stated: dict[str, Figure], placed: Placed, unit: Unit, *, scripted: bool
) -> dict[str, Figure]:
    """Return what a mounted file states, or that it is not known where the image has another.

    `scripted` tells that scripts for its first start name settings, or the file of settings.
    """
    read = (*_READ, _FIRST) if scripted else _READ
    where = _overlooked(placed, unit, read)
    limit = stated.get("max_connections")
    if not where or limit is None:
        return stated
    hint = f"mounted at {where}, where the image looks if told `config_file`"
    return {"max_connections": Figure(100, 100, limit.name, Basis.UNKNOWN, limit.origin, hint)}


def _overlooked(placed: Placed, unit: Unit, read: tuple[str, ...]) -> str:
    """Return where files are mounted at which the server does not look, "" where it may."""
    words = [part.text for part in unit.argv or ()]
    first = basename(words[0]) if words else ""
    official = unit.file is None and reference(unit.container.image.lower()) in _IMAGES
    plain = not words or first.startswith("-") or first in _SERVERS
    data = environment(unit.container.variables).get("PGDATA")
    kept = data is None or (data.value.value or "").startswith(_DATA)
    if not official or not plain or not kept:
        return ""
    if any(told in word for word in words for told in _TELLING) or "-D" in words:
        return ""
    if any(target.startswith(read) or target.endswith(".sample") for target in placed.targets):
        return ""
    below = (t for t in placed.targets if f"{t}/".startswith(f"{_ELSEWHERE}/"))
    return next(below, "")


def taken_unread(placed: Placed, unit: Unit, configured: Configured) -> dict[str, Figure]:
    """Return what a file states that an image takes, whatever it is called.

    The limit is unknown where no reader knows the file, or there are several.
    """
    _, name = reference(unit.container.image.lower())
    below = (t for t in placed.targets if f"{t}/".startswith(f"{_TAKEN}/"))
    where = next(below, "") if name.startswith("postgresql") else ""
    if not where:
        return {}
    only = told_to_read.below(_TAKEN, placed, configured)
    if only:
        return told_to_read.numbers(only)
    hint = f"unless what is mounted at {where} says otherwise"
    span = unit.container.span
    return {"max_connections": Figure(100, 100, "max_connections", Basis.UNKNOWN, span, hint)}
