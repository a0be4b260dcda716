"""The sizes that Flask's configuration gives the pools of Flask-SQLAlchemy, wherever it stands."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from poollint.engine.request import Mode, Request
from poollint.engine.session import run
from poollint.model.report import Budget

COMPOSE = """
    services:
      db: {image: "postgres:16"}
      web:
        build: .
        command: gunicorn -k gthread --threads 50 shop.app:app
        environment: {DATABASE_URL: "postgresql://shop@db/orders", POOL: 11}
    """
APP = """
    import os
    from flask import Flask
    from flask_sqlalchemy import SQLAlchemy
    app = Flask(__name__)
    app.config["SQLALCHEMY_DATABASE_URI"] = os.environ["DATABASE_URL"]
    BODY
    db = SQLAlchemy(app)
    """
KEY = "SQLALCHEMY_ENGINE_OPTIONS"
SIZES = '{"pool_size": 6, "max_overflow": 3}'
CLASS = f"class Config:\n    {KEY} = {SIZES}\n"


class Project:
    """A project in a folder of its own, and its one budget."""

    def __init__(self, home: Path) -> None:
        self._home = home

    def budget(self, body: str = "", **files: str) -> Budget:
        app = textwrap.dedent(APP).replace("BODY", textwrap.dedent(body).strip())
        texts = {"compose.yaml": COMPOSE, "Dockerfile": "FROM python\n", "shop/app.py": app}
        texts |= {name.replace("__", "/") + ".py": text for name, text in files.items()}
        for name, text in texts.items():
            path = self._home / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(textwrap.dedent(text).lstrip())
        request = Request(paths=(".",), mode=Mode.AUDIT, isolated=True)
        (budget,) = run(request).report.budgets
        return budget

    def sizes(self, body: str = "", **files: str) -> tuple[int, int | None]:
        """Return the least and the most that one process opens."""
        (entry,) = self.budget(body, **files).ledger.demand
        return entry.factors[-1].low, entry.factors[-1].high


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.chdir(tmp_path)
    return Project(tmp_path)


@pytest.mark.parametrize(
    "body",
    [
        f'app.config["{KEY}"] = {SIZES}',
        f"app.config.update({KEY}={SIZES})",
        f'app.config.update({{"{KEY}": {SIZES}}})',
        f"app.config.from_mapping({KEY}={SIZES})",
        f'app.config.setdefault("{KEY}", {SIZES})',
        f'app.config["{KEY}"] = {{}}\napp.config["{KEY}"]["pool_size"] = 6\n'
        f'app.config["{KEY}"]["max_overflow"] = 3',
        f"OPTIONS = {SIZES}\napp.config.update({KEY}=OPTIONS)",
        f"{CLASS}app.config.from_object(Config)",
    ],
)
def test_options_are_read_in_all_ways_to_set_them(project: Project, body: str) -> None:
    assert project.sizes(body) == (9, 9)


def test_options_of_another_file_are_found(project: Project) -> None:
    assert project.sizes('app.config.from_object("shop.config.Config")', shop__config=CLASS) == (
        9,
        9,
    )


def test_a_size_may_come_from_the_environment_of_the_container(project: Project) -> None:
    body = f'app.config["{KEY}"] = {{"pool_size": int(os.environ.get("POOL", 5))}}'
    assert project.sizes(body) == (21, 21)


def test_without_options_the_engine_has_sqlalchemy_s_defaults(project: Project) -> None:
    (entry,) = project.budget().ledger.demand
    assert (entry.factors[-1].high, entry.factors[-1].basis.value) == (15, "defaulted")


def test_of_several_configurations_it_is_from_the_least_to_the_most(project: Project) -> None:
    config = f'{CLASS}class Large(Config):\n    {KEY} = {{"pool_size": 20, "max_overflow": 0}}\n'
    assert project.sizes("app.config.from_object(Config)", shop__config=config) == (6, 23)


def test_what_is_configured_for_tests_does_not_count(project: Project) -> None:
    config = f'{CLASS}class TestConfig(Config):\n    {KEY} = {{"pool_size": 90}}\n'
    more = {"shop__config": config, "tests__conftest": f'{KEY} = {{"pool_size": 80}}\n'}
    assert project.sizes("app.config.from_object(Config)", **more) == (9, 9)


def test_the_options_of_another_application_do_not_count(project: Project) -> None:
    other = CLASS.replace("6", "60")
    assert project.sizes("", shop__config=CLASS, other__config=other) == (9, 9)


@pytest.mark.parametrize(
    "body",
    [
        f'app.config["{KEY}"] = load()',
        f'app.config["{KEY}"] = {{**load()}}',
        "app.config.from_prefixed_env()",
        'app.config.from_json("live.json")',
        'held = app.config\nheld.from_file("live.toml", load=tomllib.load)',
        'app.config["SQLALCHEMY_POOL_SIZE"] = 6',
    ],
)
def test_what_no_file_states_is_not_known(project: Project, body: str) -> None:
    budget = project.budget(body)
    assert budget.ledger.demand == ()
    (text,) = budget.missing
    assert text.startswith("`web`: the size of its pool is not known")


def test_what_else_is_made_of_json_configures_nothing(project: Project) -> None:
    made = "def made(request):\n    return Order.from_json(request.json)\n"
    assert project.sizes("", shop__orders=made) == (15, 15)
    tried = 'from shop.app import app\n\napp.config.from_json("tests.json")\n'
    assert project.sizes("", tests__conftest=tried) == (15, 15)


def test_a_pool_that_keeps_no_connection_opens_as_many_as_are_in_use(project: Project) -> None:
    body = f'from sqlalchemy.pool import NullPool\napp.config["{KEY}"] = {{"poolclass": NullPool}}'
    assert project.sizes(body) == (50, 50)
