"""Servers and poolers in containers: what is set for certain, and what is not known."""

from __future__ import annotations

import json

import pytest

from poollint.facts.infrastructure import Pooler
from poollint.facts.topology import PoolerBudget, ServerBudget
from poollint.model.figure import Basis
from poollint.model.source import Span
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


def test_a_script_starts_a_server_that_has_the_files_of_one() -> None:
    compose = """
        services:
          NAME:
            image: postgres:16
            command: bash /scripts/start.sh
            volumes: ["./data:PLACE"]
    """
    kept = compose.replace("PLACE", "/var/lib/postgresql/data")
    found = only_server(kept.replace("NAME", "db"))
    assert found.server.max_connections.basis is Basis.UNKNOWN
    for other in (kept.replace("NAME", "tool"), compose.replace("NAME", "db")):
        assert topologies({"compose.yaml": other}) == ()


def test_an_image_called_after_postgresql_is_a_server_where_others_ask_it() -> None:
    compose = """
        services:
          database:
            image: "chat/chat-postgresql:14"
            environment: {POSTGRES_DB: chat}
          web:
            image: chat/server:1
            environment: {SETTING_REMOTE_POSTGRES_HOST: THERE}
        """
    (found,) = topology({"compose.yaml": compose.replace("THERE", "database")}).servers
    assert found.server.max_connections.basis is Basis.UNKNOWN
    assert topologies({"compose.yaml": compose.replace("THERE", "db.example")}) == ()


OWN = """
    services:
      database:
        image: registry.example/{image}
        environment: {{POSTGRES_PASSWORD: x}}
        {extra}
      web:
        image: registry.example/web
        environment: {{DATABASE_URL: "postgresql://web@database/orders", DB_POOL_SIZE: 4}}
"""


@pytest.mark.parametrize(
    "image", ["shop-db", "pgorders:v2", "shop-postgis", "shop_database", "postgres-partman:15"]
)
def test_an_image_of_ones_own_that_is_set_up_and_asked_as_one_is_a_server(image: str) -> None:
    found = only_server(OWN.format(image=image, extra="tty: true"))
    assert found.server.max_connections.basis is Basis.UNKNOWN
    assert [client.name for client in found.clients] == ["web"]


@pytest.mark.parametrize(
    "image",
    [
        "shop",
        "pgbouncer-shop",
        "pgadmin",
        "pgpool:4",
        "dbt",
        "postgres-exporter",
        "postgres-backup:1",
    ],
)
def test_an_image_by_another_name_is_no_server(image: str) -> None:
    found = topologies({"compose.yaml": OWN.format(image=image, extra="tty: true")})
    assert not [budget for each in found for budget in each.servers]


def test_what_stands_before_a_database_is_no_server() -> None:
    before = OWN.replace("POSTGRES_PASSWORD: x", "POSTGRES_PASSWORD: x, DB_HOST: far.example")
    assert not topologies({"compose.yaml": before.format(image="shop-db", extra="tty: true")})


def test_a_container_that_is_told_to_run_the_server_is_one() -> None:
    text = OWN.format(image="shop", extra="command: postgres -N 500")
    assert only_server(text).server.max_connections.high == 500
    text = OWN.format(image="shop", extra="command: [postgres]")
    assert only_server(text).server.max_connections.basis is Basis.UNKNOWN
    assert not topologies({"compose.yaml": OWN.format(image="shop", extra="command: psql -c x")})
    line = "command: sh -c 'psql -h far.example -U postgres -d shop -c x'"
    assert not topologies({"compose.yaml": OWN.format(image="postgres:17", extra=line)})


@pytest.mark.parametrize(
    "name", ["KC_DB_URL_HOST", "AUTHENTIK_POSTGRESQL__HOST", "PGHOST", "DB_POSTGRESDB_HOST"]
)
def test_a_host_is_told_by_the_name_of_its_variable(name: str) -> None:
    text = OWN.replace('DATABASE_URL: "postgresql://web@database/orders"', f"{name}: database")
    found = only_server(text.format(image="shop-db", extra="tty: true"))
    assert [client.name for client in found.clients] == ["web"]


MOUNTED = """
apiVersion: apps/v1
kind: Deployment
metadata: {{name: pgbouncer}}
spec:
  template:
    spec:
      containers:
        - name: pgbouncer
          image: ghcr.io/acme/pgbouncer:1
          args: ["sh", "-c", "exec pgbouncer {path}"]
          volumeMounts: [{{name: own, mountPath: /config}}]
      volumes: [{{name: own, secret: {{secretName: elsewhere}}}}]
"""


@pytest.mark.parametrize(
    ("path", "size"), [("/etc/pgbouncer/pgbouncer.ini", 7), ("/config/pgbouncer.ini", None)]
)
def test_a_file_that_a_command_names_takes_the_place_of_the_images_own(
    path: str, size: int | None
) -> None:
    files = {
        "k8s.yaml": MOUNTED.format(path=path),
        "pgbouncer/Dockerfile": "FROM alpine\nCOPY pgbouncer.ini /etc/pgbouncer/pgbouncer.ini\n",
        "pgbouncer/pgbouncer.ini": "[databases]\n* = host=db\n[pgbouncer]\ndefault_pool_size = 7\n",
    }
    found = [p.pooler.default_pool_size for t in topologies(files) for p in t.poolers
             if p.pooler.span.path == "k8s.yaml" or p.pooler.name == "pgbouncer"]  # fmt: skip
    assert [f.high for f in found if f.basis is Basis.STATED] == ([size] if size else [])


