"""Servers and poolers in containers: what is set for certain, and what is not known."""

from __future__ import annotations

import pytest

from poollint.facts.infrastructure import Pooler
from poollint.facts.topology import PoolerBudget, ServerBudget
from poollint.model.figure import Basis
from tests.reading.deployment.arranging import topologies, topology

POOLER = """
    services:
      db:
        image: postgres:16
      pool:
        image: edoburu/pgbouncer:v1.24.1-p1
        environment:
          DB_HOST: db
          DB_NAME: orders
          POOL_MODE: transaction
          DEFAULT_POOL_SIZE: 12
"""


def pooler(extra: str = "", **files: str) -> PoolerBudget:
    lines = "".join(f"        {line}\n" for line in extra.splitlines())
    (found,) = topology({"compose.yaml": POOLER + lines, **files}).poolers
    return found


def only_server(compose: str, **files: str) -> ServerBudget:
    (found,) = topology({"compose.yaml": compose, **files}).servers
    return found


def basis(found: Pooler) -> tuple[Basis, Basis]:
    return found.default_pool_size.basis, found.max_client_conn.basis


def test_an_image_is_set_by_its_variables_and_its_defaults() -> None:
    found = pooler()
    assert basis(found.pooler) == (Basis.STATED, Basis.DEFAULTED)
    assert found.pooler.mode.value == "transaction"
    assert [client.entry.total.high for client in found.opens] == [12]


def test_under_a_script_of_ones_own_nothing_of_the_image_is_certain() -> None:
    found = pooler("entrypoint: [/bin/sh, /own.sh]")
    assert basis(found.pooler) == (Basis.ASSUMED, Basis.UNKNOWN)


def test_the_script_of_the_image_itself_changes_nothing() -> None:
    found = pooler("entrypoint: /entrypoint.sh\ncommand: pgbouncer /etc/pgbouncer/pgbouncer.ini")
    assert basis(found.pooler) == (Basis.STATED, Basis.DEFAULTED)


@pytest.mark.parametrize(
    "extra",
    [
        "volumes: ['/srv/pgbouncer.ini:/etc/pgbouncer/pgbouncer.ini:ro']",
        "volumes: ['settings:/etc/pgbouncer']",
        "volumes: [{type: bind, source: ./made, target: /etc/pgbouncer/}]",
        "configs: [{source: ini, target: /etc/pgbouncer/pgbouncer.ini}]",
        "entrypoint: [pgbouncer, /own/pgbouncer.ini]",
    ],
)
def test_a_file_that_is_not_in_the_tree_leaves_the_pooler_unknown(extra: str) -> None:
    found = pooler(extra)
    assert basis(found.pooler) == (Basis.UNKNOWN, Basis.UNKNOWN)
    assert found.pooler.mode.value is None
    assert found.opens == ()
    assert found.beyond == ("`pool`: what it opens is not known",)


def test_what_an_unknown_pooler_opens_is_missing_from_every_sum() -> None:
    compose = POOLER + "        volumes: ['ini:/etc/pgbouncer']\n"
    assert only_server(compose).missing == ("`pool`: what it opens is not known",)


def test_other_files_beside_it_leave_the_variables_in_force() -> None:
    found = pooler("volumes: ['./userlist.txt:/etc/pgbouncer/userlist.txt']")
    assert basis(found.pooler) == (Basis.STATED, Basis.DEFAULTED)


def test_a_file_copied_into_the_image_sets_the_pooler() -> None:
    files = {
        "compose.yaml": """
            services:
              db: {image: "postgres:16"}
              pool: {build: ./pool}
            """,
        "pool/Dockerfile": "FROM edoburu/pgbouncer\nCOPY pgbouncer.ini /etc/pgbouncer/\n",
        "pool/pgbouncer.ini": """
            [databases]
            orders = host=db
            [pgbouncer]
            default_pool_size = 7
            """,
    }
    (found,) = topology(files).poolers
    assert (found.pooler.name, found.pooler.default_pool_size.low) == ("pool", 7)


def test_a_file_copied_into_the_image_sets_the_server() -> None:
    compose = """
        services:
          db:
            build: ./db
            command: postgres -c config_file=/etc/postgresql.conf
          web: {image: shop, depends_on: [db]}
        """
    dockerfile = "FROM postgres:16\nCOPY postgresql.conf /etc/postgresql.conf\n"
    files = {"db/Dockerfile": dockerfile, "db/postgresql.conf": "max_connections = 300\n"}
    figure = only_server(compose, **files).server.max_connections
    assert (figure.low, figure.basis) == (300, Basis.STATED)


def test_an_image_of_ones_own_is_a_server_where_it_starts_one_with_a_file_of_the_tree() -> None:
    compose = "services:\n  db: {build: .}\n"
    conf = {"postgresql.conf": "max_connections = 40\n"}
    starts = 'FROM debian\nCOPY postgresql.conf /etc/\nENTRYPOINT ["docker-entrypoint.sh"]\n'
    assert only_server(compose, Dockerfile=starts, **conf).server.max_connections.low == 40
    idle = "FROM debian\nCOPY postgresql.conf /etc/\nCMD sleep 9\n"
    assert topologies({"compose.yaml": compose, "Dockerfile": idle}) == ()


SCRIPT = """
    services:
      main: {image: "postgres:16"}
      copy:
        image: postgres:16
        entrypoint: /own/start.sh
      web:
        image: shop
        environment: {DATABASE_URL: "postgresql://shop@%s/orders"}
"""


def test_a_script_starts_a_server_where_others_connect_to_it() -> None:
    servers = {b.server.name: b.server for b in topology({"compose.yaml": SCRIPT % "copy"}).servers}
    assert servers["copy"].max_connections.basis is Basis.UNKNOWN
    assert servers["main"].max_connections.basis is Basis.DEFAULTED
    (only,) = topology({"compose.yaml": SCRIPT % "main"}).servers
    assert only.server.name == "main"
