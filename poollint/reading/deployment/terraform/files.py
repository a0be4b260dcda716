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
_TEMPLATE = re.compile(r"\.(?:tpl|tftpl)$")


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


@dataclass(frozen=True, slots=True)
class TemplateFile:
    """A file into which Terraform puts values: the definitions of containers."""

    source: SourceFile


def _claims(path: str) -> bool:
    ours = _FILE.search(path) or _TEMPLATE.search(path)
    return bool(ours) and "/.terraform/" not in f"/{path}"


def _screen(data: bytes, options: Options) -> bool:
    return b"=" in data or (b'"image"' in data and b'"name"' in data)


def _read(source: SourceFile, options: Options) -> FileReading:
    if _TEMPLATE.search(source.path):
        return FileReading(source.path, NAME, documents=(TemplateFile(source),))
    body = hcl.read(source)
    if isinstance(body, Unreadable):
        return FileReading(source.path, NAME, unread=(body,))
    return FileReading(source.path, NAME, documents=(TerraformFile(source, body),))


READER = Reader(NAME, python=False, claims=_claims, screen=_screen, read=_read)
