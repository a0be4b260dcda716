"""What a rule sees (a problem) and what the engine makes of it (a finding)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from poollint.model.figure import Ledger
from poollint.model.fix import Fix
from poollint.model.source import Span


class Severity(Enum):
    """What happens in production: it breaks, it breaks under load, or it could be better."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"

    @property
    def rank(self) -> int:
        """Return 0 for the most severe."""
        return list(Severity).index(self)


class Confidence(Enum):
    """How sure this finding is. A low one is shown only when asked for (`--pedantic`)."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Category(Enum):
    """What a rule is about. The value is also a selector."""

    LEAK = "leak"
    LIFETIME = "lifetime"
    SESSION = "session"
    POOL = "pool"
    BUDGET = "budget"
    SETTING = "setting"
    POOLLINT = "poollint"


@dataclass(frozen=True, slots=True)
class Step:
    """One stop on the way a problem takes, in the order of execution."""

    span: Span
    label: str


@dataclass(frozen=True, slots=True)
class Problem:
    """What a rule sees. It knows neither its own name nor its severity.

    message  the headline: true without its frame, no full stop, at most 80 characters
    at       the one place it is about
    label    two to six words for that place
    path     the steps that lead to it; where they cover `at`, they replace `label`
    brief    the few words shown where a line must do; the message if empty
    why      what happens in production, one sentence
    help     an instruction
    notes    further sentences, each shown as `= also`
    scope    the enclosing function or section: with rule, path and message it identifies
             the finding when lines move
    severity overrides the rule's severity where a milder one is right
    """

    message: str
    at: Span
    label: str = ""
    path: tuple[Step, ...] = ()
    ledger: Ledger | None = None
    brief: str = ""
    why: str = ""
    help: str = ""
    notes: tuple[str, ...] = ()
    fix: Fix | None = None
    confidence: Confidence = Confidence.HIGH
    scope: str = ""
    severity: Severity | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """A problem with the name and severity of its rule, as it is reported.

    `fingerprint` holds no line number: 16 hexadecimal digits over rule, path within the
    repository, scope, message, and the count of equal ones before it. `suppressed` is the
    reason a comment gives for ignoring it ("" without one), None when it is not ignored.
    """

    rule: str
    category: Category
    severity: Severity
    problem: Problem
    fingerprint: str
    suppressed: str | None = None

    @property
    def places(self) -> tuple[Span, ...]:
        """Return every place the finding shows: its own, its steps', its figures'."""
        spans = [self.problem.at, *(step.span for step in self.problem.path)]
        ledger = self.problem.ledger
        if ledger:
            for entry in (*ledger.demand, *ledger.supply):
                spans += [f.origin for f in entry.factors if isinstance(f.origin, Span)]
        return tuple(dict.fromkeys(spans))
