"""What was measured of the rows and what poollint said of them, side by side."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import pytest

from tests.lab.pool_modes.play import Reply, Row, Verdict, alias, measured, verdict
from tests.lab.pool_modes.play import row as row_of
from tests.lab.pool_modes.snippets import DRIVERS, Tree
from tests.lab.pool_modes.stage import (
    DIRECT,
    MODES,
    Stage,
    alias_of,
    pooled,
    server,
    server_version,
    version,
)

HERE = Path(__file__).parent
INEFFECTIVE = "ineffective-outside-transaction"  # what does nothing, pooler or not
ROWS = tuple(row_of(data) for data in tomllib.loads((HERE / "rows.toml").read_text("utf-8"))["row"])


@dataclass(frozen=True, slots=True)
class Known:
    """A disagreement that is known: in which rows, modes and drivers, and why.

    `before` is the first version of PgBouncer that has it no more, () where all have it.
    """

    rows: tuple[str, ...]
    modes: tuple[str, ...]
    drivers: tuple[str, ...]
    reason: str
    before: tuple[int, ...] = ()

    def covers(self, name: str, mode: str, driver: str, pgbouncer: str) -> bool:
        """Tell whether it is about a driver in a mode of a row, in a version."""
        told = name in self.rows and mode in self.modes and driver in self.drivers
        return told and (not self.before or numbers(pgbouncer) < self.before)


def numbers(version: str) -> tuple[int, ...]:
    """Return "1.24.1" as (1, 24, 1)."""
    return tuple(int(part) for part in version.split("."))


KNOWN = tuple(
    Known(
        tuple(data["rows"]),
        tuple(data.get("modes", MODES)),
        tuple(data.get("drivers", DRIVERS)),
        data["reason"],
        numbers(data["before"]) if "before" in data else (),
    )
    for data in tomllib.loads((HERE / "known.toml").read_text("utf-8"))["known"]
)


@dataclass(frozen=True, slots=True)
class Table:
    """What was measured and what poollint said, by row, mode (and driver)."""

    pgbouncer: str
    postgresql: str
    verdicts: dict[tuple[str, str], Verdict]
    replies: dict[tuple[str, str], tuple[Reply, ...]]
    rules: dict[tuple[str, str, str], tuple[str, ...]]

    def agrees(self, name: str, mode: str, driver: str) -> bool:
        """Tell whether poollint reports what the pooler breaks, what does nothing, and no more."""
        told = set(self.rules[name, mode, driver])
        measured = self.verdicts[name, mode]
        return bool(told - {INEFFECTIVE}) == measured.breaks and (INEFFECTIVE in told) == (
            measured is Verdict.NO_EFFECT
        )

    def wrong(self, row: Row) -> Iterator[str]:
        """Yield the disagreements of a row that nobody named, and the names without one."""
        for mode in MODES:
            known = {
                driver: any(k.covers(row.name, mode, driver, self.pgbouncer) for k in KNOWN)
                for driver in DRIVERS
            }
            silent = [d for d in DRIVERS if not self.agrees(row.name, mode, d) and not known[d]]
            stale = [d for d in DRIVERS if self.agrees(row.name, mode, d) and known[d]]
            if silent:
                yield self._complaint(row, mode, silent)
            if stale:
                yield f"{row.name}, {mode} mode: {', '.join(stale)} agree, and known.toml names it"

    def _complaint(self, row: Row, mode: str, drivers: list[str]) -> str:
        heard = "; ".join(f"{r.step} -> {r.said}" for r in self.replies[row.name, mode])
        told = {rule for driver in drivers for rule in self.rules[row.name, mode, driver]}
        return (
            f"{row.name}, {mode} mode: {self.verdicts[row.name, mode].value}, and poollint says "
            f"{', '.join(sorted(told)) or 'nothing'} of {', '.join(drivers)} ({heard})"
        )

    def lines(self) -> Iterator[str]:
        """Yield the table as text."""
        yield f"PgBouncer {self.pgbouncer}, PostgreSQL {self.postgresql}: measured, poollint's word"
        for row in ROWS:
            cells = []
            for mode in MODES:
                agreeing = sum(self.agrees(row.name, mode, driver) for driver in DRIVERS)
                mark = "=" if agreeing == len(DRIVERS) else f"! {agreeing} of {len(DRIVERS)}"
                cells.append(f"{self.verdicts[row.name, mode].value} {mark}")
            yield f"{row.name[:58]:58} " + " ".join(f"{cell:20}" for cell in cells).rstrip()
        yield from self.summary()

    def summary(self) -> Iterator[str]:
        """Yield how many agree in each mode, and what is known to disagree."""
        for mode in MODES:
            counts = Counter(self.verdicts[row.name, mode].value for row in ROWS)
            agreeing = sum(self.agrees(r.name, mode, d) for r in ROWS for d in DRIVERS)
            words = ", ".join(f"{count} {word}" for word, count in counts.most_common())
            yield f"{mode}: {agreeing} of {len(ROWS) * len(DRIVERS)} agree ({words})"
        for known in KNOWN:
            if not known.before or numbers(self.pgbouncer) < known.before:
                yield f"known: {', '.join(known.rows)} ({', '.join(known.modes)}): {known.reason}"


def table(
    command: tuple[str, ...], postgresql: str, folders: pytest.TempPathFactory
) -> Table:  # fmt: skip
    """Return the table of a PgBouncer and a PostgreSQL: each row played in each mode, and judged.

    `command` starts PgBouncer, `postgresql` is the folder of the server's programs, "" the
    system's.
    """
    replies = _played(command, postgresql)
    verdicts = {
        (row.name, mode): verdict(row, replies[row.name, DIRECT], replies[row.name, mode])
        for row in ROWS
        for mode in MODES
    }
    versions = version(command), server_version(postgresql)
    tree = Tree(folders.mktemp("tree"), folders.mktemp("cache"), ROWS)
    tree.write()
    rules = {
        (name, mode, driver): told
        for mode in MODES
        for (name, driver), told in tree.found(mode, *versions).items()
    }
    return Table(*versions, verdicts, replies, rules)


def _played(command: tuple[str, ...], postgresql: str) -> dict[tuple[str, str], tuple[Reply, ...]]:
    found: dict[tuple[str, str], tuple[Reply, ...]] = {}

    def settings(row: Row) -> tuple[tuple[str, str], ...]:
        return tuple(sorted(row.ini.items()))

    def act(mode: str, rows: Iterable[Row], stage: Stage, real: Stage) -> None:
        for row in rows:
            found[row.name, mode] = measured(row, stage, real, mode)

    with server(postgresql, (DIRECT, *MODES)) as real, ThreadPoolExecutor(4) as threads:
        for ini, alike in groupby(sorted(ROWS, key=settings), key=settings):
            rows = tuple(alike)
            aliases = {alias(row, mode): alias_of(mode) for row in rows for mode in MODES}
            with pooled(command, real, aliases, dict(ini)) as stage:
                every = (DIRECT, *MODES)
                for future in [threads.submit(act, m, rows, stage, real) for m in every]:
                    future.result()
    return found
