"""A file of settings counts where the server looks at it."""

from __future__ import annotations

import pytest

from poollint.model.figure import Basis
from tests.reading.deployment.arranging import topology

COMPOSE = """
    services:
      db:
        image: IMAGE
        command: COMMAND
        environment: {PGDATA: DATA}
        volumes: ["./conf/postgresql.conf:TARGET"]
      web: {image: shop, depends_on: [db], environment: {DATABASE_URL: "postgres://u@db/a"}}
    """
TOLD = ("postgres:16", "postgres -c config_file=/etc/postgresql/postgresql.conf")
PLAIN = ("postgres:16", "postgres -c shared_buffers=1GB")
OWN = "/etc/postgresql/postgresql.conf"
DATA = "/var/lib/postgresql/data/postgresql.conf"


@pytest.mark.parametrize(
    ("image", "command", "target", "number", "basis"),
    [
        (*TOLD, OWN, 60, Basis.STATED),
        (*PLAIN, OWN, 100, Basis.UNKNOWN),
        (*PLAIN, "/etc/postgresql/conf.d/postgresql.conf", 100, Basis.UNKNOWN),
        ("postgres:16", "postgres -N 70", OWN, 70, Basis.STATED),
        (*PLAIN, DATA, 60, Basis.STATED),
        (*PLAIN, "/usr/share/postgresql/postgresql.conf.sample", 60, Basis.STATED),
        ("acme/postgres:16", PLAIN[1], OWN, 60, Basis.STATED),
        ("postgres:16", "./start.sh postgres", OWN, 60, Basis.STATED),
    ],
)
def test_a_file_below_etc_is_read_where_the_command_says_so(
    image: str, command: str, target: str, number: int, basis: Basis
) -> None:
    words = {"IMAGE": image, "COMMAND": command, "TARGET": target}
    assert _limit(words) == (number, basis)


def test_the_data_may_lie_where_the_file_is_mounted() -> None:
    words = {"IMAGE": PLAIN[0], "COMMAND": PLAIN[1], "TARGET": OWN}
    assert _limit(words, data="/etc/postgresql") == (60, Basis.STATED)
    assert _limit(words, data="${WHERE}") == (60, Basis.STATED)


@pytest.mark.parametrize(
    ("script", "number", "basis"),
    [
        ("CREATE DATABASE a;", 100, Basis.UNKNOWN),
        ("ALTER SYSTEM SET max_connections = 80;", 60, Basis.STATED),
    ],
)
def test_a_script_that_names_no_settings_has_no_file_read(
    script: str, number: int, basis: Basis
) -> None:
    words = {"IMAGE": PLAIN[0], "COMMAND": PLAIN[1], "TARGET": OWN}
    more = 'TARGET", "./first:/docker-entrypoint-initdb.d"'
    assert _limit({'TARGET"': more, **words}, script=script) == (number, basis)


def _limit(
    words: dict[str, str], data: str = "/var/lib/postgresql/data/main", script: str = ""
) -> tuple[int, Basis]:
    compose = COMPOSE.replace("PGDATA: DATA", f"PGDATA: '{data}'")
    for word, text in words.items():
        compose = compose.replace(word, text)
    files = {"compose.yaml": compose, "conf/postgresql.conf": "max_connections = 60\n"}
    files |= {"first/1.sh": f"#!/bin/sh\npsql -c '{script}'\n"} if "max_" in script else {}
    (server,) = topology(files).servers
    figure = server.server.max_connections
    return figure.low, figure.basis


@pytest.mark.parametrize(
    ("image", "variable", "number", "basis"),
    [
        ("bitnami/postgresql:16", "X", 100, Basis.UNKNOWN),
        ("bitnami/postgresql:16", "POSTGRESQL_MAX_CONNECTIONS", 70, Basis.STATED),
        ("postgres:16", "X", 100, Basis.DEFAULTED),
    ],
)
def test_a_file_of_another_name_that_the_image_takes_leaves_the_limit_open(
    image: str, variable: str, number: int, basis: Basis
) -> None:
    compose = f"""
        services:
          db:
            image: {image}
            environment: {{{variable}: 70}}
            volumes: ["./more.conf:/bitnami/postgresql/conf/conf.d/more.conf"]
          web: {{image: shop, depends_on: [db], environment: {{DATABASE_URL: "postgres://u@db/a"}}}}
        """
    (server,) = topology({"compose.yaml": compose}).servers  # no reader takes `more.conf`
    figure = server.server.max_connections
    assert (figure.low, figure.basis) == (number, basis)
