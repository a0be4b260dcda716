"""Which files an application imports, and what its gunicorn is configured to start."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from poollint.engine.request import Mode, Request
from poollint.engine.session import run
from poollint.model.figure import Basis
from poollint.model.report import Budget

DATABASE = """
    import os
    from sqlalchemy import create_engine
    engine = create_engine(os.environ["DATABASE_URL"], pool_size=4, max_overflow=1)
    """
COMPOSE = """
    services:
      db: {image: "postgres:16"}
      web:
        build: .
        command: COMMAND
        environment: {DATABASE_URL: "postgresql://shop@db/orders"}
    """


def audited(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str, files: dict[str, str]
) -> Budget:
    """Return the one budget of a project with a web service."""
    texts = {"compose.yaml": COMPOSE.replace("COMMAND", command), "Dockerfile": "FROM python\n"}
    for name, text in (texts | files).items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text).lstrip())
    monkeypatch.chdir(tmp_path)
    report = run(Request(paths=(".",), mode=Mode.AUDIT, isolated=True)).report
    (budget,) = report.budgets
    return budget


def test_only_what_an_application_imports_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {
        "shop/web.py": "from shop.database import engine\napp = engine",
        "shop/database.py": DATABASE,
        "shop/reports.py": DATABASE.replace("4", "40"),
    }
    budget = audited(tmp_path, monkeypatch, "uvicorn shop.web:app", files)
    assert [entry.total.high for entry in budget.ledger.demand] == [5]


def test_an_application_without_a_pool_is_said_and_not_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {"shop/web.py": "app = None", "shop/database.py": DATABASE}
    budget = audited(tmp_path, monkeypatch, "uvicorn shop.web:app", files)
    assert budget.ledger.demand == ()
    assert budget.missing == ("`web`: how many connections it opens is not known",)


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
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str, counted: bool
) -> None:
    files = {
        "compose.yaml": textwrap.dedent(IMAGE).replace("COMMAND", command),
        "main.py": "from shop.web import app",
        "shop/web.py": "from data.database import engine\napp = engine",
        "shop/tasks.py": "from data.database import engine",
        "data/database.py": DATABASE,
    }
    budget = audited(tmp_path, monkeypatch, command, files)
    assert len(budget.ledger.demand) == counted
    told = ("`web`: how many connections it opens is not known",)
    assert budget.missing == (() if counted else told)


@pytest.mark.parametrize("command", ["python tools/sync.py", "python -m tools.sync"])
def test_a_script_of_an_image_has_no_pool_of_a_module_that_it_does_not_import(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    files = {
        "compose.yaml": textwrap.dedent(IMAGE).replace("COMMAND", command),
        "tools/sync.py": "import os, psycopg2\npsycopg2.connect(os.environ['DATABASE_URL'])",
        "data/database.py": DATABASE,
    }
    budget = audited(tmp_path, monkeypatch, command, files)
    assert budget.ledger.demand == ()
    assert budget.missing == ("`web`: how many connections it opens is not known",)


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
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, loading: str, counted: bool
) -> None:
    first = "" if loading.startswith("list") else "importlib."
    files = {
        "shop/__init__.py": "",
        "shop/web.py": f"import importlib\nname = 'x'\napp = {first}{loading}\n",
        "shop/database.py": DATABASE,
        "shop/plugins/__init__.py": "",
        "shop/plugins/mail.py": "sent = []\n",
    }
    budget = audited(tmp_path, monkeypatch, "uvicorn shop.web:app", files)
    assert [entry.total.high for entry in budget.ledger.demand] == [5] * counted


@pytest.mark.parametrize(
    ("more", "counted"),
    [
        ("-I shop.mail", False),
        ("-I shop.mail,shop.orders", True),
        ("--include=shop.elsewhere", True),  # in no file here: whatever it loads
    ],
)
def test_so_it_does_those_that_its_command_names(
    more: str, counted: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {
        "shop/__init__.py": "",
        "shop/jobs.py": 'from celery import Celery\napp = Celery("shop", broker="x")\n',
        "shop/mail.py": "sent = []\n",
        "shop/orders.py": "from shop.database import engine\n",
        "shop/database.py": DATABASE,
    }
    command = f"celery -A shop.jobs:app worker -c 1 {more}"
    budget = audited(tmp_path, monkeypatch, command, files)
    assert len(budget.ledger.demand) == counted


@pytest.mark.parametrize(
    ("told", "counted"),
    [
        ('include=["shop.mail"]', False),
        ('include=["shop.mail", "shop.orders"]', True),
        ('broker="x"); app.conf.imports = ("shop.orders",', True),
        ('broker="x"); app.autodiscover_tasks(["shop"]', True),
        ('broker="x"); app.config_from_object("settings"', True),
        ("include=LISTED", True),
        ('broker="x"', False),
    ],
)
def test_a_worker_of_celery_loads_the_modules_that_its_application_lists(
    told: str, counted: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {
        "shop/__init__.py": "",
        "shop/jobs.py": f'from celery import Celery\nLISTED = []\napp = Celery("shop", {told})\n',
        "shop/mail.py": "sent = []\n",
        "shop/orders.py": "from shop.database import engine\n",
        "shop/database.py": DATABASE,
    }
    budget = audited(tmp_path, monkeypatch, "celery -A shop.jobs:app worker -c 1", files)
    assert [entry.total.high for entry in budget.ledger.demand] == [5] * counted


@pytest.mark.parametrize(
    ("command", "settings", "workers"),
    [
        ("gunicorn -c gunicorn.conf.py shop.database:engine", "workers = 3", 3),
        ("gunicorn shop.database:engine", "workers = 3", 3),
        ("gunicorn -w 2 shop.database:engine", "workers = 3", 2),
        (
            "gunicorn shop.database:engine",
            "import os\nworkers = int(os.getenv('WEB_CONCURRENCY', '4'))",
            4,
        ),
        ("gunicorn shop.database:engine", "bind = ':80'", 1),
        ("env WEB_CONCURRENCY=2 gunicorn shop.database:engine", "workers = 3", 3),
        ("env WEB_CONCURRENCY=2 gunicorn shop.database:engine", "bind = ':80'", 2),
        ("env GUNICORN_CMD_ARGS=--workers=2 gunicorn shop.database:engine", "workers = 3", 2),
    ],
)
def test_gunicorn_starts_what_its_file_says_unless_its_command_says_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str, settings: str, workers: int
) -> None:
    files = {"gunicorn.conf.py": settings, "shop/database.py": DATABASE}
    budget = audited(tmp_path, monkeypatch, command, files)
    (entry,) = budget.ledger.demand
    figure = next(f for f in entry.factors if f.name == "workers")
    assert (figure.low, figure.high) == (workers, workers)


CORES = "import multiprocessing, os\ncores = multiprocessing.cpu_count()\n"


@pytest.mark.parametrize(
    ("settings", "found"),
    [
        ("workers = min(cores * 2 + 1, 8)", (3, 8)),
        ("workers = min(cores * 2 + 1, 3)", (3, 3)),
        ("workers = min(cores - 1, 3)", (1, 3)),
        ("workers = min(2 * (os.cpu_count() or 1), 8)", (2, 8)),
        ("workers = min(max(2, os.cpu_count()), 8)", (2, 8)),
        ("workers = max(2, 5)", (5, 5)),
        ("workers = min(6, 8)", (6, 6)),
        ("workers = min(int(os.getenv('MOST', '6')), 8)", (1, 8)),
        ("workers = int(os.getenv('WORKERS', min(cores, 4)))", (1, 4)),
    ],
)
def test_the_least_of_several_numbers_is_bounded_by_those_that_are_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: str, found: tuple[int, int]
) -> None:
    files = {"gunicorn.conf.py": CORES + settings, "shop/database.py": DATABASE}
    budget = audited(tmp_path, monkeypatch, "gunicorn shop.database:engine", files)
    (entry,) = budget.ledger.demand
    figure = next(f for f in entry.factors if f.name == "workers")
    assert (figure.low, figure.high) == found


@pytest.mark.parametrize(
    ("settings", "least"),
    [
        ("workers = max(2, cores * 2 + 1)", 3),
        ("workers = cores * 2 + 1", 3),
        ("workers = cores", 1),
        ("workers = max(2, cores // 2)", 2),
        ("workers = max(4, int(os.getenv('MOST', '6')))", 4),
        ("workers = cores - 1", 1),
        ("workers = chosen()", 1),
    ],
)
def test_what_the_machine_decides_begins_at_what_one_core_makes_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: str, least: int
) -> None:
    files = {"gunicorn.conf.py": CORES + settings, "shop/database.py": DATABASE}
    budget = audited(tmp_path, monkeypatch, "gunicorn shop.database:engine", files)
    (entry,) = budget.ledger.demand
    figure = next(f for f in entry.factors if f.name == "workers")
    assert (figure.low, figure.basis) == (least, Basis.UNKNOWN)


@pytest.mark.parametrize(
    ("settings", "workers"),
    [
        ("workers = int(os.getenv('CORES', '2')) * 2 + 1", 21),
        ("workers = 2 * int(os.environ['CORES']) + 1", 21),
        ("workers = int(os.getenv('CORES', '2')) + 1", 11),
        ("workers = int(os.getenv('CORES', '2'))", 10),
        ("n = int(os.getenv('CORES', '2'))\nworkers = n * 2 + 1", 21),
        ("workers = min(int(os.getenv('CORES', '2')), 8)", 8),
        ("workers = int(os.getenv('OTHER', '2')) * 2 + 1", 5),
        ("workers = int(os.getenv('TEXT', '2')) * 2 + 1", None),
    ],
)
def test_what_a_variable_says_takes_its_place_in_a_sum(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: str, workers: int | None
) -> None:
    own = COMPOSE.replace("environment: {", "environment: {CORES: '10', TEXT: many, ")
    files = {
        "gunicorn.conf.py": f"import os\n{settings}",
        "shop/database.py": DATABASE,
        "compose.yaml": own.replace("COMMAND", "gunicorn shop.database:engine"),
    }
    budget = audited(tmp_path, monkeypatch, "", files)
    (entry,) = budget.ledger.demand
    figure = next(f for f in entry.factors if f.name == "workers")
    assert (figure.low if figure.basis is not Basis.UNKNOWN else None) == workers


TRACKER = {
    "tracker/views.py": """
        from django.db import connection

        def index(request):
            with connection.cursor() as cursor:
                cursor.execute("select 1")
        """,
    "tracker/wsgi.py": """
        from django.core.wsgi import get_wsgi_application
        application = get_wsgi_application()
        """,
}


@pytest.mark.parametrize(
    ("options", "settings", "threads"),
    [
        ("", "threads = 6", 6),  # more threads than one make it gthread
        ("", "worker_class = 'gthread'\nthreads = 6", 6),
        ("-c gunicorn.conf.py", "threads = 6", 6),
        ("--threads 3", "threads = 6", 3),
        ("-k gthread", "threads = 6", 6),
        ("-k gevent", "threads = 6", None),
        ("", "worker_class = 'gevent'\nthreads = 6", None),
        ("", "worker_class = chosen()\nthreads = 6", None),
        ("", "import multiprocessing\nthreads = multiprocessing.cpu_count()", None),
        ("", "threads = 6\nthreads += 1", None),
        ("", "workers = 2", 1),
    ],
)
def test_threads_are_those_of_the_file_unless_the_command_says_more(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    options: str,
    settings: str,
    threads: int | None,
) -> None:
    command = f"gunicorn {options} tracker.wsgi:application"
    files = TRACKER | {"gunicorn.conf.py": settings}
    budget = audited(tmp_path, monkeypatch, command, files)
    (entry,) = budget.ledger.demand
    last = entry.factors[-1]
    known = last.basis is not Basis.UNKNOWN
    assert (last.high if known else None) == threads


def test_a_size_that_the_class_of_the_settings_gives_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {
        "shop/settings.py": """
            from functools import lru_cache
            from pydantic import Field
            from pydantic_settings import BaseSettings
            class Settings(BaseSettings):
                database_url: str = ""
                pool_size: int = 7
                overflow: int = Field(default=2, ge=0)
            @lru_cache
            def get_settings() -> Settings:
                return Settings()
            """,
        "shop/database.py": """
            from sqlalchemy import create_engine
            from shop.settings import get_settings
            settings = get_settings()
            options = {"pool_pre_ping": True}
            if not settings.database_url.startswith("sqlite"):
                options.update({"pool_size": settings.pool_size, "max_overflow": settings.overflow})
            engine = create_engine(settings.database_url, **options)
            """,
    }
    budget = audited(tmp_path, monkeypatch, "uvicorn shop.database:engine", files)
    assert [entry.total.high for entry in budget.ledger.demand] == [9]


CONFIG = """
    import os
    SIZE = 9
    class Config:
        POOL = int(os.getenv("DB_POOL", 20))
        PLAIN = 7
        TWICE = 1
        TWICE = 2
    settings = object()
    """


@pytest.mark.parametrize(
    ("imports", "size", "most"),
    [
        ("from shop.config import SIZE", "SIZE", 9),
        ("from shop import config", "config.SIZE", 9),
        ("from shop.config import SIZE as S", "2 * S", 18),
        ("from shop.config import Config", "Config.PLAIN", 7),
        ("from shop import config", "config.Config.POOL", 20),
        ("from shop import config", "config.Config.TWICE", None),
        ("from shop.config import settings", "settings", None),
        ("from shop.config import Config", "Config.missing", None),
    ],
)
def test_a_size_may_be_a_constant_of_another_file_or_of_a_class(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, imports: str, size: str, most: int | None
) -> None:
    code = f"""
        import os
        from sqlalchemy import create_engine
        {imports}
        engine = create_engine(os.environ["DATABASE_URL"], pool_size={size}, max_overflow=0)
        """
    files = {"shop/__init__.py": "", "shop/config.py": CONFIG, "shop/database.py": code}
    budget = audited(tmp_path, monkeypatch, "uvicorn shop.database:engine", files)
    found = [entry.total.high for entry in budget.ledger.demand]
    assert found == ([] if most is None else [most])


RUNNER = """
    import os
    from gunicorn.app.base import BaseApplication
    from shop.database import engine

    WORKERS = int(os.environ.get("SHOP_WORKERS", "3"))

    class Application(BaseApplication):
        def __init__(self, app, options):
            self.options = options
            super().__init__()

        def load_config(self):
            for key, value in self.options.items():
                self.cfg.set(key, value)

    if __name__ == "__main__":
        Application(None, OPTIONS).run()
    """


@pytest.mark.parametrize(
    ("options", "workers", "basis", "total"),
    [
        ('{"bind": ":80", "workers": 4, "worker_class": "uvicorn.workers.UvicornWorker"}', 4,
         Basis.STATED, (20, 20)),
        ('{"bind": ":80", "workers": WORKERS}', 3, Basis.STATED, (3, 15)),
        ('dict(bind=":80", workers=2, threads=2)', 2, Basis.STATED, (4, 10)),
        ('{"bind": ":80", "timeout": 9}', 1, Basis.DEFAULTED, (1, 5)),
        ('{"bind": ":80", "workers": count()}', 1, Basis.UNKNOWN, (1, 5)),
    ],
)  # fmt: skip
def test_a_program_may_start_gunicorn_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    options: str, workers: int, basis: Basis, total: tuple[int, int],
) -> None:  # fmt: skip
    files = {"shop/run.py": RUNNER.replace("OPTIONS", options), "shop/database.py": DATABASE}
    budget = audited(tmp_path, monkeypatch, "python shop/run.py", files)
    (entry,) = budget.ledger.demand
    factor = entry.factors[1]
    assert (factor.low, factor.basis) == (workers, basis)
    assert (entry.total.low, entry.total.high) == total


def test_settings_of_django_are_imported_by_their_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
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
    budget = audited(tmp_path, monkeypatch, "gunicorn -w 3 shop.wsgi:application", files)
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
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, taken: str, clients: int
) -> None:
    files = {
        **TRACKER,
        "watch.py": f"def clean():\n    from {taken}\n\nclean()\n",
        "start.sh": "#!/bin/sh\npython watch.py &\nexec gunicorn tracker.wsgi:application\n",
        "Dockerfile": "FROM python\nCOPY . /app\nWORKDIR /app\n",
    }
    budget = audited(tmp_path, monkeypatch, "sh start.sh", files)
    assert len(budget.ledger.demand) == clients
