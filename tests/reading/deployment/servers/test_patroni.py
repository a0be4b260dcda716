"""What files of Patroni state of PostgreSQL."""

from poollint.facts.infrastructure import Flaw, Setting
from poollint.model.source import SourceFile
from poollint.reading.deployment.manifest import READER
from poollint.reading.reader import FileReading, Options

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
