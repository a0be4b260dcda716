"""What each file told when it was last looked at, as long as it is as it was.

A file is as it was if the system notes the same of it: when its content and its inode changed,
its size, and which inode it is. The inode's own time changes with whatever is done to a file and
cannot be set back. Times have a resolution, though: what changed just before it was looked at may
have changed again since without a trace, and is not kept (git calls that racy).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from poollint.engine.files.disk import SETTLED, Disk, Signature
from poollint.engine.memory.cache import Cache
from poollint.engine.memory.codec import NotThis, decoder, encoded
from poollint.model.digests import blake2b
from poollint.reading.naming.files.glance import Glance

_SIZE = 20  # bytes of a key
_WORTH = 32  # files that are looked at again before it pays to write all down anew

_MATTERS = (bool, type(None))
_NOTHING: Mapping[str, Any] = {"questions": [], "glances": "", "rows": {}}


@dataclass(slots=True)
class Row:
    """What is known of a file, besides what it tells at a glance.

    matters  whether its reader has to read it, None where nobody looked
    answers  what else was asked of its text, by the question
    fresh    nothing was known of it when the run began: it is new, or changed
    """

    signature: Signature
    matters: bool | None = None
    answers: dict[str, bool] = field(default_factory=dict)
    fresh: bool = False


class Index:
    """The rows of a project's files, by their full paths.

    Without a `cache` nothing is known. `stamp` is what a glance depends on besides the file;
    `learned` counts what was not known, and was looked at.
    """

    def __init__(
        self,
        cache: Cache | None = None,
        root: str = "",
        stamp: bytes = b"",
        disk: Disk | None = None,
    ) -> None:
        self._cache = cache
        self._disk = disk or Disk()
        told = f"index\0{root}".encode("utf-8", "surrogatepass")
        self._key = _digest(told + b"\0" + stamp)
        written = self._load() if cache else _NOTHING
        self._known: dict[str, Any] = written["rows"]  # as written down
        self._questions: list[str] = written["questions"]
        self._bits = {question: 1 << place for place, question in enumerate(self._questions)}
        self._glances_key: str = written["glances"]
        self._glances: dict[str, Glance] = {}
        self._seen: dict[str, Row | None] = {}
        self._passed: dict[str, tuple[int, int]] = {}
        self.learned = 0

    def __reduce__(self) -> tuple[type[Index], tuple[()]]:
        """Leave what is known to the process that keeps it."""
        return Index, ()

    def row(self, full: str) -> Row | None:
        """Return the row of a file, a new one where it changed; None for what is no file."""
        if self._cache is None:
            return None
        if full not in self._seen:
            self._seen[full] = self._row(full)
        return self._seen[full]

    def answer(self, full: str, question: str, look: Callable[[], bool]) -> bool:
        """Return whether the text of a file passes a test, from before where it is as it was."""
        if self._cache is None:
            return look()
        known = None if full in self._seen else self._answered(full, question)
        if known is not None:
            return known
        row = self.row(full)
        if row is None:
            return look()
        if question not in row.answers:
            row.answers[question] = look()
            self.learned += 1
        return row.answers[question]

    def _answered(self, full: str, question: str) -> bool | None:
        """Return what was written down of a question; whole projects are asked, so no row is made.

        None where nobody asked, or the file is another.
        """
        bit = self._bits.get(question, 0)
        if full not in self._passed:
            self._passed[full] = self._written_down(full)
        asked, yes = self._passed[full]
        return bool(yes & bit) if asked & bit else None

    def _written_down(self, full: str) -> tuple[int, int]:
        """Return which questions were asked of a file, and which it passed: none of another."""
        state = self._disk.state(full)
        try:
            *signature, _, asked, yes = self._known[full]
        except (KeyError, TypeError, ValueError):
            return 0, 0
        same = state is not None and state.is_file and (*signature,) == state.signature
        return (asked, yes) if same and type(asked) is type(yes) is int else (0, 0)

    def picked(self, listed: bytes, question: str, look: Callable[[], list[str]]) -> frozenset[str]:
        """Return which paths of a listing pass a test of the path alone.

        `listed` is the digest of the listing, b"" where it has none: then all are looked at.
        """
        if self._cache is None or not listed:
            return frozenset(look())
        key = _digest(b"\0".join((self._key, listed, question.encode())))
        known = self._cache.get([key]).get(key)
        if known is None:
            known = "\0".join(look()).encode("utf-8", "surrogateescape")
            self._cache.put({key: known}, ())
        return frozenset(known.decode("utf-8", "surrogateescape").split("\0"))

    def glance(self, full: str, look: Callable[[], Glance]) -> Glance:
        """Return what a Python file tells at a glance, from before where it is as it was."""
        row = self.row(full)
        if row is None:
            return look()
        if full not in self._glances:
            known = None if row.fresh else self._glanced(full)
            self.learned += known is None
            self._glances[full] = known or look()
        return self._glances[full]

    def _glanced(self, full: str) -> Glance | None:
        try:
            known: Glance | None = decoder(Glance | None)(self._written_glances.get(full))
        except (NotThis, ValueError, TypeError):
            return None
        return known

    @cached_property
    def _written_glances(self) -> dict[str, Any]:
        """What was written down of glances: most runs over single files ask for none."""
        try:
            return self._read(bytes.fromhex(self._glances_key)) if self._glances_key else {}
        except ValueError:
            return {}

    def worth_keeping(self) -> None:
        """Note that something was found out which takes long to find out: it is written down."""
        self.learned += _WORTH

    def _row(self, full: str) -> Row | None:
        state = self._disk.state(full)
        if state is None or not state.is_file:
            return None
        known = self._remembered(full, state.signature)
        if known is not None:
            return known
        self.learned += 1
        return Row(state.signature, fresh=True)

    def _remembered(self, full: str, signature: Signature) -> Row | None:
        """Return what was written down of a file, None where that is of another or nothing."""
        try:
            row = _row(self._known[full], self._questions)
        except (KeyError, NotThis, ValueError, TypeError):
            return None
        return row if row.signature == signature else None

    def keep(self, now: int) -> None:
        """Write down what is known, if that is much more than before.

        `now` is the time when the run began, in nanoseconds; 0 where it is not told.
        """
        if self._cache is None or not now or self.learned < min(_WORTH, len(self._known) + 1):
            return
        rows = {full: row for full, row in self._seen.items() if row}
        settled = {f: row for f, row in rows.items() if max(row.signature[:2]) < now - SETTLED}
        # Where a part of the project was looked at, the rest stays known.
        rest = set() if len(rows) >= len(self._known) / 2 else self._known.keys() - rows.keys()
        glances = _written(self._to_keep(settled, rest))
        key = _digest(glances)
        content = {
            "questions": self._learnt(settled.values()),
            "glances": key.hex(),
            "rows": {full: self._known[full] for full in rest}
            | {f: [*row.signature, row.matters, *self._asked(row)] for f, row in settled.items()},
        }
        self._cache.put({key: glances, self._key: _written(content)}, ())

    def _to_keep(self, settled: Mapping[str, Row], rest: set[str]) -> dict[str, Any]:
        """Return the glances to write down: those of before of what is as it was, and new ones."""
        before = rest | {full for full, row in settled.items() if not row.fresh}
        kept = {full: one for full, one in self._written_glances.items() if full in before}
        return kept | {f: encoded(self._glances[f]) for f in settled.keys() & self._glances}

    def _learnt(self, rows: Iterable[Row]) -> list[str]:
        """Return all questions, those that are new behind the others."""
        new = sorted({question for row in rows for question in row.answers} - self._bits.keys())
        for question in new:
            self._bits[question] = 1 << len(self._bits)
        return list(self._bits)

    def _asked(self, row: Row) -> tuple[int, int]:
        """Return which questions were asked of a file, and which of them it passed, as bits."""
        asked = sum(self._bits[question] for question in row.answers)
        return asked, sum(
            self._bits[question] for question, passed in row.answers.items() if passed
        )

    def _load(self) -> Mapping[str, Any]:
        """Return what was written down, nothing where that is no index."""
        found = self._read(self._key)
        questions = found.get("questions")
        if type(questions) is not list or not {*map(type, questions)} <= {str}:
            return _NOTHING
        whole = type(found.get("rows")) is dict and type(found.get("glances")) is str
        return found if whole else _NOTHING

    def _read(self, key: bytes) -> dict[str, Any]:
        assert self._cache is not None
        value = self._cache.get([key]).get(key)
        try:
            content = json.loads(value or b"{}")
        except ValueError:
            return {}
        return content if isinstance(content, dict) else {}


def _written(content: Mapping[str, Any]) -> bytes:
    return json.dumps(content, separators=(",", ":")).encode()


def _digest(told: bytes) -> bytes:
    return blake2b(told, digest_size=_SIZE).digest()


def _row(written: Any, questions: Sequence[str]) -> Row:
    """Return a row as it was written down; `NotThis`, or what unpacking raises, for other data."""
    changed, altered, size, inode, matters, asked, yes = written
    signature = (changed, altered, size, inode)
    numbers = (*signature, asked, yes)
    if not all(type(one) is int for one in numbers) or type(matters) not in _MATTERS:
        raise NotThis("no row")
    places = (place for place in range(len(questions)) if asked >> place & 1)
    return Row(signature, matters, {questions[place]: bool(yes >> place & 1) for place in places})
