"""Files of Terraform that make no sense, or that are not ours."""

from __future__ import annotations

from textwrap import indent

import pytest

from poollint.reading.deployment.terraform.files import READER
from poollint.reading.reader import Options
from tests.reading.deployment.arranging import topologies
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
