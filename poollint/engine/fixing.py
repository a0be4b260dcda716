"""What fixes make of the files: texts in, texts out; nothing is written here."""

from __future__ import annotations

import codecs
import io
import tokenize
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass

from poollint.model.finding import Finding
from poollint.model.fix import Edit, Fix, Safety
from poollint.model.source import SourceFile

_BLANK = " \t"


@dataclass(frozen=True, slots=True)
class Fixed:
    """What came of the fixes.

    texts    the new text of each file that changes, by the path as shown
    applied  the findings whose fix is in there
    waiting  those whose fix touches what another one changes: a further round may take them
    """

    texts: Mapping[str, str]
    applied: tuple[Finding, ...]
    waiting: tuple[Finding, ...]


def fixed(
    findings: Iterable[Finding], sources: Mapping[str, SourceFile], *, unsafe: bool = False
) -> Fixed:
    """Apply the fixes of findings that no comment ignores: safe ones, with `unsafe` all of them.

    The edits of a fix are made together or not at all, and of two fixes that touch the same
    place the first one is made.
    """
    taken: dict[str, list[tuple[int, int, str]]] = {}
    applied: list[Finding] = []
    waiting: list[Finding] = []
    for finding in findings:
        fix = finding.problem.fix
        if fix is None or finding.suppressed is not None or not _allowed(fix, unsafe):
            continue
        if any(edit.span.path not in sources for edit in fix.edits):
            continue
        places = [(edit.span.path, *_stretch(edit, sources[edit.span.path])) for edit in fix.edits]
        if any(_clashes(taken.get(path, ()), start, end) for path, start, end, _ in places):
            waiting.append(finding)
            continue
        for path, start, end, text in places:
            taken.setdefault(path, []).append((start, end, text))
        applied.append(finding)
    texts = {path: _changed(sources[path].text, edits) for path, edits in taken.items()}
    return Fixed(texts, tuple(applied), tuple(waiting))


def _allowed(fix: Fix, unsafe: bool) -> bool:
    return bool(fix.edits) and (unsafe or fix.safety is Safety.SAFE)


def _stretch(edit: Edit, source: SourceFile) -> tuple[int, int, str]:
    """Return the offsets an edit replaces, and by what.

    A line on which a removal would leave nothing goes as a whole, its end included; what else
    stands on it, a comment above all, stays.
    """
    text = source.text
    start, end = source.offset(edit.span.start), source.offset(edit.span.end)
    if edit.text:
        return start, end, edit.text
    first, last = start, end
    while first > 0 and text[first - 1] in _BLANK:
        first -= 1
    while last < len(text) and text[last] in _BLANK:
        last += 1
    opens = first == 0 or text[first - 1] in "\r\n"
    closes = last == len(text) or text[last] in "\r\n"
    if not opens or not closes:
        return (first, end, "") if closes else (start, end, "")
    if text[last : last + 2] == "\r\n":
        return first, last + 2, ""
    return first, min(last + 1, len(text)), ""


def _clashes(taken: Iterable[tuple[int, int, str]], start: int, end: int) -> bool:
    return any(
        (start < other_end and other_start < end) or (start, end) == (other_start, other_end)
        for other_start, other_end, _ in taken
    )


def _changed(text: str, edits: Iterable[tuple[int, int, str]]) -> str:
    for start, end, new in sorted(edits, reverse=True):
        text = text[:start] + new + text[end:]
    return text


def encoded(data: bytes, before: SourceFile, after: str) -> bytes | None:
    """Return the bytes of a new text in the encoding of the old one, its mark included.

    None where the file is not what was read any more, or cannot hold the text.
    """
    for codec in _codecs(data):
        with suppress(UnicodeError, LookupError):
            if data.decode(codec) == before.text:
                return after.encode(codec)
    return None


def _codecs(data: bytes) -> Iterator[str]:
    """Yield the encodings that a file may be read in, the likeliest first."""
    yield "utf-8"
    if data.startswith(codecs.BOM_UTF8):
        yield "utf-8-sig"
    with suppress(SyntaxError):
        yield tokenize.detect_encoding(io.BytesIO(data).readline)[0]
    yield "latin-1"
