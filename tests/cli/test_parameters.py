"""The page of a setting: what is taken, and when a change counts."""

from __future__ import annotations

import pytest

from poollint.catalog import settings

from .conftest import Shell

_RESTART = "a change counts from the next restart: a reload keeps the old value"


def _lines(shell: Shell, name: str) -> list[str]:
    result = shell("explain", name)
    assert result.exit_code == 0
    return [line.strip() for line in result.stdout.splitlines()]


def test_a_setting_of_a_pooler_has_a_page(shell: Shell) -> None:
    lines = _lines(shell, "default_pool_size")
    assert lines[0] == "default_pool_size"
    assert "PgBouncer, [pgbouncer]" in lines
    assert {"a whole number", "default: 20", "since 1.0"} <= set(lines)


@pytest.mark.parametrize(
    "name", ["listen_port", "max_connections", "reserved_connections", "num_init_children"]
)
def test_what_a_reload_does_not_change_is_said(shell: Shell, name: str) -> None:
    assert any(line.startswith(_RESTART) for line in _lines(shell, name))


def test_what_a_session_may_set_is_said(shell: Shell) -> None:
    page = "\n".join(_lines(shell, "work_mem"))
    assert "in kB" in page
    assert "a session as well" in page


def test_what_is_gone_has_its_successor(shell: Shell) -> None:
    assert "gone since 13; instead: `wal_keep_size`" in _lines(shell, "wal_keep_segments")


def test_a_name_in_any_case_is_postgresqls(shell: Shell) -> None:
    assert "PostgreSQL" in _lines(shell, "DateStyle")


def test_what_nobody_knows_is_no_name_of_a_page(shell: Shell) -> None:
    assert shell("explain", "no_such_setting").exit_code == 2


def test_every_setting_has_a_page(shell: Shell) -> None:
    bouncer = settings.pgbouncer().sections["pgbouncer"]
    for name in [*list(bouncer)[::10], *list(settings.postgresql().parameters)[::40]]:
        assert len(_lines(shell, name)) > 3
