"""What PgBouncer's pool modes keep, measured, and what poollint says of the same thing as code.

Each row of `pool_modes/rows.toml` is played by two clients: with a session each, and through a
real PgBouncer in session, transaction and statement mode. Where the pooler makes a difference,
poollint has to find something in the Python that does the same, and nothing elsewhere. What
it does not, `pool_modes/known.toml` says by name.

`--pooler "COMMAND"` has another PgBouncer than the system's (a path, or the words that start
it); `--postgresql FOLDER` another PostgreSQL (the folder of its programs). What is known of the
system's versions does not hold then: the table is printed, and nothing is asserted of it.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterator
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
    pgbouncer,
    pooled,
    server,
    server_version,
    version,
)

HERE = Path(__file__).parent / "pool_modes"
INEFFECTIVE = "ineffective-outside-transaction"  # what does nothing, pooler or not
ROWS = tuple(row_of(data) for data in tomllib.loads((HERE / "rows.toml").read_text("utf-8"))["row"])


@dataclass(frozen=True, slots=True)
class Known:
    """A disagreement that is known: in which rows, modes and drivers, and why."""

    rows: tuple[str, ...]
    modes: tuple[str, ...]
    drivers: tuple[str, ...]
    reason: str

    def covers(self, name: str, mode: str, driver: str) -> bool:
        """Tell whether it is about a driver in a mode of a row."""
        return name in self.rows and mode in self.modes and driver in self.drivers


KNOWN = tuple(
    Known(
        tuple(data["rows"]),
        tuple(data.get("modes", MODES)),
        tuple(data.get("drivers", DRIVERS)),
        data["reason"],
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


@pytest.fixture(scope="module")
def table(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Table:
    """Return the table: every row played in every mode, and judged."""
    command = pgbouncer(request.config.getoption("--pooler"))
    replies = _played(command, request.config.getoption("--postgresql"))
    verdicts = {
        (row.name, mode): verdict(row, replies[row.name, DIRECT], replies[row.name, mode])
        for row in ROWS
        for mode in MODES
    }
    versions = version(command), server_version(request.config.getoption("--postgresql"))
    tree = Tree(tmp_path_factory.mktemp("tree"), tmp_path_factory.mktemp("cache"), ROWS)
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

    with server(postgresql, (DIRECT, *MODES)) as real, ThreadPoolExecutor(4) as threads:
        for ini, alike in groupby(sorted(ROWS, key=settings), key=settings):
            rows = tuple(alike)
            aliases = {alias(row, mode): alias_of(mode) for row in rows for mode in MODES}

            def act(mode: str, rows: tuple[Row, ...], stage: Stage) -> None:
                for row in rows:
                    found[row.name, mode] = measured(row, stage, real, mode)

            with pooled(command, real, aliases, dict(ini)) as stage:
                done = [threads.submit(act, mode, rows, stage) for mode in (DIRECT, *MODES)]
                for future in done:
                    future.result()
    return found


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_poollint_says_what_the_pooler_does(
    row: Row, table: Table, request: pytest.FixtureRequest
) -> None:
    if request.config.getoption("--pooler") or request.config.getoption("--postgresql"):
        return  # what is known is known of the system's versions: the table is to be read
    wrong = []
    for mode in MODES:
        known = {d: [k.reason for k in KNOWN if k.covers(row.name, mode, d)] for d in DRIVERS}
        silent = [d for d in DRIVERS if not table.agrees(row.name, mode, d) and not known[d]]
        stale = [d for d in DRIVERS if table.agrees(row.name, mode, d) and known[d]]
        wrong += [_complaint(table, row, mode, silent)] if silent else []
        wrong += [f"{mode} mode: {', '.join(stale)} agree, and known.toml names them"] * bool(stale)
    assert not wrong, "\n".join(wrong)


def _complaint(table: Table, row: Row, mode: str, drivers: list[str]) -> str:
    heard = "; ".join(f"{r.step} -> {r.said}" for r in table.replies[row.name, mode])
    told = {rule for driver in drivers for rule in table.rules[row.name, mode, driver]}
    return (
        f"{mode} mode: {table.verdicts[row.name, mode].value}, and poollint says "
        f"{', '.join(sorted(told)) or 'nothing'} of {', '.join(drivers)} ({heard})"
    )


def test_session_mode_keeps_everything_but_what_is_said_on_connecting(table: Table) -> None:
    broken = {r.name for r in ROWS if table.verdicts[r.name, "session"].breaks}
    told = {r.name for r in ROWS if "options" in r.at}
    assert broken
    assert broken <= told  # PgBouncer 1.26 reads what is tracked out of `options`


def test_what_is_known_is_of_rows_that_there_are() -> None:
    names = {row.name for row in ROWS}
    assert len(names) == len(ROWS)
    assert {name for known in KNOWN for name in known.rows} <= names


def test_agreement_is_printed(table: Table, capsys: pytest.CaptureFixture[str]) -> None:
    lines = list(_lines(table))
    with capsys.disabled():
        print("\n" + "\n".join(lines))
    assert len(lines) > len(ROWS)


def _lines(table: Table) -> Iterator[str]:
    yield f"PgBouncer {table.pgbouncer}, PostgreSQL {table.postgresql}: measured, poollint's word"
    for row in ROWS:
        cells = []
        for mode in MODES:
            agreeing = sum(table.agrees(row.name, mode, driver) for driver in DRIVERS)
            mark = "=" if agreeing == len(DRIVERS) else f"! {agreeing} of {len(DRIVERS)}"
            cells.append(f"{table.verdicts[row.name, mode].value} {mark}")
        yield f"{row.name[:58]:58} " + " ".join(f"{cell:20}" for cell in cells).rstrip()
    for mode in MODES:
        counts = Counter(table.verdicts[row.name, mode].value for row in ROWS)
        agreeing = sum(table.agrees(r.name, mode, d) for r in ROWS for d in DRIVERS)
        words = ", ".join(f"{count} {word}" for word, count in counts.most_common())
        yield f"{mode}: {agreeing} of {len(ROWS) * len(DRIVERS)} agree ({words})"
    for known in KNOWN:
        yield f"known: {', '.join(known.rows)} ({', '.join(known.modes)}): {known.reason}"
