"""The pytest plugin collects cases where it is told to, and is no burden elsewhere."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

pytest_plugins = ["pytester"]

LEAK = """
from psycopg2.pool import SimpleConnectionPool

pool = SimpleConnectionPool(1, 2, "dbname=shop")


def count():
    conn = pool.getconn(){want}
    cur = conn.cursor()
    cur.execute("SELECT count(*) FROM orders")
    return cur.fetchone()
"""


@pytest.fixture
def package(pytester: pytest.Pytester) -> pytest.Pytester:
    """Return a rule package with a folder of fixtures."""
    pytester.makepyprojecttoml('[tool.pytest.ini_options]\npoollint_fixtures = ["fixtures"]\n')
    pytester.mkdir("fixtures")
    return pytester


def write(pytester: pytest.Pytester, name: str, text: str) -> None:
    path = pytester.path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_case_that_agrees_passes(package: pytest.Pytester) -> None:
    write(package, "fixtures/a.py", LEAK.format(want='  # want connection-leak "`count`"'))
    write(package, "fixtures/b.py", "x = 1\n")
    package.runpytest("fixtures").assert_outcomes(passed=2)


def test_unwanted_finding_fails_with_its_place_and_no_traceback(package: pytest.Pytester) -> None:
    write(package, "fixtures/a.py", LEAK.format(want=""))
    result = package.runpytest("fixtures")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["fixtures/a.py:8: connection-leak*was found and is not wanted"])
    result.stdout.no_fnmatch_line("*Traceback*")


def test_unmet_want_fails_with_its_place(package: pytest.Pytester) -> None:
    write(package, "fixtures/a.py", "\nx = 1  # want connection-leak\n")
    result = package.runpytest("fixtures")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["fixtures/a.py:2: connection-leak is wanted and was not found"])


def test_unreadable_want_fails(package: pytest.Pytester) -> None:
    write(package, "fixtures/a.py", "x = 1  # want\n")
    package.runpytest("fixtures").assert_outcomes(failed=1)


def test_marked_folder_is_one_item(package: pytest.Pytester) -> None:
    write(package, "fixtures/shop/.case", "")
    write(package, "fixtures/shop/a.py", LEAK.format(want="  # want connection-leak"))
    write(package, "fixtures/shop/b.py", "x = 1\n")
    package.runpytest("fixtures").assert_outcomes(passed=1)


def test_case_is_not_taken_for_a_test_module_elsewhere(pytester: pytest.Pytester) -> None:
    write(pytester, "fixtures/a.py", "x = 1  # want connection-leak\n")
    write(pytester, "test_a.py", "def test_a(): pass\n")
    pytester.runpytest().assert_outcomes(passed=1)


def test_merely_running_pytest_imports_nothing_of_poollint_but_the_plugin() -> None:
    code = (
        "import json, sys, pytest\n"
        "known = set(sys.modules)\n"
        "import poollint.testing.plugin\n"
        "print(json.dumps(sorted(set(sys.modules) - known)))\n"
    )
    printed = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout
    new = {name for name in json.loads(printed) if not name.startswith("_")}
    assert new <= {"poollint", "poollint.testing", "poollint.testing.plugin", "importlib"}
