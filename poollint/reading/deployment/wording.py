"""How what is found is put into sentences."""

from __future__ import annotations

from collections.abc import Iterable

_FEW = 4


def quoted(names: Iterable[str]) -> str:
    """Return names in a sentence; beyond some only how many there are."""
    found = [f"`{name}`" for name in dict.fromkeys(names)]
    if len(found) > _FEW:
        return f"{', '.join(found[:_FEW])} and {len(found) - _FEW} more"
    return " and ".join(part for part in (", ".join(found[:-1]), found[-1]) if part)
