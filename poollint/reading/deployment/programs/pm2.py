"""Files of PM2: `ecosystem.config.js`, `pm2.json`, `process.yml`.

Their apps count in a container that starts PM2 with such a file, and on a machine of their own
where nothing else describes what runs.
"""

from __future__ import annotations

import re

from poollint.model.source import SourceFile, Unreadable
from poollint.reading.deployment.linking.documents import DaemonFile
from poollint.reading.reader import FileReading, Options, Reader
from poollint.syntax import pm2

NAME = "launch"
_NAMED = re.compile(
    r"(?:^|/)(?:[^/]*ecosystem[^/]*|[^/]*pm2[^/]*|process(?:es)?)\.(?:[cm]?js|json|ya?ml)$", re.I
)
_ASIDE = re.compile(r"(?:^|/)(?:node_modules|tests?|__tests__|examples?|docs?)/", re.I)
_TELLING = re.compile(rb"\bscript['\"]?\s*:|\bapps['\"]?\s*[:=]")
_COMPUTED = "apps of PM2 that only running the file tells"


def _claims(path: str) -> bool:
    return _NAMED.search(path) is not None and not _ASIDE.search(path)


def _screen(data: bytes, options: Options) -> bool:
    return _TELLING.search(data) is not None


def _read(source: SourceFile, options: Options) -> FileReading:
    apps = pm2.read(source)
    unread = tuple(Unreadable(span, _COMPUTED, broken=False) for span in apps.unclear)
    found = (DaemonFile(source, apps.found),) if apps.found else ()
    return FileReading(source.path, NAME, documents=found, unread=unread)


READER = Reader(NAME, python=False, claims=_claims, screen=_screen, read=_read)