@pytest.mark.parametrize(
    "line", ['echo "$(date --utc) - $1"\nexit 1', 'postgres -c "$(cat a b) c"', "`a b` $(a b)"]
)
def test_a_word_with_a_command_in_it_is_gone_through_once(line: str) -> None:
    job = f"""
apiVersion: apps/v1
kind: Deployment
metadata: {{name: wait}}
spec:
  template:
    spec:
      containers:
        - name: wait
          image: example/timescaledb-ha:pg16
          env: [{{name: PGHOST, value: far.example}}]
          command: [/bin/sh, -c, {json.dumps(line)}]
"""
    assert topologies({"job.yaml": job}) is not None


@pytest.mark.parametrize(
    ("command", "serves"),
    [
        ("sh -c 'until pg_isready -h postgres -U shop; do sleep 1; done'", False),
        ("sh -c 'psql --host postgres -U shop -f setup.sql'", False),
        ("sh -c 'psql -h $HOST postgres -c 1'", False),
        ("sh -c 'pg_dump --host=postgres --file=x'", False),
        ("psql -h postgres -d shop", False),
        ("docker-entrypoint.sh psql -h postgres", False),
        ("sh -c 'sleep 1; docker-entrypoint.sh psql -h postgres'", False),
        ("docker-entrypoint.sh postgres -c fsync=off", True),
        ("docker-entrypoint.sh -c fsync=off", True),
        ("-c fsync=off", True),
        ("sh -c 'pg_isready; exec docker-entrypoint.sh postgres'", True),
        ("sh -c 'su postgres -c \"postgres -D /data\"'", True),
        ("sh -c 'exec gosu postgres postgres -D /data'", True),
        ("sh -c 'cp x /y && exec postgres'", True),
        ("sh -c '/usr/lib/postgresql/16/bin/postgres -D /data'", True),
    ],
)
def test_who_asks_a_server_of_that_name_is_none(command: str, serves: bool) -> None:
    compose = f"""services:
  shopdb:
    image: postgres:16
    command: {json.dumps(command)}
"""
    assert any(found.servers for found in topologies({"compose.yaml": compose})) is serves


@pytest.mark.parametrize(
    ("more", "serves"),
    [
        ("volumes: ['data:/var/lib/postgresql/data']", True),
        ("volumes: ['data:/var/lib/mysql']", False),
        ("volumes: ['data:/var/lib/postgresql/data'], command: [backup.sh]", False),
        ("volumes: []", False),
    ],
)
def test_an_image_of_any_name_with_the_files_of_a_server_is_one(more: str, serves: bool) -> None:
    compose = f"""services:
  store:
    {{image: ours/store, environment: {{POSTGRES_PASSWORD: x}}, {more}}}
"""
    found = [server for one in topologies({"compose.yaml": compose}) for server in one.servers]
    assert [s.server.max_connections.basis for s in found] == [Basis.UNKNOWN] * serves


def test_files_of_a_server_beside_an_address_are_those_of_a_backup() -> None:
    compose = """services:
  copy:
    image: ours/copy
    environment: {POSTGRES_HOST: far.example, POSTGRES_PASSWORD: x}
    volumes: ['data:/var/lib/postgresql/data:ro']
"""
    assert not any(one.servers for one in topologies({"compose.yaml": compose}))


def test_timescales_image_is_told_by_a_variable() -> None:
    compose = """
    services:
      db:
        image: timescale/timescaledb-ha:pg16
        environment: {TS_TUNE_MAX_CONNS: "60"}
    """
    figure = only_server(compose).server.max_connections
    assert (figure.low, figure.high, figure.basis) == (60, 60, Basis.STATED)
    assert isinstance(figure.origin, Span)
    assert figure.origin.start.line == 4


@pytest.mark.parametrize(
    ("image", "number", "basis"),
    [
        ("ours/postgresql", 50, Basis.UNKNOWN),
        ("postgres:16", 100, Basis.DEFAULTED),  # which does not read it
        ("postgis/postgis:16-3.4", 100, Basis.DEFAULTED),
    ],
)
def test_what_an_image_of_ones_own_may_read_stands_in_for_its_limit(
    image: str, number: int, basis: Basis
) -> None:
    compose = f"""
    services:
      db:
        image: {image}
        environment: {{POSTGRES_MAX_CONNECTIONS: "${{POSTGRES_MAX_CONNECTIONS:-50}}"}}
    """
    figure = only_server(compose).server.max_connections
    assert (figure.low, figure.basis) == (number, basis)


@pytest.mark.parametrize(
    ("image", "arguments", "number"),
    [
        ("postgres:17", "-c max_connections=300", 300),
        ("postgres:17", "-cmax_connections=300 --data-checksums", 300),
        ("postgres:17", "--encoding=UTF8 --set max_connections=300", 300),
        ("postgres:17", "--set=max_connections=300", 300),
        ("postgres", "-c max_connections=300", 300),
        ("timescale/timescaledb:2.14.2-pg16", "-c max_connections=300", 300),
        ("postgres:17", "--max-connections=300", 100),  # `initdb` knows no such option
        ("postgres:17", "max_connections=300", 100),
        ("postgres:17", "-N 300", 100),  # --no-sync
        ("postgres:15", "-c max_connections=300", 100),  # since 16
    ],
)
def test_initdb_writes_only_the_settings_that_it_is_told_to(
    image: str, arguments: str, number: int
) -> None:
    compose = f"""
    services:
      db:
        image: {image}
        environment: {{POSTGRES_INITDB_ARGS: "{arguments}"}}
    """
    assert only_server(compose).server.max_connections.low == number
