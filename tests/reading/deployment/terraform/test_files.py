"""Files of Terraform that make no sense, or that are not ours."""

from __future__ import annotations

from textwrap import indent

import pytest

from poollint.model.source import SourceFile, Unreadable
from poollint.reading.deployment.terraform.files import READER, TerraformFile
from poollint.reading.deployment.terraform.roots import roots
from poollint.reading.reader import Options
from poollint.syntax import hcl, tfvars
from poollint.syntax.hcl_nodes import Body
from poollint.syntax.yaml import Scalar
from tests.reading.deployment.arranging import readings, topologies
from tests.reading.deployment.terraform.declared import DATABASE, SERVICE, TASK


@pytest.mark.parametrize(
    "text",
    [
        'locals { a = local.b\n b = local.a }\nresource "aws_db_instance" "m" { engine = local.a }',
        'module "a" { source = "./" }\n' + DATABASE,
        'resource "aws_ecs_service" "w" { desired_count = "many" }',
        'resource "aws_db_instance" "m" { engine = "postgres"\n instance_class = 5 }',
        'resource "aws_ecs_task_definition" "t" { container_definitions = "[{" }',
        'resource "aws_x" "y" { a = aws_x.y.a }',
    ],
)
def test_what_makes_no_sense_is_no_error(text: str) -> None:
    topologies({"main.tf": text + TASK + SERVICE % "6"})


def test_a_folder_of_downloaded_modules_is_not_read() -> None:
    assert not READER.claims("infra/.terraform/modules/db/main.tf")
    assert READER.claims("infra/main.tf")
    assert READER.screen(indent(DATABASE, "").encode(), Options())


COUNTED = """
variable "tasks" { default = 1 }
resource "aws_ecs_service" "web" {
  name          = "web"
  desired_count = var.tasks
}
resource "aws_db_instance" "db" { engine = "postgres" }
"""


@pytest.mark.parametrize(
    ("files", "count"),
    [
        ({"terraform.tfvars.json": '{"tasks": 6}'}, 6),
        ({"shop.auto.tfvars.json": '{"tasks": 7}'}, 7),
        ({"terraform.tfvars.json": '{"tasks": 6}', "a.auto.tfvars": "tasks = 8\n"}, 8),
        ({"terraform.tfvars": "tasks = 5\n", "terraform.tfvars.json": '{"tasks": 6}'}, 6),
        ({"prod.tfvars.json": '{"tasks": 9}'}, 9),
        ({"prod.tfvars": "tasks = 9\n", "state.tfvars": 'bucket = "kept"\n'}, 9),  # of no variable
    ],
)
def test_values_of_json_count_in_terraforms_order(files: dict[str, str], count: int) -> None:
    given = [
        TerraformFile(SourceFile(path, text), body)
        for path, text in {"main.tf": COUNTED, **files}.items()
        if isinstance(body := _body(path, text), Body)
    ]
    (root,) = roots(given)
    told = root.module.inputs["tasks"]
    assert isinstance(told, Scalar)
    assert told.text == str(count)
    assert told.span.path in files


def _body(path: str, text: str) -> Body | Unreadable:
    source = SourceFile(path, text)
    return tfvars.read(source) if path.endswith(".json") else hcl.read(source)


def test_terraforms_language_as_json_is_told() -> None:
    (reading,) = readings({"main.tf.json": '{"resource": {}}'})
    assert [one.reason for one in reading.unread] == ["Terraform's language as JSON"]


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({"prod.tfvars": "tasks = 9\n"}, True),
        ({"terraform.tfvars": "tasks = 9\n"}, False),
        ({"prod.tfvars": "tasks = 9\n", "dev.tfvars": "tasks = 1\n"}, False),  # one is each scope
    ],
)
def test_values_that_are_given_by_whoever_applies_them_are_assumed(
    files: dict[str, str], told: bool
) -> None:
    text = DATABASE + TASK + SERVICE % "var.tasks" + 'variable "tasks" { default = 1 }\n'
    said = "prod.tfvars, which Terraform does not load by itself, gives variables their values"
    for found in topologies({"main.tf": text, **files}):
        assert (said in found.assumed) is told
