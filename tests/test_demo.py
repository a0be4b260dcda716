"""The demo repository has the faults the README promises, and no others.

Its expectations stand here and not in `want` comments: the reports show its lines.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from poollint.model.figure import Interval
from poollint.model.finding import Finding
from poollint.testing.run import findings

DEMO = Path(__file__).parents[1] / "fixtures" / "demo"

EXPECTED = {
    ("connection-leak", "shop/jobs.py", "def load_order(order_id):", 1),
    ("connection-leak", "shop/jobs.py", "def cancel_order(order_id, reason):", 1),
    ("session-set", "shop/jobs.py", 'cur.execute("SET search_path TO " + tenant)', 0),
    ("pool-per-request", "shop/webhooks.py", 'db = create_engine(os.environ["DATABASE_URL"])', 0),
    ("connection-budget-exceeded", "infra/postgresql.conf", "max_connections = 200", 0),
    ("unknown-setting", "infra/pgbouncer.ini", "max_clients_conn = 500", 0),
}


@pytest.fixture(scope="module")
def found() -> tuple[Finding, ...]:
    return findings(DEMO)


def line_of(path: str, text: str, offset: int) -> int:
    lines = [line.strip() for line in (DEMO / path).read_text().splitlines()]
    assert lines.count(text) == 1
    return lines.index(text) + 1 + offset


def test_demo_has_its_faults_and_no_others(found: tuple[Finding, ...]) -> None:
    wanted = {(rule, path, line_of(path, text, offset)) for rule, path, text, offset in EXPECTED}
    places = {(f.rule, f.problem.at) for f in found}
    shown = {(rule, relative(at.path), at.start.line) for rule, at in places}
    assert shown == wanted
    assert len(found) == len(wanted)


def relative(path: str) -> str:
    return Path(path).resolve().relative_to(DEMO).as_posix()


def test_demo_sums_are_those_one_gets_by_hand(found: tuple[Finding, ...]) -> None:
    (finding,) = [f for f in found if f.rule == "connection-budget-exceeded"]
    ledger = finding.problem.ledger
    assert ledger is not None
    totals = sorted(entry.total.high or 0 for entry in ledger.demand)
    assert totals == [60, 12 * 4 * 5]  # pool_size of pgbouncer; replicas, workers, pool of web
    assert ledger.demanded == Interval(300, 300)
    assert ledger.supplied == Interval(197, 197)  # 200 less superuser_reserved_connections = 3
