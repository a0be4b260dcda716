"""Which folder of code each program of an image is compiled from, as its Dockerfile says.

Source: `go help build`: `-o` names what is written, the packages stand last; one package is the
folder of a `main`. What a later stage copies may get another name there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise
from posixpath import basename, dirname, normpath

from poollint.syntax import shell
from poollint.syntax.dockerfile import Instruction

_BUILD = re.compile(r"\bgo\s+build\s+([^&|;]*)")
_TAKES = ("-o", "-p", "-mod", "-tags", "-ldflags", "-gcflags", "-asmflags", "-buildmode", "-pgo")


def programs(instructions: Iterable[Instruction]) -> Iterator[tuple[str, str]]:
    """Yield the name of each program that `go build` writes, and the folder it is made of."""
    found: dict[str, str] = {}
    renamed: dict[str, str] = {}
    for one in instructions:
        if one.name == "RUN" and "go" in one.text:
            found.update(filter(None, map(_built, _BUILD.findall(one.text))))
        elif one.name == "COPY" and "--from" in one.text:
            words = [w.text for w in shell.words(one.text) if not w.text.startswith("--")]
            if len(words) == 2 and not words[1].endswith(("/", ".")):
                renamed[basename(words[1])] = basename(words[0])
    yield from found.items()
    yield from ((name, found[was]) for name, was in renamed.items() if was in found)


def _built(text: str) -> tuple[str, str] | None:
    words = [word.text for word in shell.words(text)]
    out = next((b for a, b in pairwise(words) if a == "-o"), "")
    last = words[-1] if words else ""
    if not out or out.endswith("/") or "$" in out + last or last.startswith("-") or "..." in last:
        return None
    if len(words) > 1 and words[-2] in _TAKES:
        return basename(out), "."  # without a package it is that of the folder
    return basename(out), normpath(dirname(last) or "." if last.endswith(".go") else last)
