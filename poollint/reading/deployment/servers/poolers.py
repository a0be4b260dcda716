"""PgBouncer in a container: what its files, or its image's variables, make of it."""

from __future__ import annotations

import re
from dataclasses import replace
from posixpath import basename, dirname

from poollint.catalog import settings
from poollint.catalog.platforms import PoolerImage
from poollint.facts.infrastructure import Pooler, PoolerDatabase, Variable
from poollint.model.figure import Basis, Figure, Word
from poollint.model.source import Span
from poollint.reading.deployment.images.images import is_pooler, pooler_image, version
from poollint.reading.deployment.linking.deployed import Placed, Unit
from poollint.reading.deployment.linking.variables import Variables, environment, number
from poollint.reading.deployment.servers.configured import Configured
from poollint.reading.naming.values import dsn

PORT = 5432
_INI = re.compile(r"(?<=\s)/[\w./-]+\.ini\b")


def runs_pooler(unit: Unit) -> bool:
    """Tell whether a container runs PgBouncer."""
    if is_pooler(unit.container.image) or is_pooler(unit.base):
        return True
    return any(basename(part.text) == "pgbouncer" for part in unit.argv or ())


def pooler(placed: Placed, unit: Unit, configured: Configured) -> Pooler | None:
    """Return the pooler that a container runs, None where no file tells how it is set.

    A pgbouncer.ini that is mounted, or copied into the image, puts an end to what the image
    makes of its variables, also where it is none of this tree.
    """
    hosts = tuple(address.host for address in placed.addresses)
    for found in configured.poolers:
        if (
            found.product == "PgBouncer"
            and placed.sees(found.span)
            and not _is_other(placed, unit, found.span)
        ):
            return replace(
                found,
                name=placed.workload.name,
                hosts=hosts,
                instances=placed.workload.replicas,
                version=_version(unit),
            )
    image = pooler_image(unit.container.image) or pooler_image(unit.base)
    if image is None or _is_veiled(placed, image):
        return None
    first = unit.argv[0].text if unit.replaced and unit.argv else ""
    if basename(first) == "pgbouncer":  # which reads the file it is given, and no variable
        return None
    return _from_variables(placed, unit, image, hosts, sure=first in ("", image.entrypoint))


def _is_other(placed: Placed, unit: Unit, span: Span) -> bool:
    """Tell whether a command names a file that is mounted, where an image has one of its own."""
    line = " ".join(part.text for part in unit.argv or ())
    named = _INI.search(line)
    if named is None or placed.workload.platform != "kubernetes":
        return False
    mounted = (m for m in placed.mounts if isinstance(m, Span) and m.path == span.path)
    if any(mount.start <= span.start < mount.end for mount in mounted):
        return False
    return dirname(named[0]) in {target.rstrip("/") for target in placed.targets}


def unset(placed: Placed, unit: Unit) -> Pooler:
    """Return a pooler of which only is known where it runs."""

    def figure(name: str) -> Figure:
        return replace(_setting(name, None, {}), basis=Basis.UNKNOWN, origin=unit.container.span)

    return Pooler(
        name=placed.workload.name,
        product="PgBouncer",
        span=unit.container.span,
        hosts=tuple(address.host for address in placed.addresses),
        port=_port(None, PORT),
        mode=Word(None, Basis.UNKNOWN, unit.container.span),
        instances=placed.workload.replicas,
        max_client_conn=figure("max_client_conn"),
        default_pool_size=figure("default_pool_size"),
        reserve_pool_size=figure("reserve_pool_size"),
        max_db_connections=figure("max_db_connections"),
        max_user_connections=figure("max_user_connections"),
        databases=(),
    )


def _is_veiled(placed: Placed, image: PoolerImage) -> bool:
    """Tell whether something that no file of the tree is lies where the image has its file."""
    return any(
        basename(target) == "pgbouncer.ini" or target.rstrip("/") == image.folder
        for target in placed.targets
    )


