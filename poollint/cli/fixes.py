"""`--fix` and `--diff`: what fixes change, written to the files or shown."""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from poollint.cli.output import write_bytes
from poollint.engine.fixing import Fixed, encoded, fixed
from poollint.engine.outcome import Outcome
from poollint.model.secret import mask
from poollint.model.source import SourceFile
from poollint.report.characters import named, said

_ROUNDS = 10  # a fix may make room for another; none of ours takes more than two


@dataclass(slots=True)
class _Tally:
    """What was done: fixes made, by the path of each file, and files that could not be written."""

    fixes: dict[str, int] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        """Return the sentence for the summary, "" where nothing was done."""
        lines = [f"Could not write {named(path)}.\n" for path in self.failed]
        number = sum(self.fixes.values())
        if number:
            findings = "1 finding" if number == 1 else f"{number} findings"
            files = "1 file" if len(self.fixes) == 1 else f"{len(self.fixes)} files"
            lines.insert(0, f"Fixed {findings} in {files}.\n")
        return "".join(lines)


def write_fixes(
    outcome: Outcome, again: Callable[[], Outcome], *, unsafe: bool
) -> tuple[Outcome, str]:
    """Write what the fixes of a run change, and run `again`, while that changes something.

    Return the last run, whose report tells what is left, and what was done, in words.
    """
    tally = _Tally()
    for _ in range(_ROUNDS):
        if not _written(outcome, tally, unsafe=unsafe):
            break
        outcome = again()
    return outcome, str(tally)


def _written(outcome: Outcome, tally: _Tally, *, unsafe: bool) -> bool:
    """Write what fixes change, each file at once; tell whether anything changed.

    A file that has changed since it was read is left alone.
    """
    made = fixed(outcome.report.findings, outcome.sources, unsafe=unsafe)
    changed = False
    for path, text in made.texts.items():
        full = outcome.places.get(path, "")
        if full and _write(full, outcome.sources[path], text):
            changed = True
            tally.fixes[path] = tally.fixes.get(path, 0) + _count(made, path)
        elif path not in tally.failed:
            tally.failed.append(path)
    return changed and not tally.failed


def _count(made: Fixed, path: str) -> int:
    return sum(finding.problem.at.path == path for finding in made.applied)


def _write(full: str, before: SourceFile, text: str) -> bool:
    try:
        with open(full, "rb") as stream:
            data = encoded(stream.read(), before, text)
        if data is None or not os.path.isfile(full):
            return False
        write_bytes(full, data)
    except OSError:
        return False
    return True


def diff(outcome: Outcome, *, unsafe: bool) -> str:
    """Return what the fixes of a run would change, as a unified diff; secrets are masked."""
    made = fixed(outcome.report.findings, outcome.sources, unsafe=unsafe)
    return "".join(_diffs(made.texts, outcome.sources))


def _diffs(texts: Mapping[str, str], sources: Mapping[str, SourceFile]) -> Iterator[str]:
    for path, text in sorted(texts.items()):
        before, after = (mask(t, code=path.endswith(".py")) for t in (sources[path].text, text))
        lines = difflib.unified_diff(_lines(before), _lines(after), path, path, n=3)
        for line in lines:
            body = line.rstrip("\r\n")
            yield f"{said(body)}\n"
            if not line.endswith("\n"):
                yield "\\ No newline at end of file\n"


def _lines(text: str) -> list[str]:
    """Return the lines with their ends; only LF ends one, as for `patch`."""
    lines = text.split("\n")
    kept = [f"{line}\n" for line in lines[:-1]]
    return [*kept, lines[-1]] if lines[-1] else kept
