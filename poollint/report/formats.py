"""The formats a report can be written in."""

from __future__ import annotations

from collections.abc import Callable

from poollint.model.report import Report
from poollint.report.concise import concise
from poollint.report.frame import Sources
from poollint.report.full import full
from poollint.report.github import github
from poollint.report.machine import machine
from poollint.report.markdown import markdown
from poollint.report.mermaid import mermaid
from poollint.report.page import page
from poollint.report.palette import Palette
from poollint.report.sarif import sarif

Formatter = Callable[[Report, Sources, Palette], str]

FORMATS: dict[str, Formatter] = {
    "full": full,
    "concise": concise,
    "json": machine,
    "sarif": sarif,
    "github": github,
    "markdown": markdown,
    "mermaid": mermaid,
    "html": page,
}
