"""Files of programs that one of supervisord takes in within an image."""

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
MAIN = "[supervisord]\nnodaemon=true\n[include]\nfiles = %s\n"
API = "[program:api]\ncommand=gunicorn shop.api:app -w 3\n"
JOBS = "[program:jobs]\ncommand=celery -A shop.api worker -c 2\n"
BOTH = {"web/api": 15, "web/jobs": 10}


def tree(copies: str, start: str, main: str = "") -> dict[str, str]:
    found = {
        "compose.yaml": COMPOSE,
        "Dockerfile": f"FROM python:3.12\nCOPY shop /srv/shop\n{copies}\nCMD {start}\n",
        "shop/api.py": SHOP,
        "ops/supervisor/programs/api.conf": API,
        "ops/supervisor/programs/jobs.conf": JOBS,
    }
    return found | ({"ops/supervisord.conf": MAIN % main} if main else {})


def clients(files: dict[str, str]) -> dict[str, int | None]:
    (server,) = topology(files).servers
    return {client.name: client.entry.total.high for client in server.clients}


@pytest.mark.parametrize(
    ("copies", "main"),
    [
        (
            "COPY ops/supervisord.conf /etc/supervisord.conf\n"
            "COPY ops/supervisor/programs/*.conf /etc/programs/",
            "/etc/programs/*.conf",
        ),
        ("COPY ops/supervisor /etc/\nCOPY ops/supervisord.conf /etc/", "programs/*.conf"),
        (
            "WORKDIR /srv\nCOPY ops /srv/ops",
            "/srv/ops/supervisor/programs/api.conf\n   supervisor/programs/jobs.conf",
        ),
    ],
)
def test_what_its_dockerfile_puts_where_a_file_looks_is_started(copies: str, main: str) -> None:
    assert clients(tree(copies, "supervisord -n -c /etc/supervisord.conf", main)) == BOTH


@pytest.mark.parametrize(
    ("folder", "ending"), [("/etc/supervisor/conf.d/", "conf"), ("/etc/supervisor.d/", "ini")]
)
def test_a_package_of_a_distribution_takes_in_its_own_folder(folder: str, ending: str) -> None:
    copies = "".join(
        f"COPY ops/supervisor/programs/{name}.conf {folder}{name}.{ending}\n"
        for name in ("api", "jobs")
    )
    assert clients(tree(copies, "supervisord -n")) == BOTH
    assert clients(tree(copies, "supervisord -n -c /etc/supervisor/supervisord.conf")) == BOTH
    assert clients(tree(copies, "supervisord -n -c /srv/other.conf")) == {}


@pytest.mark.parametrize(
    "copies",
    [
        "COPY ops/supervisord.conf /etc/supervisord.conf\nCOPY ops/supervisor /srv",
        "COPY ops/supervisord.conf /etc/\nCOPY ops/supervisor/programs/*.conf /etc/programs/deep/",
    ],
)
def test_what_lies_elsewhere_in_the_image_leaves_the_programs_open(copies: str) -> None:
    files = tree(copies, "supervisord -n -c /etc/supervisord.conf", "/etc/programs/*.conf")
    assert clients(files) == {}
    told = linking.link(readings(files), Options()).uncounted or ()
    assert any("of ops/supervisor/programs/" in text for text in told)


def test_a_program_keeps_its_own_place() -> None:
    copies = "COPY ops/supervisor /etc/\nCOPY ops/supervisord.conf /etc/"
    files = tree(copies, "supervisord -n -c /etc/supervisord.conf", "programs/*.conf")
    (server,) = topology(files).servers
    (jobs,) = (client for client in server.clients if client.name == "web/jobs")
    origin = jobs.steady[1].origin
    assert isinstance(origin, Span)
    assert (origin.path, origin.start.line) == ("ops/supervisor/programs/jobs.conf", 2)
