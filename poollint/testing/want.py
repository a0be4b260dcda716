"""Expectations written into a fixture, and their comparison with what was found.

    conn = pool.getconn()  # want connection-leak "may end without"

A want is a comment (`#`, `;`, `--` or `//`): `want`, then one or more expectations, each the name
of a rule and, if wished, a text that the message holds. `want+1` and `want-2` speak of another
line, for files that cannot carry a comment there. `want RULE step N "text"` expects the Nth step
of the path of a finding of that rule on the line, counted from 1, and the text in its label.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from poollint.model.finding import Finding

_WANT = re.compile(r"(?:[#;]|--|//)[ \t]*want(?P<offset>[+-]\d+)?(?=[ \t]|$)(?P<rest>.*)")
_EXPECTATION = re.compile(
    r"""[ \t]+(?P<rule>(?!step(?=[ \t]|$))[a-z][a-z0-9]*(?:-[a-z0-9]+)*)
        (?:[ \t]+step[ \t]+(?P<step>\d+))?
        (?:[ \t]+"(?P<text>(?:[^"\\]|\\.)*)")?(?=[ \t]|$)""",
    re.X,
)


class WantError(ValueError):
    """A want that cannot be read; the text is `path:line: why`."""


@dataclass(frozen=True, slots=True)
class Want:
    """One expectation: a finding of `rule` at `path:line`, or (`step` > 0) a step of its path."""

    path: str
    line: int
    rule: str
    text: str = ""
    step: int = 0

    def __str__(self) -> str:
        """Return the want as a complaint shows it."""
        step = f" step {self.step}" if self.step else ""
        text = f' "{self.text}"' if self.text else ""
        return f"{self.path}:{self.line}: {self.rule}{step}{text}"


def wants(path: str, text: str) -> tuple[Want, ...]:
    """Return the wants of one file in the order of their lines.

    `path` is shown and compared as it is: use the one that findings of this file bear. Raises
    `WantError` for a want that names no rule, or goes on with something else.
    """
    found: list[Want] = []
    # Only LF ends a line here, as in `SourceFile`: str.splitlines would count form feeds too.
    for number, line in enumerate(re.split(r"\r\n|\n|\r", text), start=1):
        match = _WANT.search(line)
        if match is None:
            continue
        at = number + int(match["offset"] or 0)
        found += _expectations(path, number, at, match["rest"].rstrip())
    return tuple(sorted(found, key=lambda want: want.line))


def _expectations(path: str, number: int, at: int, rest: str) -> Iterator[Want]:
    if not rest:
        raise WantError(f"{path}:{number}: a want names the rule it wants")
    offset = 0
    while offset < len(rest):
        match = _EXPECTATION.match(rest, offset)
        if match is None:
            raise WantError(f"{path}:{number}: cannot read this part of a want:{rest[offset:]}")
        text = re.sub(r"\\(.)", r"\1", match["text"] or "")
        yield Want(path, at, match["rule"], text, int(match["step"] or 0))
        offset = match.end()


def compare(wanted: Iterable[Want], found: Iterable[Finding]) -> tuple[str, ...]:
    """Return a complaint for each want that is not met and each finding nobody wants.

    Every finding needs a want of its own: two on one line need two. Nothing is returned when
    both sides agree.
    """
    findings = list(found)
    unmet = [want for want in wanted if want.step and not _stepped(want, findings)]
    unwanted = list(findings)
    # The longest text first, so that a want without one does not take another's finding.
    for want in sorted((w for w in wanted if not w.step), key=lambda w: -len(w.text)):
        met = next((finding for finding in unwanted if _meets(want, finding)), None)
        if met is None:
            unmet.append(want)
        else:
            unwanted.remove(met)
    complaints = [(w.path, w.line, f"{w} is wanted and was not found") for w in unmet]
    for finding in unwanted:
        at, message = finding.problem.at, finding.problem.message
        shown = Want(at.path, at.start.line, finding.rule, message)
        complaints.append((at.path, at.start.line, f"{shown} was found and is not wanted"))
    return tuple(text for _, _, text in sorted(complaints))


def _meets(want: Want, finding: Finding) -> bool:
    at = finding.problem.at
    same_place = (at.path, at.start.line) == (want.path, want.line)
    return same_place and finding.rule == want.rule and want.text in finding.problem.message


def _stepped(want: Want, findings: Iterable[Finding]) -> bool:
    for finding in findings:
        if finding.rule != want.rule or len(finding.problem.path) < want.step:
            continue
        step = finding.problem.path[want.step - 1]
        same_place = (step.span.path, step.span.start.line) == (want.path, want.line)
        if same_place and want.text in step.label:
            return True
    return False
