"""SQL: PostgreSQL's own grammar (libpg_query 17, through pgparse), imported when first needed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

MAX_CHARACTERS = 200_000  # a longer script is no statement that a program sends


class SqlStatement(NamedTuple):
    """One statement of a text.

    `kind` is the name of its node in PostgreSQL's parse tree ("VariableSetStmt"), `body` that
    node's fields as libpg_query writes them; a field that is false, zero or empty is absent.
    """

    kind: str
    body: Mapping[str, Any]


def parse(text: str) -> tuple[SqlStatement, ...] | None:
    """Return the statements of `text` in order, None where PostgreSQL would not parse it."""
    if len(text) > MAX_CHARACTERS or "\0" in text:
        return None
    import pgparse  # type: ignore[import-not-found]  # a C extension, without type stubs

    try:
        found = pgparse.parse(text)
    except pgparse.PGQueryError:
        return None
    except (RecursionError, ValueError):  # nested too deeply; a lone surrogate
        return None
    return tuple(SqlStatement(*next(iter(raw["stmt"].items()))) for raw in found if raw.get("stmt"))


def nodes(body: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield every node below `body` as (kind, fields), in the order of the text."""
    stack: list[Any] = [body]
    while stack:
        value = stack.pop()
        if isinstance(value, list):
            stack.extend(reversed(value))
        elif isinstance(value, dict):
            for name, inner in value.items():
                if name[0].isupper() and isinstance(inner, dict):
                    yield name, inner
            stack.extend(reversed(list(value.values())))


def constant(node: Mapping[str, Any]) -> str | int | bool | None:
    """Return the value of a constant (casts looked through), None for anything else."""
    while "TypeCast" in node:
        node = node["TypeCast"].get("arg", {})
    found = node.get("A_Const")
    if not isinstance(found, dict):
        return None
    if "sval" in found:
        return str(found["sval"].get("sval", ""))
    if "ival" in found:
        return int(found["ival"].get("ival", 0))
    if "boolval" in found:
        return bool(found["boolval"].get("boolval", False))
    return None
