"""Whose pool it is that an object builds when it is made."""

from textwrap import dedent, indent

import pytest

from poollint.model.source import SourceFile
from poollint.reading.code import read
from poollint.reading.reader import Options

STORE = """
from sqlalchemy import create_engine, text

class Store:
    def __init__(self, url):
        self.engine = create_engine(url)

    def count(self):
        with self.engine.connect() as connection:
            return connection.execute(text("SELECT 1")).scalar()

    def lend(self):
        return self.engine.connect()

    def give(self):
        return self.engine

    def close(self):
        self.engine.dispose()

    def watch(self):
        while True:
            self.count()
"""


def unclosed(body: str, store: str = STORE) -> list[str]:
    text = f"{dedent(store)}\ndef work(url, keep):\n{indent(dedent(body), '    ')}"
    reading = read(SourceFile("shop/work.py", text), Options())
    functions = reading.module.functions if reading.module is not None else ()
    return [pool.call for f in functions if f.name == "work" for pool in f.unclosed]


@pytest.mark.parametrize(
    "body",
    [
        "store = Store(url)\nprint(store.count())\n",
        "store = Store(url)\nwith store.lend() as connection:\n    connection.commit()\n",
        "store = Store(url)\nwith store.engine.begin() as connection:\n    connection.commit()\n",
    ],
)
def test_whoever_makes_the_object_and_drops_it_leaves_its_pool_open(body: str) -> None:
    assert unclosed(body) == ["create_engine"]


@pytest.mark.parametrize(
    "body",
    [
        "store = Store(url)\n",
        "store = Store(url)\nstore.count()\nstore.close()\n",
        "store = Store(url)\nstore.count()\nstore.engine.dispose()\n",
        "store = Store(url)\nreturn store\n",
        "store = Store(url)\nkeep(store)\n",
        "store = Store(url)\nreturn store.lend()\n",
        "store = Store(url)\nkeep(store.give())\n",
        "store = Store(url)\nstore.watch()\n",
        "store = Store(url)\nstore.count()\nserver.serve_forever()\n",
        "with Store(url) as store:\n    store.count()\n",
    ],
)
def test_what_is_closed_handed_on_or_lives_on_is_none(body: str) -> None:
    assert unclosed(body) == []


@pytest.mark.parametrize(
    "change",
    [
        ("self.engine =", "ALL.append(self)\n        self.engine ="),
        ("self.engine = create_engine(url)", "self.engine = url and create_engine(url)"),
        ("class Store:", "class Store(Base):"),
        ("    def close", "    def __del__(self):\n        self.engine.dispose()\n\n    def close"),
        ("class Store:", "@kept\nclass Store:"),
    ],
)  # fmt: skip
def test_of_a_class_that_is_not_in_sight_nothing_is_said(change: tuple[str, str]) -> None:
    assert change[0] in STORE
    assert unclosed("store = Store(url)\nstore.count()\n", STORE.replace(*change)) == []
