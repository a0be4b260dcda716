"""Terraform's files, as they are read one by one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from posixpath import dirname

from poollint.model.source import SourceFile, Span, Unreadable
from poollint.reading.reader import FileReading, Options, Reader
from poollint.syntax import hcl, tfvars

NAME = "terraform"
_FILE = re.compile(r"\.(?:tf|tofu|tfvars)$")
_VALUES = (".tfvars", ".tfvars.json")
_JSON = re.compile(r"\.(?:tf|tofu)\.json$")
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
        """Tell whether it gives values to variables (`.tfvars`, `.tfvars.json`)."""
        return self.source.path.endswith(_VALUES)


@dataclass(frozen=True, slots=True)
class TemplateFile:
    """A file into which Terraform puts values: the definitions of containers."""

    source: SourceFile


def _claims(path: str) -> bool:
    ours = any(test.search(path) for test in (_FILE, _TEMPLATE, _JSON))
    return (ours or path.endswith(_VALUES)) and "/.terraform/" not in f"/{path}"


def _screen(data: bytes, options: Options) -> bool:
    return b"=" in data or data.lstrip()[:1] == b"{" or (b'"image"' in data and b'"name"' in data)


def _read(source: SourceFile, options: Options) -> FileReading:
    if _TEMPLATE.search(source.path):
        return FileReading(source.path, NAME, documents=(TemplateFile(source),))
    if _JSON.search(source.path):
        here = Unreadable(Span.at(source.path), "Terraform's language as JSON", broken=False)
        return FileReading(source.path, NAME, unread=(here,))
    body = tfvars.read(source) if source.path.endswith(".json") else hcl.read(source)
    if isinstance(body, Unreadable):
        return FileReading(source.path, NAME, unread=(body,))
    return FileReading(source.path, NAME, documents=(TerraformFile(source, body),))


READER = Reader(NAME, python=False, claims=_claims, screen=_screen, read=_read)
