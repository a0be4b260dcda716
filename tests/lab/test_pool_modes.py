"""What PgBouncer's pool modes keep, measured, and what poollint says of the same thing as code.

Each row of `pool_modes/rows.toml` is played by two clients: with a session each, and through a
real PgBouncer in session, transaction and statement mode. Where the pooler makes a difference,
poollint has to find something in the Python that does the same, and nothing elsewhere. What
it does not, `pool_modes/known.toml` says by name.

`--pooler "COMMAND"` has another PgBouncer than the system's (a path, or the words that start
it); `--postgresql FOLDER` another PostgreSQL (the folder of its programs).
"""

from __future__ import annotations

import pytest

from tests.lab.pool_modes.play import Row
from tests.lab.pool_modes.stage import pgbouncer
from tests.lab.pool_modes.table import KNOWN, ROWS, Table
from tests.lab.pool_modes.table import table as table_of


@pytest.fixture(scope="module")
def table(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Table:
    """Return the table: every row played in every mode, and judged."""
    command = pgbouncer(request.config.getoption("--pooler"))
    return table_of(command, request.config.getoption("--postgresql"), tmp_path_factory)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_poollint_says_what_the_pooler_does(row: Row, table: Table) -> None:
    wrong = list(table.wrong(row))
    assert not wrong, "\n".join(wrong)


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
    lines = list(table.lines())
    with capsys.disabled():
        print("\n" + "\n".join(lines))
    assert len(lines) > len(ROWS)
