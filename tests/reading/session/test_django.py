"""The databases of a Django project."""

from __future__ import annotations

import ast
from textwrap import dedent, indent

import pytest

from poollint.catalog.load import drivers
from poollint.model.source import SourceFile
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import of_ast
from poollint.reading.session.django import Stated, alias_of, stated
from poollint.syntax.python import PythonTree, parse

HEAD = """
import os
import dj_database_url
import environ
env = environ.Env()
"""


def _tree(text: str) -> tuple[PythonTree, Names]:
    tree = parse(SourceFile("shop/settings.py", text))
    assert isinstance(tree, PythonTree)
    return tree, Names(tree.module, drivers())


def _stated(text: str) -> Stated:
    return stated(*_tree(HEAD + dedent(text)))


def _ways(text: str) -> list[tuple[str, str | None, str]]:
    found = _stated(text).databases
    return [(d.alias, d.url.value if d.url else None, d.variable) for d in found]


@pytest.mark.parametrize(
    ("value", "url", "variable"),
    [
        ("DATABASES['default'].copy()", None, ""),
        ("copy.deepcopy(DATABASES['default'])", None, ""),
        ("dict(DATABASES['default'])", None, ""),
        ("{**DATABASES['default'], 'NAME': 'copy'}", None, ""),
        ("{**DATABASES['default'], 'HOST': os.environ['COPY_HOST']}", None, "COPY_HOST"),
        ("DATABASES['default'] | {'HOST': 'copy'}", "postgresql://copy:5432/", ""),
    ],
)
def test_a_copy_of_the_settings_of_another_is_a_database(
    value: str, url: str | None, variable: str
) -> None:
    text = f"from shop.base import *\nDATABASES['copy'] = {value}\n"
    assert _ways(text) == [("copy", url, variable)]
    assert [d.copies for d in _stated(text).databases] == ["default"]


@pytest.mark.parametrize(
    ("alias", "value"),
    [
        ("default", "DATABASES['default']"),
        ("copy", "{**DATABASES['default'], 'ENGINE': 'django.db.backends.sqlite3'}"),
        ("copy", "load(DATABASES['default'])"),
    ],
)
def test_what_is_put_where_it_was_or_is_made_otherwise_is_no_copy(alias: str, value: str) -> None:
    assert _ways(f"from shop.base import *\nDATABASES['{alias}'] = {value}\n") == []


@pytest.mark.parametrize(
    ("value", "url", "variable"),
    [
        ("dj_database_url.config()", None, "DATABASE_URL"),
        ("dj_database_url.config(env='SHOP_URL', conn_max_age=1)", None, "SHOP_URL"),
        ("dj_database_url.parse(os.environ['SHOP_URL'])", None, "SHOP_URL"),
        ("dj_database_url.parse('postgres://u:p@db:6432/shop')", "postgresql://db:6432/shop", ""),
        ("env.db()", None, "DATABASE_URL"),
        (
            "{'ENGINE': 'django.db.backends.postgresql', 'HOST': 'db', 'NAME': 'shop'}",
            "postgresql://db:5432/shop",
            "",
        ),
        (
            "{'ENGINE': 'django.db.backends.postgresql', 'HOST': 'db', 'NAME': env('N')}",
            "postgresql://db:5432/",
            "",
        ),
        (
            "{'ENGINE': 'django.db.backends.postgresql', 'HOST': env('DB_HOST'), 'NAME': 'shop'}",
            None,
            "DB_HOST",
        ),
        ("env.db('SHOP_URL')", None, "SHOP_URL"),
        ("{**env.dj_db_url('SHOP_URL'), 'CONN_MAX_AGE': 1}", None, "SHOP_URL"),
        ("{'ENGINE': 'django.db.backends.postgresql', 'HOST': env('DB_HOST')}", None, "DB_HOST"),
        (
            "{'ENGINE': 'django.contrib.gis.db.backends.postgis', 'HOST': 'db', 'PORT': 6432}",
            "postgresql://db:6432/",
            "",
        ),
        (
            "dict(ENGINE='django.db.backends.postgresql', HOST='db')",
            "postgresql://db:5432/",
            "",
        ),
    ],
)
def test_where_a_database_leads_is_told(value: str, url: str | None, variable: str) -> None:
    expected = [("default", url, variable)]
    assert _ways(f"DATABASES = {{'default': {value}}}") == expected
    assert _ways(f"DATABASES: dict = {{'default': {value}}}") == expected
    assert _ways(f"DATABASES = {{}}\nDATABASES['default'] = {value}\n") == expected


