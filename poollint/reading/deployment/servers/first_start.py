"""Scripts, and statements of SQL, that may set up a server when it is first started.

Whether a server runs them is told by where they are put (`tuned`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise

from poollint.model.source import SourceFile, Span
from poollint.reading.deployment.linking.documents import ScriptFile, ServerScript
from poollint.syntax import scripts

WORDS = re.compile(rb"max_connections|postgresql\.conf", re.I)
ENDINGS = (".sh", ".bash", ".sql")
# Those before `initdb -c` of PostgreSQL 16; tags of some images begin with versions of others.
_BEFORE = frozenset(("9", "10", "11", "12", "13", "14", "15"))
_SETS = re.compile(r"(?:-c|--set=)(?=[a-z_])")
_ALTERS = re.compile(r"alter\s+system\s+set\s+max_connections\b", re.I)


def of_documents(documents: Iterable[object]) -> Iterator[tuple[SourceFile, Span]]:
    """Yield the scripts of a tree that may set up a server, and where they stand."""
    for document in documents:
        if isinstance(document, ServerScript):
            yield document.source, document.span
        elif isinstance(document, ScriptFile) and _names(document.source.text):
            yield document.source, Span.at(document.source.path)


def script(source: SourceFile, name: str, span: Span) -> ServerScript | None:
    """Return what a text that becomes a file called `name` may set of a server, None for nothing.

    `span` is where it stands within `source`.
    """
    if name.endswith((".sh", ".bash")):
        return ServerScript(source, span) if _names(source.text) else None
    if not name.endswith(".sql") or not _ALTERS.search(source.text):
        return None
    text = scripts.only(source.text, _ALTERS)
    return ServerScript(SourceFile(source.path, text), span) if text.strip() else None


def _names(text: str) -> bool:
    return WORDS.search(text.encode(errors="replace")) is not None


def sets_at_first(version: str) -> bool:
    """Tell whether `initdb` of this version, "" where none is known, takes settings at all."""
    return version.partition(".")[0] not in _BEFORE


def at_first(words: Iterable[str]) -> Iterator[str]:
    """Yield each `name=value` that arguments of `initdb` write into postgresql.conf.

    Options of the server (`--max-connections`) it refuses, and `-N` and `-p` mean others to it.
    """
    for before, word in pairwise(("", *words)):
        if _SETS.match(word):
            yield _SETS.sub("", word, count=1)
        elif before in ("-c", "--set"):
            yield word
