"""What a statement leaves behind in its session, told from its text.

Sources: the PostgreSQL 18 manual (SET, set_config, advisory locks, LISTEN), each row run
against real servers behind PgBouncer in transaction mode.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from poollint.facts.code import Effect
from poollint.syntax.sql import SqlStatement, constant, nodes, parse

HOLE = "\ufffc"  # an unknown part of a text
_FILL = "poollint_hole"
# A hole may stand for a name or for a value; whichever makes the text parse.
_FILLS = (_FILL, f"'{_FILL}'", "0")

_PLACEHOLDER = re.compile(
    r"""%\(\w+\)[sbt] | %[sbtdr]      # psycopg, and `%` as an operator
      | \$\d+                         # asyncpg, the server's own
      | (?<![:\w]):[A-Za-z_]\w*       # SQLAlchemy; not `::text`
      | (?<=[\s(,=])\?(?=[\s),;]|$)   # not the operators of jsonb
    """,
    re.X,
)
# Words without which nothing stays; the grammar decides. No repetition: it is linear.
SCREEN = re.compile(
    r"(?<!\w)(?:set|reset|listen|unlisten|prepare|declare|temp|temporary)(?!\w)"
    r"|set_config|pg_(?:try_)?advisory_(?:un)?lock",
    re.I,
)
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


class SessionEffect(NamedTuple):
    """One thing that stays in the session; the fields are those of `facts.code.Statement`."""

    effect: Effect
    subject: str
    text: str


class Reading(NamedTuple):
    """What a text does to its session; `unlocks` tells that it gives back an advisory lock."""

    effects: tuple[SessionEffect, ...] = ()
    unlocks: bool = False


def read(text: str) -> Reading:
    """Return what the statements of `text` leave in the session they run in.

    `text` holds `HOLE` for each part that is unknown. Nothing is known of a text that does not
    parse, nor of a parameter whose name is unknown.
    """
    if len(text) > 3 and SCREEN.search(text):
        marked = _PLACEHOLDER.sub(HOLE, text).replace("%%", "%")
        for fill in _FILLS:
            found = parse(marked.replace(HOLE, fill))
            if found is not None:
                return _read(found)
            if HOLE not in marked:
                break
    return Reading()


def _read(statements: Iterable[SqlStatement]) -> Reading:
    effects: list[SessionEffect] = []
    unlocks = False
    for statement in statements:
        # The statements of one text run in one transaction: what it undoes itself is gone.
        undone = set(_undone(statement))
        unlocks = unlocks or Effect.ADVISORY_LOCK in undone
        before = len(effects)
        effects = [e for e in effects if not undone & {e.effect, e.subject or None}]
        if len(effects) == before:
            effects += _effects(statement)
    return Reading(tuple(effects), unlocks)


def _undone(statement: SqlStatement) -> Iterator[Effect | str]:
    """Yield the effects, or the names of parameters, that a statement takes back."""
    kind, body = statement
    if kind == "VariableSetStmt" and body["kind"] == "VAR_RESET_ALL":
        yield Effect.SET
    elif kind == "VariableSetStmt" and body["kind"] in {"VAR_RESET", "VAR_SET_DEFAULT"}:
        yield str(body["name"]).lower()
    elif kind == "UnlistenStmt":
        yield Effect.LISTEN
    elif kind in _QUERIES and any(name in _UNLOCKS for name, _ in _functions(body)):
        yield Effect.ADVISORY_LOCK


def _effects(statement: SqlStatement) -> Iterator[SessionEffect]:
    kind, body = statement
    if kind == "VariableSetStmt":
        yield from _of_set(body)
    elif kind in {"ListenStmt", "UnlistenStmt"}:
        channel = _known(str(body.get("conditionname", "")))
        yield SessionEffect(Effect.LISTEN, channel, kind.removesuffix("Stmt").upper())
    elif kind == "PrepareStmt":
        yield SessionEffect(Effect.PREPARE, _known(str(body.get("name", ""))), "PREPARE")
    elif kind == "DeclareCursorStmt" and int(body.get("options", 0)) & _HOLD:
        name = _known(str(body.get("portalname", "")))
        yield SessionEffect(Effect.HOLD_CURSOR, name, "DECLARE … CURSOR WITH HOLD")
    elif kind == "CreateStmt":
        yield from _of_table(body.get("relation"), body.get("oncommit"), "CREATE TEMP TABLE")
    elif kind == "CreateTableAsStmt":
        into = body.get("into", {})
        yield from _of_table(into.get("rel"), into.get("onCommit"), "CREATE TEMP TABLE")
    elif kind in _QUERIES:
        into = body.get("intoClause", {})
        yield from _of_table(into.get("rel"), into.get("onCommit"), "SELECT INTO TEMP")
        for name, arguments in _functions(body):
            yield from of_function(name, [_argument(a) for a in arguments])


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
        shown = _KEYWORD_FORMS.get(subject, subject or name.replace(_FILL, "…"))
        yield SessionEffect(Effect.SET, subject, f"{verb} {shown}")


def of_function(name: str, arguments: list[str | int | bool | None]) -> Iterator[SessionEffect]:
    """Yield what calling a function of the server does; an argument None is unknown."""
    if name in _LOCKS:
        key = "" if None in arguments else _known(", ".join(map(str, arguments)))
        yield SessionEffect(Effect.ADVISORY_LOCK, key, name)
    elif name == "set_config" and len(arguments) == 3:
        parameter, _, local = arguments
        if isinstance(local, str):  # "false"::boolean, and its abbreviations
            local = {"f": False, "n": False, "0": False, "off": False}.get(
                local.lower() if local.lower() == "off" else local.lower()[:1]
            )
        if local is False and isinstance(parameter, str) and not _is_hole(parameter):
            known = _known(parameter.lower())
            shown = known or parameter.replace(_FILL, "…")
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
    return None if wholly and _FILL in str(found) else found


def _of_table(relation: Any, on_commit: Any, text: str) -> Iterator[SessionEffect]:
    temporary = isinstance(relation, dict) and relation.get("relpersistence") == "t"
    if temporary and on_commit != "ONCOMMIT_DROP":
        yield SessionEffect(Effect.TEMP_TABLE, _known(str(relation.get("relname", ""))), text)


def _is_hole(name: str) -> bool:
    """Tell whether nothing of a parameter's name is known, so that it may be a tracked one."""
    return _FILL in name and "." not in name


def _known(name: str) -> str:
    return "" if _FILL in name else name
