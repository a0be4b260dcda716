"""Who connects to what as inline SVG: workloads left, poolers between, servers right.

An arrow leaves its source at a height of its own, with its numbers beside it, so that no label
covers another. Every number is a link to its line in the tables of the page.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from poollint.model.figure import Entry, Interval
from poollint.report.characters import said
from poollint.report.figures import Numbered
from poollint.report.ledger import TIMES, amount, verdict
from poollint.report.markup import html
from poollint.report.picture import Arrow, Kind, Node, Picture
from poollint.report.summary import counted
from poollint.report.tables import bounds

_WIDTH, _GAP, _ROW, _MARGIN = 196, 220, 24, 16
_NAME, _LABEL = 25, 32  # characters that find room


@dataclass(frozen=True, slots=True)
class _Box:
    """Where a node stands."""

    left: int
    top: int
    height: int


def drawing(picture: Picture, numbered: Numbered, number: int) -> str:
    """Return the picture of one environment, the one of this number on the page."""
    boxes = _boxes(picture)
    width = max(box.left + _WIDTH for box in boxes) + 2
    height = max(box.top + box.height for box in boxes) + 2
    lines = list(_arrows(picture, boxes, numbered, number))
    if picture.left:
        lines.append(
            f'<text x="2" y="{height + _ROW}">{counted(picture.left, "more server")}</text>'
        )
        height += 2 * _ROW
    marker = (
        f'<defs><marker id="head{number}" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8"'
        ' markerHeight="8" orient="auto"><path class="head" d="M0 0L8 4L0 8z"/></marker></defs>'
    )
    head = f'<svg width="{width}" height="{height}" viewBox="0 0 {width} {height}" role="img">'
    nodes = (_node(n, b, picture, numbered) for n, b in zip(picture.nodes, boxes, strict=True))
    return "\n".join(
        (head, "<title>Who connects to what</title>", marker, *lines, *nodes, "</svg>")
    )


def _boxes(picture: Picture) -> list[_Box]:
    """Place each kind in a column, as high as the arrows that leave or reach a node need."""
    columns = sorted({node.kind.value for node in picture.nodes})
    heights = [_height(index, node, picture) for index, node in enumerate(picture.nodes)]
    tallest = max(_column(kind, picture, heights) for kind in columns)
    tops = {kind: (tallest - _column(kind, picture, heights)) // 2 + 2 for kind in columns}
    boxes = []
    for node, height in zip(picture.nodes, heights, strict=True):
        kind = node.kind.value
        boxes.append(_Box(2 + columns.index(kind) * (_WIDTH + _GAP), tops[kind], height))
        tops[kind] += height + _MARGIN
    return boxes


def _column(kind: int, picture: Picture, heights: list[int]) -> int:
    of = [h + _MARGIN for n, h in zip(picture.nodes, heights, strict=True) if n.kind.value == kind]
    return sum(of) - _MARGIN


def _height(index: int, node: Node, picture: Picture) -> int:
    leaving = sum(arrow.source == index for arrow in picture.arrows)
    return max(34 if node.kind is Kind.WORKLOAD else 68, leaving * _ROW + 16)


def _arrows(picture: Picture, boxes: list[_Box], numbered: Numbered, number: int) -> Iterator[str]:
    """Yield the lines first, then their labels above all of them."""
    leaving: dict[int, list[Arrow]] = {}
    reaching: dict[int, list[Arrow]] = {}
    for arrow in picture.arrows:
        leaving.setdefault(arrow.source, []).append(arrow)
        reaching.setdefault(arrow.target, []).append(arrow)
    labels = []
    for arrow in picture.arrows:
        source, target = boxes[arrow.source], boxes[arrow.target]
        y = _port(source, leaving[arrow.source], arrow)
        end = _port(target, reaching[arrow.target], arrow)
        x, to = source.left + _WIDTH, target.left
        bend = x + _GAP if to > x else x
        middle = (bend + to) // 2 if to - bend > _GAP else to - 40
        yield (
            f'<path class="arrow" marker-end="url(#head{number})"'
            f' d="M{x} {y}H{middle - 60}C{middle} {y} {to - 50} {end} {to} {end}"/>'
        )
        labels.append(
            f'<text class="label" x="{x + 8}" y="{y - 5}">{_label(arrow, picture, numbered)}</text>'
        )
    yield from labels


def _port(box: _Box, arrows: list[Arrow], arrow: Arrow) -> int:
    """Return how high an arrow stands at its node."""
    step = min(_ROW, (box.height - 10) / len(arrows))
    at = next(n for n, other in enumerate(arrows) if other is arrow)
    return round(box.top + box.height / 2 + (at - (len(arrows) - 1) / 2) * step)


def _node(node: Node, box: _Box, picture: Picture, numbered: Numbered) -> str:
    x, middle = box.left + _WIDTH // 2, box.top + box.height // 2
    name = f"+ {node.folded} more" if node.folded else said(node.name)
    short = name if len(name) <= _NAME else f"{name[: _NAME - 1]}…"
    number = None if node.kind is Kind.WORKLOAD else numbered.sum_of(picture.scope, node.name)
    over = node.budget and node.budget.ledger.demand and node.budget.ledger.may_overflow
    state = f' class="{"over" if over else "fits"}" data-state="{number}"' if node.budget else ""
    radius = {Kind.WORKLOAD: 4, Kind.POOLER: 16, Kind.SERVER: 8}[node.kind]
    parts = [
        f"<g{state}><title>{html(name)}</title>",
        f'<rect class="box" x="{box.left}" y="{box.top}" width="{_WIDTH}" height="{box.height}"'
        f' rx="{radius}"/>',
    ]
    lines = [f'class="name">{html(short)}']
    if number is not None:
        whole = numbered.sums[number]
        lines.append(f'class="sum" data-fits="{number}">{whole.fits}')
        told = verdict(whole.ledger) if node.budget and whole.ledger.demand else ""
        if told:
            lines.append(f'class="left" data-verdict="{number}">{told}')
    first = middle + 5 - 10 * (len(lines) - 1)
    texts = "".join(
        f'<text x="{x}" y="{first + 20 * at}" text-anchor="middle" {line}</text>'
        for at, line in enumerate(lines)
    )
    linked = f'<a href="#b{number}">{texts}</a>' if number is not None else texts
    return "".join((*parts, linked, "</g>"))


def _label(arrow: Arrow, picture: Picture, numbered: Numbered) -> str:
    """Return the factors and what they come to, each a link to its line."""
    place = numbered.line(picture.scope, picture.nodes[arrow.target].name, arrow.entry)
    if arrow.entry is None or place is None:
        return f"<tspan>{amount(arrow.total)}</tspan>"
    number, at = place
    name = f"{number}-d{at}"
    whole = numbered.sums[number]
    total = (
        f'<a href="#e{name}{"-0" if arrow.entry.factors else ""}"><tspan data-total="{name}">'
        f"{amount(arrow.total)}</tspan></a>"
    )
    factors = []
    for n, figure in enumerate(arrow.entry.factors):
        key = numbered.figure(figure, whole, arrow.entry)
        value = amount(Interval(figure.low, figure.high))
        factors.append(f'<a href="#e{name}-{n}"><tspan data-number="{key}">{value}</tspan></a>')
    if len(factors) < 2 or _length(arrow.entry) > _LABEL:
        return total
    product = f" {TIMES} ".join(factors)
    return f'<tspan data-steady="{number}">{product} = </tspan>{total}'


def _length(entry: Entry) -> int:
    """Return how many characters a label takes."""
    numbers = [amount(Interval(f.low, f.high)) for f in (bounds(f)[0] for f in entry.factors)]
    return len(f" {TIMES} ".join(numbers)) + len(amount(entry.total)) + 3
