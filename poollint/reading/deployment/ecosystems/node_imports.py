"""Which files of Node.js a program takes in: those that it imports, and those that these import.

A file that nothing imports opens no pool. What a file imports by a name that it works out, or finds
by looking through a folder, is not known: then any file may be taken in.

Sources: nodejs.org/api/modules.html and api/esm.html (what a name leads to);
typescriptlang.org/docs/handbook/modules/reference (`./a.js` is made of `a.ts`; `import type` takes
in nothing).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from posixpath import basename, dirname, join, normpath

from poollint.reading.deployment.ecosystems import manifests
from poollint.reading.deployment.ecosystems.node_names import Names
from poollint.reading.deployment.ecosystems.stating import StatedFile

MAX_FILES = 3_000
_TYPESCRIPT, _JAVASCRIPT = (".ts", ".tsx", ".mts", ".cts"), (".js", ".jsx", ".mjs", ".cjs")
_SOURCES = (*_TYPESCRIPT, *_JAVASCRIPT)
_MADE = {".js": (".ts", ".tsx"), ".mjs": (".mts",), ".cjs": (".cts",), ".jsx": (".tsx",)}
_OUTER = ("", "src", "app", "lib", "code")
_TAKES = re.compile(
    r"""^[ \t]*(?:import|export)(?!\s+type\s+(?!from\b)[\w{*])"""
    r"""(?:\s*[\w*{][^"'`;]{0,4000}?\bfrom)?\s*["']([^"'\n]+)["']"""
    r"""|\b(?:require|import)\s*\(\s*(?:/\*[^*\n]*\*/\s*)?["'`]([^"'`\n$]+)["'`]"""
    r"""|["'`](\.{1,2}/[^"'`\n$*]+\.[cm]?[jt]s)["'`]""",
    re.M,
)
# What takes in files that no name tells: worked out, or found in a folder.
_OPEN = re.compile(
    r"""\b(?:require|import)\s*\(\s*(?:[^"'`)\s/]|`[^`\n]*\$)|\breaddir|\bglob(?:Sync|by|al_?require)?\b"""
    r"""|\bauto-?load|require\.context|\bcreateRequire\b|\brequire-all\b"""
    r"""|(?:__dirname|import\.meta)[^\n]{0,200}(?:\.[cm]?[jt]s\b"""
    r"""|\*(?![^\n]*(?:entit|migrat|subscri|model|graphql|\.gql|proto|html)))""",
    re.I,
)
_BUNDLES = re.compile(
    r"\b(?:esbuild|tsup|webpack|rollup|rspack|vite|ncc|tsdown|unbuild|parcel|bun\s+build|microbundle)\b"
)
_COMPILES = re.compile(r"\b(?:tsc|tspc|swc|babel|nest build)\b")
_WRITTEN = re.compile(r"(?:^|/)(?:dist|build|out|lib)(?:/|$)")
_FILE = re.compile(r"[\w@./-]+\.[cm]?[jt]sx?\b")

Text = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Program:
    """The files that a program takes in; `whole` tells that it takes in no other."""

    files: frozenset[str]
    whole: bool


class Imports:
    """What programs for Node.js in a tree take in; `text` tells what a file holds."""

    def __init__(self, files: Iterable[StatedFile], text: Text) -> None:
        """Take the manifests of packages among the `files`."""
        packages = [f for f in files if f.kind == manifests.KIND and f.language == "node"]
        self._packages = {normpath(file.home): file for file in packages}
        self._text = text
        self._texts: dict[str, str] = {}
        self._files: dict[tuple[str, str], str] = {}
        self._names = Names(packages, self._read)
        self._told: dict[str, Program] = {}

    def of(self, folder: str, started: str) -> Program | None:
        """Return what a program takes in, None where its file is not found.

        `started` is the file as `node_programs.file_of` returns it, below `folder`.
        """
        found = tuple(dict.fromkeys(self._beginnings(normpath(folder), started)))
        if len(found) != 1:
            return None
        if found[0] not in self._told:
            self._told[found[0]] = self._walk(found[0])
        return self._told[found[0]]

    def _beginnings(self, folder: str, started: str) -> Iterator[str]:
        """Yield the files that may be the one that is started, or that it is made of."""
        package = self._packages.get(folder)
        lines = [text for _, text, _ in package.scripts] if package else []
        bundling = [text for text in lines if _BUNDLES.search(text) and "build" in text]
        named = [
            word
            for text in bundling
            for word in _FILE.findall(text)
            if basename(word).partition(".")[0] == basename(started) and not _WRITTEN.match(word)
        ]
        if named or (bundling and not any(map(_COMPILES.search, bundling))):
            yield from filter(None, (self._file(join(folder, word)) for word in named))
            return
        head, tail = dirname(started), basename(started)
        for outer in _OUTER:
            yield from filter(None, (self._file(normpath(join(folder, outer, started))),))
        if head:
            yield from filter(None, (self._file(normpath(join(folder, head, "src", tail))),))

    def _walk(self, first: str) -> Program:
        seen, waiting, whole = {first}, [first], True
        while waiting:
            path = waiting.pop()
            text = self._read(path)
            whole = whole and not _OPEN.search(text)
            for match in _TAKES.finditer(text):
                found = self._taken(match[1] or match[2] or match[3], path)
                whole = whole and found is not None
                if found and found not in seen:
                    seen.add(found)
                    waiting.append(found)
            if len(seen) > MAX_FILES:
                return Program(frozenset(seen), whole=False)
        return Program(frozenset(seen), whole)

    def _taken(self, name: str, path: str) -> str | None:
        """Return the file that a name leads to, "" for none of the tree, None where not known."""
        name = name.partition("?")[0]
        if name.startswith("."):
            at = normpath(join(dirname(path), name))
            return self._file(at, path) or (None if _WRITTEN.search(at) else "")
        places = self._names.places(name, path)
        if places is None:
            return None
        found = next(filter(None, (self._file(place, path) for place in places)), "")
        return found or (None if places else "")

    def _file(self, at: str, taker: str = "") -> str:
        """Return the file that a path without its ending, or of what is made, leads to.

        Those that end as the file which takes it in are looked for first.
        """
        key = (at, taker.rpartition(".")[2])
        if key not in self._files:
            self._files[key] = next(filter(self._read, _possible(at, taker)), "")
        return self._files[key]

    def _read(self, path: str) -> str:
        if path not in self._texts:
            self._texts[path] = self._text(path)
        return self._texts[path]


def _possible(at: str, taker: str) -> Iterator[str]:
    """Yield the paths of the files that a name may lead to, the likely ones first."""
    stem, dot, ending = at.rpartition(".")
    if dot and f".{ending}" in _SOURCES:
        made = _MADE.get(f".{ending}", ())
        others = [stem + other for other in made]
        yield from (*others, at) if taker.endswith(made) else (at, *others)
        return
    alike = _JAVASCRIPT if taker.endswith(_JAVASCRIPT) else _TYPESCRIPT
    for endings in (alike, tuple(one for one in _SOURCES if one not in alike)):
        yield from (at + one for one in endings)
        yield from (f"{at}/index{one}" for one in endings)
