"""What makes more of one start of Node.js: children of `cluster`, and threads that load code.

Each child or thread loads its files anew, and builds the pools in them anew.
Source: Node.js 24, "Cluster" and "Worker threads"; Bree 9 (each job is a worker thread), Piscina 5,
workerpool 9, Tinypool 1 and throng 5.
"""

from __future__ import annotations

import re
from posixpath import basename, splitext

from poollint.model.figure import Basis, Figure
from poollint.model.source import SourceFile
from poollint.reading.deployment.ecosystems.stating import StatedFile

KIND = "several"
MARK = re.compile(
    rb"""["'`](?:(?:node:)?(?:cluster|worker_threads)|bree|piscina|tinypool|workerpool|throng)["'`]"""
)
_MAKES = re.compile(
    r"\b(?:cluster|[Cc]luster\w*)\.fork\s*\(|\bnew\s+(?:Worker|Bree|Piscina|Tinypool)\s*\("
    r"|\bworkerpool\.pool\s*\(|\bthrong\s*\("
)


def read(source: SourceFile) -> StatedFile | None:
    """Return where a file starts processes or threads of its own, None where it starts none."""
    made = _MAKES.search(source.text) if MARK.search(source.text.encode(errors="replace")) else None
    if made is None:
        return None
    span = source.span(made.start(), made.end())
    return StatedFile("node", KIND, source.path, "", beside=span)


def processes(files: tuple[StatedFile, ...], words: tuple[str, ...]) -> Figure | None:
    """Return how many there are of a program that starts several; None where it starts none.

    `words` stand behind it in its command. It may be built from the source of that name
    (`dist/server.js` of `src/server.ts`); where a command names none (`node .`) it may be any.
    """
    entries = {_stem(word) for word in words}
    for file in files:
        if file.beside and (_stem(file.path) in entries or entries == {"."}):
            return Figure(1, None, "processes", Basis.UNKNOWN, file.beside, "how many it starts")
    return None


def _stem(path: str) -> str:
    return splitext(basename(path))[0]
