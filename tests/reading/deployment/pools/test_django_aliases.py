"""Each database that a Django project's settings name is connections of its own."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from poollint.engine.request import Mode, Request
from poollint.engine.session import run
from poollint.facts.code import Database, Module
from poollint.model.source import Span
from poollint.reading.deployment.pools.django_aliases import known

ENGINE = '"ENGINE": "django.db.backends.postgresql"'
DEFAULT = f'"default": {{{ENGINE}, "HOST": "db"}}'
LOGS = f'"logs": {{{ENGINE}, "HOST": "db"}}'
FILES = {
    "compose.yaml": """
        services:
          db: {image: "postgres:16"}
          web:
            build: .
            command: gunicorn -w 3 shop.wsgi
            environment: {DJANGO_SETTINGS_MODULE: shop.settings}
        """,
    "Dockerfile": "FROM python\n",
    "shop/__init__.py": "",
    "shop/wsgi.py": "from django.core.wsgi import get_wsgi_application\n",
    "shop/views.py": 'from shop.models import Entry\n\nROWS = Entry.objects.using("logs").all()\n',
}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _demand(home: Path, compose: str = "", **files: str) -> dict[str, tuple[int, int | None]]:
    """Return what each line of the server's budget may open; files are named with `__` for `/`."""
    texts = FILES | {f"{name}.py".replace("__", "/"): text for name, text in files.items()}
    texts["compose.yaml"] = compose or FILES["compose.yaml"]
    for name, text in texts.items():
        path = home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text).lstrip())
    *_, found = _budgets().values()
    return found


def _budgets() -> dict[str, dict[str, tuple[int, int | None]]]:
    found = run(Request(paths=(".",), mode=Mode.AUDIT, isolated=True)).report.budgets
    return {
        b.server: {e.label: (e.total.low, e.total.high) for e in b.ledger.demand} for b in found
    }


def _missing() -> tuple[str, ...]:
    return run(Request(paths=(".",), mode=Mode.AUDIT, isolated=True)).report.budgets[0].missing


def test_the_default_is_sure_and_another_that_code_names_is_not(home: Path) -> None:
    found = _demand(home, shop__settings=f"DATABASES = {{{DEFAULT}, {LOGS}}}\n")
    assert found == {"web (default)": (3, 3), "web (logs)": (0, 3)}


def test_what_no_code_names_opens_nothing(home: Path) -> None:
    settings = f"DATABASES = {{{DEFAULT}, {LOGS}}}\n"
    assert _demand(home, shop__settings=settings, shop__views="") == {"web": (3, 3)}


def test_a_router_may_choose_any(home: Path) -> None:
    settings = f'DATABASES = {{{DEFAULT}, {LOGS}}}\nDATABASE_ROUTERS = ["shop.routers.Logs"]\n'
    assert "web (logs)" in _demand(home, shop__settings=settings, shop__views="")


def test_what_only_a_condition_adds_is_not_counted(home: Path) -> None:
    settings = f"""
        import os
        DATABASES = {{{DEFAULT}}}
        if os.environ.get("LOGS"):
            DATABASES["logs"] = {{{ENGINE}, "HOST": "db"}}
        """
    assert _demand(home, shop__settings=settings) == {"web": (3, 3)}


def test_the_settings_that_a_container_names_count(home: Path) -> None:
    other = DEFAULT.replace('"db"', '"127.0.0.1"')
    found = _demand(
        home,
        shop__settings=f"DATABASES = {{{DEFAULT}}}\n",
        shop__local=f"DATABASES = {{{other}, {LOGS}}}\n",
    )
    assert found == {"web": (3, 3)}


def test_a_variable_of_any_name_may_hold_the_host(home: Path) -> None:
    host = DEFAULT.replace('"db"', 'os.environ["MAIN"]')
    settings = f"import os\nDATABASES = {{{host}}}\n"
    compose = FILES["compose.yaml"].replace("{DJANGO", "{MAIN: db, DJANGO")
    assert _demand(home, compose, shop__settings=settings) == {"web": (3, 3)}


