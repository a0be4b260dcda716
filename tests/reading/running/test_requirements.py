"""Which database drivers lists of requirements name, and what else speaks of PostgreSQL."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from poollint.reading.running.requirements import on_another

MYSQL = {"shop/requirements.txt": "SQLAlchemy\nPyMySQL[rsa]==1.1.1\n"}


def said(files: Mapping[str, str], folder: str = "shop/api", top: str = "") -> str | None:
    return on_another(folder, lambda path: files.get(path, ""), top)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("requirements.txt", "cx_Oracle>=8 ; python_version > '3.8'\n"),
        ("requirements.txt", "sqlalchemy[asyncio, aiosqlite]~=2.0  # async\n"),
        ("requirements.txt", "-e .\nmysqlclient\n"),
        ("requirements/base.txt", "mysql_connector_python\n"),
        ("pyproject.toml", '[project]\ndependencies = ["pyodbc>=5"]\n'),
        ("pyproject.toml", '[tool.poetry.dependencies]\naiomysql = "^0.2"\n'),
        ("pyproject.toml", '[tool.poetry.dependencies]\ndatabases = {extras = ["asyncmy"]}\n'),
        ("Pipfile", '[packages]\noracledb = "*"\n'),
        ("setup.cfg", "[options]\ninstall_requires =\n    SQLAlchemy\n    pymssql>=2\n"),
    ],
)
def test_drivers_are_named_in_every_sort_of_list(name: str, text: str) -> None:
    assert said({f"shop/{name}": text}) == "shop"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("requirements.txt", ""),
        ("requirements.txt", "SQLAlchemy\n"),
        ("requirements.txt", "pymysql-replication\n"),
        ("requirements.txt", "# PyMySQL\n"),
        ("requirements.txt", "PyMySQL\n-e ../store\n"),
        ("requirements.txt", "PyMySQL\nstore @ file:../store\n"),
        ("requirements-dev.txt", "aiosqlite\n"),
        ("pyproject.toml", '[project.optional-dependencies]\ntest = ["aiosqlite"]\n'),
        ("pyproject.toml", '[dependency-groups]\ndev = ["aiosqlite"]\n'),
        ("pyproject.toml", "[tool.poetry.dependencies]\naiomysql = {optional = true}\n"),
        ("pyproject.toml", "[tool.poetry.dependencies\naiomysql = 1"),
        ("Pipfile", '[dev-packages]\naiosqlite = "*"\n'),
        ("setup.cfg", "[options\n"),
    ],
)
def test_a_driver_that_is_not_required_to_run_tells_nothing(name: str, text: str) -> None:
    assert said({f"shop/{name}": text}) is None


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("shop/requirements.txt", f"{MYSQL['shop/requirements.txt']}psycopg2-binary\n"),
        ("shop/requirements.txt", "PyMySQL\nsqlalchemy[postgresql]\n"),
        ("shop/requirements-prod.txt", "asyncpg\n"),
        ("shop/pyproject.toml", '[project.optional-dependencies]\npg = ["pg8000"]\n'),
        ("shop/poetry.lock", '[[package]]\nname = "psycopg"\nversion = "3.2.1"\n'),
        ("shop/Pipfile.lock", '{"default": {"psycopg2": {"version": "==2.9.9"}}}'),
        ("shop/Dockerfile", "RUN pip install asyncpg\n"),
        ("shop/.env.example", "DATABASE_URL=postgresql://db/shop\n"),
        ("requirements.txt", "psycopg-pool\n"),
        ("docker-compose.yml", "services:\n  db:\n    image: postgres:17\n"),
    ],
)
def test_what_speaks_of_postgresql_is_believed(path: str, text: str) -> None:
    assert said(MYSQL) == "shop"
    assert said({**MYSQL, path: text}) is None


def test_a_lock_may_tell_what_a_package_could_be_installed_with() -> None:
    extras = '[package.extras]\npostgresql = ["psycopg2 (>=2.7)"]\n'
    locked = f'[[package]]\nname = "sqlalchemy"\nversion = "2.0.30"\n\n{extras}'
    assert said({**MYSQL, "shop/poetry.lock": locked}) == "shop"


def test_lists_that_a_list_names_are_read() -> None:
    assert said({"requirements.txt": "-r lists/run.in\n", "lists/run.in": "asyncmy\n"}) == "."
    assert said({**MYSQL, "requirements.txt": "-r run.in\n", "run.in": "aiopg\n"}) is None


def test_the_nearest_list_counts_up_to_the_top() -> None:
    near = {"shop/api/requirements.txt": "SQLAlchemy\n"}
    assert said({**MYSQL, **near}) is None
    assert said({"../requirements.txt": "PyMySQL\n"}, top="..") == ".."
    assert said({"../requirements.txt": "PyMySQL\n"}) is None
