"""How what is found is put into sentences."""

from __future__ import annotations

from collections.abc import Iterable

from poollint.facts.topology import Client
from poollint.model.figure import Basis, Interval

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
