"""Options of the test run."""

from __future__ import annotations

from collections.abc import Generator

import pytest


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no test read or write what the user's own runs remember."""
    monkeypatch.setenv("POOLLINT_CACHE_DIR", str(tmp_path_factory.getbasetemp() / "cache"))


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare `--update` (golden files), `--no-skips` (what CI has everything for) and others.

    `--not-passed` is for a second run, with the servers and libraries that the first had not.
    `--pooler` and `--postgresql` are for the lab: `lab/test_pool_modes.py`.
    """
    parser.addoption("--update", action="store_true", help="write fixtures/output/ anew")
    parser.addoption("--no-skips", action="store_true", help="a test that is skipped has failed")
    parser.addoption("--not-passed", action="store_true", help="leave out what passed last time")
    parser.addoption("--pooler", default="", help="the command that starts another PgBouncer")
    parser.addoption("--postgresql", default="", help="the folder of another PostgreSQL's programs")


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker of tests that run only where an environment variable asks for them."""
    config.addinivalue_line("markers", "opt_in: runs only where a variable asks for it")
    config.pluginmanager.register(_Passed(config))


class _Passed:
    """Remembers, in pytest's cache, which tests have passed in a run; leaves those out of one."""

    KEY = "poollint/passed"

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._passed: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note a test that has passed."""
        if report.when == "call" and report.passed:
            self._passed.append(report.nodeid)

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Leave out what has passed before, where that is asked for."""
        cache = getattr(self._config, "cache", None)  # another plugin's, which may be off
        if cache is not None and self._config.getoption("--not-passed"):
            before = frozenset(cache.get(self.KEY, []))
            items[:] = [item for item in items if item.nodeid not in before]

    def pytest_sessionfinish(self) -> None:
        """Remember what has passed, but for a run that is only the rest of another."""
        cache = getattr(self._config, "cache", None)
        is_worker = hasattr(self._config, "workerinput")
        if cache is not None and not is_worker and not self._config.getoption("--not-passed"):
            cache.set(self.KEY, sorted(self._passed))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Make a failure of a skipped test where nothing may be skipped but what is to be asked for."""
    report = yield
    asked_for = item.get_closest_marker("opt_in") is not None
    if report.skipped and item.config.getoption("--no-skips") and not asked_for:
        report.outcome = "failed"
    return report
