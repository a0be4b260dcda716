"""What was measured of the programs of drivers and what poollint said of them, side by side."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.lab.pool_modes.play import Verdict
from tests.lab.pool_modes.scripts import Outcome, Script, rules, run, verdict
from tests.lab.pool_modes.scripts import script as script_of
from tests.lab.pool_modes.stage import (
    DIRECT,
    MODES,
    alias_of,
    pooled,
    server,
    server_version,
    version,
)
from tests.lab.pool_modes.table import numbers

HERE = Path(__file__).parent
LIBRARIES = ("psycopg", "psycopg2", "psycopg_pool", "asyncpg", "sqlalchemy", "django")
SCRIPTS = tuple(
    script_of(data) for data in tomllib.loads((HERE / "drivers.toml").read_text("utf-8"))["script"]
)


@dataclass(frozen=True, slots=True)
class KnownOfDriver:
    """A disagreement that is known: in which scripts and modes, and why.

    `before` is the first version of PgBouncer that has it no more, () where all have it.
    """

    scripts: tuple[str, ...]
    modes: tuple[str, ...]
    reason: str
    before: tuple[int, ...] = ()

    def covers(self, name: str, mode: str, pgbouncer: str) -> bool:
        """Tell whether it is about a script in a mode, in a version."""
        told = name in self.scripts and mode in self.modes
        return told and (not self.before or numbers(pgbouncer) < self.before)


KNOWN = tuple(
    KnownOfDriver(
        tuple(data["scripts"]),
        tuple(data.get("modes", MODES)),
        data["reason"],
        numbers(data["before"]) if "before" in data else (),
    )
    for data in tomllib.loads((HERE / "known.toml").read_text("utf-8")).get("driver", ())
)


@dataclass(frozen=True, slots=True)
class Programs:
    """What was measured, and what poollint said, by script and mode."""

    pgbouncer: str
    postgresql: str
    outcomes: dict[tuple[str, str], Outcome]
    rules: dict[tuple[str, str], tuple[str, ...]]

    def verdict(self, name: str, mode: str) -> Verdict:
        """Return what a pooler in a mode made of a script."""
        return verdict(self.outcomes[name, DIRECT], self.outcomes[name, mode])

    def agrees(self, name: str, mode: str) -> bool:
        """Tell whether poollint reports what the pooler breaks, and nothing else."""
        return bool(self.rules[name, mode]) == self.verdict(name, mode).breaks

    def wrong(self, script: Script) -> Iterator[str]:
        """Yield the disagreements of a script that nobody named, and the names without one."""
        own = self.outcomes[script.name, DIRECT]
        for mode in MODES:
            known = any(k.covers(script.name, mode, self.pgbouncer) for k in KNOWN)
            if self.agrees(script.name, mode) != known:
                continue
            met = self.outcomes[script.name, mode]
            yield (
                f"{script.name}, {mode} mode: {self.verdict(script.name, mode).value} "
                f"({met.value!r}, against {own.value!r}; left {met.left}), and poollint says "
                f"{', '.join(self.rules[script.name, mode]) or 'nothing'}"
                + ("; known.toml names it" if known else "")
            )

    def lines(self) -> Iterator[str]:
        """Yield the table as text."""
        yield f"PgBouncer {self.pgbouncer}, PostgreSQL {self.postgresql}: measured, poollint's word"
        for script in SCRIPTS:
            cells = [
                f"{self.verdict(script.name, mode).value} "
                + ("=" if self.agrees(script.name, mode) else "!")
                for mode in MODES
            ]
            yield f"{script.name[:58]:58} " + " ".join(f"{cell:14}" for cell in cells).rstrip()
        yield from self.summary()

    def summary(self) -> Iterator[str]:
        """Yield how many agree in each mode, and what is known to disagree."""
        for mode in MODES:
            agreeing = sum(self.agrees(script.name, mode) for script in SCRIPTS)
            yield f"{mode}: {agreeing} of {len(SCRIPTS)} agree"
        for known in KNOWN:
            if not known.before or numbers(self.pgbouncer) < known.before:
                names = ", ".join(known.scripts)
                yield f"known: {names} ({', '.join(known.modes)}): {known.reason}"


def programs(
    command: tuple[str, ...], postgresql: str, folders: pytest.TempPathFactory
) -> Programs:  # fmt: skip
    """Return what a PgBouncer and a PostgreSQL make of each program, and what poollint says.

    `command` starts PgBouncer, `postgresql` is the folder of the server's programs, "" the
    system's. Skips where a library is missing.
    """
    for library in LIBRARIES:
        pytest.importorskip(library)
    outcomes = _run(command, postgresql)
    versions = version(command), server_version(postgresql)
    told, cache = {}, folders.mktemp("cache")
    for script in SCRIPTS:
        tree = folders.mktemp("tree")
        for mode in MODES:
            told[script.name, mode] = rules(script, tree, cache, mode, versions)
    return Programs(*versions, outcomes, told)


def _run(command: tuple[str, ...], folder: str) -> dict[tuple[str, str], Outcome]:
    aliases = {
        f"s{number}_{mode}": alias_of(mode) for number in range(len(SCRIPTS)) for mode in MODES
    }
    found = {}
    with server(folder, (DIRECT, *MODES)) as real, pooled(command, real, aliases, {}) as stage:
        for number, script in enumerate(SCRIPTS):
            found[script.name, DIRECT] = run(script, real, DIRECT, real, DIRECT)
            for mode in MODES:
                alias = f"s{number}_{mode}"
                found[script.name, mode] = run(script, stage, alias, real, mode)
    return found
