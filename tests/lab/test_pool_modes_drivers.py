"""What drivers do by themselves through a pooler, measured, against poollint's word.

Each program of `pool_modes/drivers.toml` is run through a real PgBouncer in every mode, and the
same text is read by poollint. What is known to disagree is in `pool_modes/known.toml`.
"""

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
    pgbouncer,
    pooled,
    server,
    server_version,
    version,
)

HERE = Path(__file__).parent / "pool_modes"
DATA = tomllib.loads((HERE / "drivers.toml").read_text("utf-8"))["script"]
SCRIPTS = tuple(script_of(data) for data in DATA)
KNOWN = {
    (name, mode): data["reason"]
    for data in tomllib.loads((HERE / "known.toml").read_text("utf-8")).get("driver", ())
    for name in data["scripts"]
    for mode in data.get("modes", MODES)
}
LIBRARIES = ("psycopg", "psycopg2", "psycopg_pool", "asyncpg", "sqlalchemy", "django")


@dataclass(frozen=True, slots=True)
class Table:
    """What was measured, and what poollint said, by script and mode."""

    versions: tuple[str, str]
    outcomes: dict[tuple[str, str], Outcome]
    rules: dict[tuple[str, str], tuple[str, ...]]

    def verdict(self, name: str, mode: str) -> Verdict:
        """Return what a pooler in a mode made of a script."""
        return verdict(self.outcomes[name, DIRECT], self.outcomes[name, mode])

    def agrees(self, name: str, mode: str) -> bool:
        """Tell whether poollint reports what the pooler breaks, and nothing else."""
        return bool(self.rules[name, mode]) == self.verdict(name, mode).breaks


@pytest.fixture(scope="module")
def table(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Table:
    """Return the table: every program run in every mode, and read."""
    for library in LIBRARIES:
        pytest.importorskip(library)
    command = pgbouncer(request.config.getoption("--pooler"))
    folder = request.config.getoption("--postgresql")
    outcomes = _run(command, folder)
    versions = version(command), server_version(folder)
    told, cache = {}, tmp_path_factory.mktemp("cache")
    for script in SCRIPTS:
        tree = tmp_path_factory.mktemp("tree")
        for mode in MODES:
            told[script.name, mode] = rules(script, tree, cache, mode, versions)
    return Table(versions, outcomes, told)


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


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_poollint_says_what_the_driver_meets(
    script: Script, table: Table, request: pytest.FixtureRequest
) -> None:
    own = table.outcomes[script.name, DIRECT]
    assert not own.failed, own.value
    if request.config.getoption("--pooler") or request.config.getoption("--postgresql"):
        return  # what is known is known of the system's versions: the table is to be read
    wrong = []
    for mode in MODES:
        known = (script.name, mode) in KNOWN
        if table.agrees(script.name, mode) == known:
            met = table.outcomes[script.name, mode]
            wrong.append(
                f"{mode} mode: {table.verdict(script.name, mode).value} ({met.value!r}, against "
                f"{own.value!r}; left {met.left}), and poollint says "
                f"{', '.join(table.rules[script.name, mode]) or 'nothing'}"
                + ("; known.toml names it" if known else "")
            )
    assert not wrong, "\n".join(wrong)


def test_what_is_known_is_of_scripts_that_there_are() -> None:
    names = {script.name for script in SCRIPTS}
    assert len(names) == len(SCRIPTS)
    assert {name for name, _ in KNOWN} <= names


def test_agreement_is_printed(table: Table, capsys: pytest.CaptureFixture[str]) -> None:
    lines = list(_lines(table))
    with capsys.disabled():
        print("\n" + "\n".join(lines))
    assert len(lines) > len(SCRIPTS)


def _lines(table: Table) -> Iterator[str]:
    yield "PgBouncer {}, PostgreSQL {}: measured, poollint's word".format(*table.versions)
    for script in SCRIPTS:
        cells = [
            f"{table.verdict(script.name, mode).value} "
            + ("=" if table.agrees(script.name, mode) else "!")
            for mode in MODES
        ]
        yield f"{script.name[:58]:58} " + " ".join(f"{cell:14}" for cell in cells).rstrip()
    for mode in MODES:
        agreeing = sum(table.agrees(script.name, mode) for script in SCRIPTS)
        yield f"{mode}: {agreeing} of {len(SCRIPTS)} agree"
    for reason in dict.fromkeys(KNOWN.values()):
        names = ", ".join(f"{name} ({mode})" for (name, mode), r in KNOWN.items() if r == reason)
        yield f"known: {names}: {reason}"
