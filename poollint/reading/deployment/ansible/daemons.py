"""Templates in Jinja of units of systemd, of the files of supervisord, gunicorn and PM2.

Who runs the playbook fills them in: they are not read, and so are told where they run something
that opens connections, or say how much of it runs.
"""

from __future__ import annotations

import re

from poollint.model.source import SourceFile, Span, Unreadable
from poollint.reading.reader import FileReading, Options, Reader

NAME = "template"
_PLACE = re.compile(
    r"(?:\.service|supervisor[^/]*\.(?:conf|ini)|(?P<gunicorn>gunicorn[^/]*\.(?:py|conf))"
    r"|(?P<pm2>(?:ecosystem|pm2)[^/]*\.(?:[cm]?js|json|ya?ml)))"
    r"\.(?:j2|jinja2?)$",
    re.I,
)
# A name of a variable (`${CELERY_BIN}`) tells the program as well.
_TELLING = re.compile(
    rb"^[ \t]*(?:ExecStart|command)[ \t]*=.*?(?<![a-z0-9])(?:puma|unicorn|sidekiq|gunicorn|uvicorn"
    rb"|hypercorn|granian|uwsgi|celery|dramatiq|pgbouncer|pgcat|odyssey|pgpool|postgres)(?![a-z0-9])",
    re.M | re.I,
)
_APPS = re.compile(rb"^[^\n/#]*\b(?:instances|exec_mode)\b['\"]?[ \t]*:", re.M)
_SETTING = re.compile(rb"^[ \t]*(?:workers|threads|worker_connections)[ \t]*=", re.M)


def _claims(path: str) -> bool:
    return _PLACE.search(path) is not None


def _screen(data: bytes, options: Options) -> bool:
    return any(sign.search(data) for sign in (_TELLING, _SETTING, _APPS))


def _read(source: SourceFile, options: Options) -> FileReading:
    match = _PLACE.search(source.path)
    sign = _TELLING
    if match and (match["gunicorn"] or match["pm2"]):
        sign = _SETTING if match["gunicorn"] else _APPS
    if not sign.search(source.text.encode(errors="replace")):
        return FileReading(source.path, NAME)
    reason = "Jinja template; render it, then audit what comes out"
    here = Unreadable(Span.at(source.path), reason, broken=False)
    return FileReading(source.path, NAME, unread=(here,))


READER = Reader(NAME, python=False, claims=_claims, screen=_screen, read=_read)
