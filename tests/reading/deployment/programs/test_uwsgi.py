"""The processes and threads that uWSGI's file gives a container."""

from __future__ import annotations

import pytest

from poollint.facts.topology import Client
from poollint.model.figure import Basis
from poollint.reading.reader import Options
from tests.reading.deployment.arranging import topology

POOL = """
import os
from sqlalchemy import create_engine
app = create_engine(os.environ["DATABASE_URL"], pool_size=5, max_overflow=0)
"""
COMPOSE = """
services:
  db:
    image: postgres:16
  web:
    build: .
    environment: {DATABASE_URL: "postgresql://shop@db/shop", MANY: "6"}
"""


def client(ini: str, command: str = "uwsgi --ini uwsgi.ini", **files: str) -> Client:
    texts = {"conf/uwsgi.ini": f"[uwsgi]\nmodule = shop.api:app\n{ini}\n", **files}
    tree = {
        "compose.yaml": COMPOSE,
        "Dockerfile": f"FROM python:3.12\nCOPY conf/uwsgi.ini /srv/uwsgi.ini\nCMD {command}\n",
        "shop/api.py": POOL,
    }
    options = Options(beside=lambda path: texts.get(path, ""))
    (server,) = topology(tree, options).servers
    (one,) = server.clients
    return one


@pytest.mark.parametrize(
    ("ini", "workers", "basis"),
    [
        ("processes = 4", 4, Basis.STATED),
        ("workers = 4\ncheaper = 1", 4, Basis.STATED),
        ("p = 3", 3, Basis.STATED),
        ("n = 2\nprocesses = %(%(n) * 3)", 6, Basis.STATED),
        ("processes = $(MANY)", 6, Basis.STATED),
        ("threads = 2", 1, Basis.DEFAULTED),
        ("processes = %k", 1, Basis.UNKNOWN),
        ("if-env = BIG\nprocesses = 9\nendif =", 1, Basis.UNKNOWN),
    ],
)
def test_processes_of_a_file(ini: str, workers: int, basis: Basis) -> None:
    figure = client(ini).steady[1]
    assert (figure.low, figure.basis) == (workers, basis)


@pytest.mark.parametrize(
    ("ini", "low", "high"),
    [("processes = 4", 4, 20), ("processes = 4\nthreads = 2", 8, 20), ("threads = 8", 5, 5)],
)
def test_threads_bound_what_is_certain(ini: str, low: int, high: int) -> None:
    total = client(ini).entry.total
    assert (total.low, total.high) == (low, high)


@pytest.mark.parametrize(
    "command",
    [
        "uwsgi --ini /srv/uwsgi.ini",
        "uwsgi /srv/uwsgi.ini",
        '["uwsgi", "--ini", "conf/uwsgi.ini"]',
        '["uwsgi", "--ini=uwsgi.ini"]',
    ],
)
def test_the_file_is_found_by_what_the_container_calls_it(command: str) -> None:
    assert client("processes = 4", command).steady[1].low == 4


def test_the_command_line_goes_first() -> None:
    assert client("processes = 4", "uwsgi --ini uwsgi.ini -p 2").steady[1].low == 2


def test_a_file_that_is_not_there_leaves_the_number_unknown() -> None:
    assert client("processes = 4", "uwsgi --ini other.ini").steady[1].basis is Basis.UNKNOWN


def test_nor_is_it_certain_then_how_much_of_a_pool_is_used() -> None:
    figure = client("", "uwsgi /srv/other.ini").steady[2]
    assert (figure.low, figure.high) == (1, 5)


def test_another_section_is_read_where_the_command_names_it() -> None:
    text = {
        "conf/uwsgi.ini": "[uwsgi]\nprocesses = 4\n[big]\nmodule = shop.api:app\nprocesses = 9\n"
    }
    assert client("", "uwsgi --ini uwsgi.ini:big", **text).steady[1].low == 9
