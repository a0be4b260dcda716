"""Rules over facts, and findings of what they say."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from poollint.facts.project import Project
from poollint.model.figure import Entry, Ledger
from poollint.model.finding import Finding, Problem, Severity, Step
from poollint.model.report import Budget, Crash, Edge
from poollint.model.rule import Rule
from poollint.model.secret import mask
from poollint.syntax import rebinding

FINGERPRINT_DIGITS = 16


@dataclass(frozen=True, slots=True)
class Seen:
    """A problem and the rule that saw it."""

    rule: Rule[Any]
    problem: Problem


def judge(
    project: Project, rules: Iterable[Rule[Any]], reported: Callable[[str], bool]
) -> tuple[list[Seen], tuple[Crash, ...]]:
    """Run each rule over each fact of its subject.

    Facts of files that are not reported on are skipped. A rule that raises loses one fact;
    everything else goes on.
    """
    seen: list[Seen] = []
    crashes: list[Crash] = []
    for rule in rules:
        for path, fact in project.of(rule.subject):
            if path and not reported(path):
                continue
            try:
                problems = tuple(_check(rule, fact))
            # A rule is code like any other: its faults are contained, named, and told.
            except Exception as error:
                crashes.append(Crash(rule.name, path, told(error)))
                continue
            seen += [Seen(rule, problem) for problem in problems if reported(problem.at.path)]
    return seen, tuple(crashes)


def _check(rule: Rule[Any], fact: object) -> Iterable[Problem]:
    return rule.check(fact) if rule.options is None else rule.check(fact, rule.options())


def told(error: Exception) -> str:
    """Return the type and the place of an exception; its text may quote what is linted."""
    import traceback  # for what should not happen

    frames = traceback.extract_tb(error.__traceback__)
    if not frames:
        return type(error).__name__
    last = frames[-1]
    module = last.filename.replace("\\", "/").split("/")
    return f"{type(error).__name__} at {'/'.join(module[-2:])}:{last.lineno} in {last.name}"


def findings(
    seen: Iterable[Seen], severities: Mapping[str, Severity], inside: Callable[[str], str]
) -> list[Finding]:
    """Make findings of problems: each once, masked, in the order of the report.

    severities  what the settings say of a rule, by name
    inside      the path of a file relative to the project's root, from the path as shown
    """
    stamped = []
    for item in seen:
        problem = masked(item.problem)
        severity = severities.get(item.rule.name, problem.severity or item.rule.severity)
        stamped.append(Finding(item.rule.name, item.rule.category, severity, problem, ""))
    unique: dict[tuple[object, ...], Finding] = {}
    for finding in sorted(stamped, key=_order):  # of equal ones the most severe comes first
        problem = finding.problem
        unique.setdefault((finding.rule, problem.at, problem.message, problem.scope), finding)
    counts: dict[str, int] = {}
    return [
        replace(finding, fingerprint=_fingerprint(finding, inside, counts))
        for finding in unique.values()
    ]


def _order(finding: Finding) -> tuple[object, ...]:
    problem = finding.problem
    return (finding.severity.rank, finding.rule, problem.at, problem.message, problem.scope)


def _fingerprint(finding: Finding, inside: Callable[[str], str], counts: dict[str, int]) -> str:
    import hashlib  # only where something is found

    problem = finding.problem
    key = "\0".join((finding.rule, inside(problem.at.path), problem.scope, problem.message))
    before = counts.get(key, 0)
    counts[key] = before + 1
    digest = hashlib.sha256(f"{key}\0{before}".encode("utf-8", "backslashreplace")).hexdigest()
    return digest[:FINGERPRINT_DIGITS]


def masked(problem: Problem) -> Problem:
    """Return the problem as it is told: every secret in its texts is replaced."""
    return replace(
        problem,
        message=_told(problem.message),
        label=_told(problem.label),
        path=tuple(Step(step.span, _told(step.label)) for step in problem.path),
        ledger=problem.ledger and _masked_ledger(problem.ledger),
        brief=_told(problem.brief),
        why=_told(problem.why),
        help=_told(problem.help),
        notes=tuple(_told(note) for note in problem.notes),
    )


def _told(text: str) -> str:
    """Return a text as it is told: names as they are written, secrets replaced."""
    return mask(rebinding.plain(text))


def _masked_ledger(ledger: Ledger) -> Ledger:
    return replace(
        ledger,
        demand=tuple(_masked_entry(entry) for entry in ledger.demand),
        supply=tuple(_masked_entry(entry) for entry in ledger.supply),
        title=mask(ledger.title),
    )


def _masked_entry(entry: Entry) -> Entry:
    factors = tuple(replace(figure, hint=mask(figure.hint)) for figure in entry.factors)
    return Entry(mask(entry.label), factors)


def masked_budget(budget: Budget) -> Budget:
    """Return the budget with every secret in its texts replaced."""
    return replace(
        budget,
        server=mask(budget.server),
        ledger=_masked_ledger(budget.ledger),
        missing=tuple(mask(text) for text in budget.missing),
        notes=tuple(mask(text) for text in budget.notes),
        alike=tuple(mask(scope) for scope in budget.alike),
        edges=tuple(
            Edge(mask(edge.source), mask(edge.target), _masked_entry(edge.entry))
            for edge in budget.edges
        ),
        scenarios=tuple((when, _masked_ledger(ledger)) for when, ledger in budget.scenarios),
    )
