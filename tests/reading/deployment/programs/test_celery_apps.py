"""How many tasks a worker of Celery runs at once, where its application says so."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from poollint.engine.request import Mode, Request
from poollint.engine.session import run
from poollint.model.figure import Basis, Entry

COMPOSE = """
    services:
      db: {image: "postgres:16"}
      jobs:
        build: .
        command: COMMAND
        environment: {DATABASE_URL: "postgresql://shop@db/orders"MORE}
    """
APP = """
    import os
    from celery import Celery
    from sqlalchemy import create_engine
    from sqlalchemy.pool import NullPool
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
    engine = create_engine(os.environ["DATABASE_URL"], poolclass=NullPool)
    """
DJANGO = 'app.config_from_object("django.conf:settings", namespace="CELERY")'
FILES = {
    "Dockerfile": "FROM python",
    "shop/__init__.py": "",
    "shop/settings/__init__.py": "from .base import *",
    "shop/settings/base.py": "CELERY_WORKER_CONCURRENCY = 5",
    "shop/settings/small.py": "from .base import *\nCELERY_WORKER_CONCURRENCY = 1 + 1",
    "shop/settings/open.py": "import os\nif os.name:\n    CELERY_WORKER_CONCURRENCY = 3",
    "shop/newer.py": "worker_concurrency = 6\nworker_pool = 'threads'",
    "shop/older.py": "CELERYD_CONCURRENCY = 7\nclass Config:\n    worker_concurrency = 8",
    "shop/variable.py": "import os\nworker_concurrency = int(os.getenv('TASKS', '9'))",
}


def row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str, command: str = "", more: str = "",
    files: dict[str, str] | None = None,
) -> Entry:  # fmt: skip
    """Return the line of a worker whose application is set up by `code`."""
    text = textwrap.dedent(APP) + textwrap.dedent(code)
    compose = COMPOSE.replace("COMMAND", command or "celery -A shop worker -l info")
    given = {"compose.yaml": compose.replace("MORE", more), "shop/celery.py": text}
    for name, content in (FILES | given | (files or {})).items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(content))
    monkeypatch.chdir(tmp_path)
    (budget,) = run(Request(paths=(".",), mode=Mode.AUDIT, isolated=True)).report.budgets
    (entry,) = budget.ledger.demand
    return entry


def of(code: str) -> str:
    return f'app = Celery("shop")\n{code}'


@pytest.mark.parametrize(
    ("code", "most"),
    [
        (of("app.conf.worker_concurrency = 4"), 4),
        (of('app.conf["worker_concurrency"] = 4'), 4),
        (of("app.conf.CELERYD_CONCURRENCY = 4"), 4),
        (of("app.conf.update(task_acks_late=True, worker_concurrency=4)"), 4),
        (of('app.conf.update({"worker_concurrency": 2 * 2})'), 4),
        (of('told = {"worker_concurrency": 4}\napp.conf.update(**told)'), 4),
        ('app = Celery("shop", worker_concurrency=4)', 4),
        ('app = Celery("shop", config_source="shop.newer")', 6),
        (of('app.config_from_object("shop.newer")'), 6),
        (of("from shop import newer\napp.config_from_object(newer)"), 6),
        (of('app.config_from_object("shop.older")'), 7),
        (of('app.config_from_object("shop.older:Config")'), 8),
        (of("from shop.older import Config\napp.config_from_object(Config)"), 8),
        (of("class Own:\n    worker_concurrency = 4\napp.config_from_object(Own)"), 4),
        (of('app.config_from_object("shop.variable")'), 9),
        (of(DJANGO), 5),
        (of(f"{DJANGO}\napp.conf.worker_concurrency = 4"), 4),  # before or after: it is stronger
        (of(f"app.conf.worker_concurrency = 4\n{DJANGO}"), 4),
        (f'def made():\n    app = Celery("shop", worker_concurrency=4)\n    {DJANGO}', 4),
    ],
)
def test_what_an_application_says_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str, most: int
) -> None:
    entry = row(tmp_path, monkeypatch, code)
    assert (entry.total.low, entry.total.high) == (most, most)
    assert all(factor.basis is not Basis.UNKNOWN for factor in entry.factors)


@pytest.mark.parametrize(
    "code",
    [
        of(""),
        of("app.conf.worker_concurrency = None"),
        of("if os.name:\n    app.conf.worker_concurrency = 4"),
        of("app.conf.worker_concurrency = 4\napp.conf.worker_concurrency = 5"),
        of("app.conf.update(chosen())"),
        of('app.config_from_object("elsewhere.celeryconfig")'),
        of('app.config_from_object("shop.settings")'),  # its names need their namespace
        of('app.config_from_object("shop.settings.open", namespace="CELERY")'),
    ],
)
def test_what_is_not_sure_has_a_stand_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    workers = row(tmp_path, monkeypatch, code).factors[1]
    assert (workers.low, workers.basis) == (1, Basis.UNKNOWN)


@pytest.mark.parametrize(
    ("command", "more", "most"),
    [
        ("celery -A shop worker -c 3", "", 3),
        ("celery -A shop worker --autoscale=12,3", "", 12),
        ("celery -A shop worker", ', CELERY_WORKER_CONCURRENCY: "11"', 11),
        ("celery -A shop worker -c 3", ', CELERY_WORKER_CONCURRENCY: "11"', 3),
        ("celery -A shop worker", ', CELERYD_CONCURRENCY: "11"', 5),  # no variable of Celery's
        ("celery -A shop worker", ", DJANGO_SETTINGS_MODULE: shop.settings.small", 2),
        ("celery -A shop.celery:app worker", "", 5),
        ("celery -A shop.celery.app worker", "", 5),
        ("celery -A shop worker -P solo", "", 1),
    ],
)
def test_a_command_and_variables_are_stronger(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str, more: str, most: int
) -> None:
    entry = row(tmp_path, monkeypatch, of(DJANGO), command, more)
    assert entry.total.high == most


def test_an_application_that_a_package_hands_on_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {"work/__init__.py": "from shop.celery import app"}
    entry = row(tmp_path, monkeypatch, of(DJANGO), "celery -A work worker", files=files)
    assert entry.total.high == 5


def test_a_number_is_that_of_threads_where_the_application_asks_for_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = of('app.config_from_object("shop.newer")')
    entry = row(tmp_path, monkeypatch, code, "celery -A shop worker -P prefork")
    assert [(f.name, f.low) for f in entry.factors[1:]] == [("workers", 1), ("threads", 6)]


def test_a_number_of_a_variable_stands_where_the_variable_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = of('app.config_from_object("shop.variable")')
    entry = row(tmp_path, monkeypatch, code, more=', TASKS: "10"')
    assert (entry.factors[1].low, entry.factors[1].hint) == (10, "TASKS")
