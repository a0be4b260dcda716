"""Configurations as people and slips write them, for the real programs and poollint to judge.

What would listen beyond loopback, look a name up, write outside its folder, need another file, or
make a program of the lab's version refuse what others take is left out: one file alone does not
tell it.
"""

from __future__ import annotations

from hypothesis import strategies as st

from poollint.catalog import settings as catalog
from poollint.catalog.settings import Parameter

VERSION = "15"  # the PostgreSQL that files are generated for, where no other is asked for

# Left out of pgbouncer.ini, and why.
_NOT_HERE = {
    "listen_addr", "listen_port", "unix_socket_dir", "unix_socket_group",  # where it listens
    "logfile", "pidfile", "conffile", "job_name", "service_name", "user",  # what it writes
    "auth_file", "auth_hba_file", "auth_ident_file", "resolv_conf", "auth_dbname",  # other files
    "client_tls_sslmode", "server_tls_sslmode", "auth_type",  # need other settings
    "client_tls_ca_file", "client_tls_cert_file", "client_tls_key_file",
    "server_tls_ca_file", "server_tls_cert_file", "server_tls_key_file",
    "client_tls_protocols", "server_tls_protocols", "client_tls_ciphers", "server_tls_ciphers",
    "client_tls_dheparams", "client_tls_ecdhcurve", "syslog", "syslog_facility",
    "so_reuseport", "peer_id", "pkt_buf", "unix_socket_mode", "listen_backlog",  # of the system
    "tcp_keepcnt", "tcp_keepidle", "tcp_keepintvl", "tcp_user_timeout", "tcp_socket_buffer",
    "max_client_conn", "stats_period", "track_extra_parameters",
}  # fmt: skip

_NUMBERS = (
    "0", "1", "5", "20", "600", "007", "0x10", "+5", "-1", "1.5", "1e2", ".5", "inf", "nan",
    "99999999999", "5s", "1h", "10 ; seconds", "10 # x", "ten", "on", "off", "true", "'5'", '"5"',
    "5,000", "", " ", "0x", "1 2", "٣",
)  # fmt: skip
_WORDS = (
    "session", "transaction", "TRANSACTION", "statement", "transactional", "'session'",
    "session ; x", "a,b", "DISCARD ALL", "", "extra_float_digits,options", "x = y", "[x]",
)  # fmt: skip
_SLIPS = (
    "max_client_con", "pool_size", "POOL_MODE", "server_pool_size", "statement_timeout", "x",
    "work_mem", "dbname", "pool-mode", "pool.mode", "default_pool_size_",
)  # fmt: skip
_PAIRS = (
    "host=127.0.0.1", "host = 127.0.0.1", "port=5432", "port=x", "port=5432x", "dbname=a",
    "dbname='a b'", "dbname='it''s'", "user=u", "password=p", "password='", "pool_size=5",
    "pool_size=ten", "pool_size=-1", "reserve_pool=2", "pool_mode=session", "pool_mode=bad",
    "pool_mode='Transaction'", "max_db_connections=5", "connect_query='select 1'",
    "sslmode=require", "client_encoding=UTF8", "timezone=UTC", "datestyle=ISO",
    "application_name=x", "auth_user=a", "auth_type=md5", "host=", "host", "=x",
    "host='a'port=1", ",", "min_pool_size=3", "dbname=''",
)  # fmt: skip
_OWNERS = ("orders", "reports", "a.b", "x-y", "pgbouncer", "two words", "o'x", "orders")
_COMMENTS = ("; a comment", "# a comment", "", "   ", "\t; indented", "-- no comment", ";")
_ENDS = ("\n", "\n", "\n", "\r\n", "\n\n")
_SECTIONS = ("[pgbouncer]", "[databases]", "[users]", "[databases]", "[pgbouncer", "[Databases]")


def _signed(name: str, value: str, sign: str) -> str:
    return f"{name}{sign}{value}"


def _main_names() -> list[str]:
    known = catalog.pgbouncer().sections["pgbouncer"]
    return [name for name in known if name not in _NOT_HERE]


def pgbouncer() -> st.SearchStrategy[str]:
    """Return texts of pgbouncer.ini, `@PORT@` and `@DIR@` in the place of port and folder."""
    sign = st.sampled_from(("=", " = ", " =", "= ", "\t=\t", " : ", " "))
    usual = st.sampled_from(("=", " = "))
    name = st.one_of(st.sampled_from(_main_names()), st.sampled_from(_main_names()))
    good = st.builds(_signed, name, st.sampled_from(("0", "1", "5", "20")), usual)
    odd = st.builds(
        _signed,
        st.one_of(name, st.sampled_from(_SLIPS)),
        st.sampled_from(_NUMBERS + _WORDS),
        st.one_of(usual, sign),
    )
    mode = st.builds(_signed, st.just("pool_mode"), st.sampled_from(_WORDS), usual)
    main = st.lists(st.one_of(good, good, good, odd, mode, st.sampled_from(_COMMENTS)), max_size=4)
    pairs = st.lists(st.sampled_from(_PAIRS), min_size=1, max_size=3).map(" ".join)
    entry = st.builds(_signed, st.sampled_from(_OWNERS), pairs, usual)
    databases = st.lists(st.one_of(entry, st.sampled_from(_COMMENTS)), max_size=2)
    section = st.sampled_from(("", "", "", "", "", *_SECTIONS))
    return st.builds(_ini, databases, section, main, st.sampled_from(_ENDS), st.booleans())


