"""Settings that are templates: what stands in one may be repeated, left out or filled in."""

from __future__ import annotations

from dataclasses import dataclass

from poollint.model.source import SourceFile, Span, Unreadable
from poollint.reading.reader import FileReading

_JINJA = (".j2", ".jinja", ".jinja2")


@dataclass(frozen=True, slots=True)
class TemplateFile:
    """A template in Jinja of a file of `program`, which variables of Ansible may fill in."""

    program: str
    source: SourceFile


def unrendered(path: str, name: str, templates: tuple[TemplateFile, ...] = ()) -> FileReading:
    """Return what the reader called `name` says of a template."""
    here = Unreadable(Span.at(path), "a template: render it first", broken=False)
    return FileReading(path, name, documents=templates, unread=(here,))


def of_ansible(source: SourceFile, program: str) -> tuple[TemplateFile, ...]:
    """Return the template of a file of `program`, nothing where it is not in Jinja."""
    return (TemplateFile(program, source),) if source.path.lower().endswith(_JINJA) else ()
