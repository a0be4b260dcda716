"""Services that a makefile or a script starts with `--scale`."""

from __future__ import annotations

import pytest

from poollint.model.figure import Basis, Figure
from poollint.model.source import Span
from poollint.reading.deployment.linking import topology
from poollint.reading.reader import Options
from tests.reading.deployment.arranging import readings

BASE = """
services:
  db: {image: "postgres:16"}
  api: {build: ., command: gunicorn -w 2 shop.api:app}
"""
PROD = "services: {api: {deploy: {replicas: 10}}}\n"


def replicas(scope: str = "", **files: str) -> Figure:
    """Return the instances of `api` in a project; in names of files `__` stands for `.`."""
    named = {"compose.yaml": BASE} | {n.replace("__", "."): t for n, t in files.items()}
    described = topology.described(readings(named), (), Options())
    (found,) = (one for one in described if scope in ("", one.scope))
    (workload,) = (p.workload for p in found.placed if p.workload.name == "api")
    return workload.replicas


def test_the_number_of_the_command_counts_and_has_its_place() -> None:
    make = "build:\n\tdocker build .\nup:\n\tdocker compose up -d --scale api=12\n"
    found = replicas(Makefile=make)
    assert (found.low, found.high, found.basis) == (12, 12, Basis.STATED)
    assert found.origin == Span.at("Makefile", 4, 31, 6)
    assert found.hint == "--scale api=12"


@pytest.mark.parametrize(
    "line",
    [
        "docker-compose up --scale=api=7",
        "sudo docker compose --env-file x up --build \\\n\t  --scale 'api=7' -d",
        "docker compose -f compose.yaml up --scale worker=3 --scale api=7 && echo started",
        "docker compose up --scale api=$(COUNT)",
        "docker compose -f ${FILE} up --scale api=${OTHER:-7}",
    ],
)
def test_ways_to_write_it(line: str) -> None:
    found = replicas(Makefile=f"COUNT ?= 7\nFILE := compose.yaml\nup:\n\t{line}\n")
    assert (found.low, found.high) == (7, 7)


@pytest.mark.parametrize(
    "line",
    [
        "echo docker compose up --scale api=7",
        "# docker compose up --scale api=7",
        "docker compose run --scale api=7",
        "docker compose -f other.yaml up --scale api=7",
        "docker compose up --scale worker=7",
        "docker compose up; other --scale api=7",
    ],
)
def test_what_does_not_start_so_many(line: str) -> None:
    assert replicas(Makefile=f"up:\n\t{line}\n").high == 1


def test_where_others_start_it_as_its_file_says_either_may_run() -> None:
    make = "up:\n\tdocker compose up -d\nload:\n\tdocker compose up --scale api=4\n"
    found = replicas(Makefile=make)
    assert (found.low, found.high) == (1, 4)


def test_a_number_that_whoever_starts_it_gives_says_nothing() -> None:
    assert replicas(Makefile="up:\n\tdocker compose up --scale api=$(N)\n").basis is Basis.DEFAULTED
    make = "up:\n\tdocker compose up --scale api=3\nmore:\n\tdocker compose up --scale api=$(N)\n"
    found = replicas(Makefile=make)
    assert (found.low, found.high) == (3, 3)


def test_the_files_of_the_command_tell_which_project_it_starts() -> None:
    script = "docker compose -f compose.yaml -f compose.prod.yaml up -d --scale api=12\n"
    files = {"compose__prod__yaml": PROD, "scripts/up__sh": script}
    assert replicas("compose.prod.yaml", **files).high == 12
    assert replicas("compose.yaml", **files).high == 1
