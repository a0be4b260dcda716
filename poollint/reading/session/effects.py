"""What each statement of PostgreSQL leaves behind in its session, and what it takes back.

Sources: the PostgreSQL 18 manual (SET, set_config, advisory locks, LISTEN, PREPARE, DECLARE,
CREATE TABLE, DISCARD), each row run against real servers behind PgBouncer in transaction mode.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from poollint.facts.code import Effect
from poollint.syntax.sql import SqlStatement, constant, nodes

FILL = "poollint_hole"  # stands for a part of the text that is unknown

_LOCKS = {
    f"pg_{name}lock{shared}"
    for name in ("advisory_", "try_advisory_")
    for shared in ("", "_shared")
}
_UNLOCKS = {"pg_advisory_unlock", "pg_advisory_unlock_shared", "pg_advisory_unlock_all"}
_QUERIES = {"SelectStmt", "InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt", "CallStmt"}
_HOLD = 0x0020  # CURSOR_OPT_HOLD, parsenodes.h
_OF_TRANSACTION = {"transaction_isolation", "transaction_read_only", "transaction_deferrable"}
_KEYWORD_FORMS = {"role": "ROLE", "session_authorization": "SESSION AUTHORIZATION"}
_BEGINNING = {
    "TRANS_STMT_BEGIN": "BEGIN",
    "TRANS_STMT_START": "START TRANSACTION",
    "TRANS_STMT_SAVEPOINT": "SAVEPOINT",
}
# What ends a transaction as if it had not been: what belongs to the session only, stays.
_ROLLED_BACK = (Effect.SET, Effect.TEMP_TABLE, Effect.HOLD_CURSOR, Effect.LISTEN)
_DISCARDED = (Effect.SET, Effect.TEMP_TABLE, Effect.HOLD_CURSOR, Effect.LISTEN, Effect.PREPARE)
_TEMPORARY = {
    "CreateStmt": ("relation", "CREATE TEMP TABLE"),
    "ViewStmt": ("view", "CREATE TEMP VIEW"),
    "CreateSeqStmt": ("sequence", "CREATE TEMP SEQUENCE"),
}


class SessionEffect(NamedTuple):
    """One thing that stays in the session; the fields are those of `facts.code.Statement`."""

    effect: Effect
    subject: str
    text: str


def undone(statement: SqlStatement) -> Iterator[Effect | str]:
    """Yield the effects, or the names of what was made, that a statement takes back."""
    kind, body = statement
    if kind == "VariableSetStmt" and body["kind"] == "VAR_RESET_ALL":
        yield Effect.SET
    elif kind == "VariableSetStmt" and body["kind"] in {"VAR_RESET", "VAR_SET_DEFAULT"}:
        yield str(body["name"]).lower()
    elif kind == "UnlistenStmt":
        yield Effect.LISTEN
    elif kind == "DeallocateStmt":
        yield str(body.get("name") or Effect.PREPARE.value)
        if body.get("isall"):
            yield Effect.PREPARE
    elif kind == "ClosePortalStmt":
        yield str(body["portalname"]) if "portalname" in body else Effect.HOLD_CURSOR
    elif kind == "DiscardStmt":
        yield from _DISCARDED if body.get("target") == "DISCARD_ALL" else (Effect.TEMP_TABLE,)
    elif kind == "DropStmt":
        for _, name in nodes({"List": list(body.get("objects", ()))}):
            yield str(name.get("sval", ""))
    elif kind == "TransactionStmt" and body["kind"] == "TRANS_STMT_ROLLBACK":
        yield from _ROLLED_BACK
    elif kind in _QUERIES and any(name in _UNLOCKS for name, _ in _functions(body)):
        yield Effect.ADVISORY_LOCK


def effects(statement: SqlStatement) -> Iterator[SessionEffect]:
    """Yield what a statement leaves in its session."""
    kind, body = statement
    if kind == "VariableSetStmt":
        yield from _of_set(body)
    elif kind in {"ListenStmt", "UnlistenStmt"}:
        channel = _known(str(body.get("conditionname", "")))
        yield SessionEffect(Effect.LISTEN, channel, kind.removesuffix("Stmt").upper())
    elif kind in {"PrepareStmt", "ExecuteStmt"} or (kind == "DeallocateStmt" and "name" in body):
        verb = kind.removesuffix("Stmt").upper()
        yield SessionEffect(Effect.PREPARE, _known(str(body.get("name", ""))), verb)
    elif kind == "DeclareCursorStmt" and int(body.get("options", 0)) & _HOLD:
        name = _known(str(body.get("portalname", "")))
        yield SessionEffect(Effect.HOLD_CURSOR, name, "DECLARE … CURSOR WITH HOLD")
    elif kind == "DiscardStmt" and body.get("target") == "DISCARD_ALL":
        yield SessionEffect(Effect.SET, "", "DISCARD ALL")
    elif kind == "TransactionStmt" and body["kind"] in _BEGINNING:
        yield SessionEffect(Effect.TRANSACTION, "", _BEGINNING[body["kind"]])
    elif kind in _QUERIES:
        yield from _of_query(kind, body)
    else:
        yield from _temporary(kind, body)


def local(statement: SqlStatement) -> SessionEffect | None:
    """Return what ends with its transaction, and so does nothing where that is all there is."""
    kind, body = statement
    if kind == "VariableSetStmt" and body.get("is_local"):
        name = _known(str(body.get("name", "")).lower())
        shown = _KEYWORD_FORMS.get(name, name) or "…"
        return SessionEffect(Effect.OUTSIDE_TRANSACTION, name, f"SET LOCAL {shown}")
    if kind == "VariableSetStmt" and body.get("name") == "TRANSACTION":
        return SessionEffect(Effect.OUTSIDE_TRANSACTION, "", "SET TRANSACTION")
    if kind == "ConstraintsSetStmt":
        return SessionEffect(Effect.OUTSIDE_TRANSACTION, "", "SET CONSTRAINTS")
    if kind == "SelectStmt" and "fromClause" not in body:
        return _only_call(body)
    return None


def _only_call(body: Mapping[str, Any]) -> SessionEffect | None:
    """Return what a query does that calls one function for the rest of its transaction."""
    calls = list(_functions(body))
    if len(calls) != 1 or len(body.get("targetList", ())) != 1:
        return None
    name, arguments = calls[0]
    if name == "set_config" and len(arguments) == 3 and _argument(arguments[2]) is True:
        parameter = _known(str(_argument(arguments[0]) or "").lower())
        return SessionEffect(
            Effect.OUTSIDE_TRANSACTION, parameter, f"set_config('{parameter or '…'}', …, true)"
        )
    if name.startswith(("pg_advisory_xact_lock", "pg_try_advisory_xact_lock")):
        return SessionEffect(Effect.OUTSIDE_TRANSACTION, "", name)
    return None


def _of_set(body: Mapping[str, Any]) -> Iterator[SessionEffect]:
    kind, name = body["kind"], str(body.get("name", ""))
    if body.get("is_local") or name.lower() in _OF_TRANSACTION or _is_hole(name):
        return
    if kind == "VAR_RESET_ALL":
        yield SessionEffect(Effect.SET, "", "RESET ALL")
    elif kind == "VAR_SET_MULTI":
        if name == "SESSION CHARACTERISTICS":
            items = [a.get("DefElem", {}).get("defname", "") for a in body.get("args", ())]
            # Where it sets several, the one that fewer poolers track stands for all.
            first = min(items, key="transaction_read_only".__eq__, default="")
            yield SessionEffect(Effect.SET, f"default_{first}", "SET SESSION CHARACTERISTICS")
    elif kind != "VAR_SET_CURRENT":
        subject = _known(name.lower())
        verb = "RESET" if kind == "VAR_RESET" else "SET"
        shown = _KEYWORD_FORMS.get(subject, subject or name.replace(FILL, "…"))
        yield SessionEffect(Effect.SET, subject, f"{verb} {shown}")


def _of_query(kind: str, body: Mapping[str, Any]) -> Iterator[SessionEffect]:
    into = body.get("intoClause", {})
    if _is_temporary(into.get("rel"), into.get("onCommit")):
        name = _known(str(into["rel"].get("relname", "")))
        yield SessionEffect(Effect.TEMP_TABLE, name, "SELECT INTO TEMP")
    if kind == "UpdateStmt" and body.get("relation", {}).get("relname") == "pg_settings":
        yield SessionEffect(Effect.SET, "", "UPDATE pg_settings")
    for name, arguments in _functions(body):
        yield from of_function(name, [_argument(a) for a in arguments])


def of_function(name: str, arguments: list[str | int | bool | None]) -> Iterator[SessionEffect]:
    """Yield what calling a function of the server does; an argument None is unknown."""
    if name in _LOCKS:
        key = "" if None in arguments else _known(", ".join(map(str, arguments)))
        yield SessionEffect(Effect.ADVISORY_LOCK, key, name)
    elif name == "set_config" and len(arguments) == 3:
        parameter, _, is_local = arguments
        if isinstance(is_local, str):  # "false"::boolean, and its abbreviations
            is_local = {"f": False, "n": False, "0": False, "off": False}.get(
                is_local.lower() if is_local.lower() == "off" else is_local.lower()[:1]
            )
        if is_local is False and isinstance(parameter, str) and not _is_hole(parameter):
            known = _known(parameter.lower())
            shown = known or parameter.replace(FILL, "…")
            if known not in _OF_TRANSACTION:
                yield SessionEffect(Effect.SET, known, f"set_config('{shown}', …, false)")


def _functions(body: Mapping[str, Any]) -> Iterator[tuple[str, list[Mapping[str, Any]]]]:
    """Yield the calls of the server's own functions: their names and arguments."""
    for kind, call in nodes(body):
        if kind != "FuncCall":
            continue
        path = [part.get("String", {}).get("sval", "") for part in call.get("funcname", ())]
        if path[:-1] in ([], ["pg_catalog"]):
            yield path[-1], call.get("args", [])


