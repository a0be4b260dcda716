"""How what is found is put into sentences."""

from __future__ import annotations

from collections.abc import Iterable

from poollint.facts.code import Pool
from poollint.facts.infrastructure import Workload
from poollint.facts.topology import Client
from poollint.model.figure import Basis, Interval
from poollint.reading.deployment.kubernetes.rollouts import rolling

_FEW = 4


def quoted(names: Iterable[str]) -> str:
    """Return names in a sentence; beyond some only how many there are."""
    found = [f"`{name}`" for name in dict.fromkeys(names)]
    if len(found) > _FEW:
        return f"{', '.join(found[:_FEW])} and {len(found) - _FEW} more"
    return " and ".join(part for part in (", ".join(found[:-1]), found[-1]) if part)


def connections(clients: Iterable[Client]) -> str:
    """Return how many connections clients may open; a number that is not known counts once."""
    entries = [client.entry for client in clients]
    total = sum((entry.total for entry in entries), Interval(0, 0))
    if total.high is None or total.low == total.high:
        count = "1 connection" if total.low == 1 else f"{total.low} connections"
    else:
        count = f"{total.low} to {total.high} connections"
    known = all(f.basis is not Basis.UNKNOWN for entry in entries for f in entry.factors)
    return count if known and total.high is not None else f"{count} or more"


def at_most(clients: Iterable[Client]) -> str:
    """Return what `connections` does, and what they come to while new versions are rolled out."""
    found = tuple(clients)
    count = connections(found)
    steady = sum((c.entry.total for c in found), Interval(0, 0)).high or 0
    rolled = sum((c.rollout_entry.total for c in found), Interval(0, 0)).high or 0
    known = 0 < steady < rolled and not count.endswith("more")
    return f"{count} ({rolled} while rolled out)" if known else count


def replicas(workload: Workload) -> str:
    """Return of how many replicas more run while they are rolled out; "" of one, or of none."""
    steady, rolled = workload.replicas.high or 0, rolling(workload).high or 0
    noun = workload.replicas.name
    return f" ({steady} {noun}, {rolled} while rolled out)" if 1 < steady < rolled else ""


def at(pool: Pool | None) -> str:
    """Return the place of a pool in brackets."""
    return f" ({pool.span.path}:{pool.span.start.line})" if pool else ""
