"""What a postgresql.conf says: its settings and its server."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poollint.catalog import settings as catalog
from poollint.facts.infrastructure import Flaw, Server, Setting
from poollint.model.figure import Basis
from poollint.model.source import SourceFile, Span
from poollint.reading.reader import FileReading, Options
from poollint.reading.settings.postgresql import READER, merge_servers


def _read(text: str, path: str = "db/postgresql.conf") -> FileReading:
    return READER.read(SourceFile(path, text), Options())


def _server(text: str, path: str = "db/postgresql.conf") -> Server:
    (server,) = _read(text, path).servers
    return server


def _settings(text: str) -> dict[str, Setting]:
    return {setting.name: setting for setting in _read(text).settings}


@pytest.mark.parametrize(
    ("path", "claimed"),
    [
        ("postgresql.conf", True),
        ("db/postgresql.auto.conf", True),
        ("postgresql-primary.conf", True),
        ("postgres.conf", True),
        ("db/conf.d/tuning.conf", True),
        ("postgresql.conf.j2", True),
        ("postgresql.conf.prod", True),
        ("postgresql.conf.md", False),
        ("postgresql.conf.sample", False),
        ("pg_hba.conf", False),
        ("nginx.conf", False),
    ],
)
def test_files_are_claimed_by_name(path: str, claimed: bool) -> None:
    assert READER.claims(path) is claimed


def test_files_are_screened_by_the_names_they_set() -> None:
    assert READER.screen(b"# x\nMax_Connections 100\n", Options())
    assert not READER.screen(b"server {\n  listen 80;\n}\n", Options())
    assert not READER.screen(b"#max_connections = 100\n", Options())


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("web/conf.d/site.conf", "server {\n  port 80;\n}\n"),
        ("my/conf.d/my.conf", "[mysqld]\nmax_connections = 500\nport = 3306\n"),
        ("etc/init/postgresql.conf", "start on runlevel [2345]\nport = 1\n"),
        ("postgresql.conf", "db {\n  url = jdbc\n  port = 5432\n}\n"),
    ],
)
def test_a_file_of_another_program_says_nothing(path: str, text: str) -> None:
    assert _read(text, path) == FileReading(path, "postgresql")


def test_numbers_of_the_server_are_figures_with_their_places() -> None:
    server = _server("port = 5433\nmax_connections = 200\nMAX_CONNECTIONS = 300\n")
    assert (server.max_connections.low, server.max_connections.basis) == (300, Basis.STATED)
    assert server.max_connections.origin == Span.at("db/postgresql.conf", 3, 19, 3)
    assert server.port == 5433
    assert (server.superuser_reserved.low, server.superuser_reserved.basis) == (3, Basis.DEFAULTED)
    assert server.superuser_reserved.origin == "PostgreSQL default, 13 to 18"
    assert (server.reserved.low, server.reserved.origin) == (0, "PostgreSQL default, 16 to 18")


def test_a_file_that_sets_no_connections_still_is_a_server() -> None:
    server = _server("shared_buffers = 1GB\n")
    assert (server.max_connections.low, server.max_connections.basis) == (100, Basis.DEFAULTED)
    assert server.port == 5432


def test_with_an_include_nothing_is_a_default() -> None:
    reading = _read("port = 5432\ninclude_dir 'conf.d'\n")
    assert reading.servers[0].max_connections.basis is Basis.UNKNOWN
    assert [part.broken for part in reading.unread] == [False]


def test_a_number_that_is_refused_or_filled_in_is_unknown() -> None:
    for value in ("lots", "0", "'${MAX}'"):
        figure = _server(f"port = 5432\nmax_connections = {value}\n").max_connections
        assert figure.basis is Basis.UNKNOWN, value


def test_another_file_is_a_server_only_where_it_sets_connections() -> None:
    assert _read("log_statement = all\n", "db/conf.d/log.conf").servers == ()
    assert _read("log_statement = all\n", "db/postgresql-log.conf").servers == ()
    assert _server("max_connections = 9\n", "db/conf.d/x.conf").max_connections.low == 9


def test_auto_conf_wins_over_the_file_beside_it() -> None:
    main = _server("max_connections = 100\nport = 5433\nreserved_connections = 4\n")
    auto = _server("max_connections = '300'\n", "db/postgresql.auto.conf")
    other = _server("max_connections = 50\n", "other/postgresql.conf")
    merged, untouched = merge_servers((auto, main, other))
    assert merged.name == "db/postgresql.conf"
    assert merged.max_connections == auto.max_connections
    assert merged.reserved == main.reserved
    assert merged.superuser_reserved == main.superuser_reserved
    assert merged.port == 5433
    assert untouched == other


def test_an_auto_conf_alone_is_a_server() -> None:
    auto = _server("max_connections = '300'\n", "db/postgresql.auto.conf")
    (alone,) = merge_servers((auto,))
    assert (alone.max_connections.low, alone.port) == (300, 5432)


def test_parts_fill_in_what_a_file_leaves_to_its_includes() -> None:
    main = _server("port = 5432\ninclude_dir 'conf.d'\n")
    parts = tuple(
        _server(f"max_connections = {number}\n", f"db/conf.d/{name}.conf")
        for name, number in (("b", 2), ("a", 1))
    )
    (merged,) = merge_servers((main, *parts))
    assert merged.max_connections.low == 2


def test_parts_leave_what_a_file_states() -> None:
    main = _server("max_connections = 7\ninclude_dir 'conf.d'\n")
    part = _server("max_connections = 9\n", "db/conf.d/a.conf")
    (merged,) = merge_servers((main, part))
    assert merged.max_connections.low == 7


def test_names_are_told_in_any_case_and_only_the_last_is_judged() -> None:
    text = "port = 5432\nfsync = on\njit = off\nWork_Mem = rubbish\nwork_mem = lots\nwork_men = 1\n"
    settings = _settings(text)
    assert settings["Work_Mem"].flaw is Flaw.INVALID  # of another spelling, so looked at
    assert settings["work_mem"].flaw is Flaw.INVALID
    assert (settings["work_men"].flaw, settings["work_men"].nearest) == (Flaw.UNKNOWN, "work_mem")


def test_custom_names_and_those_of_developers_are_taken() -> None:
    text = "port = 5432\nfsync = on\nshop.tenant = x\nwal_debug = on\n"
    assert all(setting.flaw is None for setting in _settings(text).values())


def test_a_name_that_only_old_versions_know_is_told_with_the_version_it_went() -> None:
    text = "port = 5432\nfsync = on\ncheckpoint_segments = 32\nstats_temp_directory = x\n"
    gone = _settings(text)["checkpoint_segments"]
    assert (gone.flaw, gone.removed, gone.expected) == (Flaw.REMOVED, "9.5", "`max_wal_size`")
    assert _settings(text)["stats_temp_directory"].flaw is None


def test_names_that_were_only_renamed_are_not_gone() -> None:
    known = catalog.postgresql()
    assert known.removed("ssl_ecdh_curve") == ""
    assert known.removed("work_mem") == ""
    assert known.removed("force_parallel_mode") == "16"
    assert known.removed("stats_temp_directory") == "15"
    assert known.removed("replacement_sort_tuples") == "11"


def test_of_several_lines_of_a_name_the_last_one_is_the_winner() -> None:
    settings = _settings("port = 1\nfsync = on\nPort = 2\nFSYNC = on\n")
    assert (settings["port"].winner, settings["port"].repeats) == (settings["Port"].span, False)
    assert settings["fsync"].repeats
    assert settings["Port"].winner is None


def test_a_name_of_pgbouncer_is_told_where_it_belongs() -> None:
    setting = _settings("port = 5432\nfsync = on\npool_mode = transaction\n")["pool_mode"]
    assert setting.expected == "`pool_mode` in pgbouncer.ini"


def test_a_fork_is_not_judged() -> None:
    strange = "".join(f"gp_{name} = 1\n" for name in ("interconnect", "resqueue", "vmem"))
    known = "port = 5432\nfsync = on\njit = lots\nwork_mem = 1MB\nmax_connections = 10\n"
    reading = _read(known + strange)
    assert all(setting.flaw is None for setting in reading.settings)
    assert [part.broken for part in reading.unread] == [False]


@pytest.mark.parametrize(
    "line",
    [
        "primary_conninfo = 'host=x password=hunter2'",
        "primary_conninfo = host=x password=hunter2",
        "primary_coninfo = 'host=x password=hunter2'",
        "shop.token = 'hunter2'",
        "ssl_passphrase_command = 'echo hunter2'",
    ],
)
def test_no_secret_is_kept(line: str) -> None:
    reading = _read("port = 5432\nfsync = on\njit = off\n" + line + "\n")
    assert reading.settings
    assert "hunter2" not in repr(reading)


def test_a_template_is_not_read_as_a_file() -> None:
    for path, text in (
        ("postgresql.conf.j2", "port = 5432\n"),
        ("postgresql.conf", "max_connections = {{ max }}\n"),
    ):
        (unread,) = _read(text, path).unread
        assert not unread.broken


def test_a_byte_order_mark_is_told() -> None:
    assert any(part.broken for part in _read("\ufeffport = 5432\nfsync = on\njit = on\n").unread)


@given(st.text(alphabet="port max_connections=5'\"#\n\r\t $\\.*;", max_size=80))
def test_no_text_raises(text: str) -> None:
    _read(text)
    _read("port = 5432\n" + text)


def test_a_line_is_not_looked_at_if_one_of_its_spelling_follows() -> None:
    reading = _read("port = 5432\nfsync = on\nwork_mem = rubbish\nwork_mem = 1MB\n")
    assert [s.flaw for s in reading.settings] == [None] * 4
    reading = _read("port = 5432\nfsync = on\nWORK_MEM = rubbish\nwork_mem = 1MB\n")
    assert [s.flaw for s in reading.settings] == [None, None, Flaw.INVALID, None]
