"""Programs of supervisord in the container that starts it."""

from __future__ import annotations

import pytest

from poollint.model.source import Span
from poollint.reading import linking
from poollint.reading.reader import Options
from tests.reading.deployment.arranging import readings, topology

COMPOSE = """
services:
  db: {image: "postgres:16"}
  web:
    build: .
    environment: {DATABASE_URL: "postgresql://shop@db/shop"}
"""
SHOP = """
import os
from sqlalchemy import create_engine
engine = create_engine(os.environ["DATABASE_URL"], pool_size=5, max_overflow=0)
"""
PROGRAMS = """[supervisord]
nodaemon=true
[program:api]
command=gunicorn shop.api:app -w 3
[program:jobs]
command=celery -A shop.api worker -c 2
numprocs=4
[program:front]
command=nginx -g "daemon off;"
"""


def files(command: str, programs: str = PROGRAMS) -> dict[str, str]:
    return {
        "compose.yaml": COMPOSE,
        "Dockerfile": "FROM python:3.12\nCOPY . /srv\nCOPY supervisord.conf /etc/\n"
        f"CMD {command}\n",
        "shop/api.py": SHOP,
        "supervisord.conf": programs,
    }


@pytest.mark.parametrize(
    "command",
    [
        '["supervisord", "-n", "-c", "/etc/supervisord.conf"]',
        '["/usr/bin/supervisord", "--configuration=/etc/supervisord.conf"]',
        "exec supervisord -n",
    ],
)
def test_the_programs_of_supervisord_count_in_the_container_that_starts_it(command: str) -> None:
    (server,) = topology(files(command)).servers
    found = {c.name: c for c in server.clients}
    assert {name: c.steady[1].low for name, c in found.items()} == {"web/api": 3, "web/jobs": 8}
    assert found["web/jobs"].entry.total.high == 40
    origin = found["web/api"].steady[1].origin
    assert isinstance(origin, Span)
    assert (origin.path, origin.start.line) == ("supervisord.conf", 4)
    assert not _told(files(command))


def test_a_file_that_takes_in_others_does_not_tell_all_programs() -> None:
    more = "[include]\nfiles = conf.d/*.conf\n" + PROGRAMS
    tree = files("supervisord -n -c /etc/supervisord.conf", more)
    (server,) = topology(tree).servers
    assert not any(c.name.startswith("web/") for c in server.clients)
    (told,) = _told(tree)
    assert told == "`api` and `jobs` of supervisord.conf, for a container starts these and more"


def test_a_program_beside_it_is_not_what_supervisord_starts() -> None:
    assert _told(files("gunicorn shop.api:app")) == [
        "`api` and `jobs` of supervisord.conf, for other files say what runs"
    ]


def test_what_supervisord_is_given_its_programs_are_given_by_name() -> None:
    programs = """[program:api]
command=gunicorn shop.api:app -w %(ENV_WORKERS)s
environment=DATABASE_URL="%(ENV_DATABASE_URL)s"
"""
    tree = files("supervisord -n", programs)
    tree["compose.yaml"] = COMPOSE.replace("environment: {", "environment: {WORKERS: 7, ")
    (server,) = topology(tree).servers
    assert [(c.name, c.entry.total.high) for c in server.clients] == [("web", 35)]


def _told(tree: dict[str, str]) -> list[str]:
    found = linking.link(readings(tree), Options()).uncounted
    return [text for text in found or () if "supervisord.conf" in text]
