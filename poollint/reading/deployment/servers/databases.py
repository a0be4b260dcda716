"""Servers and poolers that run as containers: what images, commands and variables make of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from posixpath import basename

from poollint.catalog import settings
from poollint.catalog.platforms import platforms
from poollint.facts.infrastructure import Server
from poollint.model.figure import Basis, Figure
from poollint.model.source import Span
from poollint.reading.deployment.images.images import is_server, reference, version
from poollint.reading.deployment.linking.deployed import Placed, Unit
from poollint.reading.deployment.linking.documents import Part
from poollint.reading.deployment.linking.reach import means_database
from poollint.reading.deployment.linking.variables import Variables, environment, expand, number
from poollint.reading.deployment.servers import tuned
from poollint.reading.deployment.servers.configured import Configured
from poollint.reading.deployment.servers.first_start import at_first, sets_at_first
from poollint.reading.deployment.servers.looked_at import in_force, taken_unread
from poollint.reading.deployment.servers.poolers import runs_pooler
from poollint.reading.deployment.servers.products import product
from poollint.reading.deployment.servers.told_to_read import by_command, numbers
from poollint.syntax import shell

PORT = 5432
_DEEPEST = 4  # lines for a shell within one another
PROGRAMS = ("postgres", "docker-entrypoint.sh", "run-postgresql", "postmaster")
_ONCE = frozenset(("Job", "CronJob"))
_SERVERS = ("postgres", "postmaster")
_ALIKE = re.compile(
    r"(?:^|[-_])(?:db|database|postgres(?:ql)?|postgis|timescale(?:db)?"
    r"|postgres(?:ql)?[-_](?!.*(?:export|back|operat|client|prox|pool|bounc|admin|migrat|init|test))"
    r"[\w.-]+|pg(?!bouncer|pool|admin|cat|web|backrest|back|adapter|exporter)[a-z]*)(?:[:@].*)?$",
    re.I,
)
# Where a line may start the server: `exec postgres`, `postgres -c …`, the entrypoint of its image.
_STARTED = re.compile(
    r"(?:^|(?<=[\s\"'(]))(?:\S*/)?"
    r"(?:docker-entrypoint\.sh(?:\s+(?P<what>[^\s;&|]+))?|postgres\s+-|(?<=exec )postgres\b)"
)
# What stands before a database, host or user of that name: `psql -h postgres -U shop`.
_ASKING = re.compile(
    r"\b(?:psql|pg_\w+|(?:create|drop)(?:db|user)|vacuumdb|reindexdb)\b[^;&|\n]*\Z"
    r"|\s(?:-[uUhd]|--?(?:user|username|host|dbname))\s+\Z"
)
_DATA = ("/var/lib/postgresql", "/bitnami/postgresql", "/var/lib/pgsql")
_SET_UP = ("POSTGRES_DB", "POSTGRES_PASSWORD", "POSTGRES_USER")
_SETTING = re.compile(r"(?:-c\s*|--)?(?P<name>[a-z_-]+)\s*=\s*(?P<value>.+)", re.S)
# What images that people make themselves may read, and those of PostgreSQL do not.
_CALLED = re.compile(r"(?:(?:POSTGRES(?:QL)?|PG|DB|DATABASE)_?)?MAX_CONNECTIONS")
_NUMBERS = ("max_connections", "superuser_reserved_connections", "reserved_connections")


# --- Servers ---------------------------------------------------------------------------------


def server(
    placed: Placed, unit: Unit, configured: Configured, named: frozenset[str] = frozenset()
) -> Server | None:
    """Return the PostgreSQL server that a container runs, None where it runs none.

    The command line is stronger than the file it mounts, and that than the image's variables.
    A container of such an image that starts a script of its own is a server where others have
    its name as the address of a database (`named`), or where it is called so and has its files.
    """
    container = unit.container
    plain = serves(placed, unit)
    # An image of one's own may start PostgreSQL too, with a file of the tree.
    own = plain and bool(unit.argv) and bool(_of_file(placed, configured))
    alike = plain and (_is_alike(placed, unit, named) or _is_started(unit))
    if not own and not alike and not is_server(container.image) and not is_server(unit.base):
        return None
    if not plain and not _is_asked(placed, unit, named):
        return None
    variables = environment(container.variables)
    arguments = dict(_arguments(unit.argv or (), variables))
    named_ = by_command(arguments.get("config_file"), placed, configured)
    scripts = tuple(s for s, span in configured.scripts if placed.sees(span))
    file = _of_file(placed, configured)
    file = numbers(named_) if named_ else in_force(file, placed, unit, scripted=bool(scripts))
    unread = {} if file else taken_unread(placed, unit, configured)
    of_image = version(container.image) or version(unit.base)
    stated = {**unread, **_initial(variables, of_image), **file, **arguments}
    if "config_file" in stated and not file:
        stated.setdefault("max_connections", stated["config_file"])
    if "max_connections" not in stated:
        tuned_ = tuned.figure(unit.file, scripts)
        stated |= {"max_connections": tuned_} if tuned_ else {}
    if "max_connections" not in stated and _is_own(unit):
        stated |= _perhaps(variables)
    if alike or not plain:  # the script, or the image of one's own, may set what it likes
        span = container.process.span if container.process else container.span
        stated.setdefault("max_connections", _unknown("max_connections", span))
    port = stated.get("port")
    return Server(
        name=placed.workload.name,
        span=container.span,
        hosts=tuple(address.host for address in placed.addresses),
        port=port.low if port else PORT,
        max_connections=_number(stated, "max_connections"),
        superuser_reserved=_number(stated, "superuser_reserved_connections"),
        reserved=_number(stated, "reserved_connections"),
        version=of_image,
        cores=container.cores,
    )


def serves(placed: Placed, unit: Unit) -> bool:
    """Tell whether the container starts the server, and not `psql` or a backup."""
    if placed.workload.kind in _ONCE:
        return False
    if not unit.argv:
        return True
    first, *rest = (part.text for part in unit.argv)
    if first.startswith("-") or basename(first) in _SERVERS:
        return True
    if basename(first) in PROGRAMS:
        return not rest or _is_server_of_image(rest[0])
    line = " ".join((first, *rest))
    return any(_starts(found) for found in _STARTED.finditer(line))


def _starts(found: re.Match[str]) -> bool:
    """Tell whether what stands in a line for a shell is the server, and not its name."""
    if "docker-entrypoint.sh" in found[0]:
        return not found["what"] or _is_server_of_image(found["what"])
    return _ASKING.search(found.string[: found.start()]) is None


def _is_server_of_image(word: str) -> bool:
    """Tell whether the entrypoint of an image starts the server when it is given such a word."""
    word = word.strip("\"'")
    return word.startswith(("-", "$")) or basename(word) in _SERVERS


def _is_asked(placed: Placed, unit: Unit, named: frozenset[str]) -> bool:
    process = unit.container.process
    if process is None or process.role != "script":
        return False
    if any(address.host.lower() in named for address in placed.addresses):
        return True
    # Also where no file tells who asks: it is called so, and has the files of one.
    keeps = any(target.startswith(_DATA) for target in placed.targets)
    return keeps and _ALIKE.search(placed.workload.name) is not None


def _is_alike(placed: Placed, unit: Unit, named: frozenset[str]) -> bool:
    """Tell whether an unknown image is set up like PostgreSQL's.

    It has PostgreSQL's files, or is called after it and asked by others.
    """
    container = unit.container
    if is_server(container.image) or is_server(unit.base):
        return False
    if any(means_database(variable.name) for variable in container.variables):
        return False  # it has an address of a database itself: it stands before one
    if not any(v.name.startswith(_SET_UP) for v in container.variables):
        return False
    if len(placed.units) == 1 and any(target.startswith(_DATA) for target in placed.targets):
        return True
    asked = any(address.host.lower() in named for address in placed.addresses)
    return asked and _ALIKE.search(container.image.rpartition("/")[2]) is not None


def _is_started(unit: Unit) -> bool:
    """Tell whether the server's program is what a container is told to run, in whatever image."""
    known = is_server(unit.container.image) or is_server(unit.base)
    first = unit.argv[0].text if unit.argv else ""
    return not known and basename(first) in _SERVERS


