"""Which numbers of instances contradict each other."""

import pytest

from poollint import Basis, Client, Figure, Server, ServerBudget, Severity, Span, Topology, Workload
from poollint_rules.budget.contradictory_number import contradictory_number

AT = Span.at("deploy.yaml", 3, 1, 3)
FEW = Span.at("deploy.yaml", 8, 1, 1)
OWN = Span.at("deploy.yaml", 9, 1, 1)
NAME = Span.at("compose.yaml", 4, 1, 3)


def _topology(
    most: Figure, least: Figure | None = None, own: Figure | None = None, alone: Span | None = None
) -> Topology:
    workload = Workload(
        "web", "kubernetes", "Deployment", AT, "", most, None, (), True, least, own, alone
    )
    size = Figure.stated(5, "pool size", AT)
    limit = Figure.stated(100, "max_connections", AT)
    kept = Figure.stated(3, "superuser_reserved_connections", AT)
    server = Server("db", AT, ("db",), 5432, limit, kept, Figure.stated(0, "reserved", AT))
    clients = tuple(Client(n, AT, (most, size), (most, size), workload=workload) for n in "ab")
    return Topology("", (workload,), (), (ServerBudget(server, clients),))


def _stated(value: int, at: Span = AT) -> Figure:
    return Figure.stated(value, "replicas", at)


def test_a_least_above_the_most_is_told_once_where_the_least_stands() -> None:
    (problem,) = contradictory_number.check(_topology(_stated(4), _stated(6, FEW)))
    assert problem.at == FEW
    assert problem.message == "at least 6 instances of `web` are asked for, at most 4"


@pytest.mark.parametrize(
    ("own", "bound"), [(1, "at least 2"), (2, ""), (5, ""), (6, "at most 5"), (0, "")]
)
def test_replicas_outside_of_the_bounds_are_a_note(own: int, bound: str) -> None:
    found = tuple(
        contradictory_number.check(_topology(_stated(5), _stated(2, FEW), _stated(own, OWN)))
    )
    wanted = f"`web` asks for {own}, its autoscaler allows {bound}"
    told = [(p.message, p.at, p.severity) for p in found]
    assert told == ([(wanted, OWN, Severity.NOTE)] if bound else [])


def test_numbers_that_no_file_states_contradict_nothing() -> None:
    open_end = Figure(1, None, "replicas", Basis.UNKNOWN, "no file says")
    assert not tuple(contradictory_number.check(_topology(open_end, _stated(6, FEW))))
    default = Figure.defaulted(6, "replicas", "a default")
    assert not tuple(contradictory_number.check(_topology(_stated(4), default)))


@pytest.mark.parametrize(("replicas", "told"), [(1, []), (2, [NAME])])
def test_two_instances_cannot_share_a_name(replicas: int, told: list[Span]) -> None:
    found = contradictory_number.check(_topology(_stated(replicas), alone=NAME))
    assert [problem.at for problem in found] == told


def test_it_is_told_too_where_no_file_describes_the_server() -> None:
    found = _topology(_stated(5), _stated(2, FEW), _stated(6, OWN))
    (budget,) = found.servers
    far = Topology("", (), (), (), outside=budget.clients)
    assert [problem.at for problem in contradictory_number.check(far)] == [OWN]
