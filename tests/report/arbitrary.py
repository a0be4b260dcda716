"""Reports of every shape, for properties that hold of all of them."""

from __future__ import annotations

from hypothesis import strategies as st

from poollint.model.figure import Basis, Entry, Figure, Ledger
from poollint.model.finding import Category, Confidence, Finding, Problem, Severity, Step
from poollint.model.report import Budget, Coverage, Crash, Page, Report, Scenario
from poollint.model.source import Position, SourceFile, Span, Unreadable

# Words as people write them, and text as nobody should: controls, surrogates, wide characters.
WORDS = st.text("abc `%:,{}[]()\n\r\t\x1b\u202e\udc80数é&=", max_size=30)
PATHS = st.sampled_from(("shop/db.py", "a b/ü,%:.yaml", "caf\udce9.ini", "x\n.conf", "../up.py"))
NAMES = st.sampled_from(("connection-leak", "session-set", "unreadable-file", "unused-ignore"))
POSITIONS = st.builds(Position, st.integers(1, 12), st.integers(1, 60))


@st.composite
def spans(draw: st.DrawFn) -> Span:
    start, end = sorted((draw(POSITIONS), draw(POSITIONS)))
    return Span(draw(PATHS), start, end)


@st.composite
def figures(draw: st.DrawFn) -> Figure:
    low = draw(st.integers(0, 200))
    high = draw(st.none() | st.integers(low, low + 300))
    origin = draw(spans() | st.just("PostgreSQL default"))
    return Figure(low, high, draw(WORDS), draw(st.sampled_from(Basis)), origin, draw(WORDS))


def _kept(figure: Figure) -> Figure:
    return figure if figure.high is None else -figure


ENTRIES = st.builds(Entry, WORDS, st.lists(figures(), max_size=3).map(tuple))
SUPPLIES = ENTRIES | st.builds(lambda name, f: Entry(name, (_kept(f),)), WORDS, figures())
LEDGERS = st.builds(
    Ledger,
    st.lists(ENTRIES, max_size=3).map(tuple),
    st.lists(SUPPLIES, max_size=3).map(tuple),
    WORDS,
)
STEPS = st.builds(Step, spans(), WORDS)
PROBLEMS = st.builds(
    Problem,
    WORDS,
    spans(),
    label=WORDS,
    path=st.lists(STEPS, max_size=4).map(tuple),
    ledger=st.none() | LEDGERS,
    brief=WORDS,
    why=WORDS,
    help=WORDS,
    notes=st.lists(WORDS, max_size=2).map(tuple),
    confidence=st.sampled_from(Confidence),
    scope=WORDS,
)
FINDINGS = st.builds(
    Finding,
    NAMES,
    st.sampled_from(Category),
    st.sampled_from(Severity),
    PROBLEMS,
    st.just("0123456789abcdef"),
    st.none() | WORDS,
)
COVERAGE = st.builds(
    Coverage,
    files=st.integers(0, 9),
    candidates=st.integers(0, 2),
    infrastructure=st.integers(0, 2),
    drivers=st.lists(WORDS, max_size=2).map(tuple),
    unread=st.lists(st.builds(Unreadable, spans(), WORDS), max_size=8).map(tuple),
    assumed=st.lists(WORDS, max_size=2).map(tuple),
)
SCENARIOS = st.lists(
    st.tuples(st.sampled_from(Scenario), LEDGERS), max_size=2, unique_by=lambda pair: pair[0]
)
BUDGETS = st.builds(
    Budget,
    WORDS,
    WORDS,
    spans(),
    LEDGERS,
    st.lists(WORDS, max_size=2).map(tuple),
    scenarios=SCENARIOS.map(tuple),
)
PAGES = st.builds(Page, NAMES, st.just("leak"), st.just("error"), WORDS, WORDS)
REPORTS = st.builds(
    Report,
    findings=st.lists(FINDINGS, max_size=14).map(tuple),
    coverage=COVERAGE,
    budgets=st.lists(BUDGETS, max_size=2).map(tuple),
    pages=st.lists(PAGES, max_size=2).map(tuple),
    crashes=st.lists(st.builds(Crash, NAMES, PATHS | st.just(""), WORDS), max_size=1).map(tuple),
    hidden=st.integers(0, 2),
    seconds=st.sampled_from((0.0, 0.02, 3.25)),
)
TEXTS = st.dictionaries(PATHS, st.text("ab\t数\r\n\x1b\u202e\"'=", max_size=120), max_size=3)


def sources_of(texts: dict[str, str], path: str) -> SourceFile | None:
    """Return the file `path` of `texts`, None where it is not among them."""
    return SourceFile(path, texts[path]) if path in texts else None
