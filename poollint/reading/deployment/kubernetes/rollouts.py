"""How many instances of a workload run while a new version takes the place of the old one."""

from __future__ import annotations

from dataclasses import replace

from poollint.facts.infrastructure import Workload
from poollint.model.figure import Basis, Figure
from poollint.model.source import Span


def rolling(workload: Workload) -> Figure:
    """Return the instances while a new version is rolled out."""
    steady, surge = workload.replicas, workload.surge
    if surge is None:
        return steady
    high = None if steady.high is None or surge.high is None else steady.high + surge.high
    origin = surge.origin if isinstance(surge.origin, Span) else steady.origin
    basis = max((Basis.DERIVED, steady.basis, surge.basis), key=lambda b: b.strength)
    why = surge.hint or (surge.origin if isinstance(surge.origin, str) else "")
    before, more = (one.low if one.high is None else one.high for one in (steady, surge))
    hint = f"{before} and {more} more, {why}"
    return Figure(steady.low + surge.low, high, "replicas during a rollout", basis, origin, hint)


def ending(workload: Workload) -> Figure:
    """Return the instances while all those of the old version still end, new ones beside them.

    A controller starts what replaces an instance when that begins to end, not when it has ended:
    `.status.replicas` of a Deployment leaves those out (Kubernetes, KEP-3973).
    """
    rolled = rolling(workload)
    high = None if workload.replicas.high is None else 2 * workload.replicas.high
    hint = "old ones hold theirs until they have ended"
    return replace(rolled, high=high, name="replicas, old and new", hint=hint)
