"""What a sum that does not fit says besides its arithmetic."""

from dataclasses import replace

import pytest

from poollint import (
    Basis,
    Client,
    Confidence,
    Container,
    Figure,
    Pooler,
    PoolerBudget,
    Problem,
    Server,
    ServerBudget,
    Severity,
    Span,
    Topology,
    Word,
    Workload,
)
from poollint_rules.budget.connection_budget_exceeded import connection_budget_exceeded
from poollint_rules.budget.deploy_overshoot import deploy_overshoot

AT = Span.at("db.conf", 1, 1, 3)
SURGE = Span.at("deploy/web.yaml", 8, 1, 3)


def _topology(limit: int, rollout: tuple[Figure, ...] = (), pool: int | None = 10) -> Topology:
    size = Figure(10, pool, "pool size", Basis.STATED, AT)
    steady = (Figure.stated(4, "replicas", AT), size)
    server = Server(
        name="db",
        hosts=("db",),
        port=5432,
        max_connections=Figure.stated(limit, "max_connections", AT),
        superuser_reserved=Figure.stated(3, "superuser_reserved_connections", AT),
        reserved=Figure.stated(0, "reserved_connections", AT),
        span=AT,
    )
    client = Client("web", AT, steady, (*rollout, size) if rollout else steady)
    return Topology("", (), (), (ServerBudget(server, (client,)),))


def _surge() -> tuple[Figure, ...]:
    name = "replicas during a rollout"
    return (Figure(5, 5, name, Basis.DERIVED, SURGE, "4 and 1 more, maxSurge 1"),)


def _only(topology: Topology) -> Problem:
    (problem,) = connection_budget_exceeded.check(topology)
    return problem


def test_the_rollout_is_told_with_its_place_only_where_it_opens_more() -> None:
    told = (
        "while `web` is rolled out (4 and 1 more, maxSurge 1; deploy/web.yaml:8): 50 may be opened"
    )
    assert _only(_topology(20, _surge())).notes == (told,)
    assert _only(_topology(20)).notes == ()


def test_the_numbers_that_would_fit_are_left_to_the_report() -> None:
    assert _only(_topology(20)).help == "put PgBouncer between, in transaction mode"


def test_what_is_taken_of_others_is_not_told_with_the_sum_of_its_clients() -> None:
    told = _topology(20)
    (budget,) = told.servers
    one = Figure.stated(1, "replicas", AT)
    web, mail = (
        Workload(name, "compose", "service", AT, "", one, None, (Container(name, AT, image, ()),))
        for name, image in (("web", "shop:1"), ("mail", "post:1"))
    )
    clients = (replace(budget.clients[0], workload=web),)
    assumed = ("`post:1` is taken", "`mail` connects", "`shop:1` is taken", "the chart is read")
    whole = replace(
        told, workloads=(web, mail), servers=(replace(budget, clients=clients),), assumed=assumed
    )
    assert _only(whole).notes == ("assumed: `shop:1` is taken", "assumed: the chart is read")


def test_a_pool_without_a_limit_is_to_be_bounded() -> None:
    problem = _only(_topology(20, pool=None))
    assert problem.help == "bound the pools that have no limit, or put PgBouncer between"


@pytest.mark.parametrize(
    ("usual", "confidence"),
    [(None, Confidence.MEDIUM), (5, Confidence.MEDIUM), (4, Confidence.LOW)],
)
def test_what_fits_with_one_connection_a_thread_is_of_low_confidence(
    usual: int | None, confidence: Confidence
) -> None:
    (budget,) = _topology(20).servers
    (client,) = budget.clients
    size = Figure(1, 10, "pool size", Basis.STATED, AT, usual=usual)
    client = replace(client, steady=(client.steady[0], size), rollout=(client.rollout[0], size))
    problem = _only(Topology("", (), (), (replace(budget, clients=(client,)),)))
    assert (problem.confidence, problem.message[:2]) == (confidence, "40")


def test_what_only_guesses_make_too_much_is_of_low_confidence() -> None:
    sure = _topology(20, pool=None)
    (budget,) = sure.servers
    (client,) = budget.clients
    guess = Figure(0, 400, "workers", Basis.ASSUMED, AT)
    extra = Client("cron", AT, (guess,), (guess,))
    few = replace(client, steady=(Figure(0, 2, "pool size", Basis.STATED, AT),))
    for clients, confidence in (
        ((few, extra), Confidence.LOW),
        ((client, extra), Confidence.HIGH),
        (
            (replace(client, steady=(Figure(0, 40, "pool size", Basis.STATED, AT),)),),
            Confidence.MEDIUM,
        ),
    ):
        topology = replace(sure, servers=(replace(budget, clients=clients),))
        assert _only(topology).confidence is confidence


