"""What the user says that no file of the tree describes: databases, and what clients do."""

from __future__ import annotations

from dataclasses import dataclass

from poollint.model.figure import Figure
from poollint.model.source import Span


@dataclass(frozen=True, slots=True)
class DeclaredServer:
    """A server that runs elsewhere.

    `match` are patterns of the hosts that lead to it, or with a `$` before it of the environment
    variables that hold its address.
    """

    name: str
    span: Span
    match: tuple[str, ...]
    max_connections: Figure
    reserved: Figure


@dataclass(frozen=True, slots=True)
class DeclaredClient:
    """What connects to such a server from elsewhere."""

    name: str
    span: Span
    server: str
    connections: Figure


@dataclass(frozen=True, slots=True)
class DeclaredWorkload:
    """What runs, but stands in no file of the tree.

    It connects to `database`: a server that is declared, or a server or pooler of the tree, by
    its name there. `environment` is a pattern of the environments it runs in, "" for all of them.
    """

    name: str
    span: Span
    database: str
    replicas: Figure
    processes: Figure
    pool: Figure
    environment: str = ""


@dataclass(frozen=True, slots=True)
class DeclaredLoad:
    """What a client has to do, in all of its instances.

    It needs a connection `per_second` times a second, and keeps each for `held` seconds.
    """

    client: str
    span: Span
    per_second: float
    held: float


@dataclass(frozen=True, slots=True)
class Declared:
    """All of that, each in the order in which it is said."""

    servers: tuple[DeclaredServer, ...] = ()
    clients: tuple[DeclaredClient, ...] = ()
    loads: tuple[DeclaredLoad, ...] = ()
    workloads: tuple[DeclaredWorkload, ...] = ()


NONE = Declared()
