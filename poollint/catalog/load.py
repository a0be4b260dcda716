"""The drivers, and what waits outside the database: drivers.toml and calls.toml, read once.

Nothing is checked here: `tests/catalog/test_load.py` holds the tables to their rules.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from poollint.catalog.tables import tables

# Defaults in words that mean that nothing bounds it.
_ENDLESS = frozenset({"no limit", "never", "waits for ever"})


@dataclass(frozen=True, slots=True)
class Driver:
    """A library that speaks to PostgreSQL. `title` is what people call it."""

    id: str
    title: str
    imports: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Type:
    """What a call gives back, and what leaving a block on the object itself does.

    role        connection, cursor, pool, engine, session, session-factory, session-registry,
                acquire-context or raw
    exit        leaving `with obj:`: "" (no context manager, or nothing is given back),
                "transaction", "close", "release", "close-pool" or "cursor"
    async_exit  the same for `async with obj:`
    shared      what comes of using one from several threads or tasks at a time: "refused",
                "queued", "mixed", "session", "cursor"; drivers.toml says what they mean. "" where
                it does no harm, or is not known
    instead     what to do instead, an instruction
    """

    id: str
    driver: str
    names: tuple[str, ...]
    role: str
    exit: str
    async_exit: str
    thread_bound: bool
    shared: str = ""
    instead: str = ""


@dataclass(frozen=True, slots=True)
class Api:
    """A function, class or method of a driver, and what calling it means.

    kind          connect, pool, engine, acquire, session, session-factory, session-registry,
                  release, close, close-pool, transaction, cursor, query (takes and gives back
                  inside the call), borrow (what it returns is another's to release), listener,
                  prepare, execute, text (makes SQL of a string), closing, registration,
                  singleton or context-manager
    names         qualified names; () for a method
    receivers     ids of the types it is a method of, `methods` its names; () for a function;
                  `__call__` and `__getitem__` stand for calling and indexing the receiver
    call          how the result may be consumed: "sync", "await", "with", "async-with",
                  "async-for" (a generator of one); or "attribute", where it is read and not
                  called. For a registration: how its
                  argument is consumed, entered ("with", "async-with") or called at the end
                  ("sync", "await")
    returns       id of the type of the value (awaited, with "await" in `call`), "" none
    yields        id of the type that `with … as x` on the call itself binds, "" none
    exit          what leaving a `with` or `async with` on the call itself does to what was
                  taken: "", "transaction", "close", "release" or "close-pool"
    awaited_exit  the same for `async with await call()` and `with (await call())`
    released_by   methods of the taken object that give it back or end it
    given_back_to methods of the receiver (the pool) that take it back
    twice         what these raise when they are given it once more; "" nothing
    position      where an argument stands, from 0 without `self`, -1 nowhere; `keyword` its
                  name. release: the connection; execute, query, prepare, cursor, text: the
                  SQL; closing, registration: what is to be ended
    eager         it connects at the call; of a transaction: its block begins with a connection
    release       template for messages with {pool} {conn} {call}; {conn} is what was taken, a
                  pool or engine too
    guard         the same: what a `with` (`async with`, where `call` or the function says so)
                  would hold; "" where there is no such form
    note          one sentence peculiar to this call, for the reader of a finding
    pooled        False for a pool or engine that keeps no connection
    strict        making the pool raises where its `min_size` is above its `max_size`
    unless        what a client is told that asks nobody: of these it makes nothing that waits
                  (`reading.naming.shapes.TOLD`)
    """

    driver: str
    kind: str
    names: tuple[str, ...] = ()
    receivers: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    call: frozenset[str] = frozenset({"sync"})
    returns: str = ""
    yields: str = ""
    exit: str = ""
    awaited_exit: str = ""
    released_by: tuple[str, ...] = ()
    given_back_to: tuple[str, ...] = ()
    twice: str = ""
    position: int = -1
    keyword: str = ""
    eager: bool = False
    release: str = ""
    guard: str = ""
    note: str = ""
    pooled: bool = True
    strict: bool = False
    unless: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Param:
    """One setting of a constructor.

    role      what it decides, across drivers ("max_size")
    position  from 0 without `self`; -1 keyword only
    name      as an argument; with brackets ("acquire(timeout)") where no argument of the
              constructor sets it: the call that does
    default   the documented default where it is a number; `text` is the default in words,
              or the name of the setting whose value it takes ("min_size")
    boundless what it may be told that stands for no bound (0, -1, None)
    """

    api: str
    role: str
    name: str
    position: int
    default: int | None
    text: str
    boundless: tuple[int | None, ...] = ()

    @property
    def endless(self) -> bool:
        """Tell whether nothing bounds it by default."""
        return self.text in _ENDLESS


@dataclass(frozen=True, slots=True, eq=False)  # one of its kind: a key of caches
class Catalog:
    """The drivers, by the names under which code refers to them.

    type_of_name  qualified name of a class -> id of its type
    families      pattern of qualified names of classes -> id of their type
    functions     qualified name -> what calling it means
    methods       (id of a type, method) -> what calling it means
    params        qualified name of a constructor -> its settings
    """

    drivers: Mapping[str, Driver]
    types: Mapping[str, Type]
    type_of_name: Mapping[str, str]
    functions: Mapping[str, Api]
    methods: Mapping[tuple[str, str], Api]
    params: Mapping[str, tuple[Param, ...]]
    families: Mapping[re.Pattern[str], str]

    def type_named(self, name: str) -> str:
        """Return the id of the type of a class, by its qualified name; "" where it is unknown."""
        found = self.type_of_name.get(name, "")
        if found or not name:
            return found
        return next((of for like, of in self.families.items() if like.fullmatch(name)), "")


@cache
def drivers() -> Catalog:
    """Return the drivers and what their calls mean."""
    return _catalog("drivers.toml")


@cache
def calls() -> Catalog:
    """Return the libraries that wait for something outside the database; `kind` says for what."""
    return _catalog("calls.toml")


def _catalog(name: str) -> Catalog:
    found = tables(name)
    types = [
        _type(id_, row, table) for id_, table in found.items() for row in table.get("type", ())
    ]
    apis = [
        (_api(id_, row, table), row, table) for id_, table in found.items() for row in table["api"]
    ]
    return Catalog(
        {id_: Driver(id_, table["title"], tuple(table["imports"])) for id_, table in found.items()},
        {type_.id: type_ for type_ in types},
        {name: type_.id for type_ in types for name in type_.names},
        {name: api for api, *_ in apis for name in api.names},
        {(t, m): api for api, *_ in apis for t in api.receivers for m in api.methods},
        {
            name: tuple(_param(name, *param) for param in table["params"][row["params"]])
            for api, row, table in apis
            if "params" in row
            for name in api.names
        },
        {
            re.compile(pattern): row["id"]
            for table in found.values()
            for row in table.get("type", ())
            for pattern in row.get("families", ())
        },
    )


def row_of(row: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of a row: tuples for lists; what is for people only is left out."""
    return {k: tuple(v) if isinstance(v, list) else v for k, v in row.items() if k != "source"}


def _type(driver: str, row: dict[str, Any], table: dict[str, Any]) -> Type:
    return Type(
        row["id"],
        driver,
        _names(row, table),
        row["role"],
        row.get("exit", ""),
        row.get("async_exit", ""),
        row.get("thread_bound", False),
        row.get("shared", ""),
        row.get("instead", ""),
    )


def _api(driver: str, row: dict[str, Any], table: dict[str, Any]) -> Api:
    fields = row_of(row) | {"names": _names(row, table)}
    fields.pop("params", None)
    if "call" in fields:
        fields["call"] = frozenset(fields["call"])
    return Api(driver, **fields)


def _names(row: dict[str, Any], table: dict[str, Any]) -> tuple[str, ...]:
    """Return the names of a row, those under the library's other import roots included."""
    names = row.get("names", [])
    others = [root + name[name.index(".") :] for root in table.get("aliases", ()) for name in names]
    return (*names, *others)


def _param(
    api: str,
    role: str,
    name: str,
    position: int,
    default: Any,
    words: str = "",
    boundless: Iterable[int | str] = (),
) -> Param:
    number = default if type(default) is int else None
    values = tuple(None if value == "None" else int(value) for value in boundless)
    return Param(api, role, name, position, number, words or str(default), values)
