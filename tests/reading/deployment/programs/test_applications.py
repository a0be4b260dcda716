"""Which files an application imports."""

from __future__ import annotations

import textwrap

import pytest

from tests.reading.deployment.serving import DATABASE, TRACKER, Audited


def test_only_what_an_application_imports_counts(audited: Audited) -> None:
    files = {
        "shop/web.py": "from shop.database import engine\napp = engine",
        "shop/database.py": DATABASE,
        "shop/reports.py": DATABASE.replace("4", "40"),
    }
    budget = audited("uvicorn shop.web:app", files)
    assert [entry.total.high for entry in budget.ledger.demand] == [5]


def test_an_application_without_a_pool_is_said_and_not_counted(audited: Audited) -> None:
    files = {"shop/web.py": "app = None", "shop/database.py": DATABASE}
    budget = audited("uvicorn shop.web:app", files)
    assert budget.ledger.demand == ()
    (text,) = budget.missing
    assert text.endswith(", for nothing that `shop.web:app` is known to load talks to PostgreSQL")


IMAGE = """
    services:
      db: {image: "postgres:16"}
      web:
        image: registry.example/web:1
        command: COMMAND
        environment: {DATABASE_URL: "postgresql://shop@db/orders"}
    """


@pytest.mark.parametrize(
    ("command", "counted"),
    [
        ("uvicorn main:app", True),  # the module itself uses no database
        ("uvicorn shop.web:app", True),
        ("gunicorn 'shop.web:create()'", True),
        ("python -m shop.tasks", True),
        ("python main.py", True),
        ("uvicorn elsewhere.api:app", False),
        ("python -m elsewhere", False),
        ("python /app/elsewhere.py", False),
    ],
)
def test_an_image_runs_the_code_of_the_tree_only_if_its_module_is_there(
    audited: Audited, command: str, counted: bool
) -> None:
    files = {
        "compose.yaml": textwrap.dedent(IMAGE).replace("COMMAND", command),
        "main.py": "from shop.web import app",
        "shop/web.py": "from data.database import engine\napp = engine",
        "shop/tasks.py": "from data.database import engine",
        "data/database.py": DATABASE,
    }
    budget = audited(command, files)
    assert len(budget.ledger.demand) == counted
    told = ("`web`: how many connections it opens is not known, for its image is built elsewhere",)
    assert budget.missing == (() if counted else told)


@pytest.mark.parametrize("command", ["python tools/sync.py", "python -m tools.sync"])
def test_a_script_of_an_image_has_no_pool_of_a_module_that_it_does_not_import(
    audited: Audited, command: str
) -> None:
    files = {
        "compose.yaml": textwrap.dedent(IMAGE).replace("COMMAND", command),
        "tools/sync.py": "import os, psycopg2\npsycopg2.connect(os.environ['DATABASE_URL'])",
        "data/database.py": DATABASE,
    }
    budget = audited(command, files)
    assert budget.ledger.demand == ()
    (text,) = budget.missing
    assert text.endswith(", for no pool was found in tools/sync.py, which it loads")


@pytest.mark.parametrize(
    ("loading", "counted"),
    [
        ('import_module("shop." + "database")', True),
        ('import_module(f"shop.{name}")', True),
        ("import_module(name)", True),
        ('import_module(".database", package="shop")', True),
        ('util.spec_from_file_location("shop", name)', True),
        ('list(map(importlib.import_module, ["shop.database"]))', True),
        ('import_module("shop.plugins.mail")', False),
        ('import_module(f"shop.plugins.{name}")', False),
        ('import_module("shop.plugins.%s" % name)', False),
        ('metadata.version("shop")', False),
    ],
)
def test_what_may_be_imported_by_its_name_counts(
    audited: Audited, loading: str, counted: bool
) -> None:
    first = "" if loading.startswith("list") else "importlib."
    files = {
        "shop/__init__.py": "",
        "shop/web.py": f"import importlib\nname = 'x'\napp = {first}{loading}\n",
        "shop/database.py": DATABASE,
        "shop/plugins/__init__.py": "",
        "shop/plugins/mail.py": "sent = []\n",
    }
    budget = audited("uvicorn shop.web:app", files)
    assert [entry.total.high for entry in budget.ledger.demand] == [5] * counted


def test_settings_of_django_are_imported_by_their_name(audited: Audited) -> None:
    files = {
        "shop/wsgi.py": """
            import os
            from configurations.wsgi import get_wsgi_application
            os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
            application = get_wsgi_application()
            """,
        "shop/settings.py": """
            from configurations import Configuration
            class Base(Configuration):
                DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", "HOST": "db"}}
            """,
        "shop/models.py": """
            from django.db import connection
            def asked():
                with connection.cursor() as cursor:
                    cursor.execute("select 1")
            """,
    }
    budget = audited("gunicorn -w 3 shop.wsgi:application", files)
    assert [entry.total.high for entry in budget.ledger.demand] == [3]


@pytest.mark.parametrize(
    ("taken", "clients"),
    [
        ("django.core.cache import cache", 1),
        ("django.utils import timezone", 1),
        ("tracker.views import index", 2),
        ("django.core.management import call_command", 2),
    ],
)
def test_a_script_that_asks_a_cache_alone_opens_nothing(
    audited: Audited, taken: str, clients: int
) -> None:
    files = {
        **TRACKER,
        "watch.py": f"def clean():\n    from {taken}\n\nclean()\n",
        "start.sh": "#!/bin/sh\npython watch.py &\nexec gunicorn tracker.wsgi:application\n",
        "Dockerfile": "FROM python\nCOPY . /app\nWORKDIR /app\n",
    }
    budget = audited("sh start.sh", files)
    assert len(budget.ledger.demand) == clients