def _ini(databases: list[str], section: str, main: list[str], end: str, main_last: bool) -> str:
    top = ["[databases]", *databases]
    own = ["[pgbouncer]", "listen_addr = 127.0.0.1", "listen_port = @PORT@", "unix_socket_dir ="]
    own += ["auth_type = any", "logfile =", *main]
    parts = [*top, section, *own] if main_last else [*own, *top]
    return end.join([*parts, ""])


_AMOUNTS = (
    "0", "1", "100", "-1", "1.5", "'1.5'", "1e3", "0x10", "010", "+7", "64kB", "'64 kB'", "1MB",
    "1mb", "1 MB", "30s", "5min", "'5 min'", "5sec", "1h", "ten", "''", "'100'", '"100"', "on",
    "1_000", "1,000", "2147483648", "nan", "inf", "100%", "1d", "100us", "0.5min", "'0.5'",
)  # fmt: skip
_SWITCHES = (
    "on", "off", "ON", "of", "o", "true", "tru", "yes", "y", "no", "0", "1", "2", "'on'", "enabled",
    "replica", "minimal", "always", "md5", "scram-sha-256", "none", "all", "'none'", "debug1",
)  # fmt: skip
_TAILS = ("", "", "", "", " # a comment", "#glued", " ; no comment", " more", "'")


# Known to the newest minor versions only (15.20): an installed server may be older.
OF_NEWEST = {"composite_type_mismatch", "output_plugin_libraries"}


def _asked(parameter: Parameter, version: str) -> bool:
    """Tell whether a server of this version knows the parameter and takes it from a file alone."""
    until, since = parameter.until or "99", parameter.since or "0"
    return int(since) <= int(version) <= int(until) and parameter.kind in (
        "integer", "bool", "real", "enum",
    )  # fmt: skip


# Values that a server checks with the help of the machine or of other parameters, or changes.
_CHECKED = {
    "huge_pages", "shared_memory_type", "dynamic_shared_memory_type", "wal_sync_method", "ssl",
    "recovery_target_action", "syslog_facility", "jit_profiling_support", "bonjour",
    "wal_buffers", "transaction_deferrable", "transaction_read_only",
    "transaction_isolation", "max_stack_depth", "debug_assertions",
    "ssl_min_protocol_version", "ssl_max_protocol_version",
}  # fmt: skip


def parameters(version: str = VERSION) -> list[Parameter]:
    """Return the parameters that generated files set."""
    known = catalog.postgresql().parameters.values()
    asked = (parameter.at(version) for parameter in known)
    left_out = _CHECKED | OF_NEWEST
    return [p for p in asked if _asked(p, version) and p.name not in left_out]


def postgresql(version: str = VERSION) -> st.SearchStrategy[str]:
    """Return texts of postgresql.conf for a version of the server."""
    known = parameters(version)
    names = st.sampled_from([p.name for p in known])
    amount = st.sampled_from([p.name for p in known if p.kind in ("integer", "real")])
    switch = st.sampled_from([p.name for p in known if p.kind in ("bool", "enum")])
    sign = st.sampled_from((" = ", "=", " ", "\t=\t", " = = "))
    usual = st.sampled_from((" = ", "=", " "))
    tail = st.sampled_from(_TAILS)
    case = st.sampled_from((str.lower, str.lower, str.upper, str.title))

    def line(name: st.SearchStrategy[str], value: tuple[str, ...]) -> st.SearchStrategy[str]:
        return st.builds(_conf, name, st.sampled_from(value), usual, tail, case)

    slip = st.sampled_from(
        ("max_conections", "work-mem", "acme.x", "pool_mode", "wal_keep_segments")
    )
    odd = st.builds(_conf, st.one_of(names, slip), st.sampled_from(_AMOUNTS), sign, tail, case)
    mild = st.builds(
        _conf, amount, st.sampled_from(("100", "'100'", "64")), usual, st.just(""), case
    )
    lines = st.lists(
        st.one_of(mild, mild, line(amount, _AMOUNTS), line(switch, _SWITCHES), odd,
                  st.sampled_from(("", "# a comment", "  ", "garbage"))),
        min_size=1, max_size=3,
    )  # fmt: skip
    return st.builds(
        lambda parts, end: end.join([*parts, ""]), lines, st.sampled_from(("\n", "\r\n"))
    )


def _conf(name: str, value: str, sign: str, tail: str, case: object) -> str:
    assert callable(case)
    return f"{case(name)}{sign}{value}{tail}"
