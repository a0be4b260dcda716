"""`ALTER ROLE … SET` and `ALTER SYSTEM SET`: the real server's verdict, and poollint's."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator

import pytest

from poollint.catalog import settings as catalog
from poollint.model.source import SourceFile
from poollint.reading.reader import Options
from poollint.reading.settings import roles
from tests.lab.configurations import VERSION
from tests.lab.server import program, running

_VALUES = ("0", "1", "-1", "10", "'5s'", "'5 sec'", "'64MB'", "'64 mb'", "on", "maybe", "'1.5'")
_SLIPS = ("max_conections", "statment_timeout", "work_mem_", "nonsense")
# Of these the server decides by more than the value: other settings, the system, a library.
_MORE = {
    "role", "session_authorization", "transaction_isolation", "transaction_read_only",
    "transaction_deferrable", "client_encoding", "server_encoding", "ssl", "jit_provider",
    "huge_pages", "recovery_prefetch", "max_stack_depth", "effective_io_concurrency",
    "maintenance_io_concurrency", "autovacuum_work_mem", "local_preload_libraries",
    "session_preload_libraries", "lc_messages", "lc_monetary", "lc_numeric", "lc_time",
    "default_text_search_config", "default_tablespace", "temp_tablespaces", "timezone",
    "timezone_abbreviations", "log_timezone", "datestyle", "search_path", "seed",
    "default_table_access_method", "default_with_oids", "log_destination", "is_superuser",
    "backtrace_functions", "wal_consistency_checking", "restrict_nonsystem_relation_kind",
    "ignore_system_indexes", "jit_debugging_support", "jit_profiling_support", "bonjour",
    "log_connections", "log_disconnections", "post_auth_delay",  # at the start of a session only
    "wal_compression", "default_toast_compression", "debug_discard_caches",
}  # fmt: skip


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with running("shared_buffers=16MB") as folder:
        _ask(folder, "CREATE ROLE lab")
        yield folder


def _ask(folder: str, *statements: str) -> str:
    done = subprocess.run(
        [program("psql"), "-X", "-h", folder, "-U", "postgres", "-q", "-f", "-"],
        input="\n".join(statements),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    return done.stderr


def _statements(kind: str) -> list[str]:
    known = catalog.postgresql().parameters.values()
    plain = [p for p in known if p.kind in ("integer", "real", "bool") and p.name not in _MORE]
    current = [p for p in plain if not p.until and (not p.since or int(p.since) <= int(VERSION))]
    names = [p.name for p in current] + list(_SLIPS)
    return [f"{kind} SET {name} = {value};" for name in names for value in _VALUES]


@pytest.mark.parametrize("kind", ["ALTER ROLE lab", "ALTER SYSTEM"])
def test_the_server_refuses_what_poollint_says(kind: str, server: str) -> None:
    statements = _statements(kind)
    refused = set()
    text = "\n".join(statements)
    for message in _ask(server, *statements).splitlines():
        if ":" in message and "ERROR:" in message:
            refused.add(int(message.partition("ERROR:")[0].rstrip(": ").rpartition(":")[2]) - 1)
    reading = roles.READER.read(SourceFile("setup.sql", text), Options())
    told = {setting.span.start.line - 1 for setting in reading.settings if setting.flaw}
    differing = [
        f"{statements[n]} refused: {n in refused}, told: {n in told}"
        for n in sorted(refused ^ told)
        if "nonsense" not in statements[n]
    ]
    assert not differing, f"{len(differing)}\n" + "\n".join(differing[:60])
