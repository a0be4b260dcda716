"""What expressions come to."""

from __future__ import annotations

import pytest

from poollint.model.source import SourceFile, Span
from poollint.reading.deployment.linking import topology as linking
from poollint.reading.deployment.terraform.documents import document
from poollint.reading.deployment.terraform.scalars import is_unknown
from poollint.reading.deployment.terraform.values import Values
from poollint.reading.reader import Options
from poollint.syntax import hcl, yaml
from poollint.syntax.yaml import Node, Scalar
from tests.reading.deployment.arranging import readings


def names(steps: tuple[str, ...]) -> tuple[Node, int] | None:
    known = hcl.read(SourceFile("t.tf", 'n = 3\nflag = true\ntext = "a"\nm = { k = 5 }\n'))
    assert isinstance(known, hcl.Body)
    if steps[0] != "var" or known.get(steps[1]) is None:
        return None
    found = Values(lambda steps: None).of(known.get(steps[1]))
    return (found, 2) if found else None


def evaluated(text: str) -> Node:
    found = hcl.read(SourceFile("t.tf", f"x = {text}\n"))
    assert isinstance(found, hcl.Body)
    value = Values(names).of(found.get("x"))
    assert value is not None
    return value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2 + 3 * var.n", "11"),
        ("(2 + 3) * var.n", "15"),
        ("-var.n", "-3"),
        ("10 / 4", "2.5"),
        ("var.n % 2", "1"),
        ("var.flag ? 4 : 8", "4"),
        ("!var.flag || var.n > 5 ? 1 : 2", "2"),
        ('var.text == "a" ? 4 : 8', "4"),
        ("max(1, var.n, 2)", "3"),
        ("ceil(var.n / 2)", "2"),
        ("floor(7 / 2)", "3"),
        ('"${var.n}"', "3"),
        ('"a${var.n}b"', "a3b"),
        ('lookup(var.m, "k", 1)', "5"),
        ('lookup(var.m, "z", 1)', "1"),
        ("var.m.k", "5"),
        ('var.m["k"]', "5"),
        ("length([1, 2])", "2"),
        ("element([7, 8], 3)", "8"),
        ('format("%s-%d", var.text, 2)', "a-2"),
        ('join(",", ["a", "b"])', "a,b"),
        ('coalesce("", "b")', "b"),
        ("tostring(var.n)", "3"),
        ('urlencode("a b/c@~")', "a+b%2Fc%40~"),
        ('length(toset(["a", "b", "a"]))', "2"),
        ('replace("db:5432", ":5432", "")', "db"),
        ('element(split(":", "db:5432"), 0)', "db"),
        ('split(":", "db:5432")[var.n - 2]', "5432"),
    ],
)
def test_constants_and_variables_are_worked_out(text: str, expected: str) -> None:
    found = evaluated(text)
    assert isinstance(found, Scalar)
    assert not is_unknown(found)
    assert found.text == expected


@pytest.mark.parametrize(
    "text",
    [
        "var.missing",
        "var.missing + 1",
        "var.missing ? 1 : 2",
        "data.x.y.z",
        "10 / 0",
        'file("x")',
        "length(var.missing)",
        "coalesce(var.missing, 3)",
        "try(var.missing, 3)",
        'replace(var.missing, "a", "")',
        'split(",", var.missing)[0]',
        'merge({ a = 1 }, {})["a"]',
        'replace("a1", "/[0-9]/", "")',
        'element(split(":", aws_db_instance.a.endpoint), 1)',
        "[for x in var.missing : x]",
    ],
)
def test_what_is_not_known_never_becomes_a_number(text: str) -> None:
    assert is_unknown(evaluated(text))


def test_a_text_with_an_unknown_part_keeps_the_rest() -> None:
    found = evaluated('"postgresql://u:${var.missing}@db/x"')
    assert isinstance(found, Scalar)
    assert is_unknown(found)
    assert found.text == "postgresql://u:${var.missing}@db/x"


def test_a_variable_keeps_the_place_of_its_value() -> None:
    found = evaluated("var.n")
    assert (found.span.start.line, found.span.start.column) == (1, 5)


def test_a_text_may_hold_a_document() -> None:
    found = evaluated('<<EOT\n[{"name": "web", "cpu": "${var.missing}"}]\nEOT')
    assert isinstance(found, Scalar)
    inner = document(found)
    assert isinstance(inner, yaml.Sequence)
    container = inner.items[0]
    assert isinstance(container, yaml.Mapping)
    assert container.text("name") == "web"
    assert is_unknown(container.get("cpu"))


