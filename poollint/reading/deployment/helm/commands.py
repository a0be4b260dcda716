"""Charts of the tree that `helm install` and `helm upgrade` install, with what these give them.

Makefiles, scripts and pipelines hold such commands. One that names a file of values which is put
in when it runs (`-f values-$(ENV).yaml`), or a number of that sort, tells nothing; nor does one
that names no file: it may be a trial.

Source: helm.sh/docs/helm/helm_upgrade (options; of several files the last counts, `--set` before
all of them).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from poollint.model.source import SourceFile, Span
from poollint.reading.deployment.helm.moving import Moves
from poollint.syntax.sealed import path_of

MARKS = (b"helm upgrade", b"helm install", b"helm secrets upgrade", b"helm secrets install")
_COMMAND = re.compile(
    r"\bhelm[ \t]+(?:secrets[ \t]+)?(?:upgrade|install)\b(?P<rest>(?:[^\n\\;&|#]|\\\r?\n|\\[^\n])*)"
)
_WORD = re.compile(r"(?:[^\s\\\"']|\"[^\"\n]*\"|'[^'\n]*'|\\[^\s])+")
_FLAGS = frozenset(
    """--install -i --wait --atomic --create-namespace --debug --dry-run --force --cleanup-on-fail
    --reset-values --wait-for-jobs --skip-crds --dependency-update --devel --no-hooks --verify
    --render-subchart-notes --generate-name -g --replace --insecure-skip-tls-verify
    --take-ownership --hide-notes --rollback-on-failure""".split()
)
_NONE = frozenset(("--reuse-values", "--dry-run"))  # it takes what no file says, or does nothing
_FILES = ("-f", "--values")
_SETS = ("--set", "--set-string")
_OPEN = re.compile(r"[$`]|\{\{")
_MAKEFILE = re.compile(r"(?:^|/)(?:GNU)?[Mm]akefile$|\.mk$")
_COUNTS = re.compile(r"replica|worker|pool|conn|count|scal|max|min|enabled", re.I)


@dataclass(frozen=True, slots=True)
class Command:
    """One command: the chart it names, files of values, and single values with their places."""

    path: str
    chart: str
    files: tuple[str, ...]
    values: tuple[tuple[str, str, Span], ...]


@dataclass(frozen=True, slots=True)
class CommandFile:
    """A file with such commands."""

    commands: tuple[Command, ...]


def read(source: SourceFile) -> CommandFile | None:
    """Return the commands of a file, None where it has none that tells anything."""
    if "helm" not in source.text:
        return None
    makes = _MAKEFILE.search(source.path) is not None
    found = tuple(commands(source, Moves(source.text, lines=makes)))
    return CommandFile(found) if found else None


def commands(source: SourceFile, moves: Moves) -> Iterator[Command]:
    """Yield the commands of a text that tell something; `moves` are of the same text.

    Their paths count from where the text begins, wherever it moves before.
    """
    for match in _COMMAND.finditer(source.text):
        begin = match.start("rest")
        words = [
            (word[0].replace('"', "").replace("'", ""),
             source.span(begin + word.start(), begin + word.end()))
            for word in _WORD.finditer(match["rest"])
        ]  # fmt: skip
        found = _command(source.path, words, partial(moves.path, offset=begin))
        if found:
            yield found


def _command(
    path: str, words: list[tuple[str, Span]], placed: Callable[[str], str]
) -> Command | None:
    """Return what the words of one command say, None where one of those that count is open."""
    plain: list[str] = []
    files: list[str] = []
    values: list[tuple[str, str, Span]] = []
    before = ""
    for text, span in (part for word in words for part in _parts(*word)):
        if before in _FILES:
            files += (placed(path_of(name)) for name in text.split(","))
        elif before in _SETS:
            pairs = (pair.partition("=") for pair in text.split(","))
            values += ((name, value, span) for name, _, value in pairs)
        elif not before and not text.startswith("-"):
            plain.append(placed(text))
        elif text in _NONE:
            return None
        before = text if text.startswith("-") and text not in _FLAGS and not before else ""
    known = tuple(one for one in values if not _OPEN.search(one[0] + one[1]))
    counts = any(_COUNTS.search(one[0]) for one in values if one not in known)
    if not plain or not files or counts or any(_OPEN.search(t) for t in (plain[-1], *files)):
        return None
    return Command(path, plain[-1], tuple(files), known)


def _parts(text: str, span: Span) -> Iterator[tuple[str, Span]]:
    name, equals, value = text.partition("=")
    if text.startswith("--") and equals:
        yield name, span
        yield value, span
    else:
        yield text, span
