"""Files of TypeScript that a `tsconfig.json` leaves out: no program is compiled of them.

One that is taken in by another is compiled all the same; of folders that are left out nothing of
the program is, as a rule. Those that begin a program of their own have a file of this name too.

Source: typescriptlang.org/tsconfig (`exclude`; wildcards `*`, `?` and `**/`; a name without one is
a file, or a folder with all that it holds; `extends`: what a file does not say itself, those that
it names do, the last first, and their paths begin where they lie).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from posixpath import basename, dirname, join, normpath, relpath

from poollint.model.source import SourceFile
from poollint.reading.deployment.ecosystems import manifests, node
from poollint.reading.deployment.ecosystems.driven import within
from poollint.reading.deployment.ecosystems.node_programs import stem
from poollint.reading.deployment.ecosystems.stating import StatedFile
from poollint.syntax.tokens import Words

KIND = "compiled"
MAX_STEPS = 8
MARK = re.compile(rb'"(?:compilerOptions|extends|exclude)"\s*:')
_NAME = re.compile(r"(?:^|/)tsconfig(?:\.[\w.-]+)?\.json$")
_ENDINGS = (".ts", ".mts", ".cts")
_DEEP = "**"  # any number of folders


@dataclass(frozen=True, slots=True)
class Said:
    """What such a file says: None, and nothing, where it leaves that to the one it `extends`."""

    exclude: tuple[str, ...] | None = None
    extends: tuple[str, ...] = ()
    base: str | None = None
    paths: tuple[tuple[str, tuple[str, ...]], ...] = ()


def claims(path: str) -> bool:
    """Tell whether this is such a file of the project's own."""
    return _NAME.search(path) is not None and "node_modules/" not in path


def read(source: SourceFile) -> StatedFile:
    """Return the folder that is compiled, and the patterns of what is left out of it."""
    found = said(source.text)
    home = dirname(source.path) or "."
    others = () if found.exclude is not None else found.extends
    return StatedFile(
        node.LANGUAGE, KIND, source.path, home, takes=found.exclude or (),
        extends=tuple(extended(other, home) for other in others),
    )  # fmt: skip


def said(text: str) -> Said:
    """Return what a file of this kind says; comments are allowed in it."""
    words = Words(text, "//")
    outer = _fields(words, 0)
    options = _fields(words, outer["compilerOptions"][0]) if "compilerOptions" in outer else {}
    paths = _fields(words, options["paths"][0]) if "paths" in options else {}
    exclude, extends, base = (
        _texts(words, found) if found else None
        for found in (outer.get("exclude"), outer.get("extends"), options.get("baseUrl"))
    )
    named = tuple((pattern, _texts(words, place)) for pattern, place in paths.items())
    return Said(exclude, extends or (), base[0] if base else None, named)


def extended(name: str, home: str) -> str:
    """Return the path of the file that one in `home` extends; "" for one of a package."""
    if not name.startswith("."):
        return ""
    path = normpath(join(home, name))
    return path if path.endswith(".json") else f"{path}.json"


def _fields(words: Words, opening: int) -> dict[str, tuple[int, int]]:
    """Return where the values of an object stand, by their keys."""
    if not words.sign(opening, "{") or words.closing(opening) is None:
        return {}
    return {
        words.tokens[start].text: (start + 2, end)
        for start, end in words.parts(opening)
        if words.sign(start + 1, ":") and end > start + 2
    }


def _texts(words: Words, place: tuple[int, int]) -> tuple[str, ...]:
    return tuple(t.text for t in words.tokens[slice(*place)] if t.kind == "text")


def left_out(files: Iterable[StatedFile], programs: frozenset[str]) -> frozenset[str]:
    """Return the paths of programs' files that the nearest of these files leaves out.

    Not those of `programs`, which are started as they are.
    """
    every = tuple(files)
    kinds = {normpath(file.path): file for file in every if file.kind == KIND}
    configs = {normpath(f.home): f for p, f in kinds.items() if basename(p) == "tsconfig.json"}
    homes = {normpath(f.home) for f in every if f.kind == manifests.KIND} | set(configs)
    found = set[str]()
    for file in every if configs else ():
        if file.language != node.LANGUAGE or not file.path.endswith(_ENDINGS):
            continue
        around = [home for home in homes if within(file.path, home)]
        home = max(around, key=lambda one: 0 if one == "." else len(one), default="")
        config = configs.get(home)
        if config and stem(file.path, home) not in programs:
            told = _telling(config, kinds)
            path = relpath(file.path, told.home)
            found |= {file.path} if any(_covers(p, path) for p in told.takes) else set()
    return frozenset(found)


def _telling(config: StatedFile, every: Mapping[str, StatedFile]) -> StatedFile:
    """Return the file that says what a file leaves out: itself, or one that it extends."""
    for _ in range(MAX_STEPS):
        others = [every[path] for path in reversed(config.extends) if path in every]
        if not others:
            break
        telling = (other for other in others if other.takes or other.extends)
        config = next(telling, others[0])
    return config


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
