"""Templates in Jinja of units of systemd.

Who runs the playbook fills them in: they are not read, and so are told where they run something
that opens connections.
"""

from __future__ import annotations

import re

from poollint.model.source import SourceFile, Span, Unreadable
from poollint.reading.reader import FileReading, Options, Reader

NAME = "template"
_PLACE = re.compile(r"\.service\.(?:j2|jinja2?)$")
_TELLING = re.compile(
    rb"^[ \t]*ExecStart[ \t]*=.*\b(?:puma|unicorn|sidekiq|gunicorn|uvicorn|hypercorn|granian|uwsgi"
    rb"|celery|dramatiq|pgbouncer|pgcat|odyssey|pgpool|postgres)\b",
    re.M,
)


def _claims(path: str) -> bool:
    return _PLACE.search(path) is not None


def _screen(data: bytes, options: Options) -> bool:
    return _TELLING.search(data) is not None


def _read(source: SourceFile, options: Options) -> FileReading:
    reason = "Jinja template; render it, then audit what comes out"
    here = Unreadable(Span.at(source.path), reason, broken=False)
    return FileReading(source.path, NAME, unread=(here,))


READER = Reader(NAME, python=False, claims=_claims, screen=_screen, read=_read)
