"""What the SQL of `connect_query` does to each session, before any client has it.

PgBouncer runs it as one message when a session with the server begins (src/server.c), and logs
what fails without minding it. Run: PgBouncer 1.18 in front of PostgreSQL 15.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from poollint.catalog.settings import pgbouncer
from poollint.facts.code import Effect
from poollint.facts.infrastructure import Flaw, Setting
from poollint.reading.session import effects
from poollint.syntax import sql

NAME = "connect_query"

_ENDING = frozenset(
    {"TRANS_STMT_COMMIT", "TRANS_STMT_ROLLBACK", "TRANS_STMT_PREPARE"}
)  # parsenodes.h
_WRONG = {
    Effect.TRANSACTION: (
        "leaves a transaction open in each session: what a client does not commit itself is undone",
        "statements that end what they begin",
    ),
    Effect.ADVISORY_LOCK: (
        "takes a lock that one session holds, and for which all others wait when they begin",
        "a lock where the client needs it, with `pg_advisory_xact_lock`",
    ),
    Effect.LISTEN: (
        "listens for nobody: a notification goes to whichever client has the session, or is lost",
        "`LISTEN` in the client that waits, on a connection past the pooler",
    ),
    Effect.TEMP_TABLE: (
        "makes a temporary table in which all clients of a session find each other's rows",
        "`ON COMMIT DELETE ROWS` behind it, or an unlogged table",
    ),
}
# Refused outside a transaction block; harmless by itself.
_HARMLESS = ("SAVEPOINT", "UNLISTEN")
_SETTING = ("set ", "set_config(")


def judged(setting: Setting, text: str) -> Setting:
    """Return the setting of a database with what its SQL does; `text` is its value."""
    if setting.name != NAME or setting.open or setting.flaw or not text.strip():
        return setting
    statements = sql.parse(text)
    if statements is None:
        return _wrong(setting, "is no SQL: PgBouncer logs an error, and goes on without it",
                      "statements as PostgreSQL takes them")  # fmt: skip
    if any(kind == "CopyStmt" and body.get("is_from") and "filename" not in body
           for kind, body in statements):  # fmt: skip
        return _wrong(setting, "waits for rows that nobody sends: no session ever begins",
                      "no `COPY … FROM STDIN`")  # fmt: skip
    left = list(_left(statements))
    for effect, (complaint, expected) in _WRONG.items():
        if any(one.effect is effect for one in left):
            return _wrong(setting, complaint, expected)
    over = tuple(_over(statements))
    # Beside other statements of the same transaction it may have done its part.
    passes = over if len(over) == len(statements) else ()
    return replace(setting, keeps=tuple(_kept(left)), passes=passes)


def _kept(left: list[effects.SessionEffect]) -> Iterator[str]:
    """Yield what is set, but for what PgBouncer itself tells to each session anew."""
    tracked = {name.lower() for name in pgbouncer().tracked}
    for one in left:
        sets = one.effect is Effect.SET and one.text.lower().startswith(_SETTING)
        if sets and one.subject not in tracked:
            yield one.text


def _wrong(setting: Setting, complaint: str, expected: str) -> Setting:
    return replace(setting, flaw=Flaw.INVALID, complaint=complaint, expected=expected)


def _left(statements: tuple[sql.SqlStatement, ...]) -> Iterator[effects.SessionEffect]:
    """Yield what the statements leave, but for what a later one of them takes back."""
    for index, statement in enumerate(statements):
        later = {done for one in statements[index + 1 :] for done in effects.undone(one)}
        for left in effects.effects(statement):
            if left.effect is Effect.TRANSACTION and _ended(statements[index + 1 :]):
                continue
            if left.effect is Effect.TEMP_TABLE and not _keeps_rows(statement.body):
                continue
            if left.effect is Effect.ADVISORY_LOCK and left.text.startswith("pg_try"):
                continue
            if left.text not in _HARMLESS and not {left.effect, left.subject} & later:
                yield left


def _ended(later: tuple[sql.SqlStatement, ...]) -> bool:
    return any(kind == "TransactionStmt" and body["kind"] in _ENDING for kind, body in later)


def _keeps_rows(body: Mapping[str, object]) -> bool:
    into = body.get("into", body.get("intoClause", body))
    on_commit = into.get("oncommit", into.get("onCommit")) if isinstance(into, dict) else None
    return on_commit != "ONCOMMIT_DELETE_ROWS"


def _over(statements: tuple[sql.SqlStatement, ...]) -> Iterator[str]:
    """Yield what is over before a client comes: the statements are one transaction."""
    for statement in statements:
        found = effects.local(statement)
        if found is not None:
            yield found.text