def _from_variables(
    placed: Placed, unit: Unit, image: PoolerImage, hosts: tuple[str, ...], *, sure: bool
) -> Pooler:
    """Return what an image makes of its variables; not `sure` where a script of one's own runs."""
    variables = environment(unit.container.variables)

    def figure(name: str) -> Figure:
        found = _setting(name, image, variables)
        if sure:
            return found
        stated = found.basis is not Basis.DEFAULTED
        return replace(found, basis=Basis.ASSUMED if stated else Basis.UNKNOWN)

    mode = variables.get(f"{image.prefix}POOL_MODE")
    prepared = _setting("max_prepared_statements", image, variables)
    return Pooler(
        name=placed.workload.name,
        product="PgBouncer",
        span=unit.container.span,
        hosts=hosts,
        port=_port(variables.get(image.port_variable), image.port),
        mode=_mode(mode.value) if mode and mode.value.value != "" else (
            Word("session" if sure else None, Basis.DEFAULTED, "PgBouncer default")
        ),
        instances=placed.workload.replicas,
        max_client_conn=figure("max_client_conn"),
        default_pool_size=figure("default_pool_size"),
        reserve_pool_size=figure("reserve_pool_size"),
        max_db_connections=figure("max_db_connections"),
        max_user_connections=figure("max_user_connections"),
        databases=(_database(image, variables, unit.container.span),),
        tracked=settings.pgbouncer().tracked,
        version=_version(unit),
        prepared=None if prepared.basis is Basis.DEFAULTED or not sure else prepared,
        ignored=_ignored(variables.get(f"{image.prefix}IGNORE_STARTUP_PARAMETERS"), sure),
    )  # fmt: skip


def _version(unit: Unit) -> str:
    """Return the version of PgBouncer in an image that is called after it."""
    named = next((i for i in (unit.container.image, unit.base) if is_pooler(i)), "")
    return version(named)


def _ignored(variable: Variable | None, sure: bool) -> Word | None:
    """Return the startup parameters an image has PgBouncer throw away; all ignore this one."""
    if variable is not None and variable.value.value is not None:
        return variable.value
    if variable is not None or not sure:
        return None
    return Word("extra_float_digits", Basis.DEFAULTED, "default of the image")


def _mode(word: Word) -> Word:
    allowed = settings.pgbouncer().sections["pgbouncer"]["pool_mode"].allowed
    value = (word.value or "").strip().lower()
    return Word(value if value in allowed else None, word.basis, word.origin)


def _setting(name: str, image: PoolerImage | None, variables: Variables) -> Figure:
    known = settings.pgbouncer()
    parameter = known.sections["pgbouncer"][name]
    default = int(parameter.default)
    variable = variables.get(image.prefix + name.upper()) if image else None
    if image is None or variable is None or name in image.ignored or variable.value.value == "":
        source = f"PgBouncer default, {parameter.since} to {known.newest}"
        return Figure.defaulted(default, name, source)
    figure = number(variable.value, name, variable.name)
    if figure is None:
        return Figure(default, default, name, Basis.UNKNOWN, variable.value.origin)
    if name == "default_pool_size" and figure.low <= 0:
        return replace(figure, low=0, high=None)
    return figure


def _database(image: PoolerImage, variables: Variables, span: Span) -> PoolerDatabase:
    url = variables.get(image.url)
    address = dsn.address(url.value.value) if url and url.value.value else None
    host, dbname = _text(variables.get(image.host)), _text(variables.get(image.database))
    if address:
        host, dbname = address.host, address.dbname.partition("?")[0]
    alias = _text(variables.get(image.alias)) or image.default_alias
    if address and image.alias == image.database and dbname:
        alias = dbname
    port = _port(variables.get(image.host_port), (address.port if address else 0) or PORT)
    return PoolerDatabase(
        alias, span, host.lower(), port, dbname or ("" if alias == "*" else alias)
    )


def _text(variable: Variable | None) -> str:
    return (variable.value.value or "").strip() if variable else ""


def _port(variable: Variable | None, default: int) -> int:
    text = _text(variable)
    return int(text[:5]) if text.isdecimal() else default
