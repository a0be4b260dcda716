"""A file of settings of any name counts where a server is told to read it."""

from __future__ import annotations

import pytest

from poollint.model.figure import Basis, Figure
from tests.reading.deployment.arranging import topology

ASKING = """
      web: {image: shop, depends_on: [db], environment: {DATABASE_URL: "postgres://u@db/a"}}
"""
SIXTY = "max_connections = 60\n"


def limit(files: dict[str, str]) -> Figure:
    (found,) = topology(files).servers
    return found.server.max_connections


def of_compose(volume: str, command: str, image: str = "postgres:16") -> dict[str, str]:
    text = f"""
    services:
      db:
        image: {image}
        command: {command}
        volumes: ["{volume}"]
"""
    return {"compose.yaml": text + ASKING}


@pytest.mark.parametrize(
    ("volume", "path"),
    [
        ("./db/first.conf:/etc/postgresql/first.conf", "/etc/postgresql/first.conf"),
        ("./db/first.conf:/etc/postgresql/postgresql.conf", "/etc/postgresql/postgresql.conf"),
        ("./db:/settings", "/settings/first.conf"),
    ],
)
def test_a_mounted_file_is_read_that_the_command_names(volume: str, path: str) -> None:
    files = of_compose(volume, f"postgres -c config_file={path}")
    files |= {"db/first.conf": SIXTY, "db/second.conf": "max_connections = 70\n"}
    found = limit(files)
    assert (found.low, found.basis) == (60, Basis.STATED)
    assert getattr(found.origin, "path", "") == "db/first.conf"


@pytest.mark.parametrize(
    "command",
    ["postgres -c config_file=/elsewhere/other.conf", "postgres -c config_file=relative.conf"],
)
def test_a_file_that_the_command_does_not_name_is_not_taken(command: str) -> None:
    files = of_compose("./db/first.conf:/etc/postgresql/first.conf", command)
    found = limit(files | {"db/first.conf": SIXTY})
    assert (found.low, found.basis) == (100, Basis.UNKNOWN)


def test_a_file_of_another_name_says_nothing_by_itself() -> None:
    files = of_compose("./db/first.conf:/etc/first.conf", "postgres -c shared_buffers=1GB")
    found = limit(files | {"db/first.conf": SIXTY})
    assert (found.low, found.basis) == (100, Basis.DEFAULTED)


def test_a_file_that_the_image_copies_is_read() -> None:
    text = """
    services:
      db: {build: database}
"""
    image = """
        FROM postgres:16
        COPY own.conf /etc/postgresql/
        CMD ["postgres", "-c", "config_file=/etc/postgresql/own.conf"]
        """
    files = {"compose.yaml": text + ASKING, "database/Dockerfile": image}
    assert limit(files | {"database/own.conf": SIXTY}).low == 60


def test_a_key_of_a_config_map_is_read_that_the_command_names() -> None:
    manifest = """
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: settings}
        data:
          main.conf: |
            max_connections = 60
          spare.conf: |
            max_connections = 70
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
                  args: [-c, config_file=/settings/main.conf]
                  volumeMounts: [{name: own, mountPath: /settings}]
              volumes: [{name: own, configMap: {name: settings}}]
        """
    found = limit({"db.yaml": manifest})
    assert (found.low, found.basis) == (60, Basis.STATED)


@pytest.mark.parametrize(
    ("files", "number", "basis"),
    [
        ({"more/own.conf": SIXTY}, 60, Basis.STATED),
        ({"more/own.conf": SIXTY, "more/b.conf": "max_connections = 70\n"}, 100, Basis.UNKNOWN),
        ({}, 100, Basis.UNKNOWN),
    ],
)
def test_what_an_image_takes_from_a_folder_counts_where_it_is_one_file(
    files: dict[str, str], number: int, basis: Basis
) -> None:
    volume = "./more:/bitnami/postgresql/conf/conf.d"
    found = limit(of_compose(volume, "[]", "bitnami/postgresql:16") | files)
    assert (found.low, found.basis) == (number, basis)
