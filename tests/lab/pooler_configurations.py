"""Configurations of Odyssey and Pgpool-II as people and slips write them.

What would make a program listen beyond loopback, read another file or look a name up is left out.
Names that only another version than the lab's knows are left out as well: what is unknown to all
versions is what poollint tells.
"""

from __future__ import annotations

from hypothesis import strategies as st

from poollint.catalog import settings as catalog

_NUMBERS = ("0", "1", "5", "600", "-1", "007", "99999999999", "5kb", "5x", '"5"', "yes", "1.5", "")
_WORDS = ("yes", "no", "YES", "true", "on", '"yes"', "1", "default", "nonsense")
_STRINGS = ('"x"', '""', '"a b"', '"a \\" b"', "'x'", "x", "5", '"a # b"', '"open', '"default"')
_POOLS = ('"session"', '"transaction"', '"statement"', '"Session"', "session", '"transactional"')
_AUTH = ('"none"', '"block"', '"md5"', '"trust"', '"cert"', '"scram-sha-256"', "none")
_TYPES = ('"remote"', '"local"', '"replica"', "remote")
_SLIPS = (
    "worker 2", "pool_sise 5", "LOG_DEBUG no", "log_debug = no", "; a comment", "# a comment", "}",
    "log_debug", "listen", "pool_size", "storage", "log_debug no log_query no # x", "database",
    "pool_mode \"session\"", "client_max 10 }",
)  # fmt: skip
# Left out: what needs other files, the network, or a build with LDAP or Prometheus; what other
# settings or the machine decide. 1.5.2 takes anything for `group_checker_interval`, its successor
# does not.
_NOT_ODYSSEY = {
    "group_checker_interval",
    "include", "load_module", "pid_file", "locks_dir", "log_file", "hba_file", "cpu_affinity",
    "unix_socket_dir", "unix_socket_mode", "availability_zone", "external_auth_socket_path",
    "promhttp_server_port", "log_general_stats_prom", "log_route_stats_prom", "log_syslog",
    "log_syslog_facility", "enable_online_restart", "workers", "resolvers", "coroutine_stack_size",
    "log_format", "priority", "query_parsing", "virtual_transaction", "system_coroutine_stack_size",
    "bindwith_reuseport", "graceful_shutdown_timeout_ms", "keepalive", "keepalive_keep_interval",
    "keepalive_probes", "keepalive_usr_timeout", "soft_oom", "cache_msg_gc_size", "cache_coroutine",
    "host", "port", "tls", "tls_ca_file", "tls_key_file", "tls_cert_file", "tls_protocols",
    "balancing_method", "target_session_attrs", "role", "auth_module", "auth_pam_service",
    "quantiles",
    "auth_query", "auth_query_user", "auth_query_db", "group_query", "group_query_user",
    "group_query_db", "watchdog_lag_query", "watchdog_lag_interval", "ldap_endpoint_name",
    "ldap_storage_credentials_attr", "ldap_storage_credentials", "enable_mdb_iamproxy_auth",
    "mdb_iamproxy_socket_path", "pool_discard_query", "pool_smart_discard", "pool_discard",
    "pool_reserve_prepared_statement", "pool_pin_on_listen", "pool_notice_after_waiting_ms",
    "shared_pool", "password", "pool_size", "min_pool_size", "backend_startup_options", "options",
    "pool_idle_in_transaction_timeout", "pool_client_idle_timeout", "server_lifetime",
    "endpoints_status_poll_interval", "server_max_routing", "ldap_pool_size", "ldap_pool_ttl",
    "ldap_pool_timeout", "ldap_endpoint", "watchdog", "balancing", "storage",
}  # fmt: skip


def _odyssey_line(section: str) -> st.SearchStrategy[str]:
    """Return lines that set a parameter of a block, or are a slip."""
    known = catalog.other("odyssey").sections[section]
    lines = []
    for name, parameter in known.items():
        values = {
            "yes_no": _WORDS, "number": _NUMBERS, "string": _STRINGS, "enum": _STRINGS,
        }.get(parameter.kind)  # fmt: skip
        own = {"pool": _POOLS, "authentication": _AUTH, "type": _TYPES}.get(name)
        if name not in _NOT_ODYSSEY and (own or values):
            lines += [f"{name} {value}" for value in own or values or ()]
    return st.one_of(st.sampled_from(lines), st.sampled_from(lines), st.sampled_from(_SLIPS))


def odyssey() -> st.SearchStrategy[str]:
    """Return files for Odyssey, most of which hold a slip or two."""
    few = {
        name: st.lists(_odyssey_line(name), max_size=2) for name in ("global", "listen", "route")
    }
    required = st.sets(st.sampled_from(("authentication", "pool", "storage")), max_size=1)
    return st.builds(_odyssey, few["global"], few["listen"], few["route"], required)


