"""Whether anything in a project hands out connections: what it is not asked for depends on it."""

from __future__ import annotations

from pathlib import Path

import pytest

from poollint.catalog.merged import drivers
from poollint.facts.code import Module
from poollint.model.source import SourceFile
from poollint.reading.code import read
from poollint.reading.naming.files.exports import Exports
from poollint.reading.naming.files.outside import Alone
from poollint.reading.naming.files.python_files import PythonFiles
from poollint.reading.reader import FileReading, Options
from poollint.testing.run import cases

NONE = Module("", (), (), ())
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


FIXTURES = Path(__file__).parents[3] / "fixtures"
ALONE = [
    case
    for case in cases(FIXTURES)
    if case.suffix == ".py" and not lends({"m.py": case.read_text("utf-8", "replace")}, "m.py")
]


def _facts(case: Path) -> FileReading:
    text = case.read_text("utf-8", "replace")
    files = PythonFiles(["m.py"], lambda path: SourceFile(path, text))
    found = Exports(files, drivers())
    return read(SourceFile("m.py", text), Options(exports=lambda: found))


@pytest.mark.parametrize("case", ALONE, ids=[case.stem for case in ALONE])
def test_where_nothing_lends_no_more_is_found_by_looking(
    case: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    short = _facts(case)
    monkeypatch.setattr(Exports, "lends", True)
    assert _facts(case) == short


def test_there_are_such_cases_that_hold_transactions() -> None:
    assert sum(bool(f.holds) for c in ALONE for f in (_facts(c).module or NONE).functions) > 5


def test_how_often_functions_run_is_asked_only_where_something_is_held(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def asked(*_: object, **__: object) -> None:
        raise AssertionError("asked")

    monkeypatch.setattr("poollint.reading.running.entry.recurrence.recurrences", asked)
    block = "def f():\n    with transaction.atomic():\n        g()\n"
    text = f"from django.db import transaction\n\n{block}"
    files = PythonFiles(["m.py"], lambda path: SourceFile(path, text))
    found = Exports(files, drivers())
    told = read(SourceFile("m.py", text), Options(exports=lambda: found))
    assert told.module is not None
    assert not told.module.functions
