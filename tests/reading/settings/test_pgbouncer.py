"""What an ini file of PgBouncer says: its settings and its pooler."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poollint.facts.infrastructure import Flaw, Pooler, Setting
from poollint.model.figure import Basis
from poollint.model.source import SourceFile, Span
from poollint.reading.reader import FileReading, Options
from poollint.reading.settings.pgbouncer import READER

MAIN = "[pgbouncer]\nlisten_port = 6432\n"


def _read(text: str, path: str = "deploy/pgbouncer.ini") -> FileReading:
    return READER.read(SourceFile(path, text), Options())


def _pooler(text: str) -> Pooler:
    (pooler,) = _read(text).poolers
    return pooler


def _setting(text: str, name: str) -> Setting:
    return next(s for s in _read(text).settings if s.name == name)


@pytest.mark.parametrize(
    ("path", "claimed"),
    [
        ("pgbouncer.ini", True),
        ("deploy/databases.ini", True),
        ("pooler/pgbouncer.ini.tmpl", True),
        ("pgbouncer.ini.j2", True),
        ("pgbouncer.ini.example", False),
        ("pgbouncer.toml", False),
        ("postgresql.conf", False),
    ],
)
def test_files_are_claimed_by_name(path: str, claimed: bool) -> None:
    assert READER.claims(path) is claimed


def test_files_are_screened_by_their_sections() -> None:
    assert READER.screen(b"x\n[pgbouncer]\n", Options())
    assert READER.screen(b"[databases]\n", Options())
    assert READER.screen(b"[PgBouncer]\n", Options())
    assert not READER.screen(b"[tool:pytest]\naddopts = -q\n", Options())


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("pgbouncer.ini.j2", MAIN),
        ("pgbouncer.ini.tmpl", MAIN + "max_client_conn = $MAX\n"),
        ("pgbouncer.ini", MAIN + "max_client_conn = {{ max }}\n"),
        ("pgbouncer.ini", "{% if x %}\n" + MAIN),
        ("pgbouncer.ini", MAIN + "max_client_conn = <%= max %>\n"),
    ],
)
def test_a_template_is_not_read_as_a_file(path: str, text: str) -> None:
    reading = _read(text, path)
    assert not reading.settings
    assert not reading.poolers
    assert [part.broken for part in reading.unread] == [False]


def test_a_mark_of_a_template_in_a_comment_makes_none() -> None:
    assert _read("# {{ ansible_managed }}\n" + MAIN).poolers


@pytest.mark.parametrize(
    "text",
    [
        "[pgbouncer]\nhost = pooler\nport = 6432\nenabled = true\n",
        "[server]\nworkers = 4\n[pgbouncer]\nlisten_port = 6432\n",
        "[databases]\nmain = sqlite:///x.db\n",
    ],
)
def test_an_ini_file_of_another_program_says_nothing(text: str) -> None:
    reading = _read(text, "settings.ini")
    assert reading == FileReading("settings.ini", "pgbouncer")


def test_databases_of_another_file_name_are_read() -> None:
    assert _read("[databases]\na = host=x pool_size=3\n", "databases.ini").settings


def test_a_setting_knows_its_section_owner_and_place() -> None:
    text = "[databases]\norders = host=db pool_size=7\n" + MAIN
    setting = _setting(text, "pool_size")
    assert (setting.program, setting.section, setting.owner) == ("PgBouncer", "databases", "orders")
    assert setting.value == "7"
    assert setting.span == Span.at("deploy/pgbouncer.ini", 2, 18, 11)
    assert setting.value_span == Span.at("deploy/pgbouncer.ini", 2, 28, 1)
    assert setting.flaw is None


def test_numbers_of_the_pooler_are_figures_with_their_places() -> None:
    pooler = _pooler(MAIN + "default_pool_size = 0x14\nmax_client_conn = 2000\n")
    assert (pooler.default_pool_size.low, pooler.default_pool_size.basis) == (20, Basis.STATED)
    assert pooler.default_pool_size.origin == Span.at("deploy/pgbouncer.ini", 3, 21, 4)
    assert pooler.max_client_conn.low == 2000
    assert pooler.reserve_pool_size.basis is Basis.DEFAULTED
    assert str(pooler.reserve_pool_size.origin).startswith("PgBouncer default, 1.3.1 to ")
    assert (pooler.port, pooler.name, pooler.product) == (6432, "pgbouncer", "PgBouncer")


def test_the_mode_is_stated_defaulted_or_not_to_be_known() -> None:
    assert _pooler(MAIN).mode.value == "session"
    assert _pooler(MAIN).mode.basis is Basis.DEFAULTED
    stated = _pooler(MAIN + "pool_mode = Transaction\n").mode
    assert (stated.value, stated.basis) == ("transaction", Basis.STATED)
    assert isinstance(stated.origin, Span)
    assert _pooler(MAIN + "pool_mode = $MODE\n").mode.value is None


def test_after_an_include_nothing_is_a_default() -> None:
    pooler = _pooler(MAIN + "%include more.ini\n")
    assert pooler.default_pool_size.basis is Basis.UNKNOWN
    assert pooler.mode.value is None
    (unread,) = _read(MAIN + "%include more.ini\n").unread
    assert not unread.broken
    assert "more.ini" in unread.reason


def test_a_number_that_is_filled_in_elsewhere_is_unknown() -> None:
    figure = _pooler(MAIN + "default_pool_size = ${SIZE}\n").default_pool_size
    assert figure.basis is Basis.UNKNOWN
    assert isinstance(figure.origin, Span)


def test_a_pool_size_of_0_bounds_nothing() -> None:
    assert _pooler(MAIN + "default_pool_size = 0\n").default_pool_size.high is None
    (database,) = _pooler("[databases]\na = host=x pool_size=0\n" + MAIN).databases
    assert database.pool_size is not None
    assert database.pool_size.high is None


def test_databases_say_where_they_lead() -> None:
    text = (
        "[databases]\n"
        "orders = host=db.internal port=5433 dbname=shop user=app "
        "pool_mode=session reserve_pool=2\n"
        "* = auth_user=x\n"
    )
    orders, star = _pooler(text + MAIN).databases
    assert (orders.host, orders.port, orders.dbname, orders.user) == (
        "db.internal",
        5433,
        "shop",
        "app",
    )
    assert orders.mode is not None
    assert orders.mode.value == "session"
    assert orders.reserve_pool_size is not None
    assert orders.reserve_pool_size.low == 2
    assert orders.pool_size is None
    assert (star.alias, star.host, star.port, star.dbname) == ("*", "", 5432, "")


def test_the_last_entry_of_a_database_counts_but_for_its_user() -> None:
    text = "[databases]\na = host=one user=bob pool_size=5\nb = host=b\na = host=two\n"
    first, last = _pooler(text + MAIN).databases
    assert (first.alias, last.alias) == ("b", "a")
    assert (last.host, last.user, last.pool_size) == ("two", "bob", None)


def test_negative_sizes_of_a_database_leave_the_poolers() -> None:
    text = "[databases]\na = host=x pool_size=-1 max_db_connections=0\n"
    (database,) = _pooler(text + MAIN).databases
    assert database.pool_size is None
    assert database.max_connections is None


def test_addresses_are_hosts_unless_they_are_all() -> None:
    assert _pooler(MAIN + "listen_addr = 10.0.0.5, pooler.internal\n").hosts == (
        "10.0.0.5",
        "pooler.internal",
    )
    assert _pooler(MAIN + "listen_addr = *\n").hosts == ()


def test_tracked_parameters_are_those_of_the_file_besides_the_fixed_ones() -> None:
    assert "IntervalStyle" in _pooler(MAIN).tracked
    named = _pooler(MAIN + "track_extra_parameters = search_path, lc_messages\n").tracked
    assert named[-2:] == ("search_path", "lc_messages")
    assert "TimeZone" in named
    assert "IntervalStyle" not in named


def test_a_part_without_the_main_section_is_no_pooler() -> None:
    assert _read("[databases]\na = host=x\n").poolers == ()


def test_a_name_that_is_nearly_known_has_a_nearest() -> None:
    setting = _setting(MAIN + "max_client_con = 5\n", "max_client_con")
    assert (setting.flaw, setting.nearest) == (Flaw.UNKNOWN, "max_client_conn")


def test_a_name_of_another_section_is_told_where_it_belongs() -> None:
    setting = _setting("[databases]\na = host=x auth_type=trust\n" + MAIN, "auth_type")
    assert setting.flaw is Flaw.MISPLACED
    assert setting.expected == "`auth_type` in `[pgbouncer]`"


def test_what_follows_an_include_is_not_judged() -> None:
    setting = _setting(MAIN + "%include x.ini\norders = host=db\n", "orders")
    assert setting.flaw is None


SECRETS = [
    "[databases]\na = host=x password=hunter2\n",
    "[databases]\na = host=x pasword=hunter2\n",
    "[databases]\na = host=x password='hunter2\n",
    "[databases]\na = host=x password=hunter2 hunter2\n",
    "[databases]\na = postgres://u:hunter2@x/y\n",
    "[databases]\na = host=x auth_query='select hunter2'\n",
]


@pytest.mark.parametrize("text", SECRETS)
def test_no_secret_is_kept(text: str) -> None:
    assert "hunter2" not in repr(_read(text + MAIN))


def test_a_reference_to_a_secret_is_kept() -> None:
    text = "[databases]\na = host=x password=${DB_PASSWORD}\n"
    assert _setting(text + MAIN, "password").value == "${DB_PASSWORD}"


def test_broken_files_are_said_to_be_broken() -> None:
    for text in ("\ufeff" + MAIN, MAIN + "\0", MAIN.replace("\n", "\r"), MAIN + "[Users]\n"):
        assert any(part.broken for part in _read(text).unread), text
    assert any(part.broken for part in _read("a = 1\n" + MAIN).unread)


def test_of_many_broken_lines_the_first_is_told() -> None:
    (unread,) = _read(MAIN + "one\ntwo\nthree\n").unread
    assert unread.span.start.line == 3
    assert unread.reason.endswith("; 2 other lines as well")


@given(st.text(alphabet="[]pgbouncer databases%include='\"#;\n\r$\0=1", max_size=80))
def test_no_text_raises(text: str) -> None:
    _read(text)
    _read(MAIN + text)
    _read("[databases]\na = " + text)


def _all(text: str) -> list[Setting]:
    return list(READER.read(SourceFile("deploy/pgbouncer.ini", text), Options()).settings)


def test_a_setting_among_databases_is_told_as_one_of_the_pooler() -> None:
    (setting,) = [s for s in _all("[databases]\npool_mode = session\n" + MAIN) if s.flaw]
    assert (setting.flaw, setting.expected) == (Flaw.MISPLACED, "`pool_mode` in `[pgbouncer]`")


def test_a_second_section_takes_the_effect_of_the_first_one() -> None:
    settings = _all(
        "[pgbouncer]\nlisten_port = 1\n[databases]\na = host=x\n[pgbouncer]\nuser = b\n"
    )
    lost = {s.name: s for s in settings if s.winner}
    assert list(lost) == ["listen_port"]
    assert not lost["listen_port"].again


def test_of_two_databases_of_one_name_the_first_one_is_lost_as_a_whole() -> None:
    settings = _all("[databases]\na = host=x pool_size=5\na = host=x\n" + MAIN)
    assert [(s.name, s.again, s.repeats) for s in settings if s.winner] == [("a", True, False)]
    assert [s.value for s in settings if s.name == "host"] == ["x"]


def test_what_follows_an_include_replaces_nothing() -> None:
    settings = _all("[pgbouncer]\nlisten_port = 1\n%include a.ini\nlisten_port = 2\n")
    assert not any(s.winner for s in settings)


def test_a_database_that_is_replaced_is_refused_all_the_same() -> None:
    settings = _all("[databases]\na = password='\na = host=x\n" + MAIN)
    assert [s.flaw for s in settings if s.owner == "a"] == [None, Flaw.INVALID, None]


def test_users_may_have_a_mode_of_their_own() -> None:
    users = "[users]\njobs = pool_mode=session max_user_connections=5\nweb = pool_size=3\n"
    found = _pooler(MAIN + "pool_mode = transaction\n" + users).users
    modes = [(user.name, user.mode and user.mode.value) for user in found]
    assert modes == [("jobs", "session"), ("web", None)]
    jobs, web = found
    assert jobs.most is not None
    assert web.pool_size is not None
    assert (jobs.most.high, web.pool_size.high) == (5, 3)
    assert jobs.mode is not None
    assert isinstance(jobs.mode.origin, Span)
    assert jobs.mode.origin.start.line == 5


@pytest.mark.parametrize(
    ("lines", "cleaned"),
    [
        ("", False),
        ("server_reset_query = DISCARD ALL\n", False),  # in session mode only
        ("server_reset_query_always = 1\n", True),
        ("server_reset_query_always = 0\n", False),
        ("server_reset_query = DISCARD ALL;\nserver_reset_query_always = 1\n", True),
        ("server_reset_query = RESET ALL\nserver_reset_query_always = 1\n", False),
    ],
)
def test_sessions_are_emptied_where_it_is_always_asked_for(lines: str, cleaned: bool) -> None:
    assert (_pooler(MAIN + lines).cleaned is not None) is cleaned
