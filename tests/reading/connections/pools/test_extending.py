"""Pools of classes that extend a pool, an engine or an extension that makes one."""

from __future__ import annotations

from textwrap import dedent

from poollint.catalog.load import drivers
from poollint.facts.code import Pool
from poollint.model.source import SourceFile
from poollint.reading.connections.pools.building import pools
from poollint.reading.naming.scopes.names import Names
from poollint.syntax.python import PythonTree, Unit, parse

HEAD = """
from flask_sqlalchemy import SQLAlchemy as Extension
from psycopg2.pool import ThreadedConnectionPool

class Database(Extension):
    pass

class Sized(Extension):
    def apply_driver_hacks(self, app, info, options):
        options["pool_size"] = app.config["SIZE"]
        return super().apply_driver_hacks(app, info, options)

class Workers(ThreadedConnectionPool):
    pass

class Own(Workers):
    def __init__(self):
        super().__init__(1, 20)

class Other(Unknown):
    pass
"""


def _pools(text: str) -> list[Pool]:
    tree = parse(SourceFile("m.py", HEAD + dedent(text)))
    assert isinstance(tree, PythonTree)
    names = Names(tree.module, drivers())
    found: list[Pool] = []
    for prefix, group in tree.statements():
        unit = tree.unit(prefix, group)
        assert isinstance(unit, Unit)
        found += pools(unit, names)
    return found


def _sizes(text: str) -> list[tuple[int, int | None] | None]:
    (pool,) = _pools(text)
    figures = (pool.figure("max_size"), pool.figure("overflow"))
    return [(f.low, f.high) if f else None for f in figures]


def test_options_of_an_extension_are_those_of_its_engine() -> None:
    assert _sizes('db = Extension(engine_options={"pool_size": 40})') == [(40, 40), (10, 10)]


def test_an_extension_without_options_may_be_configured_elsewhere() -> None:
    assert _sizes("db = Extension()") == [None, None]


def test_options_that_are_not_known_have_no_number() -> None:
    (pool,) = _pools("db = Extension(engine_options=options())")
    assert pool.argument("max_size") is not None
    assert pool.figure("max_size") is None


def test_a_class_that_extends_one_is_built_as_what_it_extends() -> None:
    text = 'db = Database(engine_options={"pool_size": 40, "max_overflow": 4})'
    assert _sizes(text) == [(40, 40), (4, 4)]
    assert _sizes("pool = Workers(1, 20)") == [(20, 20), None]


def test_what_a_hook_of_the_class_sets_is_not_known() -> None:
    assert _sizes('db = Sized(engine_options={"max_overflow": 4})') == [None, (4, 4)]


def test_a_class_with_a_constructor_of_its_own_tells_no_size() -> None:
    (pool,) = _pools("pool = Own()")
    assert pool.driver == "psycopg2"
    assert pool.argument("max_size") is not None
    assert pool.figure("max_size") is None


def test_a_class_that_extends_nothing_known_is_no_pool() -> None:
    assert _pools("pool = Other(1, 20)") == []
