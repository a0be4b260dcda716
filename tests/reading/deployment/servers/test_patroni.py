"""What files of Patroni state of PostgreSQL."""

from poollint.facts.infrastructure import Flaw, Setting
from poollint.model.figure import Basis
from poollint.model.source import SourceFile, Span
from poollint.reading import linking
from poollint.reading.deployment.manifest import READER
from poollint.reading.reader import FileReading, Options
from tests.reading.deployment.arranging import readings, topology

HEAD = "scope: orders\nrestapi:\n  listen: 0.0.0.0:8008\n"
DCS = "bootstrap:\n  dcs:\n    postgresql:\n      parameters:\n"


def _read(text: str) -> FileReading:
    return READER.read(SourceFile("patroni.yml", text), Options())


def _settings(text: str) -> dict[str, Setting]:
    return {setting.name: setting for setting in _read(text).settings}


def test_parameters_of_the_cluster_and_of_a_member_are_read() -> None:
    text = HEAD + DCS + "        max_connections: 200\n"
    found = _settings(text + "postgresql:\n  parameters:\n    work_mem: 64M\n")
    assert found["max_connections"].number == 200
    assert (found["max_connections"].span.start.line, found["work_mem"].flaw) == (8, Flaw.INVALID)
    assert not any(told.complete for told in _read(text).configurations)


def test_a_file_is_opened_where_it_may_be_patronis() -> None:
    assert READER.screen((HEAD + DCS).encode(), Options())
    assert not READER.screen(b"postgresql:\n  parameters:\n    a: b\n", Options())


def test_parameters_of_another_file_are_not_judged() -> None:
    assert not _settings("postgresql:\n  parameters:\n    shop_mode: fast\n")
    assert not _settings("scope: x\npostgresql:\n  parameters:\n    shop_mode: fast\n")


def test_what_is_filled_in_is_left_open() -> None:
    found = _settings(HEAD + DCS + '        work_mem: "{{ memory }}"\n        port: ${PORT}\n')
    assert [setting.flaw for setting in found.values()] == [None, None]


def test_no_secret_is_kept() -> None:
    stated = "        primary_conninfo: host=a password=Kx7-paternoster\n"
    reading = _read(HEAD + DCS + stated)
    (setting,) = reading.settings
    assert setting.exposed == "password"
    assert "paternoster" not in repr(reading.configurations)


def test_what_is_wrong_is_left_out_by_patroni() -> None:
    found = _settings(HEAD + DCS + "        max_conections: 5\n        work_mem: 64M\n")
    assert "Patroni leaves it out" in found["max_conections"].complaint
    assert found["work_mem"].keeper == "Patroni"


MEMBER = (
    HEAD + DCS + "        max_connections: 150\n        superuser_reserved_connections: 5\n"
    "postgresql:\n  connect_address: 10.0.0.1:5433\n  parameters:\n    max_connections: 300\n"
)
UNIT = """
[Service]
Environment=DATABASE_URL=postgresql://shop@10.0.0.1:5433/shop DB_POOL_SIZE=5
ExecStart=/srv/venv/bin/gunicorn --workers 8 shop.api:app
"""


def test_a_member_is_the_server_and_the_cluster_says_how_many_it_takes() -> None:
    (server,) = _read(MEMBER).servers
    assert (server.name, server.hosts, server.port) == ("orders", ("10.0.0.1",), 5433)
    most, kept = server.max_connections, server.superuser_reserved
    assert isinstance(most.origin, Span)
    assert isinstance(kept.origin, Span)
    assert (most.low, most.origin.start.line) == (150, 8)
    assert (kept.low, kept.origin.start.line) == (5, 9)
    assert server.reserved.basis is Basis.DEFAULTED


def test_a_file_that_does_not_say_how_many_is_no_server() -> None:
    assert not _read(HEAD + DCS + "        work_mem: 64MB\n").servers
    assert not _read("scope: x\npostgresql:\n  parameters: {a: b}\n").servers


def _members(*numbers: int) -> dict[str, str]:
    """Return the files of members, each at an address of its own."""
    return {
        f"patroni/{n}.yml": MEMBER.replace("10.0.0.1", f"10.0.0.{n}")
        .replace("max_connections: 150", f"max_connections: {100 + n}")
        for n in numbers
    }  # fmt: skip


def test_members_are_told_apart_by_their_addresses() -> None:
    files = {**_members(1, 2), "web.service": UNIT}
    found = topology(files).servers
    names = {one.server.name: [client.name for client in one.clients] for one in found}
    assert names == {"orders (10.0.0.1)": ["web"], "orders (10.0.0.2)": []}
    told = linking.uncounted(linking.link(readings(files), Options()))
    assert not any("what connects to" in text for text in told)


def test_an_address_before_all_members_leads_to_the_one_that_writes() -> None:
    compose = """
        services:
          web:
            image: registry.example/shop:1
            environment: {DATABASE_URL: "postgresql://shop@10.0.0.9/shop", DB_POOL_SIZE: "5"}
        """
    (found,) = topology({**_members(1, 2), "compose.yaml": compose}).servers
    assert found.server.name == "10.0.0.9"
    assert [client.name for client in found.clients] == ["web"]


def test_a_cluster_that_nothing_names_is_told_of_once() -> None:
    told = linking.uncounted(linking.link(readings(_members(1, 2, 3)), Options()))
    assert [text for text in told if "connects to" in text] == [
        "what connects to `orders (10.0.0.1)`, for no file says; "
        "its max_connections is 101 (patroni/1.yml:8)"
    ]


def test_what_connects_to_the_address_of_a_member_counts_there() -> None:
    (server,) = topology({"patroni.yml": MEMBER, "web.service": UNIT}).servers
    assert [(c.name, c.entry.total.high) for c in server.clients] == [("web", 40)]
