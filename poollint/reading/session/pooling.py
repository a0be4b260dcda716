"""What a pooler keeps for each client: by its settings, its version, and the server behind."""

from __future__ import annotations

import re

from poollint.catalog import settings
from poollint.facts.code import Endpoint
from poollint.facts.infrastructure import Pooler, Server
from poollint.model.figure import Basis, Figure, Word

REPORTED_SINCE = (1, 26)  # PgBouncer follows every parameter that the server reports
_OPTIONS_SINCE = (1, 20)  # it looks into `options`
# PostgreSQL reports more to its clients with each version (source: its manual, PQparameterStatus).
_REPORTED = {
    "search_path": (18,),
    "default_transaction_read_only": (14,),
    "scram_iterations": (16,),
}
_PREPARED = "max_prepared_statements"
_BOUNCER = "PgBouncer"
_EMPTIES = "Odyssey"  # DISCARD ALL between two clients, in every mode (docs, `pool_discard`; run)


def endpoint(pooler: Pooler, mode: Word, server: Server | None) -> Endpoint:
    """Return what statements that go through `pooler` in `mode` find there."""
    known = number(pooler.version) if pooler.product == _BOUNCER else ()
    every = _kept(pooler, known)
    if known >= REPORTED_SINCE:
        every = (*every, "session_authorization", *_REPORTED)
    tracked = _reported(every, server)
    return Endpoint(
        pooler.product,
        mode,
        pooler.version,
        tracked,
        _prepared(pooler, known),
        pooler.ignored,
        accepted=every if known >= REPORTED_SINCE else tracked,
        options=known >= _OPTIONS_SINCE if known else None,
        cleaned=pooler.cleaned is not None or pooler.product == _EMPTIES,
    )


def mode_of(pooler: Pooler, dbname: str, user: str = "") -> Word:
    """Return the pool mode of a user of a database; where users differ, none is known.

    PgBouncer asks the user that its sessions have first, then the database, then what is said
    of all (src/objects.c, pool_pool_mode).
    """
    mode = _of_database(pooler, dbname)
    if not pooler.users:
        return mode
    forced = {d.user for d in pooler.databases if d.alias == dbname}
    name = next(iter(forced), "") or user
    modes = {one.name: one.mode for one in pooler.users if one.mode}
    if name:
        return modes.get(name, mode)
    if any(own.value != mode.value for own in modes.values()):
        return Word(None, Basis.UNKNOWN, "it differs by user")
    return mode


def _of_database(pooler: Pooler, dbname: str) -> Word:
    for name in (dbname, "*"):
        own = {d.mode.value: d.mode for d in pooler.databases if d.alias == name and d.mode}
        rest = any(d.alias == name and d.mode is None for d in pooler.databases)
        if len(own) > 1 or (own and rest):
            return Word(None, Basis.UNKNOWN, "it differs by user")
        if own:
            return next(iter(own.values()))
        if rest:
            return pooler.mode
    return pooler.mode


def _kept(pooler: Pooler, known: tuple[int, ...]) -> tuple[str, ...]:
    """Return what a pooler keeps by its settings: before it could be told, what all versions do."""
    bouncer = settings.pgbouncer()
    since = number(bouncer.sections["pgbouncer"]["track_extra_parameters"].since)
    if known and known < since and pooler.product == _BOUNCER:
        return tuple(name for name in pooler.tracked if name in bouncer.always)
    return pooler.tracked


def number(version: str) -> tuple[int, ...]:
    """Return "1.24.1" as (1, 24), () where it is unknown."""
    found = re.match(r"\d+(?:\.\d+)?", version)
    return tuple(int(part) for part in found[0].split(".")) if found else ()


def _reported(names: tuple[str, ...], server: Server | None) -> tuple[str, ...]:
    """Return those that the server may report: what it does not report is kept in vain."""
    major = number(server.version)[:1] if server else ()
    return tuple(n for n in names if not major or major >= _REPORTED.get(n.lower(), ()))


def _prepared(pooler: Pooler, known: tuple[int, ...]) -> Figure | None:
    """Return how many named statements are followed: stated, or by default in its version."""
    if pooler.prepared is not None or not known:
        return pooler.prepared
    parameter = settings.pgbouncer().sections["pgbouncer"][_PREPARED]
    if known < number(parameter.since):
        source = f"PgBouncer {pooler.version} knows no `{_PREPARED}`"
        return Figure(0, 0, _PREPARED, Basis.DEFAULTED, source)
    before = [default for since, default in parameter.history if number(since) <= known]
    default = int(before[-1] if before else parameter.default)
    return Figure.defaulted(default, _PREPARED, f"default of PgBouncer {pooler.version}")
