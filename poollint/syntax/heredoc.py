"""Texts of HCL that begin with `<<-`: their lines lose the white space that all of them share.

Source: hashicorp/hcl, hclsyntax/spec.md, "Template Literals", and hclsyntax/parser_template.go,
flushHeredocTemplateParts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

_LINE = re.compile(r"[^\n]*\n|[^\n]+")


def dedented(parts: Sequence[str | None]) -> list[str | None]:
    """Return the parts of a text without the indent of its least indented line.

    None stands for a value that is put in, and stays. A line of white space alone does not count,
    and keeps what it has.
    """
    least = min((_indent(line) for line, first in _lines(parts) if first), default=0)
    found: list[str | None] = []
    first = True
    for part in parts:
        if part is None:
            found.append(None)
            first = False
            continue
        lines: list[str] = []
        for line in _LINE.findall(part):
            lines.append(line[least:] if first and not _blank(line) else line)
            first = line.endswith("\n")
        found.append("".join(lines))
    return found


def _lines(parts: Sequence[str | None]) -> Iterator[tuple[str, bool]]:
    """Yield the pieces of lines that are not blank, and whether each begins its line."""
    first = True
    for part in parts:
        for line in _LINE.findall(part) if part is not None else ("",):
            if not _blank(line):
                yield line, first
            first = line.endswith("\n")


def _blank(line: str) -> bool:
    return line.endswith("\n") and not line.strip()


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())
