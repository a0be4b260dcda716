"""Who connects to what: the nodes and arrows of each environment, of which a picture is drawn."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum

from poollint.model.figure import Entry, Interval
from poollint.model.report import Budget, Edge, Report
from poollint.report.budgets import environments

_FEWEST = 4  # nodes that an environment needs to be worth drawing


class Kind(Enum):
    """What a node is: where its column stands."""

    WORKLOAD = 0
    POOLER = 1
    SERVER = 2


@dataclass(frozen=True, slots=True)
class Node:
    """What opens connections, or takes them; `budget` None where it has no sum.

    `folded` counts those that it stands for besides, 0 for one that stands for itself.
    """

    name: str
    kind: Kind
    budget: Budget | None = None
    folded: int = 0


@dataclass(frozen=True, slots=True)
class Arrow:
    """From the node of one index to that of another; `entry` says how many connections."""

    source: int
    target: int
    entry: Entry | None
    total: Interval


@dataclass(frozen=True, slots=True)
class Picture:
    """One environment; `left` counts the servers and poolers that found no room."""

    scope: str
    nodes: tuple[Node, ...]
    arrows: tuple[Arrow, ...]
    left: int = 0


def pictures(report: Report, most: int) -> tuple[tuple[Picture, ...], int]:
    """Return a picture of each environment, the fullest first, and how many found no room.

    All of them together have at most `most` nodes; the smallest workloads are folded into one.
    """
    scopes: dict[str, list[Budget]] = {}
    for budget in sorted(environments(report).budgets, key=_room):
        scopes.setdefault(budget.scope, []).append(budget)
    found: list[Picture] = []
    room = most
    for number, (scope, budgets) in enumerate(scopes.items()):
        rest = len(scopes) - number - 1
        if room - bool(rest) < _FEWEST:
            return tuple(found), rest + 1
        picture = _picture(scope, budgets, room - bool(rest))
        found.append(picture)
        room -= len(picture.nodes)
    return tuple(found), 0


def edges(budget: Budget) -> tuple[Edge, ...]:
    """Return what connects, by the names of the lines where nothing else is known."""
    lines = (Edge(e.label, budget.server, e) for e in budget.ledger.demand)
    return budget.edges or tuple(lines)


def takes_clients(budget: Budget) -> bool:
    """Tell whether a sum is that of a pooler's clients."""
    return any(entry.label == "max_client_conn" for entry in budget.ledger.supply)


def _room(budget: Budget) -> tuple[bool, bool, int]:
    """Return what puts the fullest first."""
    balance = budget.ledger.balance
    return (not budget.ledger.demand, balance is not None, balance or 0)


def _picture(scope: str, budgets: list[Budget], most: int) -> Picture:
    """Draw the servers and poolers first, then the workloads that open the most."""
    every = [edge for budget in budgets for edge in edges(budget)]
    names = {budget.server: budget for budget in reversed(budgets)}
    ends = list(dict.fromkeys((*names, *(edge.target for edge in every))))
    kept = ends[: most - 2]
    nodes = [Node(name, _kind(name, names, every), names.get(name)) for name in kept]
    left = len(ends) - len(kept)
    drawn = [edge for edge in every if edge.target in kept]
    sources = [name for name in _largest(drawn) if name not in kept]
    outside = [name for name in sources if name not in ends]
    room = most - len(nodes)
    shown = outside if len(outside) <= room else outside[: room - 1]
    nodes += [Node(name, Kind.WORKLOAD) for name in shown]
    folded = set(sources) - set(shown)
    if folded:
        nodes.append(Node("", Kind.WORKLOAD, folded=len(folded)))
    return Picture(scope, tuple(nodes), tuple(_arrows(drawn, nodes, folded)), left)


def _kind(name: str, budgets: dict[str, Budget], every: list[Edge]) -> Kind:
    budget = budgets.get(name)
    opens = any(edge.source == name for edge in every)
    return Kind.POOLER if opens or budget is None or takes_clients(budget) else Kind.SERVER


def _largest(every: Iterable[Edge]) -> list[str]:
    """Return the names of what connects, those that may open the most first."""
    totals: dict[str, Interval] = {}
    for edge in every:
        totals[edge.source] = totals.get(edge.source, Interval(0, 0)) + edge.entry.total

    def order(name: str) -> tuple[bool, int]:
        high = totals[name].high
        return (high is not None, -(high or 0))

    return sorted(totals, key=order)


def _arrows(every: list[Edge], nodes: list[Node], folded: set[str]) -> Iterator[Arrow]:
    """Yield an arrow for each edge; one for all that is folded and leads to the same end."""
    places = {node.name: index for index, node in enumerate(nodes) if not node.folded}
    sums: dict[str, Interval] = {}
    for edge in every:
        total = edge.entry.total
        if edge.source in folded:
            sums[edge.target] = sums.get(edge.target, Interval(0, 0)) + total
        else:
            yield Arrow(places[edge.source], places[edge.target], edge.entry, total)
    for target, total in sums.items():
        yield Arrow(len(nodes) - 1, places[target], None, total)
