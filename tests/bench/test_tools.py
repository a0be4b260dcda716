"""What the tools print is read as they print it."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest

from poollint.engine.registry import load
from tests.bench.peers.tools import SEMGREP_RULES, TOOLS, Finding, Tool, run

CODE = """import psycopg2

def rows(dsn):
    conn = psycopg2.connect(dsn)
    return conn.cursor().fetchall()
"""


def tool(name: str) -> Tool:
    (one,) = [tool for tool in TOOLS if tool.name == name]
    return one


def test_poollint_is_asked_as_the_others_are(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(CODE)
    found = run(tool("poollint"), tmp_path, Path(sys.executable).parent)
    assert found == (Finding("app.py", 4, "connection-leak"),)


def test_poollint_has_the_rules_that_count() -> None:
    one = tool("poollint")
    assert one.rules | one.requests <= {rule.name for rule in load().rules}


def test_rules_for_semgrep_are_those_that_count() -> None:
    one = tool("Semgrep, our rules")
    lines = SEMGREP_RULES.read_text("utf-8").splitlines()
    names = {line.removeprefix("  - id: ") for line in lines if line.startswith("  - id: ")}
    assert names == one.rules | one.requests


def test_a_tool_that_fails_is_no_quiet_tool(tmp_path: Path) -> None:
    failing = Tool("failing", "none", (sys.executable, "-c", "raise SystemExit(2)"),
                   frozenset(), frozenset(), lambda printed: iter(()))  # fmt: skip
    with pytest.raises(RuntimeError, match="ended with 2"):
        run(failing, tmp_path, tmp_path)


@pytest.mark.parametrize(
    ("name", "printed", "row"),
    [
        (
            "Ruff",
            [{"filename": "/x/a.py", "location": {"row": 3}, "code": "SIM115"}],
            ("/x/a.py", 3, "SIM115"),
        ),
        (
            "Pylint",
            {"messages": [{"path": "a.py", "line": 3, "symbol": "consider-using-with"}]},
            ("a.py", 3, "consider-using-with"),
        ),
        (
            "mypy",
            {"file": "a.py", "line": 3, "code": "unused-coroutine"},
            ("a.py", 3, "unused-coroutine"),
        ),
        (
            "Semgrep, our rules",
            {"results": [{"path": "a.py", "start": {"line": 3}, "check_id": "x.request-pool"}]},
            ("a.py", 3, "request-pool"),
        ),
        ("pythaw", [{"file": "a.py", "line": 3, "code": "PW005"}], ("a.py", 3, "PW005")),
    ],
)
def test_rows_are_read(name: str, printed: object, row: tuple[str, int, str]) -> None:
    assert list(tool(name).read(json.dumps(printed))) == [row]


def test_rows_of_flake8_are_read() -> None:
    printed = "./a.py:3:9: ASYNC120 checkpoint inside except\n"
    assert list(tool("flake8-async").read(printed)) == [("./a.py", 3, "ASYNC120")]


def test_pythaw_may_find_nothing() -> None:
    assert list(tool("pythaw").read("All checks passed!\n")) == []


@pytest.mark.parametrize(
    ("resource", "sort"),
    [
        ("psycopg2.connect", "connection"),
        ("SessionLocal", "connection"),
        ("sa.create_engine", "engine"),
        ("requests.Session", ""),
        ("sqlite3.connect", ""),
        ("io.open", ""),
    ],
)
def test_what_leakguard_says_is_sorted_by_the_resource(resource: str, sort: str) -> None:
    start = {"start": {"line": 3}}
    found = [{"file_path": "a.py", "location": start, "resource_type": resource}]
    printed = "INFO  Discovered 1 file\n" + json.dumps({"findings": found}, indent=2)
    assert list(tool("leakguard-ast").read(printed)) == [("a.py", 3, sort)]


@pytest.mark.skipif(shutil.which("semgrep") is None, reason="Semgrep is not installed")
def test_rules_for_semgrep_are_valid(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(CODE)
    found = run(tool("Semgrep, our rules"), tmp_path, Path(shutil.which("semgrep") or "").parent)
    assert found == (Finding("app.py", 4, "release-connection-of-psycopg2"),)
