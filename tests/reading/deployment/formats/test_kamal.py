"""What Kamal runs: each role once on each of its hosts."""

from __future__ import annotations

from poollint.model.figure import Basis
from poollint.reading.deployment.linking import topology as linking_topology
from poollint.reading.reader import Options
from tests.reading.deployment.arranging import readings, topology

DEPLOY = """
service: shop
image: shop/app
servers:
  web:
    - 10.0.0.1
    - 10.0.0.2
  worker:
    cmd: celery -A shop worker -c 6
    hosts: [10.0.0.1]
env:
  clear:
    DATABASE_URL: postgresql://u@shop-db/orders
    WEB_CONCURRENCY: 4
accessories:
  db:
    image: postgres:17
    host: 10.0.0.3
    cmd: postgres -c max_connections=60
"""
IMAGE = 'FROM python\nCOPY . .\nCMD ["gunicorn", "shop.api:app"]\n'
SHOP = """
import os
from sqlalchemy import create_engine
engine = create_engine(os.environ["DATABASE_URL"], pool_size=2, max_overflow=3)
"""
FILES = {"config/deploy.yml": DEPLOY, "Dockerfile": IMAGE, "shop/api.py": SHOP}


def counts(files: dict[str, str]) -> dict[str, list[tuple[str, int | None, int | None]]]:
    found = linking_topology.described(readings(files), (), Options())
    return {
        one.path: [
            (
                p.workload.name,
                p.workload.replicas.high,
                p.workload.surge.high if p.workload.surge else 0,
            )
            for p in one.placed
        ]
        for one in found
    }


def test_roles_run_on_each_of_their_hosts_and_accessories_are_reached_by_name() -> None:
    (server,) = topology(FILES).servers
    assert server.server.max_connections.high == 60
    web = next(client for client in server.clients if client.name == "web")
    assert [figure.high for figure in web.steady] == [2, 4, 5]


def test_the_new_container_starts_before_the_old_one_ends() -> None:
    files = {"config/deploy.yml": DEPLOY}
    assert counts(files)["config/deploy.yml"][:2] == [("web", 2, 2), ("worker", 1, 1)]
    files = {"config/deploy.yml": DEPLOY + "boot: {limit: 1}\n"}
    assert counts(files)["config/deploy.yml"][:2] == [("web", 2, 1), ("worker", 1, 1)]


def test_a_list_of_servers_is_the_web_and_one_that_is_filled_in_is_not_known() -> None:
    plain = "service: shop\nimage: shop\nservers: [10.0.0.1]\n"
    assert counts({"config/deploy.yml": plain}) == {"config/deploy.yml": [("web", 1, 1)]}
    filled = plain.replace("10.0.0.1", '"<%= hosts %>"')
    (found,) = linking_topology.described(readings({"config/deploy.yml": filled}), (), Options())
    assert found.placed[0].workload.replicas.basis is Basis.UNKNOWN


def test_a_destination_is_laid_over_what_all_have() -> None:
    files = {
        "config/deploy.yml": DEPLOY,
        "config/deploy.staging.yml": "servers:\n  web: [10.0.9.1]\n",
    }
    assert [name for name, *_ in counts(files)["config/deploy.staging.yml"]] == [
        "web", "worker", "db"
    ]  # fmt: skip
    assert counts(files)["config/deploy.staging.yml"][0] == ("web", 1, 1)


def test_an_address_among_the_secrets_is_in_no_file() -> None:
    secret = DEPLOY.replace("    DATABASE_URL: postgresql://u@shop-db/orders\n", "").replace(
        "accessories:", "  secret: [DATABASE_URL]\naccessories:"
    )
    (server,) = topology({"config/deploy.yml": secret}).servers
    assert any("`web`" in text for text in server.missing)


def test_other_files_of_that_name_are_none() -> None:
    assert counts({"config/deploy.yml": "env: prod\nservice: {name: x}\nimage: y\n"}) == {}