def _unknown(name: str, span: Span) -> Figure:
    return Figure(100, 100, name, Basis.UNKNOWN, span)


def _is_own(unit: Unit) -> bool:
    """Tell whether an image is none that is published as PostgreSQL, but made of one perhaps."""
    owner, name = reference(unit.container.image)
    published = owner == "library" or name.startswith(owner) or owner.startswith(name)
    return bool(unit.container.build or unit.file) or not published


def _perhaps(variables: Variables) -> dict[str, Figure]:
    """Return what a variable is called after that some image may read: it is not known to."""
    for variable in variables.values():
        figure = number(variable.value, "max_connections", variable.name)
        if figure and figure.low > 0 and _CALLED.fullmatch(variable.name):
            return {"max_connections": replace(figure, basis=Basis.UNKNOWN)}
    return {}


def _number(stated: dict[str, Figure], name: str) -> Figure:
    if name in stated:
        return stated[name]
    known = settings.postgresql()
    parameter = known.parameters[name]
    first = parameter.since or known.versions[0]
    source = f"PostgreSQL default, {first} to {known.versions[-1]}"
    return Figure.defaulted(int(parameter.default), name, source)


def _initial(variables: Variables, of_image: str) -> dict[str, Figure]:
    """Return what variables of the image, of this version, set when the database is made."""
    known = platforms()
    found: dict[str, Figure] = {}
    for name in known.max_connections:
        if name in variables:
            figure = number(variables[name].value, "max_connections", name)
            if figure:
                found["max_connections"] = figure
    for name in known.initdb_arguments:
        word = variables[name].value if name in variables else None
        if word and word.value and isinstance(word.origin, Span) and sets_at_first(of_image):
            words = (w.text for w in shell.words(word.value))
            parts = tuple(Part(text, word.origin) for text in at_first(words))
            found.update(_arguments(parts, variables))
    return found


