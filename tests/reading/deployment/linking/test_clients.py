"""Which containers connect where: what is counted, what is not, and how that is said."""

from __future__ import annotations

import pytest

from poollint.facts.topology import ServerBudget, Topology
from poollint.model.figure import Basis
from tests.reading.deployment.arranging import topology

ENGINE = """
    import os
    from sqlalchemy import create_engine

    engine = create_engine(os.environ["DATABASE_URL"], pool_size=8, max_overflow=0)
    """
ADDRESS = "environment: {DATABASE_URL: 'postgresql://shop@db/orders'}"


def system(services: str, code: str = ENGINE, **files: str) -> Topology:
    compose = f"services:\n  db: {{image: 'postgres:16'}}\n{services}"
    return topology({"compose.yaml": compose, "shop/db.py": code, **files})


def sums(services: str, code: str = ENGINE, **files: str) -> ServerBudget:
    (found,) = system(services, code, **files).servers
    return found


def names(budget: ServerBudget) -> list[str]:
    return [client.name for client in budget.clients]


def test_helpers_of_an_image_that_are_given_no_address_do_not_connect() -> None:
    found = sums(
        f"  web: {{image: shop, command: gunicorn shop.wsgi:app, {ADDRESS}}}\n"
        "  base: {image: shop, build: .}\n"
        "  tests: {image: shop, environment: {CI: '1'}}\n"
        "  files: {image: shop, command: python -m http.server 9001}\n"
    )
    assert names(found) == ["web"]
    assert found.missing == tuple(
        f"`{name}`, which is given no address of a database" for name in ("base", "tests")
    )


def test_an_address_of_several_hosts_is_an_address() -> None:
    found = sums(
        f"  web: {{image: shop, build: ., command: gunicorn shop.wsgi:app, {ADDRESS}}}\n"
        "  more: {image: shop, command: gunicorn shop.wsgi:app,"
        " environment: {DATABASE_URL: 'postgresql://shop@one,two:5432/orders'}}\n"
    )
    (text,) = found.missing
    assert "`more`: where its pool leads is not known" in text


def test_containers_connect_where_the_code_alone_knows_the_address() -> None:
    code = ENGINE.replace('os.environ["DATABASE_URL"]', '"postgresql://shop@db/orders"')
    found = sums("  web: {image: shop, build: ., command: gunicorn shop.wsgi:app}\n", code)
    assert names(found) == ["web"]


WEB = f"  web: {{build: ., command: gunicorn shop.wsgi:app, {ADDRESS}}}\n"


def test_the_only_pool_uses_the_only_address_whatever_variable_it_reads() -> None:
    (found,) = system(WEB, ENGINE.replace("DATABASE_URL", "SHOP_URL")).servers
    assert names(found) == ["web"]
    assumed = system(WEB, ENGINE.replace("DATABASE_URL", "SHOP_URL")).assumed
    assert assumed == ("`web` connects to `db`: `SHOP_URL` is not set",)


def test_a_pool_whose_variable_is_not_set_is_not_counted_beside_another() -> None:
    code = ENGINE + "    other = create_engine(os.environ['REPORTS_URL'], pool_size=50)\n"
    code += "    third = create_engine(os.environ['DATABASE_URL'], pool_size=2)\n"
    assert all("db.py:7" not in name for name in names(sums(WEB, code)))


def test_a_variable_of_another_database_leads_to_no_server_of_postgresql() -> None:
    found = sums(WEB, ENGINE.replace("DATABASE_URL", "COCKROACH_URL"))
    assert names(found) == []
    assert found.missing == ("`web`: its pool reads `COCKROACH_URL`, which is not set",)


def test_of_several_pools_none_is_placed_while_variables_are_missing() -> None:
    code = """
        from sqlalchemy import create_engine
        from sqlalchemy.ext.asyncio import create_async_engine
        from shop.settings import address

        main = create_engine(address("main"))
        reports = create_async_engine(address("reports"))
        """
    web = f"  web: {{build: ., command: uvicorn shop.api:app, {ADDRESS}, env_file: gone.env}}\n"
    found = sums(web, code)
    assert names(found) == []
    assert "which of them leads where is not known" in found.missing[0]
    assert len(names(sums(web.replace(", env_file: gone.env", ""), code))) == 2


