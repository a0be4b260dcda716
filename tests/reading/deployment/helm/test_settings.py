"""What values of charts set of PostgreSQL and of poolers."""

from __future__ import annotations

import pytest

from poollint.facts.infrastructure import Flaw
from poollint.model.source import SourceFile, Span
from poollint.reading.deployment.helm import files, settings
from poollint.reading.reader import Options


def found(text: str, path: str = "values.yaml") -> settings.Found:
    return settings.of_values(SourceFile(path, text), Options())


def test_a_text_is_read_at_its_lines() -> None:
    (told,) = found(
        "db:\n  primary:\n    extendedConfiguration: |\n      work_mem = 4MB\n"
    ).configurations
    (setting,) = told.settings
    assert (setting.name, setting.span) == ("work_mem", Span.at("values.yaml", 4, 7, 14))
    assert (told.program, told.complete) == ("PostgreSQL", False)


def test_what_is_added_to_an_ini_stands_in_its_section() -> None:
    (told,) = found("pgbouncer:\n  extraIni: |\n    pool_mode = bad\n").configurations
    (setting,) = told.settings
    assert (told.program, setting.section) == ("PgBouncer", "pgbouncer")
    assert (setting.flaw, setting.span.start.line) == (Flaw.INVALID, 3)


def test_who_may_log_in_is_read() -> None:
    (told,) = found(
        "primary:\n  pgHbaConfiguration: |-\n    host all all all trust\n"
    ).configurations
    assert [(access.method, access.span.start.line) for access in told.accesses] == [("trust", 3)]


def test_names_in_humps_are_those_the_chart_writes() -> None:
    text = "postgresqlConfiguration:\n  maxConnections: 10\n  sharedBuffers: 1GB\n"
    (told,) = found(text).configurations
    assert [s.name for s in told.settings] == ["max_connections", "shared_buffers"]


@pytest.mark.parametrize(
    "text",
    [
        "primary:\n  enabled: false\n  configuration: |\n    work_mem = 4MB\n",
        "app:\n  configuration: |\n    color = red\n    size = 5\n",
        "app:\n  parameters:\n    max_connections: 5\n    batch: 4\n",
        "- a\n- b\n",
        "primary:\n  configuration: ''\n",
    ],
)
def test_nothing_is_said_of_what_is_none_or_off(text: str) -> None:
    assert not found(text).configurations


def test_a_name_of_a_mapping_that_resembles_none_may_be_the_charts_own() -> None:
    text = "config:\n  pool_mode: session\n  max_client_conn: 5\n  tls_secret: x\n"
    (told,) = found(text).configurations
    assert not [s for s in told.settings if s.flaw]


def test_a_text_with_actions_is_a_template() -> None:
    lines = ("primary:", "  configuration: |", "    work_mem = 4MB", "    {{- if .Values.x }}",
             "    port = 1", "    {{- end }}", "")  # fmt: skip
    told = found("\n".join(lines))
    assert not told.configurations
    assert [part.reason for part in told.unread] == ["a template: render it first"]


def test_a_password_of_values_is_not_kept() -> None:
    text = "config:\n  pool_mode: session\n  max_client_conn: 5\n  max_db_pasword: hunter2\n"
    told = found(text)
    assert told.configurations
    assert "hunter2" not in repr(told)


def test_values_are_read_with_the_files_of_a_chart() -> None:
    text = "postgresqlConfiguration:\n  work_mem: 4XB\n  max_connections: 5\n"
    source = SourceFile("deploy/values-prod.yaml", text)
    assert files.READER.screen(text.encode(), Options())
    reading = files.READER.read(source, Options())
    assert [s.name for s in reading.settings if s.flaw] == ["work_mem"]
    assert reading.documents
