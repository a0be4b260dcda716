"""What was found in real applications, and judged by reading."""

from __future__ import annotations

import tomllib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

LIST = Path(__file__).with_name("judged.toml")
UNABLE = frozenset({"mypy"})  # not run there


@dataclass(frozen=True, slots=True)
class Judged:
    """Findings of the same sort: where they are, whether they are true, why, and whose."""

    repository: str
    places: tuple[str, ...]
    true: bool
    why: str
    tools: tuple[str, ...]


def judged() -> tuple[Judged, ...]:
    """Return all that was judged."""
    rows = tomllib.loads(LIST.read_text("utf-8"))["judged"]
    return tuple(
        Judged(row["repository"], tuple(row["places"]), row["true"], row["why"],
               tuple(row["tools"])) for row in rows
    )  # fmt: skip


def counted(tool: str) -> str:
    """Return how many findings of a tool are true, and how many are not, as a table shows it."""
    if tool in UNABLE:
        return "not run"
    count = Counter[bool]()
    for row in judged():
        count[row.true] += len(row.places) if tool in row.tools else 0
    return f"{count[True]} · {count[False]}"