def test_what_waits_for_a_server_and_is_not_counted_is_said() -> None:
    found = sums("  admin: {image: adminer, depends_on: [db]}\n  cache: {image: redis}\n")
    assert found.missing == (
        "`admin`: how many connections it opens is not known, for its image is built elsewhere",
    )


@pytest.mark.parametrize(
    ("image", "command", "opens"),
    [
        ("redis:7", "sh -c 'redis-server --save 60'", False),
        ("solr:8", "bin/start.sh", False),
        ("ubuntu", "bin/start.sh", True),
    ],
)
def test_a_published_image_of_another_program_opens_nothing_however_it_is_started(
    image: str, command: str, opens: bool
) -> None:
    found = sums(f'  cache: {{image: "{image}", command: "{command}", {ADDRESS}}}\n')
    assert bool(names(found) or found.missing) is opens


@pytest.mark.parametrize(
    ("script", "opens"),
    [
        ("node esbuild.config.mjs --bundle", False),
        ("tailwindcss -i a.css -o b.css", False),
        ("tailwindcss -i a.css -o b.css && node server.js", True),
        ("node server.js", True),
    ],
)
def test_a_script_of_a_package_that_builds_for_browsers_opens_nothing(
    script: str, opens: bool
) -> None:
    command = '"npm run build -- --watch"'
    files = {
        "compose.yaml": "services:\n  db: {image: 'postgres:16'}\n"
        f"  assets: {{build: ., command: {command}, {ADDRESS}}}\n",
        "package.json": f'{{"scripts": {{"build": "{script}"}}}}\n',
        "Dockerfile": "FROM node:22\nCOPY . .\n",
    }
    (server,) = topology(files).servers
    assert bool(server.missing) is opens


def test_a_container_connects_to_the_server_it_waits_for() -> None:
    services = (
        "  reports: {image: 'postgres:16'}\n"
        "  web: {build: ., command: uvicorn shop.api:app, depends_on: {reports: {}}}\n"
    )
    found = {b.server.name: names(b) for b in system(services).servers}
    assert found == {"db": [], "reports": ["web"]}


def test_an_image_runs_the_code_where_a_command_names_a_package_of_it() -> None:
    services = (
        "  api: {image: registry.example/shop, env_file: gone.env}\n"
        "  jobs: {image: registry.example/shop, command: arq shop.jobs.Settings,"
        " env_file: gone.env}\n"
    )
    assert names(sums(services)) == ["api", "jobs"]


def test_a_pool_without_a_known_size_is_said_with_its_place() -> None:
    code = ENGINE.replace("pool_size=8", "pool_size=size()")
    found = sums(f"  web: {{build: ., command: uvicorn shop.api:app, {ADDRESS}}}\n", code)
    assert found.missing == (
        "`web`: the size of its pool is not known (shop/db.py:4)"
        ", for what `pool_size` is given was not followed to a number",
    )


def test_a_text_that_mentions_a_host_is_no_address() -> None:
    service = (
        "  web:\n"
        "    build: .\n"
        "    command: uvicorn shop.api:app\n"
        "    environment:\n"
        "      DATABASE_URL: postgresql://shop@db/orders\n"
        "      METRICS: shop.metrics.Agent host=agent\n"
    )
    assert names(sums(service)) == ["web"]


def test_the_script_of_another_container_is_its_alone() -> None:
    page = """
        from sqlalchemy import create_engine
        engine = create_engine("postgresql://shop@db/orders", pool_size=3, max_overflow=0)
        """
    services = (
        f"  web: {{build: ., command: uvicorn shop.api:app, {ADDRESS}}}\n"
        f"  ui: {{build: ., command: streamlit run shop/page.py, {ADDRESS}}}\n"
    )
    found = sums(services, **{"shop/page.py": page})
    assert names(found) == ["web", "ui (db.py:4)", "ui (page.py:2)"]


