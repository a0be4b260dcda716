"""What holds of the formats with a picture: Markdown, Mermaid and the HTML page."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import given

from poollint.model.figure import Entry, Figure, Ledger
from poollint.model.report import Budget, Change, Changes, Coverage, Edge, Report
from poollint.model.source import Span
from poollint.report.formats import FORMATS
from poollint.report.ledger import TIMES, amount, lines
from poollint.report.markdown import LIMIT
from poollint.report.mermaid import MOST
from poollint.report.palette import Palette
from tests.report.arbitrary import REPORTS
from tests.report.example import LEDGER, REPORT, SUPPLY
from tests.report.test_formats import SLOW

HOSTILE = (
    '</script><script>pwned()</script>',
    '"><img src=x onerror=pwned()>',
    "`x` | y | **z** [a](javascript:pwned())",
    '"]; click n0 "javascript:pwned()" %%{init: {}}%%',
    "</title></svg></table><b>",
    "style a:b#quot;;",
    "@everyone #1 http://x.example www.x.example",
)  # fmt: skip


class Page(HTMLParser):
    """The elements of a page, with their attributes, and the text outside its own assets."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep an element."""
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        """Keep a text."""
        self.words.append(data)


def shown(name: str, report: Report, palette: Palette = Palette()) -> str:  # noqa: B008
    return FORMATS[name](report, lambda path: None, palette)


def clients(number: int, text: str = "w", server: str = "db") -> Budget:
    at = Span.at("compose.yaml", 3)
    entries = tuple(
        Entry(f"{text}{n}", (Figure.stated(n + 1, "pool size", Span.at(f"{text}.py", n + 1)),))
        for n in range(number)
    )
    edges = tuple(Edge(entry.label, server, entry) for entry in entries)
    return Budget(server, "", at, Ledger(entries, SUPPLY, server), (), edges)


def of(*budgets: Budget) -> Report:
    return Report((), Coverage(1), budgets)


@pytest.mark.parametrize("name", ["markdown", "html"])
def test_every_number_of_the_text_is_there_with_its_place(name: str) -> None:
    text = shown(name, REPORT)
    for budget in REPORT.budgets:
        told = "\n".join(lines(budget.ledger, Palette()))
        page = re.sub(r"<[^>]*>|&#\d+;", " ", text) + " ".join(re.findall(r'value="(\d+)"', text))
        assert set(re.findall(r"\d+", told)) <= set(re.findall(r"\d+", page))
        for entry in (*budget.ledger.demand, *budget.ledger.supply):
            for figure in entry.factors:
                if isinstance(figure.origin, Span):
                    assert f"{figure.origin.path}:{figure.origin.start.line}" in text


@pytest.mark.parametrize("name", ["markdown", "html"])
def test_what_is_missing_assumed_and_unread_is_told(name: str) -> None:
    text = shown(name, REPORT)
    for told in ("its pool size is stated nowhere", "1 worker for cron", "Helm template"):
        assert told in text


@pytest.mark.parametrize("name", ["markdown", "html"])
def test_what_else_is_known_of_a_budget_is_told(name: str) -> None:
    text = shown(name, of(replace(clients(1), notes=("half of them wait",))))
    assert "half of them wait" in text


@pytest.mark.parametrize("number", [1, 19, 20, 27, 400])
def test_a_flowchart_has_at_most_twenty_nodes_and_loses_no_connection(number: int) -> None:
    text = shown("mermaid", of(clients(number)))
    nodes = re.findall(r"^  n\d+[\[(]", text, re.M)
    assert len(nodes) == min(number + 1, MOST)
    sums = [int(n) for n in re.findall(r'-- "(\d+)" -->', text)]
    assert sum(sums) == number * (number + 1) // 2
    assert (f"+ {number - 18} more" in text) == (number > MOST - 1)


def test_environments_share_the_twenty_nodes_and_the_fullest_comes_first() -> None:
    many = [replace(clients(n, server=f"db{n}"), scope=f"e{n}") for n in range(1, 20)]
    text = shown("mermaid", of(*many))
    assert len(re.findall(r"^  (?:n\d+|rest|l\d+)[\[(]", text, re.M)) <= MOST
    assert re.search(r'subgraph s0 \["(e\d+)"\]', text)[1] == "e19"  # type: ignore[index]
    assert "more environments" in text


@given(report=REPORTS)
@SLOW
def test_any_flowchart_is_small_and_of_known_lines(report: Report) -> None:
    text = shown("mermaid", report)
    assert len(re.findall(r"^  (?:n|l|rest|none)\d*[\[(]", text, re.M)) <= MOST + 2
    label = rf'"(?:[\w .,/(){TIMES}…+=-]|#\d+;|<br/>)*"'
    shape = rf"(?:\[{label}\]|\(\[{label}\]\)|\[\({label}\)\])"
    line = (
        rf"flowchart LR|  (?:n\d+|none|rest|l\d+){shape}|  n\d+ -- {label} --> n\d+"
        rf"|  subgraph s\d+ \[{label}\]|  end|  style n\d+ stroke-width:4px,stroke:#b00"
    )
    assert [row for row in text.splitlines() if not re.fullmatch(line, row)] == []