def test_a_pool_and_a_server_left_as_their_makers_chose_are_of_low_confidence() -> None:
    told = _topology(20)
    (budget,) = told.servers
    (client,) = budget.clients
    limit = Figure.defaulted(100, "max_connections", "PostgreSQL default")
    kept = Figure.defaulted(3, "superuser_reserved_connections", "PostgreSQL default")
    server = replace(budget.server, max_connections=limit, superuser_reserved=kept)
    server = replace(server, reserved=Figure.defaulted(0, "reserved_connections", "PostgreSQL"))
    pool = Figure(0, 100, "pool size", Basis.DEFAULTED, "Npgsql default")
    replicas = Figure.stated(2, "replicas", AT)
    for steady, confidence in (((pool,), Confidence.LOW), ((replicas, pool), Confidence.MEDIUM)):
        one = replace(budget, server=server, clients=(replace(client, steady=steady),))
        assert _only(replace(told, servers=(one,))).confidence is confidence


def test_what_fits_but_for_the_rollout_is_told_by_one_rule_alone() -> None:
    fits = _topology(45, _surge())
    assert not list(connection_budget_exceeded.check(fits))
    (problem,) = deploy_overshoot.check(fits)
    assert problem.message.startswith("while `web` is rolled out 50 connections are open, 42 ")


def _beside_a_guess(topology: Topology, *, taken: bool = False) -> Topology:
    (budget,) = topology.servers
    guess = Figure(1, 400, "workers", Basis.ASSUMED, AT)
    extra = Client("cron", AT, (guess,), (guess,))
    clients = (replace(budget.clients[0], assumed=taken), extra)
    return replace(topology, servers=(replace(budget, clients=clients),))


def test_a_rollout_that_cannot_fit_is_told_where_the_sum_itself_is_but_guessed() -> None:
    both = _beside_a_guess(_topology(45, _surge()))
    assert _only(both).confidence is Confidence.LOW
    (problem,) = deploy_overshoot.check(both)
    told = "while `web` is rolled out at least 51 connections are open, 42 available at `db`"
    assert (problem.message, problem.label) == (told, "at least 9 too few")
    assert problem.confidence is Confidence.HIGH


def test_no_rollout_is_told_for_certain_that_rests_on_a_guess() -> None:
    for silent in (
        _beside_a_guess(_topology(55, _surge())),  # 51 fit
        _beside_a_guess(_topology(45)),  # nothing is rolled out
        _beside_a_guess(_topology(45, _surge()), taken=True),
        _beside_a_guess(_topology(20, _surge())),  # too much without a rollout, which is told
    ):
        assert not list(deploy_overshoot.check(silent))


@pytest.mark.parametrize(
    ("asking", "missing", "low"),
    [(20, (), True), (42, (), True), (43, (), False), (0, (), False), (20, ("`cron`",), False)],
)
def test_a_rollout_of_a_pooler_opens_no_more_than_its_clients_ask_for(
    asking: int, missing: tuple[str, ...], low: bool
) -> None:
    topology = _topology(45, _surge())
    (budget,) = topology.servers
    count = (Figure.stated(asking, "workers", AT),)
    clients = (Client("web", AT, count, count),) if asking else ()
    pooler = PoolerBudget(_pooler(), clients, budget.clients, budget.server, missing)
    (problem,) = deploy_overshoot.check(replace(topology, poolers=(pooler,)))
    note = f"the clients known today open no more than {asking}"
    assert (problem.confidence is Confidence.LOW) is low
    assert (note in problem.notes) is low
    assert ("50 connections may be open" in problem.message) is low


def _pooler() -> Pooler:
    one = Figure.stated(10, "default_pool_size", AT)
    mode = Word("transaction", Basis.STATED, AT)
    return Pooler("pgbouncer", "PgBouncer", AT, (), 6432, mode, one, one, one, one, one, one, ())


@pytest.mark.parametrize(
    ("cores", "said"), [(1, "1 core works on about 2"), (4, "4 cores work on about 8")]
)
def test_what_the_processors_can_work_on_is_told_where_a_file_states_them(
    cores: int, said: str
) -> None:
    topology = _topology(20)
    (budget,) = topology.servers
    figure = Figure.stated(cores, "cores", AT)
    server = replace(budget.server, cores=figure)
    told = replace(topology, servers=(replace(budget, server=server),))
    (note,) = [note for note in _only(told).notes if "at a time" in note]
    assert said in note
    assert "db.conf:1" in note
    assert not any("at a time" in note for note in _only(topology).notes)


def test_what_is_not_known_for_certain_is_what_is_there_where_what_is_asked_for_is() -> None:
    most = Figure(20, 60, "max_connections", Basis.DERIVED, AT)
    topology = _topology(20)
    server = replace(topology.servers[0].server, max_connections=most)
    topology = replace(topology, servers=(replace(topology.servers[0], server=server),))
    told = "at least 17, at most 57 are available: it is not known for certain"
    assert _only(topology).notes == (told,)


@pytest.mark.parametrize(("limit", "severity"), [(20, None), (103, Severity.WARNING)])
def test_no_error_rests_on_a_client_that_is_taken_to_connect_there(
    limit: int, severity: Severity | None
) -> None:
    topology = _topology(limit)
    (budget,) = topology.servers
    (client,) = budget.clients
    taken = replace(client, steady=(Figure.stated(70, "pool size", AT),), assumed=True)
    both = replace(budget, clients=(client, taken))
    problem = _only(replace(topology, servers=(both,)))
    assert problem.severity is severity
    assert problem.confidence is (Confidence.MEDIUM if severity else Confidence.HIGH)