def _of_file(placed: Placed, configured: Configured) -> dict[str, Figure]:
    found = (server for server in configured.servers if placed.sees(server.span))
    first = next(found, None)
    return numbers(first) if first else {}


def _arguments(
    parts: tuple[Part, ...], variables: Variables, depth: int = 0
) -> Iterator[tuple[str, Figure]]:
    """Yield the settings of a command line: `-c name=value`, `--name=value`, `-N 200`."""
    for index, part in enumerate(parts):
        if len(part.text.split()) > 1:  # a line for a shell, which may hold another: `$(a b)`
            for command in shell.commands(part.text) if depth < _DEEPEST else ():
                words = (Part(w.text, part.span, w.expands) for w in command.words)
                yield from _arguments(tuple(words), variables, depth + 1)
            continue
        after = parts[index + 1] if index + 1 < len(parts) else None
        name, value = "", part
        if part.text in ("-N", "-p") and after:
            name, value = ("max_connections" if part.text == "-N" else "port"), after
        elif match := _SETTING.fullmatch(part.text):
            name = match["name"].replace("-", "_").lstrip("_")
            value = replace(part, text=match["value"])
        if name in (*_NUMBERS, "port"):
            word = expand(value, variables)
            figure = number(word, name, f"{name}={value.text}")
            yield name, figure or _unknown(name, part.span)
        elif name == "config_file":  # which may be none of this tree
            yield name, Figure(100, 100, "max_connections", Basis.UNKNOWN, part.span, part.text)


def unplaced(configured: Configured, placed: Iterable[Placed]) -> Configured:
    """Return the servers and poolers whose files no server or pooler of the tree sees."""
    found = tuple(placed)
    servers = tuple(p for p in found if any(_may_serve(p, unit, configured) for unit in p.units))
    poolers = tuple(p for p in found if any(runs_pooler(u) or product(u) for u in p.units))
    return Configured(
        tuple(s for s in configured.servers if not any(p.sees(s.span) for p in servers)),
        tuple(p for p in configured.poolers if not any(q.sees(p.span) for q in poolers)),
        configured.limits,
    )


def _may_serve(placed: Placed, unit: Unit, configured: Configured) -> bool:
    if is_server(unit.container.image) or is_server(unit.base):
        return True
    return server(placed, unit, configured) is not None


def superuser(placed: Placed | None) -> str:
    """Return whom the image of a server makes its superuser, "" where it is not told.

    Source: docker-library/docs, postgres ("POSTGRES_USER").
    """
    units = placed.units if placed else ()
    told = (unit.container.variable("POSTGRES_USER") for unit in units)
    return next((one.value.value or "" for one in told if one), "")
