"""Apache with mod_wsgi: what `WSGIDaemonProcess` says of processes and threads."""

from __future__ import annotations

import pytest

from poollint.model.figure import Basis
from poollint.model.source import Span
from poollint.reading.reader import Options
from tests.reading.deployment.arranging import topology

COMPOSE = """
services:
  db: {image: "postgres:16"}
  web:
    build: .
    environment: {DATABASE_URL: "postgresql://db/shop"}
"""
DOCKER = """FROM python:3.13
COPY shop /app/shop
COPY conf/shop.conf /etc/apache2/sites-enabled/
CMD COMMAND
"""
SHOP = {
    "shop/wsgi.py": """
        import os
        from sqlalchemy import create_engine
        application = create_engine(os.environ["DATABASE_URL"], pool_size=5, max_overflow=0)
        """
}
Row = tuple[int, int | None, int | None]


def counted(conf: str, command: str = "apache2ctl -D FOREGROUND") -> list[Row]:
    files = {"compose.yaml": COMPOSE, "Dockerfile": DOCKER.replace("COMMAND", command), **SHOP}
    options = Options(beside=lambda path: conf if path == "conf/shop.conf" else "")
    (server,) = topology(files, options).servers
    return [(c.steady[1].low, c.entry.total.low, c.entry.total.high) for c in server.clients]


@pytest.mark.parametrize(
    ("rest", "found"),
    [
        ("shop processes=3 threads=2", (3, 6, 15)),
        ("shop \\\n  python-path=/app \\\n  processes=2", (2, 10, 10)),
        ("shop user=www-data", (1, 5, 5)),
        ("shop processes=${COUNT} threads=4", (1, 4, 5)),
    ],
)
def test_a_group_of_processes_counts(rest: str, found: Row) -> None:
    conf = f"<VirtualHost *:80>\n  WSGIDaemonProcess {rest}\n  WSGIProcessGroup shop\n"
    assert counted(conf) == [found]
    assert counted(conf, '["apachectl", "-DFOREGROUND"]') == [found]


def test_several_groups_or_none_are_not_counted() -> None:
    assert counted("WSGIDaemonProcess a\nWSGIDaemonProcess b\n") == []
    assert counted("ServerName shop\n# WSGIDaemonProcess a processes=9\n") == []


def test_the_number_stands_in_the_file_of_apache() -> None:
    files = {"compose.yaml": COMPOSE, "Dockerfile": DOCKER.replace("COMMAND", "httpd"), **SHOP}
    conf = "\nWSGIDaemonProcess shop processes=4 threads=1\n"
    (server,) = topology(files, Options(beside=lambda _: conf)).servers
    workers = server.clients[0].steady[1]
    assert isinstance(workers.origin, Span)
    assert (workers.origin.path, workers.origin.start.line) == ("conf/shop.conf", 2)
    assert workers.basis is Basis.STATED


def test_the_program_of_mod_wsgi_itself_has_options() -> None:
    command = "mod_wsgi-express start-server shop/wsgi.py --processes 3 --threads 2"
    assert counted("", command) == [(3, 6, 15)]
    assert counted("", "mod_wsgi-express start-server shop/wsgi.py") == [(1, 5, 5)]
