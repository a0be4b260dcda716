"""The report of a sweep: a line of JSON for each repository. Its shape is a contract.

repository  the path as it stands in the list
digest      the same for the same content, software and options; "" where nothing was read
fail_on     the mildest severity that counts in this repository, "never" where none does
failed      why the job was not done, or not whole; empty where it was
version, findings, coverage, budgets   as in the JSON report of one repository; without coverage
            where it could not be checked
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from poollint.model.finding import Severity
from poollint.model.report import Report
from poollint.model.secret import mask
from poollint.report.machine import VERSION, machine
from poollint.report.palette import Palette

NEVER = "never"


@dataclass(frozen=True, slots=True)
class Line:
    """What a line tells for the summary and for a later run.

    counts  findings that no comment suppresses, by rule and severity
    """

    repository: str
    digest: str
    fail_on: str
    failed: tuple[str, ...]
    counts: Mapping[tuple[str, str], int]

    def found(self, fail_on: str) -> bool:
        """Tell whether a finding counts: by `fail_on`, or by the repository's own settings."""
        limit = fail_on or self.fail_on
        if limit == NEVER:
            return False
        return any(Severity(s).rank <= Severity(limit).rank for _, s in self.counts)


def line(
    repository: str,
    digest: str,
    report: Report | None,
    failed: Sequence[str],
    limit: Severity | None,
) -> str:
    """Return the line of a repository, its end included."""
    content: dict[str, Any] = {
        "repository": mask(repository),
        "digest": digest,
        "fail_on": limit.value if limit else NEVER,
        "failed": [mask(reason) for reason in failed],
        "version": VERSION,
        "findings": [],
    }
    if report is not None:
        content |= json.loads(machine(report, lambda path: None, Palette()))
    return json.dumps(content, separators=(",", ":")) + "\n"


def read(text: str | bytes) -> Line | None:
    """Return what a line tells; None where it is none, or not whole."""
    try:
        content = json.loads(text)
        findings = [f for f in content["findings"] if f["suppressed"] is None]
        known = Line(
            content["repository"],
            content["digest"],
            content["fail_on"],
            tuple(content["failed"]),
            Counter((f["rule"], Severity(f["severity"]).value) for f in findings),
        )
        known.found("")
    except (ValueError, KeyError, TypeError):
        return None
    plain = (known.repository, known.digest, *known.failed)
    return known if all(isinstance(text, str) for text in plain) else None
