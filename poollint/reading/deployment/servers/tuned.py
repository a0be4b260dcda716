"""What scripts, and the steps of an image's build, set of a server when it is first started.

The image of PostgreSQL runs what it finds in /docker-entrypoint-initdb.d (its README,
"Initialization scripts"): a script there may write to postgresql.conf, and statements of SQL may
be `ALTER SYSTEM SET`. One number that all of them name is taken for what holds; of several, or of a
file that is put in place unread, nothing is known.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from posixpath import basename

from poollint.model.figure import Basis, Figure
from poollint.model.source import SourceFile, Span
from poollint.reading.deployment.linking.documents import ImageFile
from poollint.reading.deployment.servers.first_start import WORDS
from poollint.syntax import dockerfile

NAME = "max_connections"
_SET = re.compile(r"max_connections(?:\s*=\s*|\s+to\s+|\s+)[\"'\\]*(\d{1,6})\b", re.I)
_NAMED = re.compile(r"max_connections", re.I)
_COMMENT = re.compile(r"^[ \t]*#[^\n]*", re.M)
# What puts a whole file, or a text that is made elsewhere, where the server reads it.
_PUT = re.compile(
    r"^(?=[^\n]*postgresql\.conf)[^\n]*\b(?:cat|cp|mv|ln|install|envsubst|include\w*|curl|wget)\b"
    r"[^\n]*",
    re.M,
)
_OTHER = re.compile(r"hba|ident|nginx|supervisor|logrotate|barman|pgbackrest|rsyslog|ld\.so", re.I)


def figure(file: ImageFile | None, found: Iterable[SourceFile]) -> Figure | None:
    """Return what is set besides the command line and the files read, None where nothing is."""
    texts = [*_steps(file), *((s, _plain(s.text)) for s in found)]
    named = [(source, m) for source, text in texts for m in _NAMED.finditer(text)]
    told = [(source, m) for source, text in texts for m in _SET.finditer(text)]
    numbers = {int(m[1]) for _, m in told}
    if len(numbers) == 1 and len(told) == len(named):
        source, match = told[-1]
        most = numbers.pop()
        return Figure(most, most, NAME, Basis.ASSUMED, _span(source, match))
    put = [(source, m) for source, text in texts for m in _PUT.finditer(text)]
    for source, match in (*named, *put):
        return _unknown(_span(source, match))
    if file and any(_configures(path) for path, _ in file.copies):
        return _unknown(Span.at(file.source.path))
    return None


def _unknown(span: Span) -> Figure:
    return Figure(100, 100, NAME, Basis.UNKNOWN, span)


def _plain(text: str) -> str:
    """Return a text without its comments, each character at its place."""
    return _COMMENT.sub(lambda match: " " * len(match[0]), text)


def _span(source: SourceFile, match: re.Match[str]) -> Span:
    return source.span(match.start(), match.end())


def _steps(file: ImageFile | None) -> Iterator[tuple[SourceFile, str]]:
    """Yield the text of a Dockerfile if a step of it names the setting, or the server's file."""
    if file is None:
        return
    steps = (i.text for i in dockerfile.read(file.source) if i.name == "RUN")
    if any(WORDS.search(step.encode(errors="replace")) for step in steps):
        yield file.source, _plain(file.source.text)


def _configures(path: str) -> bool:
    """Tell whether a file that an image of the server is given may hold its settings."""
    name = basename(path)
    return name.endswith((".conf", ".conf.sample")) and _OTHER.search(name) is None
