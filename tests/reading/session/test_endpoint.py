"""Where statements go: own connection, settings, and what all addresses agree on."""

from __future__ import annotations

from dataclasses import replace

import pytest

from poollint.catalog.endpoints import is_direct, known_host
from poollint.facts.code import Database, Effect, Endpoint, Module, Statement
from poollint.facts.infrastructure import (
    Container,
    Pooler,
    PoolerDatabase,
    PoolerUser,
    Server,
    Variable,
    Workload,
)
from poollint.facts.topology import PoolerBudget, ServerBudget, Topology
from poollint.model.figure import Basis, Figure, Word
from poollint.model.source import Span
from poollint.reading.reader import Options
from poollint.reading.session.endpoint import attach

INI = Span.at("pgbouncer.ini", 9, 13, 11)
ONE = Figure.stated(1, "instances", INI)
SET = Statement(Effect.SET, "SET search_path", "search_path", Span.at("shop/a.py"), "f")


def _word(text: str) -> Word:
    return Word(text, Basis.STATED, INI)


def _pooler(mode: str = "transaction", **changes: object) -> Pooler:
    pooler = Pooler(
        name="pgbouncer",
        product="PgBouncer",
        span=INI,
        hosts=("pgbouncer",),
        port=6432,
        mode=_word(mode),
        instances=ONE,
        max_client_conn=ONE,
        default_pool_size=ONE,
        reserve_pool_size=ONE,
        max_db_connections=ONE,
        max_user_connections=ONE,
        databases=(PoolerDatabase("late", INI, "db", 5432, "late", mode=_word("session")),),
        tracked=("TimeZone",),
    )
    return replace(pooler, **changes)  # type: ignore[arg-type]


def _topology(
    variables: dict[str, str], *poolers: Pooler, servers: tuple[Server, ...] = (), build: str = ""
) -> Topology:
    set_ = tuple(Variable(name, _word(value)) for name, value in variables.items())
    container = Container("web", INI, "shop", set_, build=build)
    workload = Workload("web", "compose", "service", INI, "", ONE, None, (container,))
    return Topology(
        scope="",
        workloads=(workload,),
        poolers=tuple(PoolerBudget(pooler, (), (), None) for pooler in poolers),
        servers=tuple(ServerBudget(server, ()) for server in servers),
    )


DATABASE = Server("db", INI, ("db",), 5432, ONE, ONE, ONE)


def _endpoint(
    *topologies: Topology,
    url: str = "",
    variable: str = "",
    path: str = "shop/a.py",
    pool_mode: str = "",
) -> Endpoint | None:
    statement = replace(SET, url=_word(url) if url else None, variable=variable)
    module = Module(path, (), (), (statement,))
    (found,) = attach((module,), topologies, Options(pool_mode=pool_mode))
    return found.statements[0].endpoint


def _mode(endpoint: Endpoint | None) -> str | None:
    return endpoint.mode.value if endpoint else None


def test_a_url_leads_to_the_pooler_of_its_host_and_alias() -> None:
    topology = _topology({}, _pooler())
    found = _endpoint(topology, url="postgresql://pgbouncer:6432/shop")
    assert found is not None
    assert (found.pooler, found.mode.value, found.mode.origin) == ("PgBouncer", "transaction", INI)
    assert "TimeZone" in found.tracked
    assert _mode(_endpoint(topology, url="postgresql://pgbouncer:6432/late")) == "session"


def test_a_variable_leads_where_the_containers_say() -> None:
    topology = _topology({"URL": "postgresql://u:p@pgbouncer:6432/shop"}, _pooler())
    assert _mode(_endpoint(topology, variable="URL")) == "transaction"
    assert _mode(_endpoint(_topology({"DB_HOST": "pgbouncer"}, _pooler()), variable="DB_HOST"))
    direct = _topology({"URL": "postgresql://db/shop"}, _pooler(), servers=(DATABASE,))
    assert _endpoint(direct, variable="URL", pool_mode="transaction") is None


def test_one_environment_in_transaction_mode_is_enough() -> None:
    production = _topology({"URL": "postgresql://pgbouncer:6432/shop"}, _pooler())
    development = _topology({"URL": "postgresql://db/shop"}, servers=(DATABASE,))
    assert _mode(_endpoint(development, production, variable="URL")) == "transaction"


def test_a_host_without_names_is_found_by_a_port_of_its_own() -> None:
    nameless = _topology({}, _pooler(hosts=()))
    assert _mode(_endpoint(nameless, url="postgresql://127.0.0.1:6432/shop")) == "transaction"
    assert _endpoint(nameless, url="postgresql://127.0.0.1:5432/shop") is None
    both = _topology({}, _pooler(hosts=(), port=5432))
    assert _endpoint(both, url="postgresql://127.0.0.1:5432/shop") is None