@pytest.mark.parametrize(
    "value",
    [
        "{'ENGINE': 'django.db.backends.sqlite3', 'NAME': 'shop'}",
        "{'ENGINE': 'django.db.backends.mysql', 'HOST': 'db'}",
        "{'ENGINE': 'django.db.backends.postgresql', 'NAME': 'shop'}",
        "{'ENGINE': 'django.db.backends.postgresql', 'HOST': chosen()}",
        "chosen()",
        "[]",
    ],
)
def test_nothing_is_said_of_another_database_or_of_what_is_computed(value: str) -> None:
    assert _ways(f"DATABASES = {{'default': {value}}}") == []


def _done(options: str) -> list[tuple[str, str, str]]:
    text = f"""
    DATABASES = {{
        "default": {{
            "ENGINE": "django.db.backends.postgresql",
            "HOST": "db",
            "OPTIONS": {{{options}}},
        }}
    }}
    """
    found = _stated(text).statements
    assert all(statement.alias == "default" for statement in found)
    return [(statement.effect.value, statement.text, statement.subject) for statement in found]


@pytest.mark.parametrize(
    ("options", "done"),
    [
        (
            "'options': '-c search_path=a --lock_timeout=1'",
            ("startup", "options", "search_path,lock_timeout"),
        ),
        ("'assume_role': 'app'", ("set", "assume_role", "role")),
        (
            "'server_side_binding': True, 'prepare_threshold': 0",
            ("named-statements", "psycopg 3", ""),
        ),
    ],
)  # fmt: skip
def test_what_options_do_to_a_session_is_told(options: str, done: tuple[str, str, str]) -> None:
    assert _done(options) == [done]


@pytest.mark.parametrize(
    "options",
    [
        "",
        "'connect_timeout': 5",
        "'assume_role': None",
        "'prepare_threshold': 5",  # nothing is prepared without server-side binding
        "'server_side_binding': True",
        "'server_side_binding': True, 'prepare_threshold': None",
        "'server_side_binding': True, 'prepare_threshold': chosen()",
    ],
)
def test_other_options_leave_nothing(options: str) -> None:
    assert _done(options) == []


@pytest.mark.parametrize(
    ("text", "alias"),
    [
        ("use(connection.cursor())", "default"),
        ("with connection.cursor() as cursor:\n    use(cursor)", "default"),
        ("cursor = connections['lists'].cursor()\nuse(cursor)", "lists"),
        ("use(connections['lists'])", "lists"),
        ("use(connections[chosen].cursor())", ""),
        ("use(other.cursor())", ""),
    ],
)
def test_a_cursor_goes_to_the_database_of_its_alias(text: str, alias: str) -> None:
    head = "from django.db import connection, connections\n\ndef f(chosen, other):\n"
    tree, names = _tree(head + indent(text, "    "))
    calls = [node for node in ast.walk(tree.module) if isinstance(node, ast.Call)]
    used = next(c for c in calls if isinstance(c.func, ast.Name) and c.func.id == "use")
    assert alias_of(of_ast(used.args[0]), "f", names) == alias


def test_an_annotated_name_says_the_same() -> None:
    told = "DATABASES: dict[str, dict] = {'default': env.db()}"
    assert _ways(told) == [("default", None, "DATABASE_URL")]


def test_what_lies_over_a_database_says_where_it_leads() -> None:
    text = """
        DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", "HOST": "db"}}
        DATABASES["default"].update(dj_database_url.config(conn_max_age=500))
    """
    assert _ways(text) == [
        ("default", "postgresql://db:5432/", ""),
        ("default", None, "DATABASE_URL"),
    ]
