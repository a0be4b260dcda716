"""What recipes of makefiles and of just start, where a container's command names one."""

from __future__ import annotations

import pytest

from poollint.facts.infrastructure import Process
from poollint.reading import project
from tests.reading.deployment.arranging import readings, topology

COMPOSE = """
    services:
      db: {image: "postgres:16"}
      web:
        build: .
        command: COMMAND
        environment: {DATABASE_URL: "postgresql://shop@db/orders", FROM_OUTSIDE: "6"}
    """
MAKE = """
    PORT = 8000
    WORKERS ?= 5
    FROM_OUTSIDE ?= 2
    .PHONY: run build

    help:
    \t@echo "run, serve, dev"
    build: ; docker build .
    run: build
    \t@echo starting
    \tgunicorn -w $(WORKERS) -b 0.0.0.0:$(PORT) shop.db:app
    serve:
    \t$(MAKE) run WORKERS=3
    outside:
    \tgunicorn -w $(FROM_OUTSIDE) shop.db:app
    shell:
    \tNUMBER=7 && gunicorn -w $$NUMBER shop.db:app
    long:
    \tgunicorn \\
    \t  --workers 4 \\
    \t  shop.db:app
    test:
    \tpytest
    """
JUST = """
    workers := "5"

    default:
        @just --list

    run port="8000":
        gunicorn -w {{workers}} -b 0.0.0.0:{{port}} shop.db:app
    serve: run
        just run
    """
ENGINE = """
    import os
    from sqlalchemy import create_engine

    engine = create_engine(os.environ["DATABASE_URL"], pool_size=4, max_overflow=0)
    """
IMAGE = "FROM python:3.12\nCOPY . .\n"


def process(command: str, files: dict[str, str]) -> Process | None:
    """Return what the service runs."""
    known = {"compose.yaml": COMPOSE.replace("COMMAND", command), "shop/db.py": ENGINE}
    found = topology({**known, "Dockerfile": IMAGE, **files})
    (web,) = (w for w in found.workloads if w.name == "web")
    return web.containers[0].process


@pytest.mark.parametrize(
    ("command", "workers"),
    [
        ("make run", 5),
        ("make -s run WORKERS=9", 9),
        ("make serve", 3),
        ("make outside", 6),
        ("make long", 4),
        ("sh -c 'cd /app && make run'", 5),
        ("bash -c 'exec make -C . run'", 5),
    ],
)
def test_a_container_runs_what_the_recipe_starts(command: str, workers: int) -> None:
    found = process(command, {"Makefile": MAKE})
    assert found
    assert (found.tool, found.application, found.processes.low) == (
        "gunicorn",
        "shop.db:app",
        workers,
    )


def test_what_a_recipe_asks_of_its_own_shell_is_put_in() -> None:
    found = process("make shell", {"Makefile": MAKE})
    assert found
    assert (found.tool, found.processes.high) == ("gunicorn", 7)


def test_a_recipe_of_just_is_followed_too() -> None:
    for command in ("just run", "just serve", "just --justfile justfile run 9000"):
        found = process(command, {"justfile": JUST})
        assert found
        assert (found.tool, found.processes.low) == ("gunicorn", 5), command


@pytest.mark.parametrize("command", ["make", "make test", "make build", "make nothing"])
def test_a_recipe_that_starts_nothing_known_opens_nothing_known(command: str) -> None:
    found = process(command, {"Makefile": MAKE})
    assert found
    assert found.tool == ""


def test_the_file_of_the_folder_that_is_built_counts() -> None:
    files = {"Makefile": MAKE, "other/Makefile": MAKE.replace("5", "8")}
    found = process("make run", files)
    assert found
    assert found.processes.low == 5
    compose = COMPOSE.replace("COMMAND", "make run").replace("build: .", "build: other")
    tree = {"compose.yaml": compose, "other/Dockerfile": IMAGE, "other/shop/db.py": ENGINE, **files}
    (web,) = (w for w in topology(tree).workloads if w.name == "web")
    (container,) = web.containers
    assert container.process
    assert container.process.processes.low == 8


def test_a_makefile_alone_describes_nothing_that_is_deployed() -> None:
    (reading,) = readings({"Makefile": MAKE.replace("docker build .", "true")})
    assert not project.describes_infrastructure(reading)


def test_what_runs_itself_ends() -> None:
    found = process("make run", {"Makefile": "run:\n\tmake run\nx:\n\tgunicorn a:b\n"})
    assert found
    assert found.tool == ""


PYPROJECT = """
    [project]
    name = "shop"
    [project.scripts]
    serve = "shop.main:run"
    [tool.pdm.scripts]
    web = {cmd = "gunicorn -w 5 shop.db:app"}
    [tool.poe.tasks]
    start = "gunicorn -w 6 shop.db:app"
    loop = "loop"
    """


@pytest.mark.parametrize(
    ("command", "tool", "application"),
    [
        ("poetry run serve", "python", "shop.main"),
        ("uv run serve --port 80", "python", "shop.main"),
        ("serve", "python", "shop.main"),
        ("pdm run web", "gunicorn", "shop.db:app"),
        ("poe start", "gunicorn", "shop.db:app"),
        ("loop", "", "loop"),
        ("poetry run other", "", "other"),
    ],
)
def test_a_command_that_the_project_installs_is_what_it_says(
    command: str, tool: str, application: str
) -> None:
    found = process(command, {"pyproject.toml": PYPROJECT})
    assert found
    assert (found.tool, found.application) == (tool, application)
