"""The budgets of cases that are easily got wrong, each sum worked out by hand.

Each case is a fixture: what the rules say of it stands there, what the sums are stands here.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from poollint.engine import session
from poollint.engine.request import Request
from poollint.model.figure import Figure
from poollint.model.report import Budget
from poollint.model.source import Span

FIXTURES = Path(__file__).parents[1] / "fixtures"
EXCEEDED = "budget/connection-budget-exceeded"
POOLER = "budget/pooler-exceeds-server"
SCALED = "budget/autoscale-overshoot"
UNKNOWN = "budget/unknown-number"
# What is being summed up for, the least, the most, and what there is.
SUMS = {
    # The same workload in two environments is two budgets, not one sum.
    f"{EXCEEDED}/overlays": (("postgres", 5, 5, 97), ("postgres", 120, 120, 97)),
    # Two aliases of one server: 60 each. A cap counts for each alias: 30 each. Nothing is known to
    # ask the pooler, which lets 500 in.
    f"{POOLER}/two_aliases_of_one_server": (("db", 120, 120, 97), ("pooler", 0, 0, 500)),
    "quiet/caps_of_two_aliases": (("db", 60, 60, 97), ("pooler", 0, 0, 500)),
    # 4 processes with 10 and 20; only the smaller is known to be used in all of them.
    f"{EXCEEDED}/writes_and_reads_of_one_process": (("db", 40, 120, 97),),
    # 4 processes with one of 5 for each tenant: how many tenants there are is not known.
    "quiet/engine_for_each_tenant": (("db", 20, 20, 97),),
    # 10 workers of 30 tasks, each with a connection of its own.
    f"{EXCEEDED}/a_connection_for_each_task": (("db", 300, 300, 97),),
    # Nothing bounds what asynchronous code uses at once: 1 in each of 4 processes is certain.
    f"{UNKNOWN}/no_pool_and_no_bound": (("db", 4, 4, 97),),
    # 40 clients of a pool of 20: none is refused, the others wait.
    "budget/clients-exceed-pooler/sessions_that_wait": (
        ("db", 20, 20, 97),
        ("pooler", 40, 40, 500),
    ),
    # A pooler in each of 50 pods: room for 20, but the container beside it asks for 1 to 10; 100
    # let in by each.
    f"{POOLER}/sidecar_of_fifty_pods": (
        ("postgres", 500, 500, 197),
        ("web/pgbouncer", 50, 500, 5000),
    ),
    f"{POOLER}/two_poolers_of_one_server": (("db", 120, 120, 97),),
    # 9 pods of 10, one job of 10; the init containers end before the pods start.
    f"{EXCEEDED}/job_beside_the_pods": (("postgres", 10, 100, 97),),
    # 12 pods of one run are enough, though 30 may run at once; runs that overlap are not known.
    f"{EXCEEDED}/runs_that_overlap": (("postgres", 12, 120, 97),),
    # KEDA starts up to 100; what the scaler allows counts, not the 4 of the manifest.
    f"{SCALED}/hundred_that_nobody_states": (("postgres", 100, 500, 97),),
    f"{SCALED}/replicas_that_the_scaler_sets": (("postgres", 12, 120, 97),),
    # 2 poolers of 40; a third one while they are rolled out.
    "budget/deploy-overshoot/second_pooler_while_the_first_ends": (("postgres", 80, 80, 97),),
    # 30 pods whose one container asks for 2 of the 5; 20 children with one pair each.
    "quiet/sidecar_beside_a_migration": (("postgres", 60, 60, 97), ("web/pooler", 30, 60, 3000)),
    "quiet/pgpool_of_one_pair": (("db", 20, 20, 67),),
    # The size is in a vault, the application elsewhere: nothing can be counted.
    "quiet/application_of_another_tree": (("db", 0, 0, 97),),
    "quiet/numbers_in_a_vault": (("postgres", 0, 0, 97),),
    # 4 * 2 + 1 processes of 5 and 10 overflow; of the machine's cores only that there is one.
    f"{EXCEEDED}/workers_of_a_sum": (("db", 135, 135, 97),),
    f"{UNKNOWN}/workers_of_the_machine": (("db", 45, 45, 97),),
    # Both colours hold their connections, whichever the Service selects: 6 of 10 each.
    f"{EXCEEDED}/blue_and_green": (("postgres", 12, 120, 97),),
    # 3 services of the set, 4 tasks each, 10 connections each; RDS keeps 2 slots beside the 3.
    f"{EXCEEDED}/services_of_a_set": (("db_instance.main", 120, 120, 95),),
    # The last of two equal keys counts: 12 of 10. 2 and 1 processes of the anchor's 40.
    f"{EXCEEDED}/key_that_is_there_twice": (("postgres", 12, 120, 97),),
    f"{EXCEEDED}/number_of_an_anchor": (("db", 120, 120, 97),),
    # "3" instances, '3' processes, " 15 " connections.
    f"{EXCEEDED}/numbers_as_text": (("db", 135, 135, 97),),
    # Neither POOL_SIZE (500) nor --threads (50) nor the replicas of a global service (40) count.
    f"{UNKNOWN}/one_on_each_node": (("db", 20, 20, 97), ("pooler", 30, 30, 100)),
    # 96 processes that each open 10 at once.
    f"{EXCEEDED}/ninety_six_eager_workers": (("db", 960, 960, 97),),
    # 3 machines of 10 and 2 of up to 5, of the 50 that a plan has.
    "quiet/machines_within_a_plan": (("basic", 32, 40, 50),),
}


def budgets(case: str) -> tuple[Budget, ...]:
    folder = str(FIXTURES / case)
    own = (FIXTURES / case / "poollint.toml").exists()
    request = Request(paths=(folder,), isolated=not own, root=folder, context=True)
    return session.run(request).report.budgets


def factor(case: str, server: str, name: str) -> Figure:
    (budget,) = [b for b in budgets(case) if b.server == server]
    return next(f for e in budget.ledger.demand for f in e.factors if f.name == name)


@pytest.mark.parametrize("case", SUMS)
def test_the_sums_are_those_worked_out_by_hand(case: str) -> None:
    found = tuple(
        (b.server, b.ledger.demanded.low, b.ledger.demanded.high, b.ledger.supplied.low)
        for b in budgets(case)
    )
    assert tuple(sorted(set(found))) == SUMS[case]


@pytest.mark.parametrize(
    ("case", "server", "name", "place"),
    [
        ("key_that_is_there_twice", "postgres", "replicas", "deploy/web.yaml:6"),
        ("number_of_an_anchor", "db", "pool size", "compose.yaml:2"),
        ("numbers_as_text", "db", "pool size", "web.env:3"),
        ("services_of_a_set", "db_instance.main", "replicas", "terraform.tfvars:1"),
    ],
)
def test_a_number_is_told_where_it_stands(case: str, server: str, name: str, place: str) -> None:
    origin = factor(f"{EXCEEDED}/{case}", server, name).origin
    assert isinstance(origin, Span)
    assert f"{origin.path}:{origin.start.line}".endswith(place)


@pytest.mark.parametrize(
    ("case", "text"),
    [
        ("numbers_in_a_vault", "`web`: the size of its pool is not known ("),
        ("engine_for_each_tenant", "`web`: its pools but one, for it builds one a key ("),
        ("application_of_another_tree", "`web`: how many connections it opens is not known"),
    ],
)
def test_what_cannot_be_counted_is_said(case: str, text: str) -> None:
    (budget,) = budgets(f"quiet/{case}")
    (missing,) = budget.missing
    assert missing.startswith(text)