@pytest.mark.parametrize(
    ("query", "most"),
    [("?connection_limit=7", 7), ("?sslmode=require&pool_max_conns=9", 9)],
)
def test_a_size_in_the_url_counts_where_no_code_was_seen(query: str, most: int) -> None:
    found = topology(
        {
            "compose.yaml": f"""
            services:
              db: {{image: "postgres:16"}}
              web:
                image: registry.example/shop
                command: node server.js
                environment:
                  DATABASE_URL: postgresql://shop@db/shop{query}
            """
        }
    )
    (client,) = found.servers[0].clients
    size = client.steady[-1]
    assert (size.low, size.high, size.basis) == (0, most, Basis.ASSUMED)


@pytest.mark.parametrize(
    ("strategy", "high"),
    [("", 40), ("strategy: {type: Recreate}", 0), ("strategy: {rollingUpdate: {maxSurge: 0}}", 0)],
)
def test_old_instances_that_still_end_hold_theirs(strategy: str, high: int) -> None:
    manifest = f"""
    apiVersion: apps/v1
    kind: Deployment
    metadata: {{name: web}}
    spec:
      replicas: 4
      {strategy}
      selector: {{matchLabels: {{app: web}}}}
      template:
        metadata: {{labels: {{app: web}}}}
        spec:
          containers:
            - name: web
              image: shop
              command: [uvicorn, "shop:app"]
              env:
                - {{name: DATABASE_URL, value: "postgresql://shop@orders/orders"}}
                - {{name: DB_POOL_SIZE, value: "5"}}
    """
    conf = "max_connections = 100\n"
    ((client,),) = [
        s.clients for s in topology({"k8s/web.yaml": manifest, "postgresql.conf": conf}).servers
    ]
    assert client.ending_entry.total.high == (high or 20)
    assert bool(client.ending) is bool(high)


SETTINGS = (
    "import dj_database_url, os\nDATABASES = {'default': dj_database_url.config()}\n"
    "INSTALLED_APPS = []\n"
)


def test_each_request_of_the_server_for_development_has_a_thread_of_its_own() -> None:
    command = "bash -c 'python manage.py migrate && python manage.py runserver 0.0.0.0:80'"
    found = sums(f'  web: {{build: ., command: "{command}", {ADDRESS}}}\n', SETTINGS)
    ((_, _, in_use),) = [client.steady for client in found.clients]
    assert (in_use.name, in_use.basis) == ("connections in use", Basis.UNKNOWN)


def forge(text: str) -> str:
    """Return a service that is given a text of several lines."""
    lines = "".join(f"        {line}\n" for line in text.splitlines())
    image = "image: registry.example/forge"
    return f"  forge:\n    {image}\n    environment:\n      SETTINGS: |\n{lines}"


@pytest.mark.parametrize(
    "text",
    [
        "rails['db_host'] = 'db'; rails['db_port'] = 5432",
        "rails['db_host'] => \"db\"",
        '{"database_host": "db"}',
        "--verbose --db-host=db",
        "spring.x=1\npostgres.host: db\n",
    ],
)
def test_a_host_within_a_longer_text_is_told(text: str) -> None:
    assert sums(forge(text)).missing == (
        "`forge`: how many connections it opens is not known, for its image is built elsewhere",
    )


@pytest.mark.parametrize(
    "text", ["rails['redis_db_host'] = 'db'", "mysql_db_host=db", "cache['host'] = 'db'", "uses db"]
)
def test_a_host_of_something_else_within_a_longer_text_is_not(text: str) -> None:
    assert not sums(forge(text)).missing


@pytest.mark.parametrize(
    ("more", "most"), [("", 14), (", AIRFLOW__DATABASE__SQL_ALCHEMY_MAX_OVERFLOW: 2", 6)]
)
def test_a_program_that_is_known_has_an_overflow_of_its_own(more: str, most: int) -> None:
    url = 'AIRFLOW__DATABASE__SQL_ALCHEMY_CONN: "postgresql://u@db/a"'
    given = f"{{{url}, AIRFLOW__DATABASE__SQL_ALCHEMY_POOL_SIZE: 4{more}}}"
    found = sums(f'  web: {{image: "apache/airflow:2", command: x, environment: {given}}}\n')
    ((_, _, size),) = [client.steady for client in found.clients]
    assert (size.low, size.high) == (0, most)
