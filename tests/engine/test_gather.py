"""What starts an application is read where only a part of it is checked."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from poollint.engine.files.disk import SETTLED
from poollint.engine.request import Mode, Request
from poollint.engine.session import run
from poollint.model.source import SourceFile
from poollint.reading.deployment import manifest
from poollint.reading.deployment.linking.documents import Manifest
from poollint.syntax.yaml import Stream

DB = """from psycopg2.pool import SimpleConnectionPool
pool = SimpleConnectionPool(1, 4, "postgresql://db/shop")

def total():
    conn = pool.getconn()
    try:
        return conn.status
    finally:
        pool.putconn(conn)
"""
FILES = {
    "shop/__init__.py": "",
    "shop/db.py": DB,
    "shop/web.py": "from flask import Flask\nfrom shop.db import total\napp = Flask(__name__)\n",
    "Procfile": "web: gunicorn --preload -w 4 shop.web:app\n",
}


@pytest.mark.parametrize("mode", [Mode.CHECK, Mode.ALL])
@pytest.mark.parametrize("given", ["shop/db.py", "shop", "."])
def test_pool_inherited_by_workers_is_found_in_a_part_of_the_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str, mode: Mode
) -> None:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "poollint.toml").write_text("")
    monkeypatch.chdir(tmp_path)
    outcome = run(Request(paths=(given,), mode=mode, select=("pool-before-fork",)))
    assert outcome.lost == ()
    found = [f.problem for f in outcome.report.active]
    assert [(p.at.path, p.at.start.line) for p in found] == [("shop/db.py", 2)]
    assert found[0].path[0].span.path == "Procfile"


ATOMIC = """from django.db import transaction

def pay(order):
    with transaction.atomic():
        order.save()
"""
LISTEN = """from django.db import connection

def watch():
    with connection.cursor() as cursor:
        cursor.execute("LISTEN orders")
"""
POOLER = """[databases]
* = host=db
[pgbouncer]
pool_mode = {mode}
"""
SETTINGS = """DATABASES = {"default": {
    "ENGINE": "django.db.backends.postgresql", "NAME": "shop", "HOST": "pgbouncer", "PORT": 6432,
}}
"""
COMPOSE = """services:
  web: {build: ., environment: {DB_HOST: pgbouncer}}
  pgbouncer: {image: edoburu/pgbouncer:1.23.1, environment: {POOL_MODE: %s}}
"""


def _checked(folder: Path, monkeypatch: pytest.MonkeyPatch, **texts: str) -> Sequence[str]:
    """Return the rules that find something in `orders.py`, of which more was known before."""
    for name, text in {"settings.py": SETTINGS, "manage.py": "", **texts}.items():
        (folder / name.replace("_ini", ".ini").replace("_yaml", ".yaml")).write_text(text)
    monkeypatch.chdir(folder)
    found = _again(folder)
    assert _again(folder) == found
    return found


def _again(folder: Path) -> Sequence[str]:
    asked = Request(
        paths=("orders.py", "settings.py"), mode=Mode.CHECK, cache=str(folder / "cache"),
        now=time.time_ns() + 2 * SETTLED,
    )  # fmt: skip
    return [finding.rule for finding in run(asked).report.active]


class TestTransactions:
    """What only begins transactions needs what lies around where a pooler may refuse them."""

    @pytest.mark.parametrize(
        ("mode", "found"),
        [
            ("statement", ["statement-mode-transaction"]),
            ("Statement", ["statement-mode-transaction"]),
            ("transaction", []),
        ],
    )
    def test_they_are_refused_in_statement_mode(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: str, found: list[str]
    ) -> None:
        told = _checked(
            tmp_path, monkeypatch, **{"orders.py": ATOMIC, "compose_yaml": COMPOSE % mode}
        )
        assert told == found

    @pytest.mark.parametrize(("text", "read"), [(ATOMIC, False), (LISTEN, True)])
    def test_no_other_pooler_is_looked_at(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, read: bool
    ) -> None:
        seen: list[str] = []
        reader = manifest.held

        def noting(stream: Stream, source: SourceFile) -> Iterator[Manifest]:
            seen.append(source.path)
            return reader(stream, source)

        told = {"orders.py": text, "compose_yaml": COMPOSE % "transaction"}
        told["pyproject.toml"] = '[project.scripts]\nshop = "orders:main"  # a statement\n'
        found = _checked(tmp_path, monkeypatch, **told)
        monkeypatch.setattr(manifest, "held", noting)
        assert _again(tmp_path) == found
        assert (seen != []) is read
        assert found == (["listen-notify"] if read else [])


SHOP = {
    "shop/__init__.py": "",
    "shop/db.py": """import os
from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker
engine = create_engine(os.environ["DATABASE_URL"])
Local = sessionmaker(engine)
""",
    "shop/web/__init__.py": "",
    "shop/web/audit.py": """from sqlalchemy import text
from shop.db import Local

def log(what):
    with Local() as session:
        session.execute(text("INSERT INTO log VALUES (:w)"), {"w": what})
        session.commit()
""",
    "shop/web/pay.py": """from sqlalchemy import text
from sqlalchemy.orm import Session
from .audit import log

def pay(db: Session, order):
    db.execute(text("UPDATE orders SET paid = true WHERE id = :o"), {"o": order})
    log("paid")
    db.commit()
""",
}


@pytest.mark.parametrize(
    ("folder", "given"),
    [
        (".", "."),
        (".", "shop/web/pay.py"),
        ("shop", "web"),
        ("shop/web", "."),
        ("shop/web", "pay.py"),
        ("..", "tree/shop/web/pay.py"),
    ],
)
def test_what_is_found_depends_on_no_folder_that_it_is_asked_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: str, given: str
) -> None:
    for name, text in SHOP.items():
        (tmp_path / "tree" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "tree" / name).write_text(text)
    (tmp_path / "tree" / ".git").mkdir()
    monkeypatch.chdir(tmp_path / "tree" / folder)
    found = run(Request(paths=(given,), select=("nested-acquire",))).report.active
    assert [(f.problem.at.path.rpartition("/")[2], f.problem.at.start.line) for f in found] == [
        ("pay.py", 7)
    ]
