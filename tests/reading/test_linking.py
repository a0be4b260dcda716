"""What is left where the linking of files fails."""

from __future__ import annotations

from pathlib import Path

import pytest

from poollint.engine.request import Mode, Request
from poollint.engine.session import run
from poollint.model.source import SourceFile
from poollint.reading import linking
from poollint.reading.code import read
from poollint.reading.reader import Options

CODE = """
import os
import psycopg2
import requests
from sqlalchemy import create_engine

engine = create_engine(os.environ["DATABASE_URL"])

def leaks(pool):
    connection = psycopg2.connect(os.environ["DATABASE_URL"])
    connection.execute("SET search_path TO shop")
    return 1

def holds(session):
    with engine.connect() as connection:
        requests.get("https://prices.example.com/")
"""


def found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> set[str]:
    (tmp_path / "shop.py").write_text(CODE)
    monkeypatch.chdir(tmp_path)
    outcome = run(Request(paths=(".",), mode=Mode.CHECK, isolated=True, pedantic=True))
    return {finding.rule for finding in outcome.report.findings}


def test_what_other_files_would_tell_is_silent_where_they_cannot_be_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = found(tmp_path, monkeypatch)
    assert {"connection-leak", "connection-held-over-io"} <= whole

    def fails(*given: object) -> None:
        raise KeyError

    monkeypatch.setattr(linking, "link", fails)
    alone = found(tmp_path, monkeypatch)
    assert "connection-leak" in alone
    assert alone <= whole
    assert not alone & {"connection-held-over-io", "ignored-url-parameter"}


def test_a_statement_that_asks_for_options_of_a_url_is_none_by_itself() -> None:
    reading = read(SourceFile("shop.py", CODE), Options())
    (module,) = linking.unlinked([reading]).modules
    assert any(statement.variable for statement in module.statements)
    (apart,) = linking.apart([reading]).modules
    assert not any(statement.variable for statement in apart.statements)
    assert [f.name for f in apart.functions] == [f.name for f in module.functions]
