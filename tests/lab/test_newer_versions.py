"""What poollint says of newer PgBouncers and other PostgreSQLs is what they do.

The rows and the programs of `pool_modes/` once more, for pairs of versions that the system does
not have. Each verdict has to be the one measured, but for what `pool_modes/known.toml` names.

To be asked for: `POOLLINT_LAB_NEWER=FOLDER pytest tests/lab/test_newer_versions.py`. What is
needed is brought into the folder, and stays there.
"""

from __future__ import annotations

import pytest

from tests.lab.newer import MAJORS, SUITES, pooler, postgresql, shelf
from tests.lab.pool_modes.programs import SCRIPTS, programs
from tests.lab.pool_modes.stage import DIRECT, pgbouncer
from tests.lab.pool_modes.table import ROWS, table

pytestmark = pytest.mark.opt_in

OLD, NEW = SUITES
DJANGO = 14  # the oldest PostgreSQL that Django 5.2 takes
PAIRS = (*((NEW, major) for major in MAJORS), (OLD, "13"), (OLD, "17"), ("", "18"))


def _pair(suite: str, major: str) -> tuple[tuple[str, ...], str]:
    folder = shelf()
    return pgbouncer(pooler(suite, folder) if suite else ""), postgresql(major, folder)


@pytest.mark.parametrize(("suite", "major"), PAIRS)
def test_poollint_says_what_the_pooler_does(
    suite: str,
    major: str,
    tmp_path_factory: pytest.TempPathFactory,
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = table(*_pair(suite, major), tmp_path_factory)
    with capsys.disabled():
        print("\n" + "\n".join(found.lines()))
    wrong = [complaint for row in ROWS for complaint in found.wrong(row)]
    assert not wrong, "\n".join(wrong)
    assert found.postgresql == major


@pytest.mark.parametrize(("suite", "major"), PAIRS)
def test_poollint_says_what_the_driver_meets(
    suite: str,
    major: str,
    tmp_path_factory: pytest.TempPathFactory,
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = programs(*_pair(suite, major), tmp_path_factory)
    with capsys.disabled():
        print("\n" + "\n".join(found.lines()))
    failed = {s.name for s in SCRIPTS if found.outcomes[s.name, DIRECT].failed}
    refused = {s.name for s in SCRIPTS if s.settings and int(major) < DJANGO}
    assert failed <= refused, failed
    met = [script for script in SCRIPTS if script.name not in failed]
    wrong = [complaint for script in met for complaint in found.wrong(script)]
    assert not wrong, "\n".join(wrong)
    assert len(met) > len(SCRIPTS) // 2
