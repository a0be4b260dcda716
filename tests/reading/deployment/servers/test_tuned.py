"""What a server is set to by scripts, and by the steps of its image's build."""

from __future__ import annotations

import pytest

from poollint.model.figure import Basis, Figure
from poollint.model.source import Span
from tests.reading.deployment.arranging import topology

BUILT = "services:\n  db:\n    build: database\n"
MOUNTED = """
    services:
      db:
        image: postgres:16
        volumes: ["./first:/docker-entrypoint-initdb.d"]
"""
SCRIPTED = "FROM postgres:16\nCOPY first.sh /docker-entrypoint-initdb.d/\n"


def most(files: dict[str, str]) -> Figure:
    """Return what the only server of a tree accepts."""
    (server,) = topology(files).servers
    return server.server.max_connections


def told(figure: Figure) -> tuple[int, Basis, str]:
    origin = figure.origin
    assert isinstance(origin, Span)
    return figure.low, figure.basis, f"{origin.path}:{origin.start.line}"


@pytest.mark.parametrize(
    "line",
    [
        'echo "max_connections = 250" >> $PGDATA/postgresql.conf',
        "psql -c \"ALTER SYSTEM SET max_connections TO '250'\"",
    ],
)
def test_one_number_of_a_script_is_taken_for_what_holds(line: str) -> None:
    script = f"#!/bin/sh\n# max_connections was 100\n{line}\n"
    by_copy = {"compose.yaml": BUILT, "database/Dockerfile": SCRIPTED, "database/first.sh": script}
    assert told(most(by_copy)) == (250, Basis.ASSUMED, "database/first.sh:3")
    by_mount = {"compose.yaml": MOUNTED, "first/a.sh": script}
    assert told(most(by_mount)) == (250, Basis.ASSUMED, "first/a.sh:3")


@pytest.mark.parametrize(
    "line",
    [
        "cat /srv/large.conf >> $PGDATA/postgresql.conf",
        "cp /srv/large.conf $PGDATA/postgresql.conf",
        "sed -i 's/^max_connections = 100/max_connections = 250/' $PGDATA/postgresql.conf",
        'echo "max_connections = ${MOST:-300}" >> $PGDATA/postgresql.conf',
        "echo 'max_connections = 30' >> a; echo 'max_connections = 300' >> b",
    ],
)
def test_what_a_script_puts_in_place_is_not_known(line: str) -> None:
    found = most({"compose.yaml": MOUNTED, "first/a.sh": f"{line}\n"})
    assert told(found) == (100, Basis.UNKNOWN, "first/a.sh:1")


def test_a_step_of_the_build_sets_it() -> None:
    step = "RUN echo 'max_connections=40' >> /usr/share/postgresql/postgresql.conf.sample"
    found = most({"compose.yaml": BUILT, "database/Dockerfile": f"FROM postgres:16\n{step}\n"})
    assert told(found) == (40, Basis.ASSUMED, "database/Dockerfile:2")


def test_a_file_of_settings_that_is_not_read_leaves_it_open() -> None:
    image = "FROM postgres:16\nCOPY large.conf /srv/\n"
    found = most({"compose.yaml": BUILT, "database/Dockerfile": image})
    assert told(found) == (100, Basis.UNKNOWN, "database/Dockerfile:1")


@pytest.mark.parametrize(
    "image",
    [
        "FROM postgres:16\nCOPY pg_hba.conf /srv/\n",
        "FROM postgres:16\nRUN echo \"listen_addresses = '*'\" >> /srv/postgresql.conf\n",
        "FROM postgres:16\n# max_connections is the server's own\nRUN apt-get update\n",
    ],
)
def test_what_says_nothing_of_connections_leaves_the_default(image: str) -> None:
    found = most({"compose.yaml": BUILT, "database/Dockerfile": image})
    assert (found.low, found.basis) == (100, Basis.DEFAULTED)


def test_a_command_line_is_stronger_than_a_script() -> None:
    compose = MOUNTED + "        command: postgres -c max_connections=70\n"
    script = "echo 'max_connections = 250' >> $PGDATA/postgresql.conf\n"
    found = most({"compose.yaml": compose, "first/a.sh": script})
    assert (found.low, found.basis) == (70, Basis.STATED)


ALTER = "create role shop;\nALTER SYSTEM SET max_connections = 250;\n"


def test_a_statement_of_sql_sets_it() -> None:
    asked = "-- max_connections is small\nselect setting from pg_settings;\nshow max_connections;\n"
    found = most({"compose.yaml": MOUNTED, "first/a.sql": asked + ALTER})
    assert told(found) == (250, Basis.ASSUMED, "first/a.sql:5")
    image = SCRIPTED.replace("first.sh", "first.sql")
    built = {"compose.yaml": BUILT, "database/Dockerfile": image, "database/first.sql": ALTER}
    assert told(most(built)) == (250, Basis.ASSUMED, "database/first.sql:2")


def test_a_statement_that_no_server_is_given_sets_nothing() -> None:
    found = most({"compose.yaml": "services: {db: {image: 'postgres:16'}}", "first/a.sql": ALTER})
    assert found.basis is Basis.DEFAULTED


HELD = """
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: first}
    data:
      FILE: |
        # for a larger machine
        LINE
    ---
    apiVersion: apps/v1
    kind: StatefulSet
    metadata: {name: db}
    spec:
      template:
        spec:
          containers:
            - name: db
              image: postgres:16
              volumeMounts: [{name: first, mountPath: /docker-entrypoint-initdb.d}]
          volumes: [{name: first, configMap: {name: MOUNTED}}]
"""


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("first.sh", "echo 'max_connections = 250' >> $PGDATA/postgresql.conf"),
        ("first.sql", "ALTER SYSTEM SET max_connections = 250;"),
    ],
)
def test_a_script_within_a_manifest_sets_it(name: str, line: str) -> None:
    text = HELD.replace("FILE", name).replace("LINE", line)
    text = (
        text.replace("# for a larger machine", "-- for a larger machine") if "sql" in name else text
    )
    found = most({"all.yaml": text.replace("MOUNTED", "first")})
    assert told(found) == (250, Basis.ASSUMED, "all.yaml:7")
    other = most({"all.yaml": text.replace("MOUNTED", "second")})
    assert other.basis is Basis.DEFAULTED
