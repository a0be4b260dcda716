"""Files of TypeScript that a `tsconfig.json` leaves out: no program is compiled of them.

One that is taken in by another is compiled all the same; of folders that are left out nothing of
the program is, as a rule. Those that begin a program of their own have a file of this name too.

Source: typescriptlang.org/tsconfig (`exclude`; wildcards `*`, `?` and `**/`; a name without one is
a file, or a folder with all that it holds).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from posixpath import basename, dirname, normpath, relpath

from poollint.model.source import SourceFile
from poollint.reading.deployment.ecosystems import manifests, node
from poollint.reading.deployment.ecosystems.driven import within
from poollint.reading.deployment.ecosystems.node_programs import stem
from poollint.reading.deployment.ecosystems.stating import StatedFile
from poollint.syntax.tokens import Words

KIND = "compiled"
MARK = re.compile(rb'"(?:compilerOptions|extends|exclude)"\s*:')
_ENDINGS = (".ts", ".mts", ".cts")
_DEEP = "**"  # any number of folders


def claims(path: str) -> bool:
    """Tell whether this is such a file of the project's own."""
    return basename(path) == "tsconfig.json" and "node_modules/" not in path


def read(source: SourceFile) -> StatedFile:
    """Return the folder that is compiled, and the patterns of what is left out of it."""
    words = Words(source.text, "//")
    home = dirname(source.path) or "."
    return StatedFile(node.LANGUAGE, KIND, source.path, home, takes=tuple(_patterns(words)))


def _patterns(words: Words) -> Iterator[str]:
    """Yield the texts of the outermost `exclude`."""
    if not words.tokens or not words.sign(0, "{") or words.closing(0) is None:
        return
    for start, end in words.parts(0):
        if words.tokens[start].text == "exclude" and words.sign(start + 2, "["):
            yield from (t.text for t in words.tokens[start + 3 : end] if t.kind == "text")


def left_out(files: Iterable[StatedFile], programs: frozenset[str]) -> frozenset[str]:
    """Return the paths of programs' files that the nearest of these files leaves out.

    Not those of `programs`, which are started as they are.
    """
    every = tuple(files)
    configs = {normpath(file.home): file for file in every if file.kind == KIND}
    homes = {normpath(f.home) for f in every if f.kind == manifests.KIND} | set(configs)
    found = set[str]()
    for file in every if configs else ():
        if file.language != node.LANGUAGE or not file.path.endswith(_ENDINGS):
            continue
        around = [home for home in homes if within(file.path, home)]
        home = max(around, key=lambda one: 0 if one == "." else len(one), default="")
        config = configs.get(home)
        if config and stem(file.path, home) not in programs:
            path = relpath(file.path, home)
            found |= {file.path} if any(_covers(p, path) for p in config.takes) else set()
    return frozenset(found)


def _covers(pattern: str, path: str) -> bool:
    """Tell whether a pattern names a file, or a folder that it lies in."""
    wanted = pattern.removeprefix("./").rstrip("/").replace("[", "[[]").split("/")
    while wanted[-1:] in (["*"], [_DEEP]):
        wanted.pop()
    wanted = [p for at, p in enumerate(wanted) if p != _DEEP or wanted[at - 1 : at] != [_DEEP]]
    if not "".join(wanted).strip("*?."):
        return False
    met = {0}  # how many parts of the pattern the parts of the path so far may be
    for part in path.split("/"):
        met |= {at + 1 for at in sorted(met) if wanted[at] == _DEEP}
        met = {
            at if wanted[at] == _DEEP else at + 1
            for at in met
            if wanted[at] == _DEEP or fnmatchcase(part, wanted[at])
        }
        if len(wanted) in met:
            return True
    return False
