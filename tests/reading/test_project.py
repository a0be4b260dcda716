"""Which reader takes which file, and what linking makes of readings."""

from __future__ import annotations

import pytest

from poollint.facts.code import Module
from poollint.facts.project import Project
from poollint.reading import linking, project
from poollint.reading.reader import FileReading, Options


@pytest.mark.parametrize(
    ("path", "reader"),
    [
        ("shop/db.py", "python"),
        ("shop/db.pyi", "python"),
        ("infra/pgbouncer.ini", "pgbouncer"),
        ("infra/pgbouncer.ini.j2", "pgbouncer"),
        ("infra/postgresql.conf", "postgresql"),
        ("infra/postgresql.auto.conf", "postgresql"),
        ("infra/postgresql.conf.tmpl", "postgresql"),
        ("deploy/web.yaml", "manifest"),
        ("docker-compose.yml", "manifest"),
        ("Procfile", "procfile"),
        ("Dockerfile", "dockerfile"),
        ("web.Dockerfile", "dockerfile"),
        (".env", "dotenv"),
        ("web.env", "dotenv"),
        ("dev/environment", "dotenv"),
        (".env.production", "dotenv"),
    ],
)
def test_path_tells_the_reader(path: str, reader: str) -> None:
    found = project.reader_of(path)
    assert found is not None
    assert found.name == reader


@pytest.mark.parametrize(
    "path",
    ["README.md", "my.cnf", "shop/environment.txt", "py", "a.pyc", ".env.gpg", ".env.prod.enc"],
)
def test_other_files_are_nobodys(path: str) -> None:
    assert project.reader_of(path) is None


def test_readings_without_infrastructure_link_to_their_modules() -> None:
    module = Module("a.py", ("psycopg2",), (), ())
    found = linking.link([FileReading("a.py", "python", module=module)], Options())
    assert found == Project((module,))
    assert linking.budgets(found) == ()


def test_drivers_have_the_names_people_use() -> None:
    modules = (
        Module("a.py", ("psycopg2", "asyncpg"), (), ()),
        Module("b.py", ("psycopg2",), (), ()),
    )
    assert project.driver_titles(modules) == ("asyncpg", "psycopg2")
    assert project.driver_titles(()) == ()


def test_environment_file_alone_describes_no_infrastructure() -> None:
    reading = FileReading(".env", "dotenv", documents=("anything",))
    assert not project.describes_infrastructure(reading)
    assert project.describes_infrastructure(FileReading("x", "procfile", documents=("anything",)))
