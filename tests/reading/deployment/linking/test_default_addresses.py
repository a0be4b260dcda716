"""Where code leads that is given no address: what it says itself counts before what is likely."""

import pytest

from tests.reading.deployment.arranging import topology

COMPOSE = """
    services:
      db: {image: "postgres:16"}
      other: {image: "postgres:16"}
      web:
        image: shop
        command: gunicorn -w2 shop.api:app
        environment: {ENV}
    """
URL = """
    import os
    from sqlalchemy import create_engine
    engine = create_engine(os.environ.get("SHOP_URL", "DEFAULT"), pool_size=4, max_overflow=6)
    """
HOST = """
    import os
    from psycopg2.pool import ThreadedConnectionPool
    pool = ThreadedConnectionPool(1, 10, host=os.getenv("DB_HOST", "DEFAULT"), dbname="shop")
    """
FORMATTED = """
    import os
    from sqlalchemy import create_engine
    HOST = os.environ.get("DB_HOST", "DEFAULT")
    PORT = os.environ.get("DB_PORT", 5432)
    URL = f"postgresql://u:{os.environ['PW']}@{HOST}:{PORT}/shop"
    engine = create_engine(URL, pool_size=4, max_overflow=6)
    """


def found(code: str, default: str, env: str = "{LEVEL: info}", compose: str = COMPOSE) -> list[str]:
    files = {
        "compose.yaml": compose.replace("{ENV}", env),
        "shop/api.py": code.replace("DEFAULT", default),
    }
    told = topology(files)
    clients = [
        f"{client.name} {client.entry.total.high} at {one.server.name}"
        for one in told.servers
        for client in one.clients
    ]
    return [*clients, *(text for text in told.assumed if "connects to" in text)]


@pytest.mark.parametrize(
    ("code", "default"), [(URL, "postgresql://shop@db/orders"), (HOST, "db")], ids=["url", "host"]
)
def test_the_address_that_code_falls_back_to_is_no_assumption(code: str, default: str) -> None:
    assert found(code, default) == ["web 20 at db"]


def test_an_address_that_is_nowhere_in_the_tree_is_not_taken_for_the_only_server() -> None:
    alone = COMPOSE.replace('      other: {image: "postgres:16"}\n', "")
    assert found(HOST, "far.example", compose=alone) == []


@pytest.mark.parametrize("code", [HOST, FORMATTED])
def test_the_machine_itself_is_what_code_says_that_is_told_otherwise(code: str) -> None:
    alone = COMPOSE.replace('      other: {image: "postgres:16"}\n', "")
    says = "`web` connects to `db`: the code says `localhost` unless `DB_HOST` says another"
    assert found(code, "localhost", compose=alone) == ["web 20 at db", says]


@pytest.mark.parametrize("code", [HOST, FORMATTED, FORMATTED.replace("DB_HOST", "PLACE")])
def test_what_a_container_is_given_counts_before_it(code: str) -> None:
    name = "PLACE" if "PLACE" in code else "DB_HOST"
    assert found(code, "db", f"{{{name}: other}}") == ["web 20 at other"]


def test_an_engine_of_another_database_unless_told_is_not_counted() -> None:
    alone = COMPOSE.replace('      other: {image: "postgres:16"}\n', "")
    assert found(URL, "sqlite:///shop.db", compose=alone) == []
    given = "{SHOP_URL: 'postgresql://shop@db/orders'}"
    assert found(URL, "sqlite:///shop.db", given, alone) == ["web 20 at db"]


PLAIN = """
    import os
    from sqlalchemy import create_engine
    engine = create_engine(os.environ["SHOP_URL"], pool_size=4, max_overflow=6)
    """
WAITING = COMPOSE.replace("image: shop", "image: shop\n        depends_on: [db]")
OPEN = "{SHOP_URL: '${SHOP_URL}'}"


def test_an_address_that_no_file_tells_leads_to_what_its_container_waits_for() -> None:
    why = "it waits for it, and no file tells the whole of `SHOP_URL`"
    taken = ["web 20 at db", f"`web` connects to `db`: {why}"]
    assert found(PLAIN, "", OPEN, WAITING) == taken
    assert found(PLAIN, "", "{SHOP_URL: 'postgresql://${USER}@${HOST}/orders'}", WAITING) == taken
    assert found(PLAIN, "", OPEN) == []


@pytest.mark.parametrize("far", ["postgresql://shop@far.example/orders", "mysql://shop@${HOST}/x"])
def test_an_address_that_is_told_leads_to_no_other(far: str) -> None:
    assert found(PLAIN, "", f"{{SHOP_URL: '{far}'}}", WAITING) == []


def test_an_address_that_no_file_tells_may_be_that_of_a_pooler_between() -> None:
    pooler = '      pool: {image: "edoburu/pgbouncer", environment: {DB_HOST: db}}\n      web:'
    told = found(PLAIN, "", OPEN, WAITING.replace("      web:", pooler))
    assert told == ["pool 20 at db"]


GUARDED = """
    import os
    from sqlalchemy import create_engine
    TOLD = os.getenv("SHOP_URL")
    if TEST:
        engine = create_engine(os.environ["SHOP_URL"], pool_size=4, max_overflow=6)
    else:
        engine = create_engine("DEFAULT")
    """
SQLITE = "sqlite:///shop.db"


@pytest.mark.parametrize(
    ("test", "default", "counted"),
    [
        ("os.environ.get('SHOP_URL')", SQLITE, []),
        ("TOLD", SQLITE, []),
        ("os.environ.get('OTHER')", SQLITE, ["web 20 at db"]),
        ("not TOLD", SQLITE, ["web 20 at db"]),
    ],
)
def test_an_engine_that_another_is_built_instead_of_is_not_counted(
    test: str, default: str, counted: list[str]
) -> None:
    alone = COMPOSE.replace('      other: {image: "postgres:16"}\n', "")
    code = GUARDED.replace("TEST", test)
    assert [text for text in found(code, default, compose=alone) if " at " in text] == counted
    given = "{SHOP_URL: 'postgresql://shop@db/orders'}"
    assert found(code, default, given, alone)[0].startswith("web 20 at db")


@pytest.mark.parametrize(
    ("env", "assumed"),
    [
        ("{DB_HOST: db}", []),
        ("{PLACE: x, SHOP_URI: 'postgres://shop@db/orders'}",
         ["`web` connects to `db`: `DB_HOST` is not set"]),
        ("{DB_HOST: db, SHOP_URI: 'postgres://shop@db/orders'}", []),
    ],
)  # fmt: skip
def test_a_pool_of_node_whose_host_is_not_set_is_taken_to_lead_there(
    env: str, assumed: list[str]
) -> None:
    files = {
        "compose.yaml": "services:\n  db: {image: 'postgres:16'}\n"
        f"  web: {{build: ., command: node db.js, environment: {env}}}\n",
        "Dockerfile": "FROM node:22\nCOPY . .\n",
        "db.js": 'const { Pool } = require("pg");\n'
        'new Pool({ host: process.env.DB_HOST || "localhost", max: 4 });\n',
    }
    told = topology(files)
    assert [client.entry.total.high for one in told.servers for client in one.clients] == [4]
    assert [text for text in told.assumed if "connects to" in text] == assumed
