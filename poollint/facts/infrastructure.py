"""What is true of configuration files: settings, poolers, servers, workloads."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from poollint.model.figure import Figure, Word
from poollint.model.source import Span


class Flaw(Enum):
    """What is wrong with one setting by itself."""

    UNKNOWN = "unknown"  # the program knows no setting of this name
    INVALID = "invalid"  # it knows the name and refuses, or misreads, the value
    MISPLACED = "misplaced"  # it knows the name elsewhere, or another program does
    REMOVED = "removed"  # an earlier version knew the name


@dataclass(frozen=True, slots=True)
class Setting:
    """One `name = value` of a configuration file, as the program that reads it takes it.

    program  "PgBouncer", "PostgreSQL", "PgCat", "Odyssey" or "Pgpool-II"
    section  "pgbouncer", "databases", "users", "peers"; of other poolers the kind of the table or
             block; "" where the format has none
    owner    the entry it belongs to ("orders" in `[databases]`), "" for a section's own
    open     the value holds a reference that is filled in elsewhere ("${POOL_MODE}"): what it will
             be is not known, and nothing may be concluded from its text
    keeper   the program that writes the file for it, and leaves out what is wrong ("Patroni")
    number   the value as a number: a time in seconds, an amount of memory in bytes; None where
             it is none
    secret   the value is never shown; `exposed` says what of it is a secret that stands in the
             file as it is: "password", "dummy" for one that protects nothing ("postgres")
    flaw     what is wrong with it, and `complaint` what the program does about it, as the
             end of a sentence ("stops at start: …"); `expected` says what it would take
    nearest  the known name closest to an unknown one, "" where none is near; `sole` where no
             other one is, and it is not set besides
    removed  the first version that does not know the name any longer, "" where all do
    winner   what of the same file takes its effect away, None where it counts; `again` tells
             that it is set again there, `repeats` that it says the same
    restart  a reload does not change it: the program has to be started anew
    version  the version that the flaw is judged for ("1.18"), "" where no file tells one
    keeps    what SQL in the value sets for the session it runs in ("SET jit"), `passes` what of
             it is over with its own transaction ("SET LOCAL jit")
    """

    program: str
    section: str
    owner: str
    name: str
    value: str
    span: Span
    value_span: Span
    secret: bool = False
    flaw: Flaw | None = None
    complaint: str = ""
    expected: str = ""
    nearest: str = ""
    removed: str = ""
    winner: Span | None = None
    again: bool = False
    repeats: bool = False
    version: str = ""
    exposed: str = ""
    number: float | None = None
    sole: bool = False
    open: bool = False
    restart: bool = False
    keeper: str = ""
    keeps: tuple[str, ...] = ()
    passes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PoolerDatabase:
    """One entry of a pooler's databases: an alias, and where it leads.

    `port` is 0 where it is filled in elsewhere. `pool_size` and the others are None where the
    entry does not set them. `user` is the forced server user, "" where clients bring their own.
    `alias` "*" takes any name. `most` are the factors of all that it may open there, where the
    pooler counts so and not by pools (num_init_children times max_pool). `asks` tells that clients
    come as whoever the server knows (`auth_user`): how many users these are no file says.
    """

    alias: str
    span: Span
    host: str
    port: int
    dbname: str
    user: str = ""
    mode: Word | None = None
    pool_size: Figure | None = None
    reserve_pool_size: Figure | None = None
    max_connections: Figure | None = None
    most: tuple[Figure, ...] = ()
    asks: bool = False


@dataclass(frozen=True, slots=True)
class PoolerUser:
    """A user for whom a pooler has settings of its own; they count before those of a database.

    Each is None where there is none of it; `most` is what all pools of the user may open together.
    """

    name: str
    mode: Word | None = None
    pool_size: Figure | None = None
    reserve_pool_size: Figure | None = None
    most: Figure | None = None


@dataclass(frozen=True, slots=True)
class Pooler:
    """A connection pooler in front of a server.

    `name` is what other files call it (a service's name, or the file's). `hosts` are the
    names under which clients may reach it. `instances` counts its processes.

    prepared  `max_prepared_statements` where a file states it, None where none does
    ignored   `ignore_startup_parameters`, a list with commas; None where no file tells
    cleaned   where it is told to empty each session before another client gets it, None where it
              is not (`server_reset_query_always`)
    users     the users with settings of their own
    published the ports of the machine at which it answers, where it runs in a container
    peers     how many processes with files of their own it is one of; 0 where none is named
    """

    name: str
    product: str
    span: Span
    hosts: tuple[str, ...]
    port: int
    mode: Word
    instances: Figure
    max_client_conn: Figure
    default_pool_size: Figure
    reserve_pool_size: Figure
    max_db_connections: Figure
    max_user_connections: Figure
    databases: tuple[PoolerDatabase, ...]
    tracked: tuple[str, ...] = ()
    version: str = ""
    prepared: Figure | None = None
    ignored: Word | None = None
    cleaned: Span | None = None
    users: tuple[PoolerUser, ...] = ()
    published: tuple[int, ...] = ()
    peers: int = 0


@dataclass(frozen=True, slots=True)
class Server:
    """A PostgreSQL server, or the file that configures one.

    `published` are the ports of the machine at which it answers, where it is in a container.
    `cores` is how many it has, or may use, at most: None where no file states it.
    `copies` are the replicas that share what is asked of it, None for the server that writes.
    `cluster` names what it is a member of with others: any of them may be the one that writes.
    """

    name: str
    span: Span
    hosts: tuple[str, ...]
    port: int
    max_connections: Figure
    superuser_reserved: Figure
    reserved: Figure
    version: str = ""
    published: tuple[int, ...] = ()
    cores: Figure | None = None
    copies: Figure | None = None
    cluster: str = ""

    @property
    def paths(self) -> tuple[str, ...]:
        """Return the files that say something of it."""
        numbers = (self.max_connections, self.superuser_reserved, self.reserved)
        origins = (figure.origin for figure in numbers)
        found = (origin.path for origin in origins if isinstance(origin, Span))
        return tuple(dict.fromkeys((self.span.path, *found)))


@dataclass(frozen=True, slots=True)
class RoleLimit:
    """How many connections a role, or a database, may have at once; None where there is no limit.

    Only one of `role` and `database` is set. Superusers are not held to it.
    """

    role: str
    database: str
    span: Span
    most: Figure | None


@dataclass(frozen=True, slots=True)
class Variable:
    """An environment variable of a container; `value` knows where it was read."""

    name: str
    value: Word
    secret: bool = False


@dataclass(frozen=True, slots=True)
class Process:
    """What one container runs: a server or worker program and how many processes it makes.

    `tool` is the program ("gunicorn"), "" for a command that is no known one.
    `application` is what it loads, as written ("shop.api:app"). `threads` bounds what runs at
    once within one process, None where nothing does. `preload` is where it is told to load the
    application before it forks its workers, its own name where it does so unasked; None where
    each worker loads it, or nothing says so. `config` is the configuration file it is told to
    read, and `folder` the one it changes to first, both as written. `kind` is the class of its
    workers, where the command says it, `included` the modules it loads besides the application.
    """

    tool: str
    span: Span
    processes: Figure
    threads: Figure | None = None
    application: str = ""
    role: str = "web"
    preload: Span | None = None
    config: str = ""
    folder: str = ""
    kind: str = ""
    included: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Container:
    """A container of a workload (or a process type, where there are no containers).

    `process` is None where no file says what it runs (the command is in the image).
    `build` is the folder its image is built from, relative as paths are, "" where unknown.
    `memory` is what it may use at most, in bytes, `descriptors` the files it may have open, `cores`
    the processors, a part of one as a whole; None where nothing limits them.
    """

    name: str
    span: Span
    image: str
    variables: tuple[Variable, ...]
    process: Process | None = None
    build: str = ""
    memory: Figure | None = None
    descriptors: Figure | None = None
    cores: Figure | None = None

    def variable(self, name: str) -> Variable | None:
        """Return the variable `name`, None where the container does not set it."""
        return next((v for v in self.variables if v.name == name), None)


@dataclass(frozen=True, slots=True)
class Workload:
    """Something that runs in a number of instances.

    platform   "kubernetes", "compose", "procfile", "terraform", …
    kind       "Deployment", "StatefulSet", "service", …; "function" for what starts an instance
               for each request at once
    replicas   instances in the steady state, at most (the autoscaler's ceiling where there
               is one)
    surge      instances that run besides while a new version is rolled out, None where none
    scope      the environment it belongs to: a namespace, an overlay, a Compose project;
               workloads of different scopes are budgets of their own
    floor      the least instances an autoscaler keeps, None where none sets their number
    stated     the instances that its own file asks for where an autoscaler sets their number
    alone      what a second instance on the same machine cannot have too: a name, a port
    """

    name: str
    platform: str
    kind: str
    span: Span
    scope: str
    replicas: Figure
    surge: Figure | None
    containers: tuple[Container, ...]
    autoscaled: bool = False
    floor: Figure | None = None
    stated: Figure | None = None
    alone: Span | None = None
