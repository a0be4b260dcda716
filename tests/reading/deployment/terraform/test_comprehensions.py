"""What Terraform's `for` makes of a collection."""

from __future__ import annotations

import pytest

from poollint.model.source import SourceFile
from poollint.reading.deployment.terraform.scalars import is_endless, is_unknown
from poollint.reading.deployment.terraform.values import Values
from poollint.reading.reader import Options
from poollint.syntax import hcl, yaml
from poollint.syntax.yaml import Node, Scalar
from tests.reading.deployment.arranging import topology

KNOWN = """
m = { b = 2, a = 1 }
l = ["x", "y"]
s = toset(["x", "y"])
o = [{ name = "web", size = 3 }, { name = "jobs", size = 0 }]
e = concat(["x"], far.list, ["y"])
d = merge({ a = 1 }, far.map)
"""


def names(steps: tuple[str, ...]) -> tuple[Node, int] | None:
    known = hcl.read(SourceFile("t.tf", KNOWN))
    assert isinstance(known, hcl.Body)
    if steps[0] != "var":
        return None
    found = Values(lambda steps: None).of(known.get(steps[1]))
    return (found, 2) if found else None


def evaluated(text: str) -> Node:
    found = hcl.read(SourceFile("t.tf", f"x = {text}\n"))
    assert isinstance(found, hcl.Body)
    value = Values(names).of(found.get("x"))
    assert value is not None
    return value


def plain(node: Node) -> object:
    """Return a value without its places."""
    if isinstance(node, Scalar):
        return "?" if is_unknown(node) else node.text
    if isinstance(node, yaml.Mapping):
        return {item.key.text: plain(item.value) for item in node.items}
    return [plain(item) for item in node.items]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[for v in var.m : v]", ["1", "2"]),
        ("[for k, v in var.m : { name = k, value = v }]",
         [{"name": "a", "value": "1"}, {"name": "b", "value": "2"}]),
        ("[for i, v in var.l : \"${i}${v}\"]", ["0x", "1y"]),
        ("[for k, v in var.s : \"${k}${v}\"]", ["xx", "yy"]),
        ("{ for o in var.o : o.name => o.size }", {"web": "3", "jobs": "0"}),
        ("[for o in var.o : o.name if o.size > 0]", ["web"]),
        ("[for o in var.o : [for l in var.l : \"${o.name}${l}\"]]",
         [["webx", "weby"], ["jobsx", "jobsy"]]),
        ("[for o in var.o : o.missing]", ["?", "?"]),
        ("[for v in [far.a, null, 3] : v if v != null]", ["?", "3"]),
        ("[for v in var.l : upper(v)]", ["X", "Y"]),
    ],
)  # fmt: skip
def test_each_element_is_made_into_a_value(text: str, expected: object) -> None:
    assert plain(evaluated(text)) == expected


@pytest.mark.parametrize(
    "text",
    [
        "[for v in far.list : v]",
        "[for v in var.l : v if far.wanted]",
        "{ for v in var.l : far.n => v }",
        "[for v in var.m.a : v]",
    ],
)
def test_what_is_not_known_is_not_made_up(text: str) -> None:
    found = evaluated(text)
    unsure = isinstance(found, yaml.Mapping) and all(is_unknown(i.key) for i in found.items)
    assert is_unknown(found) or unsure


def test_elements_that_are_not_known_stay_so() -> None:
    listed, mapped = evaluated("[for i, v in var.e : v]"), evaluated("[for k, v in var.d : k]")
    assert plain(listed) == ["x", "?", "y"]
    assert plain(mapped) == ["?", "a"]
    assert is_endless(listed)
    assert is_endless(mapped)
    assert plain(evaluated("[for i, v in var.e : i]")) == ["0", "?", "?"]


def test_variables_of_a_module_reach_its_containers() -> None:
    files = {
        "main.tf": """
            resource "aws_db_instance" "main" {
              engine         = "postgres"
              instance_class = "db.t4g.small"
            }
            module "api" {
              source   = "./task"
              env_vars = { DB_HOST = aws_db_instance.main.address, WEB_CONCURRENCY = 3 }
            }
            resource "aws_ecs_service" "api" {
              task_definition = module.api.arn
              desired_count   = 2
            }
            """,
        "task/main.tf": """
            variable "env_vars" { type = map(string) }
            resource "aws_ecs_task_definition" "main" {
              container_definitions = jsonencode([{
                name        = "api"
                image       = "registry.example/shop:1"
                command     = ["gunicorn", "shop.api:app"]
                environment = [for k, v in var.env_vars : { name = k, value = v }]
              }])
            }
            output "arn" { value = aws_ecs_task_definition.main.arn }
            """,
        "shop/api.py": """
            import os
            from sqlalchemy import create_engine
            host = os.environ["DB_HOST"]
            engine = create_engine(f"postgresql://shop@{host}/orders", pool_size=4, max_overflow=6)
            """,
    }
    found = topology(files, Options())
    (server,) = found.servers
    assert server.clients[0].entry.total.high == 2 * 3 * 10
    assert server.clients[0].name == "api"
    assert found.assumed == ()