def _argument(node: Mapping[str, Any]) -> str | int | bool | None:
    found = constant(node.get("NamedArgExpr", {}).get("arg", node))
    wholly = isinstance(found, str) and "." not in found  # of "app.…" the rest is known
    return None if wholly and FILL in str(found) else found


def _temporary(kind: str, body: Mapping[str, Any]) -> Iterator[SessionEffect]:
    """Yield what a statement makes that is gone with the session, and not before."""
    if kind == "CreateTableAsStmt":
        into = body.get("into", {})
        relation, on_commit, text = into.get("rel"), into.get("onCommit"), "CREATE TEMP TABLE"
    elif kind in _TEMPORARY:
        field, text = _TEMPORARY[kind]
        relation, on_commit = body.get(field), body.get("oncommit")
    elif kind == "CreateFunctionStmt":
        path = [part.get("String", {}).get("sval", "") for part in body.get("funcname", ())]
        if path[:1] == ["pg_temp"]:
            yield SessionEffect(Effect.TEMP_TABLE, path[-1], "CREATE FUNCTION pg_temp")
        return
    elif kind == "DiscardStmt" and body.get("target") == "DISCARD_TEMP":
        yield SessionEffect(Effect.TEMP_TABLE, "", "DISCARD TEMP")
        return
    else:
        return
    if isinstance(relation, dict) and _is_temporary(relation, on_commit):
        yield SessionEffect(Effect.TEMP_TABLE, _known(str(relation.get("relname", ""))), text)


def _is_temporary(relation: Any, on_commit: Any) -> bool:
    if not isinstance(relation, dict) or on_commit == "ONCOMMIT_DROP":
        return False
    return relation.get("relpersistence") == "t" or relation.get("schemaname") == "pg_temp"


def _is_hole(name: str) -> bool:
    """Tell whether nothing of a parameter's name is known, so that it may be a tracked one."""
    return FILL in name and "." not in name


def _known(name: str) -> str:
    return "" if FILL in name else name
