"""What all clients of a pooler ask for at once, where no other can come."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from poollint.facts.infrastructure import Pooler
from poollint.facts.topology import Client
from poollint.model.figure import Basis
from poollint.reading.deployment.linking.deployed import Placed

_PODS = "kubernetes"


@dataclass(frozen=True, slots=True)
class Asked:
    """The most that clients ask for: always, while rolled out, while the old ones still end."""

    steady: int
    rollout: int
    ending: int


def most(clients: Iterable[Client], *, apart: bool) -> Asked | None:
    """Return what clients ask for at once; None where that is not sure, or there are none.

    `apart` tells that they are as many as the poolers beside them, also while rolled out.
    """
    found = [_of(client) for client in clients]
    known = [one for one in found if one]
    if not known or len(known) < len(found):
        return None
    whole = [sum(numbers) for numbers in zip(*known, strict=True)]
    return Asked(*whole) if apart else Asked(*(3 * [sum(max(numbers) for numbers in known)]))


def _of(client: Client) -> tuple[int, int, int] | None:
    entries = (client.entry, client.rollout_entry, client.ending_entry)
    figures = [figure for entry in entries for figure in entry.factors]
    unsure = any(figure.basis in (Basis.ASSUMED, Basis.UNKNOWN) for figure in figures)
    steady, rollout, ending = (entry.total.high for entry in entries)
    if unsure or client.assumed or steady is None or rollout is None or ending is None:
        return None
    return steady, rollout, ending


def is_sidecar(placed: Placed, pooler: Pooler, clients: Iterable[Client]) -> bool:
    """Tell whether a pooler serves the containers of its own pod alone.

    All known clients run there, and no Service of the tree leads to its port.
    """
    if placed.workload.platform != _PODS or len(placed.units) < 2:
        return False
    inner = {port for address in placed.addresses for _, port in address.ports}
    return pooler.port not in inner and all(c.workload is placed.workload for c in clients)