POOLED = """
    services:
      db: {image: "postgres:16"}
      pooler:
        image: edoburu/pgbouncer
        ports: ["6432:5432"]
        environment: {DB_HOST: db, DEFAULT_POOL_SIZE: "7"}
      web:
        build: .
        command: gunicorn -w 3 shop.wsgi
        environment: {DJANGO_SETTINGS_MODULE: shop.settings}
    """


def test_two_databases_of_one_server_are_two_pools_of_a_pooler(home: Path) -> None:
    def settings(logs: str) -> str:
        host = f'{ENGINE}, "HOST": "pooler", "NAME"'
        return f'DATABASES = {{"default": {{{host}: "shop"}}, "logs": {{{host}: "{logs}"}}}}\n'

    assert _demand(home, POOLED, shop__settings=settings("logs")) == {"pooler": (14, 14)}
    assert _demand(home, POOLED, shop__settings=settings("shop")) == {"pooler": (7, 7)}


LOCAL = """
    import os

    stage = os.environ.get("STAGE", "UNKNOWN")
    DATABASES = {}
    if stage != "LOCAL":
        DATABASES = {"default": made(os.environ["SERVICES"])}
    if stage == "LOCAL":
        from .local import *
    """


@pytest.mark.parametrize(("stage", "host"), [("LOCAL", "far.example"), ("PRODUCTION", "")])
def test_settings_for_another_environment_tell_no_address(
    home: Path, stage: str, host: str
) -> None:
    compose = f"""
        services:
          web:
            build: .
            command: gunicorn -w 3 shop.wsgi
            environment: {{STAGE: {stage}}}
        """
    local = f"DATABASES = {{{DEFAULT}}}\n".replace('"db"', '"far.example"')
    files = FILES | {"shop/settings.py": LOCAL, "shop/local.py": local, "compose.yaml": compose}
    for name, text in files.items():
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(textwrap.dedent(text).lstrip())
    told = run(Request(paths=(".",), mode=Mode.AUDIT, isolated=True)).report.coverage.uncounted
    where = f"to `{host}`, which no file describes" if host else "no file says where to"
    assert told == (f"`web` may open 3 connections {where}",)


def test_of_two_branches_the_one_for_the_environment_counts(home: Path) -> None:
    other = DEFAULT.replace('"db"', '"far.example"')
    settings = f"""
        import os
        if os.getenv("STAGE") in ("test", "local"):
            DATABASES = {{{other}}}
        else:
            DATABASES = {{{DEFAULT}}}
        """
    compose = FILES["compose.yaml"].replace("shop.settings", "shop.settings, STAGE: live")
    assert _demand(home, compose, shop__settings=settings) == {"web": (3, 3)}


def test_an_engine_of_a_script_for_the_machine_itself_is_not_that_of_django(home: Path) -> None:
    script = 'from sqlalchemy import create_engine\nengine = create_engine("postgresql://a@localhost/x")\n'
    settings = f"DATABASES = {{{DEFAULT}}}\n"
    assert _demand(home, shop__settings=settings, tools__once=script) == {"web": (3, 3)}
    other = script.replace("localhost", "db")
    assert _demand(home, shop__settings=settings, shop__other=other) == {
        "web (other.py:2)": (3, 45),
        "web (default)": (0, 3),
    }


def test_where_django_may_run_beside_an_engine_it_is_told(home: Path) -> None:
    engine = 'from sqlalchemy import create_engine\nengine = create_engine("postgresql://a@db/x")\n'
    texts = {"shop__settings": f"DATABASES = {{{DEFAULT}}}\n", "shop__other": engine}
    unknown = FILES["compose.yaml"].replace("command: gunicorn -w 3 shop.wsgi", "")
    assert _demand(home, unknown, **texts) == {"web": (1, 15)}
    assert _missing() == ("`web`: what it opens beside its pools (shop/settings.py:1)",)
    other = FILES["compose.yaml"].replace("shop.wsgi", "shop.other:app")
    assert _demand(home, other, **texts) == {"web": (3, 45)}
    assert _missing() == ()


