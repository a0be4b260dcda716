"""Settings that are templates: what stands in one may be repeated, left out or filled in."""

from __future__ import annotations

from poollint.model.source import Span, Unreadable
from poollint.reading.reader import FileReading


def unrendered(path: str, name: str) -> FileReading:
    """Return what the reader called `name` says of a template."""
    here = Unreadable(Span.at(path), "a template: render it first", broken=False)
    return FileReading(path, name, unread=(here,))
