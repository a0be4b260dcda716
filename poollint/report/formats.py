"""The formats a report can be written in, each imported when it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from poollint.model.report import Report
    from poollint.report.frame import Sources
    from poollint.report.palette import Palette

    Formatter = Callable[[Report, Sources, Palette], str]


def _in(module: str) -> Formatter:
    """Return the formatter that a module of this package holds under its own name."""

    def formatter(report: Report, sources: Sources, palette: Palette) -> str:
        found: Formatter = getattr(import_module(f"poollint.report.{module}"), module)
        return found(report, sources, palette)

    return formatter


FORMATS: dict[str, Formatter] = {
    "full": _in("full"),
    "concise": _in("concise"),
    "json": _in("machine"),
    "sarif": _in("sarif"),
    "github": _in("github"),
    "markdown": _in("markdown"),
    "mermaid": _in("mermaid"),
    "html": _in("page"),
}
