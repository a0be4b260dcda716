"""Which file a command starts in Node.js, and which files are programs that others start.

Sources: nodejs.org/api/cli.html (`node [options] [script]`; what an option takes as a word of its
own), typestrong.org/ts-node/docs/options, docs.deno.com/runtime/reference/cli/run.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from posixpath import basename, normpath, relpath

from poollint.facts.infrastructure import Variable
from poollint.reading.deployment.ecosystems.stating import StatedFile, StatedPool
from poollint.reading.deployment.linking.documents import Part
from poollint.reading.deployment.programs import commands

_ENDINGS = (".js", ".mjs", ".cjs", ".ts", ".mts", ".cts")
_TAKING = frozenset(
    "-r --require --import --loader --experimental-loader --env-file -c --config -P --project"
    " -d --dataSource -f --file --watch-path -w --watch -i --ignore".split()
)
_NODE = frozenset(("node", "nodejs"))
# Folders that a compiler writes to, or an image has, in the place of that of the sources.
_OUTER = frozenset(("", ".", "src", "dist", "build", "out", "lib", "app", "code", "srv", "usr"))


def file_of(argv: Iterable[Part]) -> str:
    """Return the file that the last program of a line starts, "" where it names none.

    Without its ending, and the folders around: `dist/worker.js` is made of `src/worker.ts`.
    """
    known: dict[str, Variable] = {}
    runs = [run.parts for run in commands.programs(tuple(argv), known, {}) if run.parts]
    words = [part.text for part in runs[-1]] if runs else []
    plain = [
        word
        for before, word in pairwise(words)
        if before not in _TAKING and not word.startswith("-")
    ]
    named = [word for word in plain if word.endswith(_ENDINGS)]
    if not named and words and basename(words[0]) in _NODE:
        named = plain
    return stem(named[0]) if named else ""


def of_program(
    pools: Iterable[StatedPool], started: str, programs: frozenset[str],
    files: Iterable[StatedFile], folder: str,
) -> list[StatedPool]:  # fmt: skip
    """Return the pools without those of other programs than the one that is `started`.

    Such a file exports nothing, so that none can open its pool but who starts it. `folder` is that
    of the application.
    """
    others = programs - {started} if started else frozenset()
    alone = {f.path for f in files if f.exports_nothing and stem(f.path, folder) in others}
    return [pool for pool in pools if pool.span.path not in alone]


def stem(path: str, folder: str = "") -> str:
    """Return a path without its ending, and the outermost folders that may be called otherwise."""
    path = normpath(relpath(path, folder) if folder else path)
    for ending in _ENDINGS:
        path = path.removesuffix(ending)
    parts = path.split("/")
    while len(parts) > 1 and parts[0] in _OUTER:
        parts = parts[1:]
    return "/".join(parts)
