"""Terraform's files, as they are read one by one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from posixpath import dirname

from poollint.model.source import SourceFile, Unreadable
from poollint.reading.reader import FileReading, Options, Reader
from poollint.syntax import hcl

NAME = "terraform"
_FILE = re.compile(r"\.(?:tf|tofu|tfvars)$")
# What a file without a resource of these sorts may still hold: values for those that have one.
_MARKS = re.compile(
    rb"aws_(?:db_|rds_|ecs_|lambda_|appautoscaling_|ssm_parameter|secretsmanager)"
    rb"|google_(?:sql|cloud_?run|cloudfunctions)|azurerm_(?:postgresql|container_app|linux_)"
    rb"|kubernetes_|helm_release|\b(?:variable|locals|module|output)\b"
)


@dataclass(frozen=True, slots=True)
class TerraformFile:
    """One file: what it holds, and whether it only gives values to variables."""

    source: SourceFile
    body: hcl.Body

    @property
    def folder(self) -> str:
        """Return the folder of the file: one module."""
        return dirname(self.source.path)

    @property
    def gives_values(self) -> bool:
        """Tell whether it gives values to variables (`.tfvars`)."""
        return self.source.path.endswith(".tfvars")


def _claims(path: str) -> bool:
    return bool(_FILE.search(path)) and "/.terraform/" not in f"/{path}"


def _screen(data: bytes, options: Options) -> bool:
    return _MARKS.search(data) is not None or b"=" in data


def _read(source: SourceFile, options: Options) -> FileReading:
    body = hcl.read(source)
    if isinstance(body, Unreadable):
        return FileReading(source.path, NAME, unread=(body,))
    return FileReading(source.path, NAME, documents=(TerraformFile(source, body),))


READER = Reader(NAME, python=False, claims=_claims, screen=_screen, read=_read)