def _odyssey(top: list[str], listen: list[str], route: list[str], without: set[str]) -> str:
    rule = {
        "authentication": 'authentication "none"', "pool": 'pool "session"',
        "storage": 'storage "main"',
    }  # fmt: skip
    needed = [line for name, line in rule.items() if name not in without]
    inner = "\n    ".join(("", *needed, *route))
    return (
        'log_format "%p %t %l %m\\n"\nunix_socket_mode "0644"\n'
        + "".join(f"{line}\n" for line in top)
        + "listen {\n  " + "\n  ".join(('host "127.0.0.1"', "port 6432", *listen)) + "\n}\n"
        + 'storage "main" {\n  type "remote"\n  host "127.0.0.1"\n}\n'
        + 'database "orders" {\n  user "shop" {' + inner + "\n  }\n}\n"
    )  # fmt: skip


_PLAIN = ("0", "1", "32", "-1", "007", "0x10", "99999999999", "5s", "5min", "5 min", "5m", "1kB",
          "1MB", "ten", "1.5", "'5'", "'5 min'", "\"5\"", "", "on", "5;", "1e2", "''")  # fmt: skip
_TRUTHS = ("on", "off", "true", "f", "YES", "1", "0", "2", "maybe", "'on'", "''", "o", "'on '")
_TEXTS = ("x", "'a b'", "'a''b'", "'a\\'b'", "10.0.0.1", "'10.0.0.1'", "a@b", "/tmp/x", "'*'", "*",
          "'open", "a b", "'x' # a comment", "a,b", "\"x\"")  # fmt: skip
_PGPOOL_SLIPS = (
    "num_init_childen = 5", "max_pool 5", "backend_port = 5432", "backend_portx = 5432",
    "# a comment", "; a comment", "max_pool == 4", "max_pool = 4 max_pool = 5", "5 = max_pool",
    "Max_Pool = x", "backend_weight0 = x", "= 5", "max_pool =", "black_function_list = 'x'",
    "[pgpool]", "max-pool = 4", "client_idle_limit\n=\n5", "backend_flag0 = 'DISALLOW_TO_FAILOVER'",
)  # fmt: skip
# Left out: what other settings, files or the machine decide, and what is checked further.
_NOT_PGPOOL = {
    "include", "pid_file_name", "logdir", "work_dir", "log_directory", "socket_dir", "pool_passwd",
    "unix_socket_directories", "pcp_socket_dir", "wd_ipc_socket_dir", "listen_addresses", "port",
    "pcp_port", "pcp_listen_addresses", "backend_hostname", "backend_port",
    "backend_data_directory",
    "backend_flag", "backend_application_name", "hostname", "pgpool_port", "wd_port",
    "use_watchdog",
    "heartbeat_hostname", "heartbeat_port", "heartbeat_device", "other_pgpool_hostname",
    "other_pgpool_port", "other_wd_port", "heartbeat_destination", "heartbeat_destination_port",
    "delegate_IP", "delegate_ip", "logging_collector", "log_destination", "syslog_ident",
    "recovery_1st_stage_command", "recovery_2nd_stage_command", "replication_mode",
    "failover_when_quorum_exists", "process_management_mode", "min_spare_children",
    "max_spare_children", "unix_socket_permissions", "log_file_mode", "unix_socket_group",
    "fail_over_on_backend_error", "backend_clustering_mode", "master_slave_mode",
    "memqcache_oiddir", "trusted_server_command", "log_rotation_size",
    "app_name_redirect_preference_list", "database_redirect_preference_list",
    "user_redirect_preference_list", "dml_adaptive_object_relationship_list",
    "wd_monitoring_interfaces_list", "disable_load_balance_on_write", "check_temp_table",
}  # fmt: skip
# What only another version takes (the catalog has what any of them does), and what hides the error
# that tells that a file was taken.
_ELSEWHERE = ("relcache_query_target = master", "log_min_messages = panic")


def pgpool(version: str) -> st.SearchStrategy[str]:
    """Return files for a version of Pgpool-II, most of which hold a slip or two."""
    lines = []
    for name, parameter in catalog.other("pgpool").sections["pgpool"].items():
        if name in _NOT_PGPOOL or not _in(version, parameter.since, parameter.removed):
            continue
        shown = f"{name}0" if parameter.indexed == "always" else name
        values = {"bool": _TRUTHS, "enum": (*parameter.allowed, *_TRUTHS), "string": _TEXTS,
                  "list": _TEXTS}.get(parameter.kind, _PLAIN)  # fmt: skip
        stated = (f"{shown} = {value}" for value in values)
        lines += [line for line in stated if line not in _ELSEWHERE]
    line = st.one_of(st.sampled_from(lines), st.sampled_from(lines), st.sampled_from(_PGPOOL_SLIPS))
    end = st.sampled_from(("\n", "\n", "\r\n", "\n\n"))
    return st.lists(st.tuples(line, end), min_size=1, max_size=3).map(
        lambda found: "".join(a + b for a, b in found)
    )


def _in(version: str, since: str, removed: str) -> bool:
    number = tuple(map(int, version.split(".")))

    def at(text: str) -> tuple[int, ...]:
        return tuple(map(int, text.split(".")))

    return (not since or at(since) <= number) and (not removed or number < at(removed))
