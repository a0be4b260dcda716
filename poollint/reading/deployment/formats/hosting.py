"""Services and databases that a platform runs, as its own file describes them.

Formats name the same things in different words: a service with a number of instances, an image
or a folder it is built from, a command, variables; and a database with a plan. Here they become
what runs (`Placed`) and what it connects to.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from posixpath import join, normpath

from poollint.catalog import settings
from poollint.facts.infrastructure import (
    Pooler,
    PoolerDatabase,
    Process,
    Server,
    Variable,
    Workload,
)
from poollint.model.figure import Basis, Figure, Word
from poollint.model.source import SourceFile, Span
from poollint.reading.deployment.linking.deployed import RELEASE, Address, Placed, Sketch, units
from poollint.reading.deployment.linking.documents import Part
from poollint.reading.deployment.linking.environments import Operated
from poollint.reading.deployment.linking.variables import is_secret, number, settled, unknown
from poollint.reading.deployment.programs import commands
from poollint.reading.deployment.terraform.scalars import is_unknown
from poollint.reading.reader import Options
from poollint.syntax.yaml import Item, Mapping, Node, Scalar, Sequence

PORT = 5432
_HANDLER = re.compile(r"[\w/-]+(?:\.\w+)+")
_PUT_IN = re.compile(r"\$\{(?:[^{}]|\{[^{}]*\})*\}")


@dataclass(frozen=True, slots=True)
class Service:
    """Something a platform runs in a number of instances.

    addresses  names under which others reach it
    process    what it runs where the platform itself decides that (a function)
    needs      hosts of databases that the platform connects it with
    """

    name: str
    span: Span
    platform: str
    kind: str
    replicas: Figure
    sketches: tuple[Sketch, ...]
    surge: Figure | None = None
    floor: Figure | None = None
    autoscaled: bool = False
    addresses: tuple[Address, ...] = ()
    process: Process | None = None
    needs: tuple[str, ...] = ()
    sources: commands.Sources = field(default_factory=dict)


def placed(service: Service, scope: str, options: Options) -> Placed:
    """Return a service where it runs."""
    found = tuple(unit for sketch in service.sketches for unit in units(sketch, service.sources))
    if service.process:
        found = tuple(
            replace(unit, container=replace(unit.container, process=service.process))
            for unit in found
        )
    name = f"{service.name}.replicas"
    workload = Workload(
        name=service.name,
        platform=service.platform,
        kind=service.kind,
        span=service.span,
        scope=scope,
        replicas=settled(service.replicas, options.assume, name),
        surge=service.surge,
        containers=tuple(unit.container for unit in found),
        autoscaled=service.autoscaled,
        floor=service.floor,
    )
    addresses = service.addresses or (Address(service.name),)
    return Placed(workload, found, addresses=addresses, needs=service.needs)


def with_release(service: Service, command: tuple[Part, ...] | None) -> Iterator[Service]:
    """Yield a service, and what runs in its image while a version of it is released."""
    yield service
    if command:
        one = Figure.defaulted(1, "replicas", "one run a release")
        yield replace(
            service,
            name=f"{service.name}/{RELEASE}",
            span=command[0].span,
            kind=RELEASE,
            replicas=one,
            sketches=tuple(_with_command(sketch, command) for sketch in service.sketches[:1]),
            surge=None,
            floor=None,
            autoscaled=False,
            process=None,
        )


def _with_command(sketch: Sketch, command: tuple[Part, ...]) -> Sketch:
    return replace(sketch, name=RELEASE, span=command[0].span, entrypoint=command, arguments=None)


def function(span: Span) -> Process:
    """Return the process of a function: it has one request at a time."""
    one = Figure(1, 1, "requests at once", Basis.STATED, "a function has one request at a time")
    return Process("function", span, replace(one, name="processes"), one)


def handler(node: Node | None, folder: str) -> str:
    """Return the file of Python of which a platform calls a function ("src/fn.py" of `src/fn.run`).

    `folder` is where the code of the function begins, as paths of the tree are written.
    """
    if not isinstance(node, Scalar) or is_unknown(node) or not _HANDLER.fullmatch(node.text):
        return ""
    module = node.text.rpartition(".")[0].replace(".", "/")
    return normpath(join(folder, f"{module}.py"))


# --- Fields ----------------------------------------------------------------------------------


def stated(node: Node | None, name: str, hint: str = "") -> Figure | None:
    """Return the number of a field, unknown where it holds none, None where it is not there."""
    if not isinstance(node, Scalar) or node.is_null:
        return None
    found = number(Word(node.text, Basis.STATED, node.span), name, hint)
    return found if found and found.low >= 0 else unknown(name, node.span, hint)


def word(node: Node | None) -> Word | None:
    """Return the text of a field, without value where it is put in from elsewhere.

    Of an address the parts that are known are kept: most often only the password is not.
    """
    if not isinstance(node, Scalar):
        return None
    if is_unknown(node) and "://" in node.text:
        return Word(_PUT_IN.sub("${value}", node.text), Basis.STATED, node.span)
    return Word(None if node.tag.startswith("!") else node.text, Basis.STATED, node.span)


def variables(pairs: Iterable[tuple[str, Node | Word | None]]) -> tuple[Variable, ...]:
    """Return environment variables by name; a value that is no text is not known."""
    found: list[Variable] = []
    for name, value in pairs:
        known = value if isinstance(value, Word) else word(value)
        if value is not None and name:
            nowhere = value.span if not isinstance(value, Word) else "elsewhere"
            found.append(Variable(name, known or Word(None, Basis.STATED, nowhere),
                                  is_secret(name)))  # fmt: skip
    return tuple(found)


def of_mapping(node: Mapping) -> Iterator[tuple[str, Node]]:
    """Yield the variables of a mapping from name to value."""
    for item in node.items:
        yield item.key.text, item.value


def of_list(nodes: Iterable[Mapping], name: str = "name") -> Iterator[tuple[str, Node | None]]:
    """Yield the variables of a list of names and values; what has no value is put in later."""
    for node in nodes:
        yield node.text(name), node.get("value") or node


def parts(node: Node | None) -> tuple[Part, ...] | None:
    """Return the words of a command that no shell runs, None where there is none."""
    if isinstance(node, Sequence):
        return tuple(Part(n.text, n.span, False) for n in node.items if isinstance(n, Scalar))
    if isinstance(node, Scalar) and not node.is_null and not node.tag.startswith("!"):
        return commands.words(node.text, node.span, {})
    return None


def line(node: Node | None, source: SourceFile | None = None) -> tuple[Part, ...] | None:
    """Return the words of a command that a shell runs, None where there is none."""
    if isinstance(node, Scalar) and node.text.strip() and not node.tag.startswith("!"):
        return commands.line(node.text, node.span)
    return parts(node)


def entry(name: str, value: Node) -> Item:
    """Return a field that stands where its value does."""
    return Item(Scalar(name, "", "", value.span), value)


# --- Databases -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Database:
    """A database that a platform runs; `reserved` are slots of ordinary roles it keeps."""

    name: str
    span: Span
    hosts: tuple[str, ...]
    max_connections: Figure
    reserved: Figure | None = None
    superuser_reserved: Figure | None = None
    version: str = ""
    port: int = PORT
    cores: Figure | None = None


def server(database: Database, platform: str, scope: str) -> Operated:
    """Return a database as a server, and where it is reached."""
    what = Server(
        name=database.name,
        span=database.span,
        hosts=database.hosts,
        port=database.port,
        max_connections=database.max_connections,
        superuser_reserved=database.superuser_reserved or default("superuser_reserved_connections"),
        reserved=database.reserved or default("reserved_connections"),
        version=database.version,
        cores=database.cores,
    )
    return _at(database.name, database.span, database.hosts, platform, scope), what


def default(name: str) -> Figure:
    """Return PostgreSQL's default for a setting."""
    known = settings.postgresql()
    parameter = known.parameters[name]
    first = parameter.since or known.versions[0]
    source = f"PostgreSQL default, {first} to {known.versions[-1]}"
    return Figure.defaulted(int(parameter.default), name, source)


