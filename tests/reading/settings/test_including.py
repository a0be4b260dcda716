"""Files of settings that include others are one configuration, read in the program's order."""

import pytest

from poollint.facts.configuration import Configuration
from poollint.facts.infrastructure import Flaw
from poollint.facts.project import Project
from poollint.model.figure import Basis
from poollint.model.source import SourceFile
from poollint.reading.linking import link
from poollint.reading.project import reader_of
from poollint.reading.reader import FileReading, Options
from poollint.reading.settings import including


def _readings(files: dict[str, str]) -> tuple[FileReading, ...]:
    found = []
    for path, text in files.items():
        reader = reader_of(path)
        if reader and reader.screen(text.encode(), Options()):
            found.append(reader.read(SourceFile(path, text), Options()))
    return tuple(found)


def _linked(files: dict[str, str]) -> Project:
    return link(_readings(files), Options())


def _one(files: dict[str, str]) -> Configuration:
    """Return the only configuration there is, but for that of a file nobody reads."""
    (found,) = (c for c in _linked(files).configurations if "hidden" not in c.span.path)
    return found


POSTGRES = {
    "db/postgresql.conf": "port = 1\nwork_mem = 1MB\ninclude 'more.conf'\ninclude_dir 'conf.d'\n"
    "max_connections = 20\n",
    "db/more.conf": "port = 2\nwork_mem = 2MB\nmax_connections = 10\n",
    "db/conf.d/b.conf": "port = 4\n",
    "db/conf.d/a.conf": "port = 3\n",
    "db/conf.d/.hidden.conf": "port = 5\n",
}
BOUNCER = {
    "pool/pgbouncer.ini": "[databases]\n%include dbs.ini\nreports = host=b\n"
    "[pgbouncer]\n%include main.ini\npool_mode = transaction\n",
    "pool/dbs.ini": "orders = host=a\n",
    "pool/main.ini": "pool_mode = session\ndefault_pool_size = 5\n[users]\n"
    "shop = pool_mode=session\n[pgbouncer]\nlisten_port = 1\n",
}


def test_the_last_of_all_files_counts_where_postgresql_reads_it() -> None:
    found = _one(POSTGRES)
    shown = {name: found.setting(name) for name in ("port", "work_mem", "max_connections")}
    told = {name: (s.value, s.span.path) for name, s in shown.items() if s}
    assert told == {
        "port": ("4", "db/conf.d/b.conf"),
        "work_mem": ("2MB", "db/more.conf"),
        "max_connections": ("20", "db/postgresql.conf"),
    }
    assert found.complete


def test_what_alter_system_wrote_is_read_last() -> None:
    found = _one({**POSTGRES, "db/postgresql.auto.conf": "max_connections = 30\n"})
    stated = found.setting("max_connections")
    assert stated is not None
    assert (stated.value, stated.span.path) == ("30", "db/postgresql.auto.conf")


def test_the_server_has_what_its_files_say_together() -> None:
    found, _, _ = including.followed(_readings(POSTGRES))
    (server,) = (server for reading in found for server in reading.servers)
    assert (server.max_connections.low, server.port) == (20, 4)


def test_a_section_of_pgbouncer_goes_on_in_what_is_included_and_behind_it() -> None:
    found = _one(BOUNCER)
    assert found.owners("databases") == ("orders", "reports")
    assert found.owners("users") == ("shop",)
    mode = found.setting("pool_mode")
    assert mode is not None
    assert mode.value == "transaction"
    assert found.setting("default_pool_size") is None  # the second [pgbouncer] sets it back
    assert found.complete


def test_the_pooler_has_what_its_files_say_together() -> None:
    found, _, _ = including.followed(_readings(BOUNCER))
    (pooler,) = (pooler for reading in found for pooler in reading.poolers)
    assert [database.alias for database in pooler.databases] == ["orders", "reports"]
    assert (pooler.port, pooler.default_pool_size.basis) == (1, Basis.DEFAULTED)


def test_flaws_are_told_where_they_stand() -> None:
    files = {**BOUNCER, "pool/dbs.ini": "\norders = host=a pool_size=ten\n"}
    (wrong,) = [s for s in _linked(files).settings if s.flaw]
    assert (wrong.span.path, wrong.span.start.line, wrong.flaw) == ("pool/dbs.ini", 2, Flaw.INVALID)
    assert wrong.span.start.column == len("orders = host=a ") + 1


@pytest.mark.parametrize(
    "stated", ["gone.ini", "/etc/pgbouncer/dbs.ini", "../../dbs.ini", "", "/etc/passwd"]
)
def test_what_is_not_in_the_tree_is_not_followed(stated: str) -> None:
    text = f"[databases]\n%include {stated}\nx = host=a\n[pgbouncer]\nlisten_port = 1\n"
    project = _linked({"a/pgbouncer.ini": text, "etc/passwd": "", "dbs.ini": "y = host=b\n"})
    assert project.followed == ()
    assert "y" not in project.configurations[0].owners("databases")
    assert not project.configurations[0].complete


def test_an_absolute_path_is_known_in_a_tree_laid_out_like_the_machine() -> None:
    files = {
        "image/etc/pgbouncer/pgbouncer.ini": "[databases]\n%include /etc/pgbouncer/dbs.ini\n"
        "[pgbouncer]\nlisten_port = 1\n",
        "image/etc/pgbouncer/dbs.ini": "y = host=b\n",
    }
    assert _one(files).owners("databases") == ("y",)


@pytest.mark.parametrize("other", ["pgbouncer.ini", "b.ini"])
def test_files_that_include_themselves_are_refused(other: str) -> None:
    main = f"[pgbouncer]\nlisten_port = 1\n%include {other}\n"
    files = {"pgbouncer.ini": main, "b.ini": "%include pgbouncer.ini\npool_mode = session\n"}
    assert any(stop.span.path == "pgbouncer.ini" for stop in _linked(files).refused)


def test_files_are_included_ten_deep() -> None:
    def chain(length: int) -> dict[str, str]:
        files = {f"db/postgres{i}.conf": f"include 'postgres{i + 1}.conf'\n" for i in range(length)}
        files |= {"db/postgresql.conf": "port = 1\ninclude 'postgres0.conf'\n"}
        return {p: t + "fsync = on\nport = 1\n" for p, t in files.items()}

    deep = {**chain(9), "db/postgres9.conf": "port = 9\n"}
    assert not _linked(deep).refused
    assert _linked({**chain(10), "db/postgres10.conf": "port = 9\n"}).refused


def test_a_file_that_two_others_include_is_told_once() -> None:
    text = "[pgbouncer]\nlisten_port = 1\n%include shared.ini\n"
    files = {"pgbouncer.ini": text, "pgbouncer-b.ini": text}
    project = _linked({**files, "shared.ini": "default_pool_size = many\n"})
    assert len(project.configurations) == 2
    assert [s.name for s in project.settings if s.flaw] == ["default_pool_size"]


def test_a_file_that_is_included_twice_is_left_open() -> None:
    text = "[databases]\n%include d.ini\n%include d.ini\n[pgbouncer]\nlisten_port = 1\n"
    assert not _one({"pgbouncer.ini": text, "d.ini": "a = host=x\n"}).complete
