"""What the formats say of a budget in the scenarios besides the steady state."""

from __future__ import annotations

import json
import re
from dataclasses import replace

from poollint.model.figure import Basis, Entry, Figure, Ledger
from poollint.model.report import Budget, Coverage, Report, Scenario
from poollint.model.source import Span
from poollint.report.formats import FORMATS
from poollint.report.palette import Palette
from tests.report.example import REPORT, SUPPLY
from tests.report.test_pictures import Page

AT = Span.at("compose.yaml", 3)


def ledger(replicas: int, name: str = "replicas") -> Ledger:
    """Return a sum in which each replica opens ten."""
    factors = (
        Figure.stated(replicas, name, Span.at("web.yaml", 5)),
        Figure.stated(10, "pool size", Span.at("db.py", 9)),
    )
    return Ledger((Entry("web", factors),), SUPPLY, "db")


SURGE = (Scenario.ROLLOUT, ledger(15, "replicas during a rollout"))
ENDING = (Scenario.ENDING, ledger(24, "replicas, old and new"))
CALM = (Scenario.CALM, ledger(6))
STEADY = Budget("db", "", AT, ledger(12))


def shown(name: str, *budgets: Budget) -> str:
    report = Report((), Coverage(1), budgets)
    return FORMATS[name](report, lambda path: None, Palette())


def sections(text: str) -> list[tuple[str | None, bool]]:
    """Return of each section its scenario and whether it is hidden."""
    found = (attributes for tag, attributes in Page(text).elements if tag == "section")
    return [(attributes.get("data-when"), "hidden" in attributes) for attributes in found]


def options(text: str) -> list[str | None]:
    return [attributes["value"] for tag, attributes in Page(text).elements if tag == "option"]


def test_every_scenario_is_a_hidden_section_and_an_option() -> None:
    text = shown("html", replace(STEADY, scenarios=(SURGE, ENDING)))
    assert sections(text) == [(None, False), ("rollout", True), ("ending", True)]
    assert options(text) == ["", "rollout", "ending"]
    assert re.findall(r'data-fits="\d">([^<]*)</span>', text) == [
        "120 of 197",
        "150 of 197",
        "240 of 197",
    ]


def test_the_sum_that_autoscaling_leads_to_is_not_called_steady() -> None:
    steady, scaled = (
        "steady, before autoscalers start more",
        "autoscaled, as many as may be started",
    )
    text = shown("html", replace(STEADY, scenarios=(CALM,)))
    assert options(text) == ["calm", ""]
    assert f">{steady}<" in text
    assert f" selected>{scaled}<" in text
    assert scaled not in shown("html", replace(STEADY, scenarios=(SURGE,)))


def test_without_another_scenario_there_is_none_to_choose() -> None:
    text = shown("html", *REPORT.budgets)
    assert "<select" not in text
    assert {hidden for _, hidden in sections(text)} == {False}


def test_another_scenario_leads_back_to_its_own_steady_sum() -> None:
    text = shown("html", replace(STEADY, scenarios=(SURGE,)), replace(STEADY, scenarios=(ENDING,)))
    found = [a for tag, a in Page(text).elements if tag == "section"]
    assert [(a["data-budget"], a.get("data-steady")) for a in found] == [
        ("0", None),
        ("1", "0"),
        ("2", None),
        ("3", "2"),
    ]


def test_json_tells_the_demand_of_each_scenario() -> None:
    text = shown("json", replace(STEADY, scenarios=(SURGE, ENDING)))
    (budget,) = json.loads(text)["budgets"]
    assert [(s["name"], s["demand"]) for s in budget["scenarios"]] == [
        ("rollout", {"low": 150, "high": 150}),
        ("ending", {"low": 240, "high": 240}),
    ]
    assert [e["total"] for s in budget["scenarios"] for e in s["entries"]] == [150, 240]


def test_a_number_that_stands_in_for_one_that_is_not_known_is_marked() -> None:
    unknown = Figure(1, 1, "workers", Basis.UNKNOWN, AT)
    factors = (*ledger(12).demand[0].factors, unknown)
    text = shown("html", replace(STEADY, ledger=Ledger((Entry("web", factors),), SUPPLY, "db")))
    marked = {
        attributes["aria-label"]: "data-guess" in attributes
        for tag, attributes in Page(text).elements
        if tag == "input"
    }
    assert {name for name, guess in marked.items() if guess} == {"workers"}
    assert len(marked) > 2
    assert re.findall(r'data-fits="\d">([^<]*)</span>', text) == ["120 or more of 197"]
