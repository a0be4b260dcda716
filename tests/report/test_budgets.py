"""How sums are told where several are the same, and where nothing was counted."""

from __future__ import annotations

from dataclasses import replace

from poollint.model.figure import Entry, Figure, Ledger
from poollint.model.report import Budget, Coverage, Report
from poollint.model.source import Span
from poollint.report.budgets import together
from poollint.report.formats import FORMATS
from poollint.report.palette import Palette

_AT = Span.at("compose.yaml", 2)
_SUPPLY = (Entry("max_connections", (Figure.defaulted(97, "max_connections", "default"),)),)
_WEB = Entry("web", (Figure.stated(60, "pool size", Span.at("web.py", 3)),))
_SUM = Budget("db", "all.yaml", _AT, Ledger((_WEB,), _SUPPLY, "db"))
_NOTHING = Budget("empty", "all.yaml", _AT, Ledger((), _SUPPLY), missing=("who asks",))


def shown(name: str, *budgets: Budget) -> str:
    return FORMATS[name](Report((), Coverage(1), budgets), lambda path: None, Palette())


def test_equal_sums_are_told_once_with_the_environments_they_are_of() -> None:
    dev = replace(_SUM, scope="dev.yaml", alike=("test.yaml",))
    text = shown("full", _SUM, dev, _NOTHING, replace(_NOTHING, scope="dev.yaml"))
    assert text.count("budget of `db`") == text.count("budget of `empty`") == 1
    assert "   = also: the same sum in `dev.yaml`, `test.yaml`\n" in text
    assert shown("markdown", _SUM, dev).count("Budget of") == 1


def test_another_sum_of_the_same_server_is_told_by_itself() -> None:
    more = Ledger((_WEB, replace(_WEB, label="api")), _SUPPLY, "db")
    text = shown("full", _SUM, replace(_SUM, scope="dev.yaml", ledger=more))
    assert text.count("budget of `db`") == 2
    assert "the same sum" not in text


def test_an_environment_is_drawn_once_where_another_is_all_the_same() -> None:
    poor = replace(_NOTHING, scope="dev.yaml")
    for name in ("html", "mermaid"):
        assert "dev.yaml" in shown(name, _SUM, poor)
        both = shown(name, _SUM, _NOTHING, replace(_SUM, scope="dev.yaml"), poor)
        assert both.count("empty") == shown(name, _SUM, _NOTHING).count("empty")


def test_a_sum_of_nothing_is_told_without_its_arithmetic() -> None:
    text = shown("full", _NOTHING, _SUM)
    assert text.endswith(
        "budget of `empty` in `all.yaml`: nothing counted, 97 available\n"
        "  --> compose.yaml:2:1\n"
        "   = not counted: who asks\n"
    )


def test_what_may_not_fit_is_told_first() -> None:
    high = Entry("web", (Figure.stated(99, "pool size", Span.at("web.py", 3)),))
    over = replace(_SUM, server="late", ledger=Ledger((high,), _SUPPLY, "late"))
    for name in ("full", "markdown"):
        text = shown(name, _NOTHING, _SUM, over).lower()
        text = text.rpartition("```")[2]
        assert text.index("99 of 97") < text.index("60 of 97") < text.index("nothing counted")


def test_what_is_said_of_several_is_one_sentence() -> None:
    assert together(("`a`: why", "`b`: other", "not that", "`c`: why", "`a`: why")) == (
        "each of `a` and `c`: why",
        "`b`: other",
        "not that",
    )
    ends = ("not counted: `a`, which ends", "not counted: `b`, which ends")
    assert together(ends) == ("not counted: `a` and `b`, each of which ends",)
    many = [f"`{n}`, for no file says what starts it, at `p`" for n in range(40)]
    (told,) = together(many)
    assert told.endswith("`6` and 33 more, for no file says what starts them, at `p`")
    leads = ("assumed: `a` connects to `db`: why", "assumed: `b` connects to `db`: why")
    assert together(leads) == ("assumed: `a` and `b` connect to `db`: why",)
