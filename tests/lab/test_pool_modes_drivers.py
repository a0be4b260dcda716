"""What drivers do by themselves through a pooler, measured, against poollint's word.

Each program of `pool_modes/drivers.toml` is run through a real PgBouncer in every mode, and the
same text is read by poollint. What is known to disagree is in `pool_modes/known.toml`.
"""

from __future__ import annotations

import pytest

from tests.lab.pool_modes.programs import KNOWN, SCRIPTS, Programs, programs
from tests.lab.pool_modes.scripts import Script
from tests.lab.pool_modes.stage import DIRECT, pgbouncer


@pytest.fixture(scope="module")
def table(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Programs:
    """Return the table: every program run in every mode, and read."""
    command = pgbouncer(request.config.getoption("--pooler"))
    return programs(command, request.config.getoption("--postgresql"), tmp_path_factory)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_poollint_says_what_the_driver_meets(script: Script, table: Programs) -> None:
    own = table.outcomes[script.name, DIRECT]
    assert not own.failed, own.value
    wrong = list(table.wrong(script))
    assert not wrong, "\n".join(wrong)


def test_what_is_known_is_of_scripts_that_there_are() -> None:
    names = {script.name for script in SCRIPTS}
    assert len(names) == len(SCRIPTS)
    assert {name for known in KNOWN for name in known.scripts} <= names


def test_agreement_is_printed(table: Programs, capsys: pytest.CaptureFixture[str]) -> None:
    lines = list(table.lines())
    with capsys.disabled():
        print("\n" + "\n".join(lines))
    assert len(lines) > len(SCRIPTS)
