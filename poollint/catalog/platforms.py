"""What is known of the programs, images and variables that deployments use (`platforms.toml`)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from poollint.catalog.tables import tables


@dataclass(frozen=True, slots=True)
class Tool:
    """A program that runs an application, and where its number of processes stands.

    `commands` are words in order ("celery", "worker"). `default` is None where the machine's
    cores decide. `kinds` says for each class of worker what number and threads mean; the file
    `platforms.toml` explains the words and the other fields.
    """

    name: str
    commands: tuple[tuple[str, ...], ...]
    role: str
    source: str
    kinds: dict[str, str]
    default: int | None = None
    options: tuple[str, ...] = ()
    range: str = ""
    environment: tuple[str, ...] = ()
    arguments: str = ""
    config: tuple[str, ...] = ()
    config_suffixes: tuple[str, ...] = ()
    file: str = ""
    classes: tuple[str, ...] = ()
    default_class: str = "*"
    threads: tuple[str, ...] = ()
    default_threads: int = 1
    switches: tuple[str, ...] = ()
    alone: tuple[str, ...] = ()
    application: tuple[str, ...] = ()
    include: tuple[str, ...] = ()
    preload: tuple[str, ...] = ()
    preloads: bool = False
    lazy: tuple[str, ...] = ()
    folder: tuple[str, ...] = ()
    language: str = "python"

    def kind(self, name: str) -> str:
        """Return what the number means for the class `name`, or any other class."""
        return self.kinds.get(name) or self.kinds.get("*", "async")


@dataclass(frozen=True, slots=True)
class Wrapper:
    """A program that starts another one, and which of its words belong to it."""

    names: tuple[str, ...]
    words: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    takes: int = 0
    until: str = ""
    script: bool = False
    assignments: bool = False


@dataclass(frozen=True, slots=True)
class Language:
    """How a command, or an image, tells that a program is written in a language."""

    name: str
    programs: tuple[str, ...]
    images: tuple[str, ...]
    single: tuple[str, ...]
    source: str


@dataclass(frozen=True, slots=True)
class PoolerImage:
    """An image that writes pgbouncer.ini from its environment; each field names a variable."""

    owners: tuple[str, ...]
    name: str
    source: str
    prefix: str
    port: int
    default_alias: str
    port_variable: str = ""
    url: str = ""
    host: str = ""
    host_port: str = ""
    database: str = ""
    alias: str = ""
    ignored: tuple[str, ...] = ()
    folder: str = "/etc/pgbouncer"
    entrypoint: str = "/entrypoint.sh"


@dataclass(frozen=True, slots=True)
class PgpoolImage:
    """An image that writes pgpool.conf from its environment.

    prefix    what stands before the name of any setting, "" where only `names` are read
    names     variables, and the settings they are
    defaults  what it sets where nothing is stated
    nodes     the variable of all backends, `file` that of a file read behind everything
    """

    owners: tuple[str, ...]
    name: str
    source: str
    prefix: str = ""
    names: tuple[tuple[str, str], ...] = ()
    defaults: tuple[tuple[str, str], ...] = ()
    nodes: str = ""
    file: str = ""


@dataclass(frozen=True, slots=True)
class FpmImage:
    """An image that runs PHP-FPM by itself.

    mark       what its tag holds where it does
    variables  that set `pm.max_children`, the strongest first
    default    what it is where none of them is set
    """

    owners: tuple[str, ...]
    names: tuple[str, ...]
    default: int
    source: str
    mark: str = ""
    variables: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Platforms:
    """The whole of `platforms.toml`."""

    tools: tuple[Tool, ...]
    wrappers: tuple[Wrapper, ...]
    pooler_images: tuple[PoolerImage, ...]
    pgpool_images: tuple[PgpoolImage, ...]
    servers: frozenset[str]
    owners: dict[str, tuple[str, ...]]
    max_connections: tuple[str, ...]
    initdb_arguments: tuple[str, ...]
    pool_variables: tuple[tuple[str, str, int], ...]
    alone_variables: dict[str, str]
    worker_variables: tuple[str, ...]
    environments: frozenset[str]
    parents: frozenset[str]
    docker: frozenset[str]
    aside: frozenset[str]
    languages: tuple[Language, ...] = ()
    fpm_images: tuple[FpmImage, ...] = ()
    unread_databases: tuple[str, ...] = ()
    unread_services: tuple[str, ...] = ()
    idle: tuple[str, ...] = ()
    served: frozenset[str] = frozenset()
    foreign: frozenset[str] = frozenset()
    asked: frozenset[str] = frozenset()
    migrating: frozenset[str] = frozenset()
    publishers: frozenset[str] = frozenset()
    distributions: frozenset[str] = frozenset()

    def is_idle(self, program: str) -> bool:
        """Tell whether a program of this name opens no connection to a database."""
        name = program.rpartition("/")[2]
        if any(name in language.images for language in self.languages):
            return False  # an image that serves files beside a language's programs: "php-nginx"
        return any(name == one or name.endswith((f"-{one}", f"_{one}")) for one in self.idle)

    def language(self, program: str) -> Language | None:
        """Return the language in which a program of this name is written."""
        return next((known for known in self.languages if program in known.programs), None)

    def tool_language(self, name: str) -> str:
        """Return the language of what the tool of this name runs, "" for no known one."""
        return next((tool.language for tool in self.tools if tool.name == name), "")

    def wrapper(self, name: str) -> Wrapper | None:
        """Return the wrapper called `name`."""
        return next((w for w in self.wrappers if name in w.names), None)


@cache
def platforms() -> Platforms:
    """Return the table, read once."""
    table = tables("platforms.toml")
    images, variables, folders = table["images"], table["variables"], table["folders"]
    return Platforms(
        tools=tuple(_tool(entry) for entry in table["tool"]),
        wrappers=tuple(Wrapper(**_fields(entry)) for entry in table["wrapper"]),
        pooler_images=tuple(PoolerImage(**_fields(entry)) for entry in table["pooler-image"]),
        pgpool_images=tuple(_pgpool_image(entry) for entry in table["pgpool-image"]),
        servers=frozenset(images["servers"]),
        owners={name: tuple(owners) for name, owners in images["ambiguous"].items()},
        max_connections=tuple(images["max-connections"]),
        initdb_arguments=tuple(images["initdb-arguments"]),
        pool_variables=tuple(
            (size, overflow, *(default or [0])) for size, overflow, *default in variables["pool"]
        ),
        alone_variables=variables["alone"],
        worker_variables=tuple(variables["workers"]),
        environments=frozenset(folders["environments"]),
        parents=frozenset(folders["parents"]),
        docker=frozenset(folders["docker"]),
        aside=frozenset(folders["aside"]),
        languages=tuple(Language(**_fields(entry)) for entry in table["language"]),
        fpm_images=tuple(FpmImage(**_fields(entry)) for entry in table["fpm-image"]),
        unread_databases=tuple(table["unread"]["databases"]),
        unread_services=tuple(table["unread"]["services"]),
        idle=tuple(table["idle"]["programs"]),
        distributions=frozenset(images["distributions"]),
        served=frozenset(table["idle"]["served"]),
        foreign=frozenset(table["idle"]["images"]),
        asked=frozenset(table["idle"]["asked"]),
        migrating=frozenset(table["idle"]["migrating"]),
        publishers=frozenset(table["idle"]["publishers"]),
    )


def _tool(entry: dict[str, Any]) -> Tool:
    fields = _fields(entry)
    fields["commands"] = tuple(tuple(command.split()) for command in entry["commands"])
    if fields.get("default") == "cpus":
        del fields["default"]
    return Tool(**fields)


def _pgpool_image(entry: dict[str, Any]) -> PgpoolImage:
    plain = {name: value for name, value in entry.items() if not isinstance(value, dict)}
    tables = {name: tuple(value.items()) for name, value in entry.items() if name not in plain}
    return PgpoolImage(**{**_fields(plain), **tables})


def _fields(entry: dict[str, Any]) -> dict[str, Any]:
    return {
        name.replace("-", "_"): tuple(value) if isinstance(value, list) else value
        for name, value in entry.items()
    }
