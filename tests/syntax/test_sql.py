"""PostgreSQL's grammar as poollint asks it."""

from __future__ import annotations

import pytest

from poollint.syntax.sql import MAX_CHARACTERS, constant, nodes, parse


def test_statements_come_in_order_with_their_kinds() -> None:
    found = parse("BEGIN; SET x = 1; SELECT f(1); COMMIT")
    assert found is not None
    kinds = [statement.kind for statement in found]
    assert kinds == ["TransactionStmt", "VariableSetStmt", "SelectStmt", "TransactionStmt"]


@pytest.mark.parametrize(
    "text",
    [
        "SET",
        "no sql at all",
        "SELECT '",
        "SELECT '\0'",
        "SELECT '\ud800'",
        "SELECT " + "+".join(["a"] * 20_000),
        "SELECT " + "(SELECT " * 5_000 + "1" + ")" * 5_000,
        "SELECT " + "not " * 50_000 + "true",
        "-" * (MAX_CHARACTERS + 1),
    ],
)
def test_what_postgresql_would_not_parse_is_none(text: str) -> None:
    assert parse(text) is None


def test_an_empty_text_has_no_statements() -> None:
    assert parse("") == ()
    assert parse("  ; -- nothing\n") == ()


def test_nodes_below_are_found_at_any_depth() -> None:
    found = parse("SELECT 1 WHERE EXISTS (SELECT g(h(2)))")
    assert found is not None
    calls = [body["funcname"] for kind, body in nodes(found[0].body) if kind == "FuncCall"]
    assert [call[-1]["String"]["sval"] for call in calls] == ["g", "h"]


def test_constants_are_told_from_what_is_computed() -> None:
    found = parse("SELECT 'a', 7, true, 'f'::boolean, b, NULL")
    assert found is not None
    values = [constant(target["ResTarget"]["val"]) for target in found[0].body["targetList"]]
    assert values == ["a", 7, True, "f", None, None]
