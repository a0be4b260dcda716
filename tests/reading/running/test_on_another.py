"""Sessions of unknown URL in projects that require another database's driver."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from poollint.engine.memory import replay
from poollint.engine.request import Request
from poollint.engine.session import run

APP = """
import os
from fastapi import FastAPI
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

app = FastAPI()
engine = create_engine(os.environ["DATABASE_URL"])

@app.get("/")
def shop():
    db = Session(engine)
    return db.execute(text("SELECT name FROM shops")).all()
"""
MYSQL = {"requirements.txt": "SQLAlchemy\nPyMySQL\n"}
PLAIN = 'import psycopg2\n\ndef rows():\n    return psycopg2.connect("").cursor().fetchall()\n'


def written(folder: Path, files: dict[str, str]) -> None:
    (folder / ".git").mkdir(parents=True, exist_ok=True)
    for path, text in {"shop/app.py": APP, **files}.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)


def found(folder: Path, **asked: object) -> bool:
    request = Request(**{"paths": (".",), "cwd": str(folder), **asked})  # type: ignore[arg-type]
    return any(one.rule == "connection-leak" for one in run(request).report.findings)


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({}, True),
        (MYSQL, False),
        ({"requirements.txt": "SQLAlchemy\n"}, True),
        ({"requirements.txt": "SQLAlchemy\nPyMySQL\nasyncpg\n"}, True),
        ({**MYSQL, "shop/settings.py": 'URL = "postgresql://db/shop"\n'}, True),
        ({**MYSQL, "shop/plain.py": PLAIN}, True),
    ],
)
def test_a_project_is_on_another_database_where_all_its_files_say_so(
    tmp_path: Path, files: dict[str, str], told: bool
) -> None:
    written(tmp_path, files)
    assert found(tmp_path) is told
    assert found(tmp_path, paths=("shop/app.py",)) is told


def test_another_project_of_the_tree_does_not_count(tmp_path: Path) -> None:
    written(tmp_path, {"shop/requirements.txt": "PyMySQL\n", "other/app.py": f"# psycopg\n{APP}"})
    findings = run(Request(paths=(".",), cwd=str(tmp_path))).report.findings
    assert {one.problem.at.path for one in findings} == {"other/app.py"}


def test_what_a_file_reaches_outside_its_project_counts(tmp_path: Path) -> None:
    stored = {"store/urls.py": 'URL = "postgresql://db/shop"\n'}
    written(tmp_path, {"shop/requirements.txt": "PyMySQL\n", **stored})
    assert not found(tmp_path)
    (tmp_path / "shop/app.py").write_text(f"from store.urls import URL\n{APP}")
    assert found(tmp_path)


def test_paths_may_begin_in_the_project_or_below(tmp_path: Path) -> None:
    written(tmp_path, MYSQL)
    assert not found(tmp_path / "shop")
    (tmp_path / "settings.py").write_text("# postgresql://\n")
    assert found(tmp_path / "shop")


def test_who_says_how_its_pooler_works_has_postgresql(tmp_path: Path) -> None:
    written(tmp_path, MYSQL)
    assert found(tmp_path, pool_mode="transaction")


def test_what_is_remembered_of_a_run_depends_on_the_lists(tmp_path: Path) -> None:
    written(tmp_path / "shop", MYSQL)

    def told() -> bool:
        cache, later = str(tmp_path / "cache"), time.time_ns() + 10**12
        request = Request(paths=(".",), cwd=str(tmp_path / "shop"), cache=cache, now=later)
        return bool(replay.run(request).report.findings)

    assert [told(), told()] == [False, False]
    (tmp_path / "shop/requirements.txt").write_text("SQLAlchemy\nPyMySQL\npsycopg\n")
    assert [told(), told()] == [True, True]
    (tmp_path / "shop/requirements.txt").write_text("SQLAlchemy\nPyMySQL\n")
    assert [told(), told()] == [False, False]
    (tmp_path / "shop/.env").write_text("URL=postgresql://db/shop\n")  # looked for in vain before
    assert told()


FALLING_BACK = APP.replace('os.environ["DATABASE_URL"]', 'os.getenv("DATABASE_URL", "{}")')
ON_MYSQL = {"shop/app.py": FALLING_BACK.format("mysql+pymysql://db/shop")}
ON_SQLITE = {"shop/app.py": FALLING_BACK.format("sqlite:///shop.db")}
BARE = {"requirements.txt": "fastapi\nSQLAlchemy>=2\n"}
PAGE = {"README.md": "PostgreSQL is better.\n"}


@pytest.mark.parametrize(
    ("files", "told"),
    [
        (ON_MYSQL, False),
        ({**ON_MYSQL, **BARE, **PAGE}, False),
        ({**ON_MYSQL, **MYSQL, "shop/kinds.py": 'KINDS = ("mysql", "postgresql")\n'}, False),
        ({**ON_MYSQL, **PAGE}, True),
        ({**ON_MYSQL, "shop/kinds.py": 'KINDS = ("mysql", "postgresql")\n'}, True),
        ({**ON_MYSQL, "requirements.txt": "SQLAlchemy\npsycopg[binary]\n"}, True),
        ({**ON_MYSQL, **BARE, "shop/plain.py": PLAIN}, True),
        ({**ON_MYSQL, **BARE, "shop/more.py": APP}, True),
        ({**ON_MYSQL, **BARE, "alembic/env.py": APP}, False),
        (ON_SQLITE, True),  # on the desk alone, for all one knows
        ({**ON_SQLITE, "requirements.txt": "fastapi\n"}, True),
        ({**ON_SQLITE, **BARE, **PAGE}, False),
        ({**ON_SQLITE, **BARE, "compose.yaml": "image: postgres:16\n"}, True),
    ],
)
def test_a_project_without_a_driver_is_on_what_its_engines_fall_back_on(
    tmp_path: Path, files: dict[str, str], told: bool
) -> None:
    written(tmp_path, files)
    assert found(tmp_path) is told
