"""The pooler that a file of PgBouncer describes: its numbers, and the databases behind it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePosixPath

from poollint.catalog import settings as catalog
from poollint.facts.infrastructure import Pooler, PoolerDatabase, PoolerUser
from poollint.model.figure import Basis, Figure, Word
from poollint.model.source import Span
from poollint.reading.settings import values
from poollint.syntax import ini, units

_EVERYWHERE = frozenset({"", "*", "0.0.0.0", "::", "[::]"})
_POOL_SIZES = frozenset({"default_pool_size", "pool_size"})
_NOT_READ = "PgBouncer default, where no included file says otherwise"


def pooler(document: ini.Document) -> Pooler | None:
    """Return the pooler, None for a part that holds no `[pgbouncer]`.

    A second `[pgbouncer]` sets everything back to its default first (lib/usual/cfparser.c,
    fill_defaults), so only what follows the last one counts.
    """
    main = [section for section in document.sections if section.name == "pgbouncer"]
    if not main:
        return None
    stated = {
        entry.key: entry
        for entry in document.entries
        if entry.section == main[-1] and entry.key in catalog.pgbouncer().sections["pgbouncer"]
    }
    complete = not document.includes
    path = document.source.path
    place = main[-1].span
    return Pooler(
        name=PurePosixPath(path).stem,
        product="PgBouncer",
        span=place if place.path == path else Span.at(path),
        hosts=_hosts(stated.get("listen_addr")),
        port=_figure("listen_port", stated, complete).low,
        mode=_mode(stated.get("pool_mode"), complete),
        instances=Figure(1, 1, "instances", Basis.ASSUMED, "one process for a file"),
        max_client_conn=_figure("max_client_conn", stated, complete),
        default_pool_size=_figure("default_pool_size", stated, complete),
        reserve_pool_size=_figure("reserve_pool_size", stated, complete),
        max_db_connections=_figure("max_db_connections", stated, complete),
        max_user_connections=_figure("max_user_connections", stated, complete),
        databases=tuple(
            replace(database, asks=database.asks or "auth_user" in stated)
            for database in _databases(document)
        ),
        tracked=_tracked(stated.get("track_extra_parameters")),
        prepared=_prepared(stated.get("max_prepared_statements")),
        ignored=_ignored(stated.get("ignore_startup_parameters"), complete),
        cleaned=_cleaned(stated),
        users=_users(document),
        peers=_peers(document, stated.get("peer_id")),
    )


def _figure(name: str, stated: dict[str, ini.Entry], complete: bool) -> Figure:
    """Return the number of a setting; what the file leaves open counts as its default."""
    known = catalog.pgbouncer()
    parameter = known.sections["pgbouncer"][name]
    default = int(parameter.default)
    entry = stated.get(name)
    if entry is None:
        if complete:
            source = f"PgBouncer default, {parameter.since} to {known.newest}"
            return Figure.defaulted(default, name, source)
        return Figure(default, default, name, Basis.UNKNOWN, _NOT_READ)
    number = units.pgbouncer_integer(entry.value)
    if number is None:
        return Figure(default, default, name, Basis.UNKNOWN, entry.value_span)
    return _stated(number, name, entry.value_span)


def _stated(number: int, name: str, span: Span) -> Figure:
    """Return a number as it stands; a pool size of 0 bounds nothing (since 1.24)."""
    if name in _POOL_SIZES and number <= 0:
        return Figure(0, None, name, Basis.STATED, span)
    return Figure.stated(number, name, span)


def _mode(entry: ini.Entry | None, complete: bool) -> Word:
    if entry is not None:
        return _mode_word(entry.value, entry.value_span)
    if complete:
        return Word("session", Basis.DEFAULTED, "PgBouncer default")
    return Word(None, Basis.UNKNOWN, _NOT_READ)


def _mode_word(value: str, span: Span) -> Word:
    allowed = catalog.pgbouncer().sections["pgbouncer"]["pool_mode"].allowed
    known = value.lower() in allowed
    return Word(value.lower() if known else None, Basis.STATED, span)


def _hosts(entry: ini.Entry | None) -> tuple[str, ...]:
    """Return the addresses clients may use, as far as the file names any."""
    if entry is None or values.is_open(entry.value):
        return ()
    names = (name.strip() for name in entry.value.split(","))
    return tuple(name for name in names if name not in _EVERYWHERE)


def _tracked(entry: ini.Entry | None) -> tuple[str, ...]:
    known = catalog.pgbouncer()
    if entry is None:
        return known.tracked
    extra = (name.strip() for name in entry.value.split(","))
    return (*known.always, *(name for name in extra if name))


def _prepared(entry: ini.Entry | None) -> Figure | None:
    """Return how many named statements are followed, None where nothing is said."""
    if entry is None:
        return None
    number = units.pgbouncer_integer(entry.value)
    if number is None:
        return Figure(0, None, "max_prepared_statements", Basis.UNKNOWN, entry.value_span)
    return Figure.stated(number, "max_prepared_statements", entry.value_span)


def _ignored(entry: ini.Entry | None, complete: bool) -> Word | None:
    """Return the startup parameters that are thrown away; none by default."""
    if entry is None:
        return Word("", Basis.DEFAULTED, "PgBouncer default") if complete else None
    if values.is_open(entry.value):
        return None
    return Word(entry.value, Basis.STATED, entry.value_span)


def _cleaned(stated: dict[str, ini.Entry]) -> Span | None:
    """Return where sessions are told to be emptied after each transaction, None where they are not.

    `server_reset_query` is DISCARD ALL by default; another one may leave what it likes.
    """
    always, query = stated.get("server_reset_query_always"), stated.get("server_reset_query")
    if always is None or units.pgbouncer_integer(always.value) != 1:
        return None
    whole = query is None or query.value.strip(" '\";").upper() == "DISCARD ALL"
    return always.value_span if whole else None


def _peers(document: ini.Document, own: ini.Entry | None) -> int:
    """Return how many peers there are, the file's own process among them.

    Source: doc/config.md, `[peers]` and `peer_id`: whoever is no peer has none to hand on to.
    """
    if own is None:
        return 0
    found = {e.key for e in document.entries if e.section and e.section.name == "peers"}
    return len(found | {own.value.strip()}) if found else 0


def _users(document: ini.Document) -> tuple[PoolerUser, ...]:
    """Return the users with settings of their own.

    Source: src/loader.c, parse_user; src/server.c, pool_pool_size (a user's comes first).
    """
    found: dict[str, PoolerUser] = {}
    for entry in document.entries:
        if entry.section is None or entry.section.name != "users":
            continue
        read = ini.connection(entry, document.source_of(entry))
        pairs = {} if read.error else {pair.key: pair for pair in read.pairs}
        mode = pairs.get("pool_mode")
        if pairs:
            found[entry.key] = PoolerUser(
                entry.key,
                _mode_word(mode.value, mode.value_span) if mode else None,
                _own(pairs.get("pool_size"), "pool_size", 0),
                _own(pairs.get("reserve_pool_size"), "reserve_pool_size", 0),
                _own(pairs.get("max_user_connections"), "max_user_connections", 1),
            )
    return tuple(found.values())


def _databases(document: ini.Document) -> tuple[PoolerDatabase, ...]:
    """Return the databases: of several entries of one name the last counts, whole.

    Only a forced user stays from an earlier one (src/loader.c, parse_database).
    """
    found: dict[str, PoolerDatabase] = {}
    for entry in document.entries:
        if entry.section is None or entry.section.name != "databases":
            continue
        database = _database(entry, document)
        if database is not None:
            before = found.pop(entry.key, None)
            if before and before.user and not database.user:
                database = replace(database, user=before.user)
            found[entry.key] = database
    return tuple(found.values())


def _database(entry: ini.Entry, document: ini.Document) -> PoolerDatabase | None:
    read = ini.connection(entry, document.source_of(entry))
    if read.error:
        return None
    pairs = {pair.key: pair for pair in read.pairs}
    reserve = pairs.get("reserve_pool_size") or pairs.get("reserve_pool")
    mode = pairs.get("pool_mode")
    return PoolerDatabase(
        alias=entry.key,
        span=entry.span,
        host=_text(pairs.get("host")),
        port=_port(pairs.get("port")),
        dbname=_text(pairs.get("dbname")) or ("" if entry.key == "*" else entry.key),
        user=_text(pairs.get("user")),
        mode=_mode_word(mode.value, mode.value_span) if mode else None,
        pool_size=_own(pairs.get("pool_size"), "pool_size", 0),
        reserve_pool_size=_own(reserve, "reserve_pool_size", 0),
        max_connections=_own(pairs.get("max_db_connections"), "max_db_connections", 1),
        asks=bool(_text(pairs.get("auth_user"))),
    )


def _text(pair: ini.Pair | None) -> str:
    return pair.value if pair else ""


def _port(pair: ini.Pair | None) -> int:
    """Return the port, 0 where it is filled in elsewhere."""
    if pair and values.is_open(pair.value):
        return 0
    return (units.atoi(pair.value) if pair else 0) or 5432


def _own(pair: ini.Pair | None, name: str, least: int) -> Figure | None:
    """Return a database's own number; below `least` the pooler's counts (src/server.c)."""
    if pair is None:
        return None
    if values.is_open(pair.value):
        return Figure(0, None, name, Basis.UNKNOWN, pair.value_span)
    number = units.atoi(pair.value)
    return _stated(number, name, pair.value_span) if number >= least else None