def unstated(name: str, origin: Span | str, hint: str = "") -> Figure:
    """Return the limit of a server that no file states."""
    low = int(settings.postgresql().parameters[name].default)
    return Figure(low, low, name, Basis.UNKNOWN, origin, hint)


@dataclass(frozen=True, slots=True)
class Entrance:
    """A pooler that a platform runs in front of a database.

    leads  the host and port of that, "" where no file says it
    opens  what it opens in all; in each pool, of which every user has one, where `pools`
    """

    name: str
    product: str
    span: Span
    hosts: tuple[str, ...]
    port: int
    leads: tuple[str, int]
    opens: Figure
    clients: Figure | None = None
    instances: Figure | None = None
    mode: Word | None = None
    pools: bool = False


def pooler(entrance: Entrance, platform: str, scope: str) -> Operated:
    """Return a pooler, and where it is reached."""
    none = Figure(0, 0, "reserve_pool_size", Basis.DEFAULTED, entrance.product)
    host, port = entrance.leads
    size = entrance.opens if entrance.pools else replace(entrance.opens, low=0, high=None)
    cap = None if entrance.pools else entrance.opens
    # A pooler with one sum for all of its clients is one pool, whoever they are.
    alias, user = ("*", "") if entrance.pools else (entrance.name, entrance.product)
    one = PoolerDatabase(alias, entrance.span, host, port, "", user, max_connections=cap)
    what = Pooler(
        name=entrance.name,
        product=entrance.product,
        span=entrance.span,
        hosts=entrance.hosts,
        port=entrance.port,
        mode=entrance.mode or Word(None, Basis.UNKNOWN, "the platform's own pooler"),
        instances=entrance.instances or Figure(1, 1, "instances", Basis.STATED, entrance.span),
        max_client_conn=entrance.clients or unknown("max_client_conn", entrance.product),
        default_pool_size=size,
        reserve_pool_size=none,
        max_db_connections=replace(none, name="max_db_connections"),
        max_user_connections=replace(none, name="max_user_connections"),
        databases=(one,) if host else (),
        tracked=settings.pgbouncer().tracked,
    )
    return _at(entrance.name, entrance.span, entrance.hosts, platform, scope), what


def _at(name: str, span: Span, hosts: tuple[str, ...], platform: str, scope: str) -> Placed:
    one = Figure(1, 1, "replicas", Basis.STATED, span)
    workload = Workload(name, platform, "database", span, scope, one, None, ())
    return Placed(workload, (), addresses=tuple(Address(host) for host in hosts))
