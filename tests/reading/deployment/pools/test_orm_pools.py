"""The pools of Tortoise, Piccolo and Pony, as code and variables size them."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from poollint.engine.request import Mode, Request
from poollint.engine.session import run
from poollint.model.figure import Basis, Figure

COMPOSE = """
    services:
      db: {image: "postgres:16"}
      web:
        build: .
        command: COMMAND
        environment:
          DATABASE_URL: postgres://shop@db/shopQUERY
    """
URL = """
    import os
    from tortoise.contrib.fastapi import register_tortoise

    def start(app):
        register_tortoise(app, db_url=os.environ["DATABASE_URL"], modules={})
    """
CONFIG = """
    from tortoise import Tortoise
    CONFIG = {"connections": {CONNECTIONS}, "apps": {}}

    async def start():
        await Tortoise.init(config=CONFIG)
    """
PICCOLO = """
    from piccolo.engine.postgres import PostgresEngine

    DB = PostgresEngine(config={"host": "db"MORE})

    async def start():
        START
    """
PONY = """
    from pony.orm import Database

    db = Database()
    db.bind(provider="postgres", host="db")
    """


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def size(
    folder: Path, code: str, query: str = "", command: str = "uvicorn shop.api:app",
    **more: str,
) -> Figure | None:  # fmt: skip
    texts = {
        "Dockerfile": "FROM python\n",
        "compose.yaml": COMPOSE.replace("QUERY", query).replace("COMMAND", command),
        "shop/api.py": code,
        **{f"shop/{name}.py": text for name, text in more.items()},
    }
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text).lstrip())
    (budget,) = run(Request(paths=(".",), mode=Mode.AUDIT, isolated=True)).report.budgets
    return budget.ledger.demand[0].factors[-1] if budget.ledger.demand else None


def known(figure: Figure | None) -> tuple[int | None, Basis] | None:
    return (figure.high, figure.basis) if figure else None


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", (5, Basis.DEFAULTED)),
        ("?maxsize=20", (20, Basis.STATED)),
        ("?minsize=2&maxsize=8", (8, Basis.STATED)),
    ],
)
def test_tortoise_reads_its_size_from_the_url(
    folder: Path, query: str, found: tuple[int, Basis]
) -> None:
    assert known(size(folder, URL, query)) == found


@pytest.mark.parametrize(
    ("behind", "found"),
    [
        ("+ '?maxsize=9'", (9, Basis.STATED)),
        ("+ '?maxsize=' + os.environ['SIZE']", None),
        ("+ '?minsize=1'", (5, Basis.DEFAULTED)),
    ],
)
def test_tortoise_reads_what_the_code_puts_behind_the_url(
    folder: Path, behind: str, found: tuple[int, Basis] | None
) -> None:
    code = URL.replace('os.environ["DATABASE_URL"]', f'os.environ["DATABASE_URL"] {behind}')
    assert known(size(folder, code)) == found


@pytest.mark.parametrize(
    ("connections", "found"),
    [
        ('"a": "postgres://x@db/shop?maxsize=9"', (9, Basis.STATED)),
        ('"a": "postgres://x@db/shop"', (5, Basis.DEFAULTED)),
        ('"a": {"engine": "e", "credentials": {"host": "db", "maxsize": 30}}', (30, Basis.STATED)),
        ('"a": {"engine": "e", "credentials": {"host": "db"}}', (5, Basis.DEFAULTED)),
        ('"a": "postgres://x@db/a?maxsize=9", "b": "postgres://x@db/b"', (14, Basis.DERIVED)),
    ],
)
def test_tortoise_has_a_pool_for_each_connection(
    folder: Path, connections: str, found: tuple[int, Basis]
) -> None:
    assert known(size(folder, CONFIG.replace("CONNECTIONS", connections))) == found


@pytest.mark.parametrize(
    ("maxsize", "found"),
    [
        ("int(os.getenv('MOST', '5'))", 30),
        ("int(os.getenv('MOST', '5')) * 2", 60),
        ("int(os.getenv('LEAST', '5'))", 5),
    ],
)
def test_the_size_of_a_connection_is_what_the_container_sets(
    folder: Path, maxsize: str, found: int
) -> None:
    connection = f'"a": {{"engine": "e", "credentials": {{"host": "db", "maxsize": {maxsize}}}}}'
    code = f"    import os{CONFIG.replace('CONNECTIONS', connection)}"
    figure = size(folder, code, "\n          MOST: 30")
    assert figure is not None
    assert figure.high == found


def test_a_configuration_of_tortoise_may_stand_in_another_file(folder: Path) -> None:
    code = """
        from tortoise import Tortoise
        from shop.settings import CONFIG

        async def start():
            await Tortoise.init(config=CONFIG)
        """
    settings = 'CONFIG = {"connections": {"a": "postgres://x@db/shop?maxsize=7"}, "apps": {}}\n'
    figure = size(folder, code, settings=settings)
    assert figure is not None
    assert figure.high == 7
    assert "settings.py:1" in f"{figure.origin.path}:{figure.origin.start.line}"  # type: ignore[union-attr]


def test_a_configuration_of_tortoise_that_is_computed_is_unknown(folder: Path) -> None:
    code = CONFIG.replace("config=CONFIG", "config=load()")
    assert size(folder, code) is None


@pytest.mark.parametrize(
    ("more", "start", "found"),
    [
        ("", "await DB.start_connection_pool(max_size=30)", (30, Basis.STATED)),
        ("", "await DB.start_connection_pool()", (10, Basis.DEFAULTED)),
        (', "max_size": 6', "await DB.start_connection_pool()", (6, Basis.STATED)),
        (', "max_size": 6', "await DB.start_connection_pool(max_size=8)", (8, Basis.STATED)),
    ],
)
def test_piccolo_has_the_pool_that_is_started(
    folder: Path, more: str, start: str, found: tuple[int, Basis]
) -> None:
    code = PICCOLO.replace("MORE", more).replace("START", start)
    assert known(size(folder, code)) == found


def test_pony_has_a_connection_for_each_thread(folder: Path) -> None:
    command = "gunicorn shop.api:app --threads 3"
    assert known(size(folder, PONY, command=command)) == (3, Basis.STATED)
    assert known(size(folder, PONY)) == (1, Basis.UNKNOWN)