QUOTED = """<<EOT
[
  {
    "name": "${var.missing}web",
    "cpu": ${var.missing},
    "port": "${lookup(var.missing, "}", "${other("{")}")}",
    "environment": ${jsonencode([
      for x in var.missing : x
    ])},
    "image": "a", "memory": ${var.n}
  }
]
EOT"""


def test_what_is_not_known_may_hold_quotes_and_stand_bare() -> None:
    found = evaluated(QUOTED)
    assert isinstance(found, Scalar)
    inner = document(found)
    assert isinstance(inner, yaml.Sequence)
    container = inner.items[0]
    assert isinstance(container, yaml.Mapping)
    assert container.text("name") == "${var.missing}web"
    assert container.text("port") == '${lookup(var.missing, "}", "${other("{")}")}'
    assert all(is_unknown(container.get(k)) for k in ("name", "cpu", "port", "environment"))
    image = container.get("image")
    assert image is not None
    assert (container.text("image"), container.text("memory")) == ("a", "3")
    assert image.span.start.line == 10


def test_an_expression_that_never_ends_is_no_document() -> None:
    at = Span.at("main.tf")
    assert document(Scalar('[{"cpu": ${var.n, "name": "a"}]', '"', "", at)) is None


@pytest.mark.parametrize(
    "text",
    [
        'replace(aws_db_instance.a.endpoint, ":5432", "")',
        'replace(aws_db_instance.a.endpoint, ":${aws_db_instance.a.port}", "")',
        'element(split(":", aws_db_instance.a.endpoint), 0)',
        'split(":", aws_db_instance.a.endpoint)[0]',
    ],
)
def test_an_endpoint_without_its_port_is_an_address(text: str) -> None:
    found = evaluated(text)
    assert isinstance(found, Scalar)
    assert is_unknown(found)
    assert found.text == "${aws_db_instance.a.address}"


def test_merged_objects_keep_the_last_of_a_name() -> None:
    found = evaluated("merge({ a = 1, b = 2 }, { b = 3 })")
    assert isinstance(found, yaml.Mapping)
    assert {i.key.text: i.value.text for i in found.items if isinstance(i.value, Scalar)} == {
        "a": "1",
        "b": "3",
    }


def blocks(text: str) -> list[tuple[str, str]]:
    """Return name and value of the parameters of a body, as far as they are known."""
    found = hcl.read(SourceFile("t.tf", text))
    assert isinstance(found, hcl.Body)
    made = Values(names).body(found).mappings("parameter")
    nodes = [(p.get("name"), p.get("value")) for p in made]
    texts = [
        ["?" if is_unknown(n) or not isinstance(n, Scalar) else n.text for n in p] for p in nodes
    ]
    return [(name, value) for name, value in texts]


WRITTEN = 'parameter {\n name = "work_mem"\n value = 4\n}\n'
MADE = """dynamic "parameter" {
  for_each = EACH
  content {
    name  = parameter.key
    value = parameter.value
  }
}
"""


@pytest.mark.parametrize("text", [WRITTEN + MADE, MADE + WRITTEN])
def test_blocks_that_are_made_stand_beside_those_that_are_written(text: str) -> None:
    found = blocks(text.replace("EACH", "{ max_connections = 90 }"))
    assert found == [("work_mem", "4"), ("max_connections", "90")]


def test_a_block_is_made_for_each_element_of_a_set_and_its_key_is_the_element() -> None:
    found = blocks(MADE.replace("EACH", 'toset(["jit", "log", "jit"])'))
    assert found == [("jit", "jit"), ("log", "log")]


def test_the_key_of_an_element_is_not_known_where_that_may_be_of_a_list() -> None:
    assert blocks(MADE.replace("EACH", '["jit", "log"]')) == [("?", "jit"), ("?", "log")]


def test_blocks_that_are_known_count_beside_others_that_are_not() -> None:
    web = """
        variable "more" {}
        resource "azurerm_container_app" "web" {
          template {
            container {
              name  = "web"
              image = "registry.example/shop"
              dynamic "env" {
                for_each = var.more
                content {
                  name  = env.key
                  value = env.value
                }
              }
              dynamic "env" {
                for_each = { PGHOST = "pg.example" }
                content {
                  name  = env.key
                  value = env.value
                }
              }
            }
          }
        }
        """
    (environment,) = linking.described(readings({"main.tf": web}), (), Options())
    (unit,) = (unit for placed in environment.placed for unit in placed.units)
    assert [v.name for v in unit.container.variables] == ["PGHOST"]
    assert not unit.complete
