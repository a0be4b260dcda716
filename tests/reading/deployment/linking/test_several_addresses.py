"""A container of several addresses: which servers and poolers are told that it may be theirs."""

from __future__ import annotations

import pytest

from poollint.facts.project import Project
from poollint.reading import linking
from poollint.reading.reader import Options
from tests.reading.deployment.arranging import readings

SERVERS = """
services:
  main: {image: "postgres:16"}
  replica: {image: "postgres:16"}
  other: {image: "postgres:16"}
  bouncer:
    image: edoburu/pgbouncer
    environment: {DB_HOST: main, DB_USER: shop, LISTEN_PORT: 6432, DEFAULT_POOL_SIZE: 20}
"""
CODE = """
from sqlalchemy import create_engine
from shop.settings import address

engine = create_engine(address(), pool_size=8, max_overflow=0)
"""
WEB = "  web: {build: ., command: gunicorn shop.wsgi:app, environment: {%s}}\n"
URLS = (
    "PRIMARY_DATABASE_URL: 'postgresql://shop@bouncer:6432/a', "
    "REPLICA_DATABASE_URL: 'postgresql://shop@replica/a', "
    "ADMIN_DATABASE_URL: 'postgresql://shop@main/a'"
)
WHICH = "`web`: its pools lead to {}, which of them leads where is not known"


def linked(variables: str) -> Project:
    return linking.link(
        readings({"compose.yaml": SERVERS + WEB % variables, "shop/db.py": CODE}), Options()
    )


def missing(found: Project) -> dict[str, tuple[str, ...]]:
    (one,) = found.topologies
    servers = {server.server.name: server.missing for server in one.servers}
    return servers | {pooler.pooler.name: pooler.missing for pooler in one.poolers}


def test_all_that_a_pool_may_lead_to_are_told_and_no_other() -> None:
    found = linked(URLS)
    text = WHICH.format("`bouncer` and `replica` and `main`")
    told = missing(found)
    assert told["replica"] == (text,)
    assert text in told["main"]
    assert text in told["bouncer"]
    assert told["other"] == ()
    beyond = linking.uncounted(found)
    assert "what connects to `bouncer`, for no file says" not in beyond
    assert "what connects to `other`, for no file says" in beyond


def test_addresses_that_are_all_of_databases_beside_are_known_all_the_same() -> None:
    found = linked(
        "READ_URL: 'postgresql://shop@replica/a', READ_DATABASE_URL: 'postgresql://shop@replica/a',"
        " REPORTS_DATABASE_URL: 'postgresql://shop@other/a'"
    )
    text = WHICH.format("`replica` and `other`")
    assert (missing(found)["replica"], missing(found)["other"]) == ((text,), (text,))
    assert not any("no server" in line or "neither" in line for line in linking.uncounted(found))


def test_the_one_address_that_is_of_no_replica_is_that_of_the_only_pool() -> None:
    found = linked(
        "DATABASE_URL: 'postgresql://shop@main/a', REPLICA_DATABASE_URL: 'postgresql://shop@replica/a'"
    )
    (one,) = found.topologies
    clients = {s.server.name: [c.name for c in s.clients] for s in one.servers}
    assert clients["main"] == ["web", "bouncer"]
    assert clients["replica"] == []


def test_an_address_that_only_migrations_read_is_no_pools() -> None:
    found = linked(
        "DATABASE_URL: 'postgresql://shop@bouncer:6432/a', "
        "MIGRATION_DATABASE_URL: 'postgresql://shop@main/a', DIRECT_URL: 'postgresql://main/a'"
    )
    (one,) = found.topologies
    (pooler,) = one.poolers
    assert [client.name for client in pooler.clients] == ["web"]
    assert not any("`web`" in text for told in missing(found).values() for text in told)


FALLING_BACK = """
import os
from psycopg2.pool import ThreadedConnectionPool

writes = ThreadedConnectionPool(1, 10, host=os.getenv("DB_HOST", "main"))
reads = ThreadedConnectionPool(
    1, 4, host=os.getenv("DB_SECOND_HOST", os.getenv("DB_HOST", "main"))
)
"""


def test_one_of_several_leads_to_what_it_falls_back_on_if_all_addresses_do() -> None:
    for host, counted in (("main", [10, 4]), ("other", [10])):
        compose = SERVERS + WEB.replace("wsgi", "db") % f"DB_HOST: {host}"
        files = {"compose.yaml": compose, "shop/db.py": FALLING_BACK}
        found = linking.link(readings(files), Options())
        note = "`web`: its pool reads `DB_SECOND_HOST`, which is not set"
        assert any(note in texts for texts in missing(found).values()) is (counted == [10])
        (one,) = found.topologies
        clients = {s.server.name: [c.entry.total.high for c in s.clients] for s in one.servers}
        assert clients[host][: len(counted)] == counted


@pytest.mark.parametrize(("own", "led_to"), [("", "main"), ("replica", "replica")])
def test_a_pool_whose_variable_is_not_set_has_the_one_that_it_falls_back_on(
    own: str, led_to: str
) -> None:
    code = CODE + (
        "import os\n"
        "beside = create_engine(os.environ.get('REPLICA_URL', os.environ['DATABASE_URL']))\n"
    )
    code = code.replace("address()", "os.environ['DATABASE_URL']")
    variables = "DATABASE_URL: 'postgresql://shop@main/a'"
    variables += f", REPLICA_URL: 'postgresql://shop@{own}/a'" if own else ""
    files = {"compose.yaml": SERVERS + WEB % variables, "shop/db.py": code}
    (one,) = linking.link(readings(files), Options()).topologies
    pools = [(s.server.name, c.name) for s in one.servers for c in s.clients if "web" in c.name]
    assert (led_to, "web (db.py:6)") in pools
    assert ("main", "web (db.py:4)") in pools


def test_of_pools_that_lead_to_several_servers_none_is_certain_to_be_used() -> None:
    code = """
        import os
        from sqlalchemy import create_engine

        main = create_engine(os.environ["MAIN_URL"], pool_size=20, max_overflow=0)
        other = create_engine(os.environ["OTHER_URL"], pool_size=10, max_overflow=0)
        """

    def counted(other: str) -> list[tuple[str, int, int | None]]:
        given = f"MAIN_URL: 'postgresql://u@main/a', OTHER_URL: 'postgresql://u@{other}/a'"
        web = WEB.replace("gunicorn shop.wsgi:app", "uvicorn shop.db:app") % given
        (found,) = linking.link(
            readings({"compose.yaml": SERVERS + web, "shop/db.py": code}), Options()
        ).topologies
        clients = [(one.server.name, c) for one in found.servers for c in one.clients]
        return [(name, c.steady[-1].low, c.steady[-1].high) for name, c in clients if c.workload]

    assert counted("other") == [("main", 0, 20), ("other", 0, 10)]
    assert counted("main") == [("main", 0, 20), ("main", 10, 10)]


def test_what_is_started_by_nobody_leaves_nothing_out() -> None:
    none = WEB.replace("build: .", "build: ., deploy: {replicas: 0}")
    files = {"compose.yaml": SERVERS + none % URLS, "shop/db.py": CODE}
    told = missing(linking.link(readings(files), Options()))
    assert not any("`web`" in text for texts in told.values() for text in texts)
