"""Which expressions are Django's query sets, and what goes through them."""

import ast

import pytest

from poollint.catalog.load import drivers
from poollint.reading.connections.orm.transactions.query_sets import (
    gone_through,
    is_query_set,
    known_names,
)
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import of_ast


def expression(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body


@pytest.mark.parametrize(
    "text",
    [
        "Order.objects.all()",
        "self.model._default_manager.filter(a=1).order_by('b')",
        "order.line_set.values('a')",
        "orders",
        "orders.exclude(a=1)",
    ],
)
def test_what_a_manager_gives_is_a_query_set(text: str) -> None:
    assert is_query_set(of_ast(expression(text)), frozenset({"orders"}))


@pytest.mark.parametrize(
    "text",
    [
        "Order.objects",
        "Order.objects.none()",
        "Order.objects.first()",
        "Order.objects.for_sale()",
        "orders.first()",
        "others.all()",
        "make().all()",
        "5",
    ],
)
def test_anything_else_is_none(text: str) -> None:
    assert not is_query_set(of_ast(expression(text)), frozenset({"orders"}))


@pytest.mark.parametrize(
    "text",
    [
        "for a in q: pass",
        "for a in q[:5]: pass",
        "for at, a in enumerate(q): pass",
        "if q: pass",
        "[a for a in q]",
        "{a: a for a in q}",
        "list(q)",
        "sum(a.b for a in q)",
        "','.join(q)",
        "q[0]",
    ],
)
def test_what_goes_through_one(text: str) -> None:
    (statement,) = ast.parse(text).body
    node = statement.value if isinstance(statement, ast.Expr) else statement
    assert list(gone_through(node)) == [of_ast(expression("q"))]


@pytest.mark.parametrize("text", ["f(q)", "(a for a in q)", "q['a']", "q[:5]", "q.a"])
def test_what_does_not(text: str) -> None:
    assert of_ast(expression("q")) not in list(gone_through(expression(text)))


@pytest.mark.parametrize(
    ("body", "known"),
    [
        ("q = A.objects.all()", True),
        ("q = A.objects.all(); q = q.filter(b=1)", True),
        ("q = A.objects.all(); q = []", False),
        ("q = q.filter(b=1)", False),
        ("q = A.objects.all()\n    for q in []: pass", False),
    ],
)
def test_a_name_is_one_if_all_that_it_gets_is(body: str, known: bool) -> None:
    module = ast.parse(f"def f():\n    {body}\n")
    names = Names(module, drivers())
    assert known_names(module.body[0], "f", names) == ({"q"} if known else set())


def test_what_was_made_outside_may_have_its_rows() -> None:
    module = ast.parse("def f():\n    q = A.objects.all()\n    with b:\n        print(q)\n")
    function = module.body[0]
    assert isinstance(function, ast.FunctionDef)
    assert known_names(function.body[1], "f", Names(module, drivers())) == set()
