"""What is open when an application is loaded, and how it came to that."""

from __future__ import annotations

import pytest

from poollint.catalog.load import drivers
from poollint.facts.forking import Kept
from poollint.model.source import SourceFile
from poollint.reading.naming.files.exports import Exports
from poollint.reading.naming.files.python_files import PythonFiles
from poollint.reading.running.processes.loading import load

DB = "import psycopg2\nfrom sqlalchemy import MetaData, create_engine, text\n"
ENGINE = f'{DB}engine = create_engine("postgresql://db/shop")\nmetadata = MetaData()\n'


def opened(files: dict[str, str], factory: str = "") -> dict[str, Kept]:
    sources = {path: SourceFile(path, text) for path, text in files.items()}
    exports = Exports(PythonFiles(sources, sources.get), drivers())
    found = load(exports, "app.py", factory).opened
    return {holder.name: one.kept for holder, one in found.items()}


@pytest.mark.parametrize(
    "text",
    [
        "conn = psycopg2.connect()",
        "try:\n    conn = psycopg2.connect()\nexcept ValueError:\n    raise",
        "def connect():\n    return psycopg2.connect()\nconn = connect()",
        "def start():\n    global conn\n    conn = psycopg2.connect()\nstart()",
        "while True:\n    conn = psycopg2.connect()\n    break",
    ],
)
def test_connection_made_at_import_stays_open(text: str) -> None:
    assert opened({"app.py": DB + text}) == {"conn": Kept.CONNECTION}


@pytest.mark.parametrize(
    "text",
    [
        "conn = psycopg2.connect()\nconn.close()",
        "conn = psycopg2.connect()\ntry:\n    conn.cursor()\nfinally:\n    conn.close()",
        "if __name__ == '__main__':\n    conn = psycopg2.connect()",
        "if text:\n    conn = psycopg2.connect()",
        "def start():\n    global conn\n    conn = psycopg2.connect()",
        "def start():\n    conn = psycopg2.connect()\nstart()",
        "async def start():\n    global conn\n    conn = psycopg2.connect()\nstart()",
        "try:\n    text()\nexcept ValueError:\n    conn = psycopg2.connect()",
        "conn = None and psycopg2.connect()",
        "connect = lambda: psycopg2.connect()",
    ],
)
def test_connection_that_is_closed_or_may_not_be_made_is_not_open(text: str) -> None:
    assert opened({"app.py": DB + text}) == {}


@pytest.mark.parametrize(
    "text",
    [
        "metadata.create_all(engine)",
        "metadata.create_all(bind=engine)",
        "metadata.reflect(bind=engine)",
        "with engine.connect() as conn:\n    conn.execute(text('SELECT 1'))",
        "conn = engine.connect()",
        "def create():\n    metadata.create_all(engine)\ncreate()",
        "def a():\n    def b():\n        metadata.create_all(engine)\n    b()\na()",
        "from sqlalchemy import Table\nt = Table('t', metadata, autoload_with=engine)",
    ],
)
def test_engine_that_is_used_at_import_keeps_a_session(text: str) -> None:
    assert opened({"app.py": ENGINE + text}) == {"engine": Kept.ENGINE}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "def create():\n    metadata.create_all(engine)",
        "metadata.create_all(engine)\nengine.dispose()",
        "from sqlalchemy.orm import sessionmaker\nSession = sessionmaker(bind=engine)",
        "from sqlalchemy.orm import Session\nsession = Session(engine)",
    ],
)
def test_engine_that_is_not_used_or_disposed_of_keeps_none(text: str) -> None:
    assert opened({"app.py": ENGINE + text}) == {}


def test_engine_of_another_file_is_followed_over_imports() -> None:
    files = {
        "app.py": "from shop import tables\n",
        "shop/__init__.py": "",
        "shop/tables.py": "from . import db\ndb.metadata.create_all(bind=db.engine)\n",
        "shop/db.py": ENGINE,
    }
    assert opened(files) == {"engine": Kept.ENGINE}


def test_module_that_is_not_imported_opens_nothing() -> None:
    files = {
        "app.py": "def later():\n    import other\n",
        "other.py": f"{DB}conn = psycopg2.connect()\n",
    }
    assert opened(files) == {}


def test_factory_is_run_after_its_module() -> None:
    text = f"{ENGINE}def create_app():\n    metadata.create_all(engine)\n"
    assert opened({"app.py": text}) == {}
    assert opened({"app.py": text}, "create_app") == {"engine": Kept.ENGINE}


def test_objects_hold_what_their_class_opens() -> None:
    text = """
class Store:
    def __init__(self):
        self.conn = psycopg2.connect()
store = Store()
"""
    assert opened({"app.py": DB + text}) == {"store.conn": Kept.CONNECTION}


def test_imports_in_a_circle_end() -> None:
    assert opened({"app.py": "import other\n", "other.py": "import app\n"}) == {}


@pytest.mark.parametrize(
    "text",
    [
        "def start(bind=engine):\n    metadata.create_all(bind=bind)\nstart()",
        "def start(bind=engine):\n    with bind.begin() as conn:\n        pass\nstart()",
        "def start(word, *, bind=engine):\n    bind.connect()\nstart('all')",
        "def start(bind=engine):\n    bind.connect()\nstart(other)\nstart()",
    ],
)
def test_engine_that_is_a_parameters_default_connects_where_the_call_gives_none(text: str) -> None:
    assert opened({"app.py": f"{ENGINE}{text}"}) == {"engine": Kept.ENGINE}


@pytest.mark.parametrize(
    "text",
    [
        "def start(bind=engine):\n    metadata.create_all(bind=bind)\nstart(other)",
        "def start(bind=engine):\n    metadata.create_all(bind=bind)\nstart(bind=other)",
        "def start(bind=engine):\n    metadata.create_all(bind=bind)\nstart(*others)",
        "def start(bind=engine):\n    metadata.create_all(bind=bind)\nstart(**others)",
        "def start(bind=engine):\n    bind = other(bind)\n    bind.connect()\nstart()",
        "def start(bind=engine):\n    bind.connect()\n    bind.dispose()\nstart()",
        "def start(bind=engine):\n    bind.connect()\nwork = start",
        "def start(bind=None):\n    bind.connect()\nstart()",
    ],
)
def test_engine_that_is_a_default_stays_unused_where_another_is_given(text: str) -> None:
    assert opened({"app.py": f"{ENGINE}{text}"}) == {}