def test_known_hosts_need_no_topology() -> None:
    pooled = "postgresql://aws-0-eu-central-1.pooler.supabase.com"
    found = _endpoint(url=f"{pooled}:6543/a")
    assert found is not None
    assert (found.pooler, found.mode.value) == ("Supavisor", "transaction")
    assert _mode(_endpoint(url=f"{pooled}:5432/a")) == "session"
    assert _endpoint(url="postgresql://db.abc.supabase.co:5432/a", pool_mode="transaction") is None
    neon = _endpoint(url="postgresql://ep-a-1-pooler.eu.aws.neon.tech/a")
    assert neon is not None
    assert "search_path" in neon.tracked


def test_settings_say_it_where_no_file_does() -> None:
    found = _endpoint(pool_mode="transaction")
    assert found is not None
    assert (found.mode.value, found.mode.origin) == ("transaction", "settings")
    assert "client_encoding" in found.tracked
    assert _mode(_endpoint(pool_mode="transaction", url="postgresql://who:1/a")) == "transaction"
    assert _endpoint() is None


def test_a_variable_called_after_the_way_past_a_pooler_is_direct() -> None:
    assert _endpoint(variable="DIRECT_URL", pool_mode="transaction") is None
    assert _endpoint(variable="DATABASE_URL_UNPOOLED", pool_mode="transaction") is None
    assert _mode(_endpoint(variable="DATABASE_URL", pool_mode="transaction")) == "transaction"


def test_all_addresses_of_an_environment_must_lead_to_transaction_mode() -> None:
    pooled = {"DATABASE_URL": "postgresql://pgbouncer:6432/shop"}
    assert _mode(_endpoint(_topology(pooled, _pooler()))) == "transaction"
    assert _mode(_endpoint(_topology({"PGHOST": "pgbouncer"}, _pooler()))) == "transaction"
    assert _endpoint(_topology(pooled, _pooler("session"))) is None
    mixed = {**pooled, "JOBS_DATABASE_URL": "postgresql://db/shop"}
    assert _endpoint(_topology(mixed, _pooler(), servers=(DATABASE,))) is None
    assert _endpoint(_topology({**pooled, "DB_URL": "$OTHER"}, _pooler())) is None
    assert _endpoint(_topology({}, _pooler())) is None


def test_a_url_that_leads_elsewhere_is_not_taken_for_the_others() -> None:
    topology = _topology({"DATABASE_URL": "postgresql://pgbouncer:6432/shop"}, _pooler())
    assert _endpoint(topology, url="postgresql://elsewhere:5432/a") is None


@pytest.mark.parametrize(
    "path",
    [
        "shop/migrations/0001_initial.py",
        "alembic/env.py",
        "tests/test_shop.py",
        "shop/test_shop.py",
        "scripts/load.py",
        "shop/management/commands/load.py",
    ],
)
def test_migrations_tests_and_scripts_count_by_their_own_connection_only(path: str) -> None:
    topology = _topology({"DATABASE_URL": "postgresql://pgbouncer:6432/shop"}, _pooler())
    assert _endpoint(topology, path=path, pool_mode="transaction") is None
    own = _endpoint(topology, path=path, variable="DATABASE_URL")
    assert _mode(own) == "transaction"


def test_a_container_built_from_the_folder_decides_for_its_files() -> None:
    web = _topology({"URL": "postgresql://pgbouncer:6432/a"}, _pooler(), build="./shop")
    jobs = Container(
        "jobs", INI, "", (Variable("URL", _word("postgresql://db/a")),), build="./jobs"
    )
    workload = replace(web.workloads[0], name="jobs", containers=(jobs,))
    both = replace(web, workloads=(*web.workloads, workload), servers=(ServerBudget(DATABASE, ()),))
    assert _mode(_endpoint(both, variable="URL")) == "transaction"
    assert _endpoint(both, variable="URL", path="jobs/a.py") is None
    assert _endpoint(both, variable="URL", path="other/a.py") is None


def test_a_pooler_s_own_container_is_no_client() -> None:
    topology = _topology({"DATABASE_URL": "postgresql://pgbouncer:6432/shop"}, _pooler())
    own = Container("x", INI, "edoburu/pgbouncer", (Variable("DB_HOST", _word("db")),))
    workload = replace(topology.workloads[0], name="pgbouncer", containers=(own,))
    assert _mode(_endpoint(replace(topology, workloads=(*topology.workloads, workload))))


