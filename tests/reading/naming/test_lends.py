"""Whether anything in a project hands out connections: what it is not asked for depends on it."""

from __future__ import annotations

import pytest

from poollint.catalog.merged import drivers
from poollint.model.source import SourceFile
from poollint.reading.naming.exports import Exports
from poollint.reading.naming.outside import Alone
from poollint.reading.naming.python_files import PythonFiles

DJANGO = {
    "shop/models.py": "from django.db import models, transaction\n",
    "shop/tasks.py": "from django.db import connection\nimport requests\n",
}


def lends(files: dict[str, str], path: str = "shop/models.py") -> bool:
    found = PythonFiles(files, lambda path: SourceFile(path, files[path]))
    return Exports(found, drivers()).seen_from(path).lends()


def test_django_alone_lends_nothing() -> None:
    assert not lends(DJANGO)


@pytest.mark.parametrize(
    "text",
    [
        "import psycopg2\n",
        "from sqlmodel import Session\n",
        "def f():\n    from flask_sqlalchemy \\\n        import SQLAlchemy\n",
        "def f(engine):\n    return engine.raw_connection()\n",
        "# a session of sqlalchemy's is handed in\n",
        "from adbc_driver_manager.dbapi import Connection\n",
    ],
)
def test_one_file_that_does_is_enough(text: str) -> None:
    assert lends({**DJANGO, "tools/late.py": text})


def test_of_a_stub_nothing_is_known() -> None:
    assert lends(DJANGO, "shop/models.pyi")


def test_module_by_itself_may_be_anywhere() -> None:
    assert Alone().lends()
