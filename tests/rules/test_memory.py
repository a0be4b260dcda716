"""What the rules about memory and open files advise fits."""

import dataclasses

import pytest

from poollint import Configuration, Figure, Problem, Setting, Severity, Span
from poollint_rules.budget.memory_exceeded import memory_exceeded
from poollint_rules.budget.pooler_file_limit import pooler_file_limit

PLACE = Span.at("compose.yaml", 3, 1, 10)
MB = 2**20


def _server(memory: int, buffers: float | None, connections: int | None) -> list[Problem]:
    stated = (("shared_buffers", buffers), ("max_connections", connections))
    settings = tuple(
        Setting("PostgreSQL", "", "", name, str(value), PLACE, PLACE, number=value)
        for name, value in stated
        if value is not None
    )
    figure = Figure.stated(memory, "memory", PLACE)
    return list(memory_exceeded.check(Configuration("PostgreSQL", PLACE, settings, memory=figure)))


def test_what_fits_exactly_is_no_problem() -> None:
    assert not _server(228 * MB, 128 * MB, None)
    assert not _server(500 * MB, 100 * MB, 400)
    assert len(_server(500 * MB, 100 * MB, 401)) == 1


def test_nothing_is_said_of_a_server_that_states_nothing() -> None:
    assert not _server(64 * MB, None, None)


def test_each_value_that_is_advised_fits() -> None:
    (problem,) = _server(512 * MB, 256 * MB, 500)
    assert problem.help == (
        "give it 756 MB or more, or write `max_connections` of 256 or less, "
        "or write `shared_buffers` of 12MB or less"
    )
    assert not _server(756 * MB, 256 * MB, 500)
    assert not _server(512 * MB, 256 * MB, 256)
    assert not _server(512 * MB, 12 * MB, 500)


def test_buffers_that_alone_do_not_fit_are_an_error() -> None:
    (problem,) = _server(512 * MB, 1024 * MB, 10)
    assert problem.severity is Severity.ERROR


@pytest.mark.parametrize(("limit", "problems"), [(130, 0), (129, 1)])
def test_open_files_are_counted_as_pgbouncer_counts(limit: int, problems: int) -> None:
    clients = Setting("PgBouncer", "pgbouncer", "", "max_client_conn", "100", PLACE, PLACE)
    found = Configuration(
        "PgBouncer", PLACE, (dataclasses.replace(clients, number=100),),
        descriptors=Figure.stated(limit, "nofile", PLACE),
    )  # fmt: skip
    assert len(list(pooler_file_limit.check(found))) == problems