@pytest.mark.parametrize("version", ["", "1.24.1", "1.26.0"])
def test_new_versions_keep_what_the_server_reports(version: str) -> None:
    found = _endpoint(_topology({}, _pooler(version=version)), url="postgresql://pgbouncer:6432/a")
    assert found is not None
    assert ("session_authorization" in found.tracked) == (version == "1.26.0")


def test_hosts_and_variables_are_recognised_by_name() -> None:
    assert known_host("ep-a-1.eu.aws.neon.tech", 5432) is not None
    assert known_host("db.internal", 5432) is None
    assert is_direct("POSTGRES_URL_NON_POOLING")
    assert not is_direct("DATABASE_URL")


def _with(topology: Topology, name: str, build: str, **variables: str) -> Topology:
    """Return an environment with one more container."""
    set_ = tuple(Variable(key, _word(value)) for key, value in variables.items())
    workload = replace(
        topology.workloads[0],
        name=name,
        containers=(Container(name, INI, "other", set_, build=build),),
    )
    return replace(topology, workloads=(*topology.workloads, workload))


def test_a_foreign_program_may_call_its_own_database_by_the_same_name() -> None:
    pooled = _topology({"DATABASE_URL": "postgresql://pgbouncer:6432/shop"}, _pooler(), build=".")
    direct = {"DATABASE_URL": "postgresql://db/metrics"}
    servers = replace(pooled, servers=(ServerBudget(DATABASE, ()),))
    found = _endpoint(_with(servers, "metrics", "", **direct), variable="DATABASE_URL")
    assert found is not None
    assert found.mode.value == "transaction"
    assert _endpoint(_with(servers, "jobs", "jobs", **direct), variable="DATABASE_URL") is None


def test_what_is_assumed_of_code_is_what_its_own_containers_are_told() -> None:
    pooled = _topology({"DATABASE_URL": "postgresql://pgbouncer:6432/shop"}, _pooler(), build="web")
    pooled = replace(pooled, servers=(ServerBudget(DATABASE, ()),))
    both = _with(pooled, "jobs", "jobs", DATABASE_URL="postgresql://db/shop")
    assert _endpoint(both, path="web/a.py") is not None
    assert _endpoint(both, path="jobs/a.py") is None
    assert _endpoint(both, path="lib/a.py") is None
    assert _endpoint(pooled, path="lib/a.py") is not None


def test_a_proxy_that_pins_loses_nothing() -> None:
    url = "postgresql://orders.proxy-c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com/orders"
    found = _endpoint(url=url, pool_mode="transaction")
    assert found is not None
    assert found.mode.value == "pinning"


def _django(alias: str, *databases: Database, path: str = "shop/a.py") -> Endpoint | None:
    topology = _topology({"POOLED_URL": "postgresql://pgbouncer:6432/shop"}, _pooler())
    topology = replace(topology, servers=(ServerBudget(DATABASE, ()),))
    module = Module(path, (), (), (replace(SET, alias=alias),))
    settings = Module("shop/settings.py", (), (), (), databases=databases)
    (found, _) = attach((module, settings), (topology,), Options())
    return found.statements[0].endpoint


POOLED = Database("default", INI, variable="POOLED_URL")
DIRECT = Database("direct", INI, url=_word("postgresql://db:5432/shop"))


@pytest.mark.parametrize(
    ("alias", "databases", "pooled"),
    [
        ("default", (POOLED, DIRECT), True),
        ("direct", (POOLED, DIRECT), False),
        ("*", (POOLED, DIRECT), False),  # a router may choose either
        ("*", (POOLED,), True),
        ("default", (POOLED, replace(DIRECT, alias="default")), True),  # another environment's
    ],
)
def test_a_statement_of_django_goes_where_its_alias_leads(
    alias: str, databases: tuple[Database, ...], pooled: bool
) -> None:
    assert (_django(alias, *databases) is not None) is pooled


def test_localhost_is_the_machine_that_publishes_the_port() -> None:
    pooled = _topology({}, _pooler(published=(15432,)))
    served = replace(pooled, servers=(ServerBudget(replace(DATABASE, published=(5432,)), ()),))
    url = "postgresql://localhost:{}/shop"
    assert _mode(_endpoint(served, url=url.format(15432))) == "transaction"
    assert _mode(_endpoint(served, url="postgresql://127.0.0.1:15432/late")) == "session"
    assert _endpoint(served, url=url.format(5432), pool_mode="transaction") is None
    assert _endpoint(served, url=url.format(6432)) is None


def test_a_port_that_several_environments_publish_tells_nothing() -> None:
    pooled = _topology({}, _pooler(published=(5432,)))
    server = ServerBudget(replace(DATABASE, published=(5432,)), ())
    served = replace(_topology({}), servers=(server,))
    assert _endpoint(pooled, served, url="postgresql://localhost:5432/shop") is None
    assert _mode(_endpoint(pooled, url="postgresql://localhost:5432/shop")) == "transaction"


