"""The HTML report in a real browser: its sums follow its inputs, and it asks for nothing."""

from __future__ import annotations

import html
import json
import random
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from poollint.model.figure import Basis, Entry, Figure, Ledger
from poollint.model.report import Budget, Coverage, Report
from poollint.model.source import Span
from poollint.report.page import page
from poollint.report.palette import Palette
from tests.lab.chromium import COMMAND, Browser, browser
from tests.report.example import REPORT
from tests.report.test_page_scenarios import ENDING, STEADY, SURGE
from tests.report.test_pictures import HOSTILE, clients, of

pytestmark = pytest.mark.skipif(not COMMAND, reason="chromium is not installed")

TOLD = r'data-(?:fits|total|verdict|demand|supply|number)="[^"]*">([^<]*)<'
SHOWN = (
    "[...document.querySelectorAll('[data-fits],[data-total],[data-verdict],[data-number],"
    "span[data-demand],td[data-demand],td[data-supply]')].map(e => e.textContent)"
)
COMPOSE = """\
services:
  db:
    image: postgres:16
    command: postgres -c max_connections={most}
  web:
    image: registry.example/shop:1
    command: uvicorn shop.api:app --workers {workers}
    environment:
      DATABASE_URL: postgresql://shop:hunter2@db/orders
      DB_POOL_SIZE: {size}
"""


@pytest.fixture
def chromium(tmp_path: Path) -> Iterator[Browser]:
    with browser(tmp_path) as started:
        yield started


def opened(chromium: Browser, text: str, folder: Path) -> None:
    path = folder / "report.html"
    path.write_text(text)
    chromium.open(path)


def written(report: Report) -> str:
    return page(report, lambda path: None, Palette())


def change(chromium: Browser, label: str, value: int) -> None:
    wanted = json.dumps(f"input[aria-label='{label}']")
    chromium.value(
        f"(() => {{ const input = document.querySelector({wanted}); input.value = '{value}';"
        " input.dispatchEvent(new Event('input', {bubbles: true})); })()"
    )


def choose(chromium: Browser, scenario: str) -> None:
    chromium.value(
        "(() => { const choice = document.getElementById('scenario');"
        f" choice.value = '{scenario}';"
        " choice.dispatchEvent(new Event('input', {bubbles: true})); })()"
    )


def seen(chromium: Browser) -> dict[str, object]:
    """Return what of a budget and of its server in the picture is to be seen."""
    found: dict[str, object] = chromium.value(
        """(() => {
          const visible = (e) => e.getClientRects().length > 0;
          const texts = (what) => [...document.querySelectorAll(what)].filter(visible)
            .map(e => e.textContent);
          return {
            sections: texts("h3 [data-fits]"),
            verdicts: texts("h3 [data-verdict]"),
            picture: texts("svg [data-fits='0'], svg [data-verdict='0']"),
            arrows: [...document.querySelectorAll("svg .label")].map(e =>
              [...e.querySelectorAll("tspan:not(:has(tspan))")].filter(visible).length),
            state: document.querySelector("svg [data-state='0']").getAttribute("class"),
            led: [...document.querySelectorAll("svg a")].every(
              a => visible(document.querySelector(a.getAttribute("href")))),
          };
        })()"""
    )
    return found


def sums(chromium: Browser) -> list[str]:
    found: list[str] = chromium.value(
        "[...document.querySelectorAll('section [data-fits], h3 [data-verdict]')]"
        ".map(e => e.textContent)"
    )
    return found


def quiet(chromium: Browser) -> None:
    """Hold that the page asked for nothing but itself, and that nothing went wrong."""
    asked = [event["request"]["url"] for event in chromium.named("Network.requestWillBeSent")]
    assert all(url.startswith("file://") and url.endswith("report.html") for url in asked), asked
    assert len(asked) == 1
    for kind in ("Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded"):
        assert chromium.named(kind) == []


def test_the_sum_follows_an_input_and_comes_back(chromium: Browser, tmp_path: Path) -> None:
    opened(chromium, written(REPORT), tmp_path)
    assert sums(chromium)[:2] == ["300 of 197", "103 too few"]
    change(chromium, "replicas", 6)
    assert sums(chromium)[:2] == ["180 of 197", "17 left"]
    assert chromium.value("document.querySelector('svg [data-verdict]').textContent") == "17 left"
    assert chromium.value("document.querySelector('#b0').className") == "fits"
    chromium.value("document.getElementById('reset').click()")
    assert sums(chromium)[:2] == ["300 of 197", "103 too few"]
    quiet(chromium)


