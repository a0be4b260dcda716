"""The pool that the settings of a Django project ask for, and what a process holds of it."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from poollint.engine.request import Mode, Request
from poollint.engine.session import run

COMPOSE = """
    services:
      db: {image: "postgres:16"}
      web:
        build: .
        command: gunicorn -k gthread --threads THREADS shop.wsgi:application
        environment: {DB_HOST: db, POOL: 11}
    """
FILES = {
    "Dockerfile": "FROM python\n",
    "manage.py": 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\n',
    "shop/wsgi.py": """
        import os
        from django.core.wsgi import get_wsgi_application
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
        application = get_wsgi_application()
        """,
    "shop/models.py": """
        from django.db import connection
        def first():
            with connection.cursor() as cursor:
                cursor.execute("select 1")
        """,
    "shop/urls.py": "from shop import models\n",
}
SETTINGS = """
    import os
    INSTALLED_APPS = ["shop"]
    ROOT_URLCONF = "shop.urls"
    DATABASES = {"default": {
        "ENGINE": "django.db.backends.postgresql", "NAME": "shop", "HOST": os.environ["DB_HOST"],
        "OPTIONS": {"pool": POOL},
    }}
    """


class Project:
    """A project in a folder of its own."""

    def __init__(self, home: Path) -> None:
        self._home = home

    def most(self, pool: str, threads: int = 40, **files: str) -> int | None:
        """Return the most connections that one process opens."""
        return self.held(pool, threads, **files)[1]

    def held(self, pool: str, threads: int = 40, **files: str) -> tuple[int, int | None]:
        """Return the least and the most connections that one process opens."""
        texts = {
            **FILES,
            "compose.yaml": COMPOSE.replace("THREADS", str(threads)),
            "shop/settings.py": SETTINGS.replace("POOL", pool, 1),
            **{f"{name}.py".replace("__", "/"): text for name, text in files.items()},
        }
        for name, text in texts.items():
            path = self._home / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(textwrap.dedent(text).lstrip())
        request = Request(paths=(".",), mode=Mode.AUDIT, isolated=True)
        (budget,) = run(request).report.budgets
        (entry,) = budget.ledger.demand
        return entry.factors[-1].low, entry.factors[-1].high


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.chdir(tmp_path)
    return Project(tmp_path)


@pytest.mark.parametrize(
    ("pool", "most"),
    [
        ("True", 4),
        ('{"min_size": 2, "max_size": 6}', 6),
        ('{"min_size": 6}', 6),
        ('{"max_size": int(os.environ.get("POOL", 3))}', 11),
        ("dict(max_size=7)", 7),
        ("False", 40),
        ("load()", 40),
        ("{**load()}", 40),
    ],
)
def test_a_process_holds_what_its_pool_may_or_a_connection_a_thread(
    project: Project, pool: str, most: int
) -> None:
    assert project.most(pool) == most


def test_no_more_than_its_threads_use_or_the_pool_opens_at_once(project: Project) -> None:
    assert project.most('{"min_size": 1, "max_size": 20}', threads=8) == 8
    assert project.most('{"min_size": 9, "max_size": 20}', threads=8) == 9


def test_of_settings_that_differ_those_count_that_a_process_is_told_to_take(
    project: Project,
) -> None:
    other = SETTINGS.replace("POOL", '{"max_size": 9}', 1)
    assert project.most('{"max_size": 6}', shop__production=other) == 6
    untold = "from django.core.wsgi import get_wsgi_application\n"
    assert project.held('{"max_size": 6}', shop__production=other, shop__wsgi=untold) == (1, 40)
    assert project.most('{"max_size": 6}', shop__production="", tests__settings=other) == 6


@pytest.mark.parametrize(
    "setting",
    [
        '["OPTIONS"] = {"pool": {"max_size": 9}}',
        '["OPTIONS"]["pool"] = {"max_size": 9}',
        '.setdefault("OPTIONS", {})["pool"] = {"max_size": 9}',
    ],
)
def test_settings_that_take_others_in_may_ask_for_a_pool(project: Project, setting: str) -> None:
    live = f'from .settings import *\nDATABASES["default"]{setting}\n'
    other = live.replace("9", "30")
    wsgi = FILES["shop/wsgi.py"].replace("shop.settings", "shop.live")
    assert project.held("None", shop__live=live, shop__dev=other, shop__wsgi=wsgi) == (9, 9)


def test_what_is_not_understood_of_a_pool_leaves_open_how_many_are_held(project: Project) -> None:
    assert project.held("load()") == (1, 40)
    assert project.held("None") == (40, 40)


def test_an_image_of_any_name_runs_the_module_of_the_tree_that_sets_django_up(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = COMPOSE.replace("build: .", "image: registry.example/prices:1")
    monkeypatch.setattr(f"{__name__}.COMPOSE", elsewhere.replace("DB_HOST: db", "STAGE: live"))
    settings = "from settings_of_the_host import DATABASES\n"
    assert project.held("True", threads=3, shop__settings=settings) == (3, 3)