def test_localhost_of_a_container_is_what_runs_beside_it() -> None:
    told = {"DATABASE_URL": "postgresql://localhost:6432/shop"}
    apart = _topology(told, _pooler(published=(6432,)))
    assert _endpoint(apart, variable="DATABASE_URL") is None
    (web,) = _topology(told).workloads
    sidecar = Container("pgbouncer", INI, "edoburu/pgbouncer", ())
    pod = replace(web, platform="kubernetes", containers=(*web.containers, sidecar))
    beside = replace(apart, workloads=(pod,), poolers=_topology({}, _pooler(name="web")).poolers)
    assert _mode(_endpoint(beside, variable="DATABASE_URL")) == "transaction"


@pytest.mark.parametrize(
    "host", ["pgbouncer.shop", "pgbouncer.shop.svc", "pgbouncer.shop.svc.cluster.local"]
)
def test_a_service_has_longer_names_in_a_cluster(host: str) -> None:
    topology = _topology({}, _pooler())
    (web,) = topology.workloads
    cluster = replace(topology, workloads=(replace(web, platform="kubernetes"),))
    assert _mode(_endpoint(cluster, url=f"postgresql://{host}:6432/shop")) == "transaction"
    assert (_endpoint(topology, url=f"postgresql://{host}:6432/shop") is None) == (
        ".svc" not in host
    )


def test_a_user_with_a_mode_of_its_own_has_that() -> None:
    users = (PoolerUser("jobs", _word("session")),)
    topology = _topology({"URL": "postgresql://jobs:x@pgbouncer:6432/shop"}, _pooler(users=users))
    assert _mode(_endpoint(topology, variable="URL")) == "session"
    other = _topology({"URL": "postgresql://web:x@pgbouncer:6432/shop"}, _pooler(users=users))
    assert _mode(_endpoint(other, variable="URL")) == "transaction"
    assert _endpoint(other, url="postgresql://pgbouncer:6432/shop") is None  # whoever it is
    forced = PoolerDatabase("shop", INI, "db", 5432, "shop", user="jobs")
    always = _topology({}, _pooler(users=users, databases=(forced,)))
    assert _mode(_endpoint(always, url="postgresql://pgbouncer:6432/shop")) == "session"


def test_a_host_is_read_beside_its_port() -> None:
    both = {"DB_HOST": "pgbouncer", "DB_PORT": "5432"}
    two = (_pooler(), _pooler("session", name="late", port=5432))
    assert _mode(_endpoint(_topology(both, *two), variable="DB_HOST")) == "session"
    assert _mode(_endpoint(_topology({**both, "DB_PORT": "6432"}, *two), variable="DB_HOST"))


@pytest.mark.parametrize(
    ("place", "mode"),
    [
        ("shop.postgres.database.azure.com:6432", "transaction"),
        ("shop.postgres.database.azure.com:5432", None),
        ("x-useast1-1.horizon.psdb.cloud:6432", "transaction"),
        ("x-useast1-1.horizon.psdb.cloud:5432", None),
        ("abc-pooler.us-east-1.xata.sh", "transaction"),
        ("abc-rw.us-east-1.xata.tech", None),
        ("inst.cluster.europe-west1.alloydb-psc.goog:6432", "transaction"),
        ("inst.cluster.europe-west1.alloydb-psc.goog:5432", None),
        ("project.pooler.supabase.com:6543", "transaction"),
        ("0123abc.hyperdrive.local", "transaction"),
        ("p.43lmodgbq.db.postgresbridge.com:5432", None),
        ("direct.abc.flympg.net", None),
        ("pool.db.ondigitalocean.com:25061", "transaction"),  # unknown: what is assumed counts
    ],
)
def test_hosted_poolers_are_known_by_host_and_port(place: str, mode: str | None) -> None:
    found = _endpoint(url=f"postgresql://{place}/shop", pool_mode="transaction")
    assert _mode(found) == mode


@pytest.mark.parametrize(
    ("place", "pooler"),
    [
        ("abc-pooler.us-east-1.xata.sh", "PgBouncer"),
        ("inst.cluster.europe-west1.alloydb-psc.goog:6432", "AlloyDB"),
        ("project.pooler.supabase.com:6543", "Supavisor"),
    ],
)
def test_hosted_poolers_are_known_without_being_told(place: str, pooler: str) -> None:
    found = _endpoint(url=f"postgresql://{place}/shop")
    assert found is not None
    assert found.pooler == pooler
