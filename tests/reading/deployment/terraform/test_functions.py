"""Functions of collections of which a part is not known: the rest of them is."""

from __future__ import annotations

import pytest

from poollint.model.source import SourceFile, Span
from poollint.reading.deployment.terraform.scalars import is_partial, is_unknown
from poollint.reading.deployment.terraform.values import Values
from poollint.syntax import hcl
from poollint.syntax.yaml import Item, Mapping, Node, Scalar, Sequence
from tests.reading.deployment.terraform.declared import DATABASE, SERVICE, TASK, client
from tests.reading.deployment.terraform.test_values import evaluated, names


def texts(node: Node) -> list[str]:
    assert isinstance(node, Sequence)
    return ["?" if is_unknown(i) else i.text for i in node.items if isinstance(i, Scalar)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('concat(["a"], ["b"])', ["a", "b"]),
        ('concat(["a"], var.missing, ["b"])', ["a", "?", "b"]),
        ('concat(["a"], var.missing ? ["b"] : [])', ["a", "?"]),
        ('flatten([["a"], [["b"], "c"]])', ["a", "b", "c"]),
        ('flatten([["a"], var.missing])', ["a", "?"]),
        ("keys({ b = 1, a = 2 })", ["a", "b"]),
        ("values({ b = 1, a = 2 })", ["2", "1"]),
    ],
)
def test_the_known_elements_are_kept(text: str, expected: list[str]) -> None:
    assert texts(evaluated(text)) == expected


@pytest.mark.parametrize(
    "text",
    [
        'length(concat(["a"], var.missing))',
        'element(concat(["a"], var.missing), 0)',
        'lookup(merge({ a = 1 }, var.missing), "b", 3)',
        'lookup(merge({ a = 1 }, var.missing), "a", 2) + 1',
        "length(merge({ a = 1 }, var.missing))",
        "concat(3)",
    ],
)
def test_what_depends_on_the_unknown_elements_is_not_known(text: str) -> None:
    assert is_unknown(evaluated(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("length([var.missing, 1])", "2"),
        ('lookup(merge(var.missing, { a = 1 }), "a", 2)', "1"),
        ('lookup(merge(null, { a = 1 }), "a", 2)', "1"),
        ("[1] == null ? 3 : 4", "4"),
        ("{ a = var.missing } != null ? 3 : 4", "3"),
    ],
)
def test_what_does_not_is(text: str, expected: str) -> None:
    found = evaluated(text)
    assert isinstance(found, Scalar)
    assert (found.text, is_unknown(found)) == (expected, False)


@pytest.mark.parametrize(
    ("whole", "step", "expected"),
    [
        ('concat(["a"], var.missing, ["b"])', "[0]", "a"),
        ('concat(["a"], var.missing, ["b"])', "[2]", None),
        ("merge({ a = 1 }, var.missing)", ".b", None),
    ],
)
def test_an_element_behind_unknown_ones_is_not_known(
    whole: str, step: str, expected: str | None
) -> None:
    tree = hcl.read(SourceFile("t.tf", f"x = local.l{step}\n"))
    assert isinstance(tree, hcl.Body)
    local = Mapping((Item(Scalar("l", "", "", Span.at("")), evaluated(whole)),), "", Span.at(""))
    found = Values(names, {"local": local}).of(tree.get("x"))
    assert isinstance(found, Scalar)
    assert (None if is_unknown(found) else found.text) == expected


def test_a_merge_keeps_the_names_that_are_known() -> None:
    found = evaluated("merge({ a = 1 }, var.missing)")
    assert isinstance(found, Mapping)
    assert found.text("a") == "1"
    assert is_partial(found)


def test_a_container_keeps_its_known_variables_beside_a_list_that_is_not() -> None:
    text = DATABASE + TASK.replace("environment = [", "environment = concat(var.more, [").replace(
        "    ]\n  }])", "    ])\n  }])"
    )
    found = client(text + SERVICE % 2 + 'variable "more" {}\n')
    assert (found.entry.total.low, found.entry.total.high) == (0, 40)


def test_a_number_that_an_unknown_map_may_replace_is_assumed() -> None:
    function = """
resource "aws_lambda_function" "web" {
  function_name                  = "web"
  reserved_concurrent_executions = 4
  environment {
    variables = merge({ DB_HOST = aws_db_instance.main.address, DB_POOL_SIZE = 3 }, var.more)
  }
}
variable "more" {}
"""
    found = client(DATABASE + function)
    assert (found.steady[-1].high, found.steady[-1].basis.value) == (3, "assumed")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('length(regexall("^aurora-", "postgres")) > 0', "false"),
        ('length(regexall("^aurora-", "aurora-postgresql")) > 0', "true"),
        ('length(regexall("a.c", "abc adc"))', "2"),
        ('regex("postgres$", "aurora-postgres")', "postgres"),
        ('startswith("aurora-postgresql", "aurora")', "true"),
        ('endswith("aurora-postgresql", "mysql")', "false"),
        ('strcontains("db.t3.small", ".t3.")', "true"),
        ('contains(["a", "b"], "b")', "true"),
        ('contains(["a", "b"], "c")', "false"),
        ('contains(concat(["a"], var.missing), "a")', "true"),
    ],
)
def test_what_is_in_a_text_or_a_list(text: str, expected: str) -> None:
    found = evaluated(text)
    assert isinstance(found, Scalar)
    assert (found.text, is_unknown(found)) == (expected, False)


@pytest.mark.parametrize(
    "text",
    [
        'length(regexall("(a+)+$", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!"))',
        'regex("z", "abc")',
        'startswith(var.missing, "a")',
        'contains(concat(["a"], var.missing), "b")',
        'contains(["a"], var.missing)',
        'startswith("a")',
    ],
)
def test_what_is_in_an_unknown_text_is_not_known(text: str) -> None:
    assert is_unknown(evaluated(text))