def test_the_sum_of_the_chosen_scenario_follows_its_inputs(
    chromium: Browser, tmp_path: Path
) -> None:
    other = replace(STEADY, server="reports", scenarios=())
    opened(chromium, written(of(replace(STEADY, scenarios=(SURGE, ENDING)), other)), tmp_path)
    steady = seen(chromium)
    assert steady["sections"] == ["120 of 197", "120 of 197"]
    assert steady["arrows"] == [3, 3]  # two factors and what they come to
    choose(chromium, "ending")
    found = seen(chromium)
    assert found["sections"] == ["240 of 197", "120 of 197"]
    assert found["verdicts"] == ["43 too few", "77 left"]
    assert found["picture"] == ["240 of 197", "43 too few"]
    assert sorted(found["arrows"]) == [1, 3]  # type: ignore[call-overload]
    assert (found["state"], found["led"]) == ("over", True)
    change(chromium, "replicas, old and new", 18)
    assert seen(chromium)["picture"] == ["180 of 197", "17 left"]
    choose(chromium, "rollout")
    assert seen(chromium)["sections"] == ["150 of 197", "120 of 197"]
    change(chromium, "pool size", 20)  # one number, wherever it counts
    assert seen(chromium)["verdicts"] == ["103 too few", "43 too few"]
    choose(chromium, "")
    assert seen(chromium)["verdicts"] == ["43 too few", "43 too few"]
    chromium.value("document.getElementById('reset').click()")
    assert seen(chromium) == steady
    quiet(chromium)


def ledger(chance: random.Random) -> Ledger:
    def figure() -> Figure:
        low = chance.choice((0, 1, 2, 7, 10**9))
        high = chance.choice((low, low, low + 5, 10**12, None))
        return Figure(low, high, "n", Basis.STATED, Span.at("a", chance.randint(1, 9**9)))

    demand = (
        Entry(f"d{n}", tuple(figure() for _ in range(chance.randint(0, 3))))
        for n in range(chance.randint(0, 3))
    )
    kept = Figure.stated(chance.randint(1, 9), "k", Span.at("b", chance.randint(1, 9**9)))
    supply = (Entry("s", (figure(),)), Entry("k", (-kept,)))
    return Ledger(tuple(demand), supply[: chance.randint(0, 2)])


def test_the_page_adds_up_as_the_ledger_does(chromium: Browser, tmp_path: Path) -> None:
    chance = random.Random(1)
    at = Span.at("a")
    budgets = tuple(Budget(f"b{n}", "", at, ledger(chance)) for n in range(200))
    text = written(Report((), Coverage(1), budgets))
    opened(chromium, text, tmp_path)
    assert chromium.value(SHOWN) == [html.unescape(told) for told in re.findall(TOLD, text)]
    assert len(set(chromium.value(SHOWN))) > 100
    quiet(chromium)


def test_a_change_on_the_page_comes_to_what_changed_files_do(
    chromium: Browser, tmp_path: Path
) -> None:
    def run(workers: int, size: int, most: int) -> str:
        (tmp_path / "compose.yaml").write_text(
            COMPOSE.format(workers=workers, size=size, most=most)
        )
        subprocess.run(
            (sys.executable, "-m", "poollint", "audit", "--no-cache", "--isolated",
             "--output", "html=report.html"),
            cwd=tmp_path, check=False, capture_output=True,
        )  # fmt: skip
        return (tmp_path / "report.html").read_text()

    after = re.findall(r'data-(?:fits|verdict)="0">([^<]*)<', run(4, 30, 90))
    opened(chromium, run(2, 10, 100), tmp_path)
    assert sums(chromium)[0] == "0 to 20 of 97"
    change(chromium, "workers", 4)
    change(chromium, "pool size, at most", 30)
    change(chromium, "max_connections", 90)
    assert sums(chromium)[0] == "0 to 120 of 87"
    assert set(sums(chromium)) == set(after)
    quiet(chromium)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_does_nothing(chromium: Browser, tmp_path: Path, name: str) -> None:
    chromium.ask("Page.addScriptToEvaluateOnNewDocument", source="pwned = () => console.log(1)")
    opened(chromium, written(of(clients(3, name, name))), tmp_path)
    assert chromium.value("document.scripts.length") == 1
    assert sums(chromium)[0] == "6 of 197"
    quiet(chromium)
