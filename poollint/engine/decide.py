"""From problems to findings: names, severities, suppressions, and what is kept back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from poollint.engine.judge import Seen, findings
from poollint.engine.own_rules import (
    BLANKET_IGNORE,
    UNKNOWN_RULE,
    UNREADABLE_FILE,
    UNUSED_IGNORE,
)
from poollint.engine.registry import Registry
from poollint.engine.settings.selection import Selection, hint_for
from poollint.engine.suppression import Ignore, apply, ignores, unused
from poollint.model.finding import Confidence, Finding
from poollint.model.rule import Rule
from poollint.model.source import SourceFile, Unreadable


@dataclass(frozen=True, slots=True)
class Terms:
    """On what terms findings are decided.

    shown     the files reported on: the path relative to the root, by the path as shown
    unjudged  names of rules that raised or saw too little: their ignores may well be needed
    whole     the facts were linked; if not, any ignore may be needed
    obey      comments that ignore findings are obeyed, and judged
    """

    registry: Registry
    selection: Selection
    shown: Mapping[str, str]
    unjudged: frozenset[str] = frozenset()
    obey: bool = True
    require_reason: bool = False
    pedantic: bool = False
    whole: bool = True


def decide(
    seen: Iterable[Seen],
    sources: Mapping[str, SourceFile],
    unread: Iterable[Unreadable],
    terms: Terms,
) -> tuple[tuple[Finding, ...], int]:
    """Return the findings in the order of the report, and how many are hidden as unsure."""
    broken = tuple(u for u in unread if u.span.path in terms.shown)
    found = _ignores(sources, terms) if terms.obey else ()
    reported = tuple(ignore for ignore in found if ignore.span.path in terms.shown)
    own = [
        *_own(UNREADABLE_FILE, (u for u in broken if u.broken), terms),
        *_own(BLANKET_IGNORE, reported, terms),
        *_own(UNKNOWN_RULE, reported, terms),
    ]
    outcome, used = apply(_stamped([*seen, *own], terms), found)
    blind = {unreadable.span.path for unreadable in broken}
    judged = tuple(i for i in reported if terms.whole and i.span.path not in blind)
    outcome += _unused(found, judged, used, terms)
    kept = [f for f in outcome if _wanted(f, terms)]
    shown = [f for f in kept if terms.pedantic or f.problem.confidence is not Confidence.LOW]
    count = sum(f.suppressed is None for f in kept) - sum(f.suppressed is None for f in shown)
    return tuple(sorted(shown, key=_order)), count


def _ignores(sources: Mapping[str, SourceFile], terms: Terms) -> tuple[Ignore, ...]:
    def resolve(name: str) -> tuple[str, str]:
        rule = terms.registry.find(name)
        return (rule.name, "") if rule else ("", hint_for(terms.registry, name))

    return tuple(
        ignore
        for source in sources.values()
        for ignore in ignores(source, resolve, terms.require_reason)
    )


def _own(rule: Rule[Any], facts: Iterable[object], terms: Terms) -> Iterator[Seen]:
    if rule.name in terms.selection.names:
        for fact in facts:
            yield from (Seen(rule, problem) for problem in rule.check(fact))


def _stamped(seen: Iterable[Seen], terms: Terms) -> list[Finding]:
    return findings(seen, terms.selection.severity, lambda path: terms.shown.get(path, path))


def _unused(
    found: Iterable[Ignore],
    judged: tuple[Ignore, ...],
    used: set[tuple[Any, str]],
    terms: Terms,
) -> list[Finding]:
    """Return the findings about ignores that suppress nothing; they can be ignored themselves."""
    own = UNUSED_IGNORE.name
    ran = terms.selection.names - terms.unjudged
    first = _stamped(_own(UNUSED_IGNORE, unused(judged, used, ran - {own}), terms), terms)
    outcome, served = apply(first, found)
    again = unused(judged, served, ran & {own})
    return outcome + _stamped(_own(UNUSED_IGNORE, again, terms), terms)


def _wanted(finding: Finding, terms: Terms) -> bool:
    path = finding.problem.at.path
    return terms.selection.wanted(finding.rule, terms.shown.get(path, path))


def _order(finding: Finding) -> tuple[object, ...]:
    return (finding.severity.rank, finding.rule, finding.problem.at, finding.problem.message)


def sources_of(sources: Mapping[str, SourceFile], kept: Iterable[Finding]) -> dict[str, SourceFile]:
    """Return the sources in which `kept` findings show a place."""
    paths = {place.path for finding in kept for place in finding.places}
    return {path: source for path, source in sources.items() if path in paths}