def test_a_pooler_stands_between() -> None:
    web = Entry("web", (Figure.stated(7, "pool size", Span.at("db.py")),))
    limit = Entry("max_client_conn", (Figure.stated(100, "max_client_conn", Span.at("p.ini")),))
    out = Entry("bouncer/shop", (Figure.stated(5, "pool_size", Span.at("p.ini", 2)),))
    at = Span.at("p.ini")
    report = of(
        Budget("bouncer", "", at, Ledger((web,), (limit,)), (), (Edge("web", "bouncer", web),)),
        Budget("db", "", at, Ledger((out,), SUPPLY), (), (Edge("bouncer", "db", out),)),
    )
    text = shown("mermaid", report)
    assert '(["bouncer<br/>7 of 100"])' in text
    assert '[("db<br/>5 of 197")]' in text
    assert text.count("-->") == 2


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_text_in_the_page(name: str) -> None:
    budget = replace(clients(3, name, name), scope=name, missing=(name,))
    page = Page(shown("html", of(budget)))
    tags = [tag for tag, _ in page.elements]
    assert tags.count("script") == tags.count("style") == 1
    assert not {"img", "b", "iframe", "link"} & set(tags)
    for _, attributes in page.elements:
        assert not any(key.startswith("on") or key == "src" for key in attributes)
        assert (attributes.get("href") or "#").startswith("#")
    assert name in "".join(page.words)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_means_nothing_in_markdown(name: str) -> None:
    budget = replace(clients(3, name, name), scope=name, missing=(name,))
    text = shown("markdown", of(budget))
    prose = re.sub(r"```mermaid\n.*?\n```", "", text, flags=re.S)
    assert set(re.findall(r"</?(\w+)", prose)) <= {"code", "br", "details", "summary"}
    assert not re.search(r"[`\[\]]|https?://|www\.", prose)
    assert not re.search(r"@|&#64;|&#35;", re.sub(r"<code>.*?</code>", "", prose))
    rows = [row for row in prose.splitlines() if row.startswith("|")]
    assert {row.count("|") for row in rows} == {5}


@given(report=REPORTS)
@SLOW
def test_any_page_is_whole_and_every_link_leads_to_a_line_of_it(report: Report) -> None:
    page = Page(shown("html", report))
    names = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(names) == len(set(names))
    links = [attributes["href"] or "" for _, attributes in page.elements if "href" in attributes]
    assert {link.removeprefix("#") for link in links} <= set(names)


def test_the_page_allows_its_own_script_and_style_and_nothing_else() -> None:
    text = shown("html", REPORT)
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)
    assert policy
    assert "default-src 'none'" in policy[1]
    for tag in ("script", "style"):
        body = re.search(rf"<{tag}>(.*?)</{tag}>", text, re.S)
        assert body
        digest = base64.b64encode(hashlib.sha256(body[1].encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy[1]
    assert not re.search(r"https?:|<script src|<link|@import|url\((?!#)", text)


@pytest.mark.parametrize("name", ["markdown", "html"])
def test_what_a_change_did_is_told(name: str) -> None:
    before, after = clients(3), clients(4)
    changes = Changes("main", (Change("db", "", before, after),), 1)
    text = shown(name, replace(of(after), changes=changes))
    assert "6 of 197" in text
    assert "10 of 197, 187 left" in re.sub(r"<[^>]*>|\*\*", "", text)
    none = shown(name, replace(of(after), changes=Changes("main", (), 1)))
    assert "No budget is another" in none


def test_markdown_links_to_files_on_the_web() -> None:
    text = shown("markdown", REPORT, Palette(root="https://git.example/shop/blob/abc"))
    assert "(https://git.example/shop/blob/abc/deploy/web.yaml#L5)" in text
    assert "](" not in shown("markdown", REPORT)


@pytest.mark.parametrize("number", [1, 12])
def test_markdown_keeps_within_what_a_comment_may_hold(number: int) -> None:
    budgets = [replace(clients(100, server=f"d{n}"), scope=f"s{n}") for n in range(number)]
    text = shown("markdown", of(*budgets))
    assert len(text) <= LIMIT + 100
    assert ("found no room" in text) == (len(re.findall("<summary>Budget", text)) < number)


def test_without_a_budget_the_pictures_say_so() -> None:
    assert "no server that anything here connects to" in shown("mermaid", of())
    assert "<svg" not in shown("html", of())
    assert "mermaid" not in shown("markdown", of())


def test_the_amounts_in_the_picture_are_those_of_the_ledger() -> None:
    text = shown("mermaid", of(Budget("orders", "", Span.at("a"), LEDGER)))
    for entry in LEDGER.demand:
        assert f"= {amount(entry.total)}" in text
