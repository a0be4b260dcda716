"""Which files were looked at for the facts of a Python file, and what was asked of the project.

A file imports far more than its facts come from: of most modules nothing is ever looked up. What a
file looks up in another may lead that one to a third; whoever asks the first file the same again
gets its answer at once, and so counts for all that the files it asked have looked at, too.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from posixpath import normpath

Question = tuple[str, ...]
HOLDS, KEEPS, REACHES = "holds", "keeps", "reaches"


@dataclass(frozen=True, slots=True)
class Behind:
    """What the facts of a file came from.

    files  all that were looked at, itself among them, in order
    asked  of the whole project: `("holds", word, …)`, `("keeps", kind, …)`, and of a file
           `("reaches", path, word)`, as `View` knows them
    """

    files: tuple[str, ...] = ()
    asked: tuple[Question, ...] = ()


NOTHING = Behind()


class Looked:
    """What the files of a project have looked at in each other so far."""

    def __init__(self) -> None:
        self._at: defaultdict[str, set[str]] = defaultdict(set)
        self._asked: defaultdict[str, set[Question]] = defaultdict(set)

    def at(self, path: str, other: str) -> None:
        """Note that the file at `path` looked into another."""
        self._at[normpath(path)].add(normpath(other))

    def ask(self, path: str, question: Question) -> None:
        """Note what the file at `path` asked of the project."""
        self._asked[normpath(path)].add(question)

    def behind(self, path: str) -> Behind:
        """Return what the facts of the file at `path` came from."""
        found: set[str] = set()
        todo = [normpath(path)]
        while todo:
            at = todo.pop()
            if at not in found:
                found.add(at)
                todo += self._at.get(at, ())
        asked = (question for at in found for question in self._asked.get(at, ()))
        return Behind(tuple(sorted(found)), tuple(sorted(set(asked))))
