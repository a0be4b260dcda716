"""What PgCat, Odyssey and Pgpool-II are said to open, and in which mode."""

import pytest

from poollint.facts.infrastructure import Pooler, Setting
from poollint.model.source import SourceFile
from poollint.reading import project
from poollint.reading.reader import FileReading, Options
from poollint.reading.session.pooling import mode_of

PGCAT = """
[general]
port = 6432
admin_username = "a"
admin_password = "{{ a }}"
[pools.shop]
[pools.shop.users.0]
username = "shop"
password = "{{ b }}"
pool_size = 20
[pools.shop.users.1]
username = "report"
password = "{{ c }}"
pool_size = 5
pool_mode = "session"
[pools.shop.shards.0]
servers = [["one", 5432, "primary"], ["two", 5433, "replica"]]
database = "orders"
"""
ODYSSEY = """
client_max 500
listen { host "127.0.0.1" port 7000 }
storage "main" { type "remote" host "one:5433" }
storage "console" { type "local" }
database "orders" {
  user "shop" { storage "main" pool "transaction" authentication "block" pool_size 20 }
  user default { storage "main" pool "session" authentication "block" storage_user "all" }
}
database "console" {
  user default { storage "console" pool "session" authentication "block" }
}
"""
PGPOOL = """
num_init_children = 10
backend_hostname0 = 'one'
backend_port0 = 5432
backend_hostname1 = 'not_in_use'
backend_hostname2 = 'two'
backend_port2 = 5433
"""


def _read(path: str, text: str) -> FileReading:
    reader = project.reader_of(path)
    assert reader is not None
    assert reader.screen(text.encode(), Options())
    return reader.read(SourceFile(path, text), Options())


def _pooler(path: str, text: str) -> Pooler:
    (found,) = _read(path, text).poolers
    return found


def test_pgcat_has_a_pool_for_each_user_at_each_server() -> None:
    found = _pooler("pgcat.toml", PGCAT)
    assert found.port == 6432
    assert [
        (d.host, d.port, d.user, d.pool_size and d.pool_size.high) for d in found.databases
    ] == [
        ("one", 5432, "shop", 20),
        ("two", 5433, "shop", 20),
        ("one", 5432, "report", 5),
        ("two", 5433, "report", 5),
    ]


def test_the_mode_of_a_pool_with_users_that_differ_is_not_known() -> None:
    assert mode_of(_pooler("pgcat.toml", PGCAT), "shop").value is None
    alike = PGCAT.replace('pool_mode = "session"', "")
    assert mode_of(_pooler("pgcat.toml", alike), "shop").value == "transaction"


def test_odyssey_has_a_pool_for_each_rule_and_none_for_its_console() -> None:
    found = _pooler("odyssey.conf", ODYSSEY)
    assert (found.port, found.max_client_conn.high) == (7000, 500)
    assert [(d.alias, d.host, d.port, d.user) for d in found.databases] == [
        ("orders", "one", 5433, "shop"),
        ("orders", "one", 5433, "all"),
    ]
    assert [d.pool_size and d.pool_size.high for d in found.databases] == [20, None]


def test_pgpool_opens_children_times_pools_at_each_backend_with_a_port() -> None:
    found = _pooler("pgpool.conf", PGPOOL)
    assert [(d.host, d.port) for d in found.databases] == [("one", 5432), ("two", 5433)]
    assert [(f.name, f.low, f.high) for f in found.databases[0].most] == [
        ("num_init_children", 10, 10),
        ("max_pool", 1, 4),
    ]
    cold = _pooler("pgpool.conf", PGPOOL + "connection_cache = off\n")
    assert [f.name for f in cold.databases[0].most] == ["num_init_children"]


@pytest.mark.parametrize(
    ("path", "text", "name"),
    [
        ("pgcat.toml", PGCAT.replace("{{ b }}", "Kx7-paternoster"), "password"),
        (
            "odyssey.conf",
            ODYSSEY.replace('"block" pool_size', '"md5" password "Kx7-paternoster" pool_size'),
            "password",
        ),
        ("pgpool.conf", PGPOOL + "sr_check_password = 'Kx7-paternoster'\n", "sr_check_password"),
    ],
)
def test_a_password_is_told_and_never_held(path: str, text: str, name: str) -> None:
    reading = _read(path, text)
    exposed = [setting for setting in reading.settings if setting.exposed]
    assert [setting.name for setting in exposed] == [name]
    assert "paternoster" not in repr(reading)


def _flaws(settings: tuple[Setting, ...]) -> list[tuple[str, str]]:
    return [(s.name, s.flaw.value) for s in settings if s.flaw]


def test_what_a_template_fills_in_is_not_judged() -> None:
    text = PGCAT.replace("pool_size = 20", "pool_size = {{ size }}")
    (part,) = _read("pgcat.toml", text).unread
    assert not part.broken
    text = PGCAT.replace('"transaction"', '"${MODE}"').replace("port = 6432", 'port = "${PORT}"')
    assert _flaws(_read("pgcat.toml", text).settings) == []


@pytest.mark.parametrize("path", ["pgcat.toml", "odyssey.conf", "pgpool.conf"])
def test_hostile_files_are_read_to_an_end(path: str) -> None:
    reader = project.reader_of(path)
    assert reader is not None
    for text in ("\0" * 1000, "[" * 100_000, "{" * 100_000, "a" * 1_000_000, "'" * 100_000):
        reader.read(SourceFile(path, text), Options())


def test_names_before_pgpool_3_6_are_known_as_gone() -> None:
    found = _read("pgpool.conf", PGPOOL + "system_db_hostname = 'x'\nprint_timestamp = on\n")
    assert _flaws(found.settings) == [
        ("system_db_hostname", "removed"),
        ("print_timestamp", "removed"),
    ]
