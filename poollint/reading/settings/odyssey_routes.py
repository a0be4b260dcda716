"""The pooler that an odyssey.conf describes: a pool for each database and user of each rule.

Source: docs/configuration/rules.md of yandex/odyssey at 89c48ea2 (`pool_size` counts the servers of
one route, which is a database and a user; 0 bounds nothing), asked of Odyssey 1.5.2.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from poollint.facts.infrastructure import Pooler, PoolerDatabase
from poollint.model.figure import Basis, Figure, Word
from poollint.model.source import Span
from poollint.reading.settings import values
from poollint.syntax.odyssey import Document, Item, Value

PRODUCT = "Odyssey"
_MODES = ("session", "transaction", "statement")
_PORT = 6432
_SERVER = 5432
_EVERYWHERE = frozenset({"", "*", "0.0.0.0", "::"})
_NO_LIMIT = "Odyssey has no limit by default"
# What it sets anew for each client with `maintain_params yes`, which is the default (lab, 1.5.2).
_TRACKED = (
    "client_encoding", "DateStyle", "TimeZone", "standard_conforming_strings", "application_name",
    "default_transaction_read_only",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Route:
    """A rule: a database, "*" for any, and the block of a user, or group, of it."""

    alias: str
    user: Item

    @property
    def own(self) -> Mapping[str, Value]:
        """Return its parameters, by their names in lower case; of several the last counts."""
        items = self.user.items or ()
        return {i.name.lower(): i.values[0] for i in items if i.items is None and i.values}


def title(item: Item) -> str:
    """Return the name that a block is given, "" where it has none, or is for any."""
    first = item.values[0] if item.values else None
    return first.text if first is not None and first.kind == "string" else ""


def routes(document: Document) -> Iterator[Route]:
    """Yield the rules in the order of the file."""
    for database in document.items:
        if database.name.lower() != "database" or database.items is None:
            continue
        for user in database.items:
            if user.name.lower() in ("user", "group") and user.items is not None:
                yield Route(title(database) or "*", user)


def pooler(document: Document, place: Span, name: str, *, complete: bool) -> Pooler:
    """Return the pooler; what an included file may say is not known."""
    top = {i.name.lower(): i.values[0] for i in document.items if i.items is None and i.values}
    none = Figure.defaulted(0, "max_db_connections", "Odyssey has no such limit")
    storages = {title(i): _own(i) for i in document.items if i.name.lower() == "storage"}
    entries = tuple(
        _database(r, storages) for r in routes(document) if not _is_console(r, storages)
    )
    port, host = _listening(document)
    return Pooler(
        name=name,
        product=PRODUCT,
        span=place,
        hosts=() if host in _EVERYWHERE else (host,),
        port=port,
        mode=_agreed(entries, complete=complete),
        instances=Figure(1, 1, "instances", Basis.ASSUMED, "one process for a file"),
        max_client_conn=_clients(top.get("client_max")),
        default_pool_size=Figure(0, None, "pool_size", Basis.DEFAULTED, _NO_LIMIT),
        reserve_pool_size=none,
        max_db_connections=none,
        max_user_connections=none,
        databases=entries,
        tracked=_TRACKED,
    )


def _own(item: Item) -> Mapping[str, Value]:
    return {i.name.lower(): i.values[0] for i in item.items or () if i.items is None and i.values}


def _listening(document: Document) -> tuple[int, str]:
    """Return the port of the first `listen`, and the host where it names one."""
    for item in document.items:
        if item.name.lower() == "listen" and item.items is not None:
            own = _own(item)
            port, host = own.get("port"), own.get("host")
            number = port.number if port is not None else None
            return number or _PORT, host.text if host is not None else ""
    return _PORT, ""


def _is_console(route: Route, storages: Mapping[str, Mapping[str, Value]]) -> bool:
    """Tell whether a rule leads to Odyssey's own console, and to no server."""
    leads = route.own.get("storage")
    kind = storages.get(leads.text, {}).get("type") if leads is not None else None
    return kind is not None and kind.text == "local"


def _clients(value: Value | None) -> Figure:
    number = value.number if value is not None else None
    if value is None or not number or number < 0:
        return Figure(0, None, "client_max", Basis.UNKNOWN, _NO_LIMIT)
    return Figure.stated(number, "client_max", value.span)


def _database(route: Route, storages: Mapping[str, Mapping[str, Value]]) -> PoolerDatabase:
    own = route.own
    leads = own.get("storage")
    storage = storages.get(leads.text, {}) if leads is not None else {}
    host, port = _address(storage)
    dbname = own.get("storage_db")
    role = own.get("storage_user")
    user = role.text if role is not None else ""
    if not user and route.user.name.lower() == "user":
        user = title(route.user)
    return PoolerDatabase(
        alias=route.alias,
        span=route.user.name_span,
        host=host,
        port=port,
        dbname=dbname.text if dbname is not None else route.alias.strip("*"),
        user=user,
        mode=_mode(own.get("pool")),
        pool_size=_size(own),
    )


def _address(storage: Mapping[str, Value]) -> tuple[str, int]:
    """Return where a storage is; several hosts are no one server, and known as none."""
    host, port = storage.get("host"), storage.get("port")
    number = port.number if port is not None else None
    text = host.text if host is not None else ""
    name, _, own = text.partition(":")
    if "," not in text and own.isdecimal():
        return name.lower(), int(own[:5])
    return text.lower(), number or _SERVER


def _mode(value: Value | None) -> Word:
    if value is None:
        return Word(None, Basis.UNKNOWN, "no `pool` is stated")
    return Word(value.text if value.text in _MODES else None, Basis.STATED, value.span)


def _size(own: Mapping[str, Value]) -> Figure:
    """Return how many servers one pool may have; 0 bounds nothing, nor does nothing."""
    shared, value = own.get("shared_pool"), own.get("pool_size")
    if shared is not None:  # several rules draw from it
        return Figure(0, None, "pool_size", Basis.UNKNOWN, shared.span)
    if value is None:
        return Figure(0, None, "pool_size", Basis.DEFAULTED, _NO_LIMIT)
    number = value.number
    if number is None or values.is_open(value.text):
        return Figure(0, None, "pool_size", Basis.UNKNOWN, value.span)
    if number <= 0:
        return Figure(0, None, "pool_size", Basis.STATED, value.span)
    return Figure.stated(number, "pool_size", value.span)


def _agreed(entries: tuple[PoolerDatabase, ...], *, complete: bool) -> Word:
    """Return the mode where all rules have the same, unknown where they differ."""
    found = {entry.mode.value: entry.mode for entry in entries if entry.mode is not None}
    if len(found) == 1 and complete:
        return next(iter(found.values()))
    return Word(None, Basis.UNKNOWN, "it differs by database and user")