POOLER = POOLED.replace("shop.settings}", "shop.settings, BOUNCER: pooler}")
ASKED = f"""
    import os
    BOUNCER = os.environ.get("BOUNCER", "")
    own = {{{ENGINE}}}
    if BOUNCER:
        DATABASES = {{
            "default": {{**own, "HOST": BOUNCER, "NAME": "shop"}},
            "logs": {{**own, "HOST": BOUNCER, "NAME": "logs"}},
        }}
    else:
        DATABASES = {{"default": {{**own, "HOST": "db", "NAME": "shop"}}}}
    """


BOTH = {"web (default)": (3, 3), "web (logs)": (0, 3)}


@pytest.mark.parametrize(
    ("read", "compose", "pooler", "db"),
    [
        ("os.environ.get", POOLER, BOTH, None),
        ("env", POOLER, BOTH, None),
        ("os.environ.get", POOLER.replace("BOUNCER: pooler", "BOUNCER: ''"), None, (3, 3)),
        ("os.environ.get", POOLED, None, (3, 3)),
    ],
)
def test_the_branch_that_a_variable_chooses_counts_with_all_of_its_databases(
    home: Path,
    read: str,
    compose: str,
    pooler: dict[str, tuple[int, int]] | None,
    db: tuple[int, int] | None,
) -> None:
    head = "import os, environ\n    env = environ.Env()"
    settings = ASKED.replace("os.environ.get", read).replace("import os", head)
    direct = _demand(home, compose, shop__settings=settings)
    assert (_budgets().get("pooler"), direct.get("web")) == (pooler, db)


def test_what_may_be_taken_for_false_chooses_no_branch(home: Path) -> None:
    compose = POOLER.replace("BOUNCER: pooler", "BOUNCER: 'off'")
    _demand(home, compose, shop__settings=ASKED)
    assert all("web (logs)" not in lines for lines in _budgets().values())


def test_settings_that_a_process_does_not_take_name_nothing_of_it(home: Path) -> None:
    here = f'DATABASES = {{"default": {{{ENGINE}, "HOST": os.environ.get("AT", "db")}}}}\n'
    far = f'DATABASES = {{"default": {{{ENGINE}, "HOST": "far.example"}}, {LOGS}}}\n'
    files = {"shop__settings": f"import os\n{here}", "shop__example": far, "shop__views": ""}
    assert _demand(home, **files) == {"web": (3, 3)}
    assert run(Request(paths=(".",), mode=Mode.AUDIT, isolated=True)).report.coverage.assumed == ()
    unset = FILES["compose.yaml"].replace("DJANGO_SETTINGS_MODULE: shop.settings", "LEVEL: info")
    manage = 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\n'
    files["shop__wsgi"] = manage + FILES["shop/wsgi.py"]
    assert _demand(home, unset, **files) == {"web": (3, 3)}


def test_settings_that_name_no_default_have_that_of_those_they_take_in(home: Path) -> None:
    more = f'from shop.base import *\n\nDATABASES["logs"] = {{{ENGINE}, "HOST": "db"}}\n'
    found = _demand(home, shop__settings=more, shop__base=f"DATABASES = {{{DEFAULT}}}\n")
    assert found == {"web (default)": (3, 3), "web (logs)": (0, 3)}


@pytest.mark.parametrize("value", ["DATABASES['default'].copy()", "{**DATABASES['default']}"])
def test_a_copy_of_what_settings_take_in_leads_to_the_same_server(home: Path, value: str) -> None:
    more = f'from shop.base import *\n\nDATABASES["logs"] = {value}\n'
    found = _demand(home, shop__settings=more, shop__base=f"DATABASES = {{{DEFAULT}}}\n")
    assert found == {"web (default)": (3, 3), "web (logs)": (0, 3)}


def test_a_copy_of_a_database_of_another_sort_is_none_of_postgresql() -> None:
    span = Span.at("shop/live.py")
    copy = Database("logs", span, copies="default")
    live = Module("shop/live.py", (), (), (), databases=(copy,))
    base = Module("shop/base.py", (), (), (), databases=(Database("default", span),))
    assert [m.databases for m in known((live,))] == [()]
    assert [m.databases for m in known((live, base))] == [(copy,), base.databases]
