"""Who connects to what as a Mermaid flowchart that GitHub, GitLab and others draw.

At most `MOST` nodes: beyond, nobody can read it. Names reach the diagram as quoted text in which
every character that could mean something to Mermaid, Markdown or HTML is an entity code.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from poollint.model.figure import Interval
from poollint.model.report import Report
from poollint.report.characters import said
from poollint.report.frame import Sources
from poollint.report.ledger import TIMES, amount, verdict
from poollint.report.palette import Palette
from poollint.report.picture import Arrow, Kind, Node, Picture, pictures
from poollint.report.summary import counted, fits

MOST = 20
_PLAIN = 40  # characters of a name
_SPECIAL = re.compile(rf"[^\w .,/(){TIMES}-]|_")


def mermaid(report: Report, sources: Sources, palette: Palette) -> str:
    """Return the flowchart; a node that says so where nothing is summed up."""
    return "\n".join(chart(report)) + "\n"


def chart(report: Report) -> Iterator[str]:
    """Yield the lines of the flowchart."""
    yield "flowchart LR"
    found, rest = pictures(report, MOST)
    if not found:
        yield '  none["no server that anything here connects to"]'
    first = 0
    for number, picture in enumerate(found):
        several = len(found) > 1 or picture.scope
        if several:
            yield f'  subgraph s{number} ["{label(picture.scope or "here")}"]'
        yield from _picture(picture, first, number)
        if several:
            yield "  end"
        first += len(picture.nodes)
    if rest:
        yield f'  rest["{counted(rest, "more environment")}"]'


def label(text: str) -> str:
    """Return text for a quoted label: one line, without secrets, nothing in it means anything."""
    shown = said(text)
    if len(shown) > _PLAIN:  # of a path the end tells more
        shown = f"…{shown[1 - _PLAIN :]}" if "/" in shown else f"{shown[: _PLAIN - 1]}…"
    return _SPECIAL.sub(lambda found: f"#{ord(found[0])};", shown)


def _picture(picture: Picture, first: int, number: int) -> Iterator[str]:
    for index, node in enumerate(picture.nodes):
        yield f"  n{first + index}{_shape(node)}"
    for arrow in picture.arrows:
        ends = f'n{first + arrow.source} -- "{_amount(arrow)}" --> n{first + arrow.target}'
        yield f"  {ends}"
    for index, node in enumerate(picture.nodes):
        if node.budget and node.budget.ledger.demand and node.budget.ledger.may_overflow:
            yield f"  style n{first + index} stroke-width:4px,stroke:#b00"
    if picture.left:
        yield f'  l{number}["{counted(picture.left, "more server")}"]'


def _shape(node: Node) -> str:
    if node.folded:
        return f'["+ {node.folded} more"]'
    text = label(node.name)
    if node.budget:
        text += f"<br/>{label(fits(node.budget))}"
        if node.budget.ledger.demand and node.budget.ledger.may_overflow:
            text += f"<br/>{label(verdict(node.budget.ledger))}"
    marks = {Kind.WORKLOAD: "[]", Kind.POOLER: "([])", Kind.SERVER: "[()]"}[node.kind]
    half = len(marks) // 2
    return f'{marks[:half]}"{text}"{marks[half:]}'


def _amount(arrow: Arrow) -> str:
    """Return the factors and what they come to."""
    whole = amount(arrow.total)
    factors = arrow.entry.factors if arrow.entry else ()
    if len(factors) < 2:
        return whole
    return f" {TIMES} ".join(amount(Interval(f.low, f.high)) for f in factors) + f" = {whole}"
