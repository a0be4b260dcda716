"""Which pool the session of a registry takes its connection from."""

from __future__ import annotations

from textwrap import indent

import pytest

from poollint.catalog.merged import drivers
from poollint.model.source import SourceFile
from poollint.reading.connections.pools.of_registries import pool_of_session
from poollint.reading.naming.files.exports import Exports
from poollint.reading.naming.files.python_files import PythonFiles

SHOP = """
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import create_engine
from sqlalchemy.orm import scoped_session, sessionmaker
db = SQLAlchemy()
engine = create_engine("postgresql://db/shop")
made_here = scoped_session(sessionmaker(bind=engine))
factory = sessionmaker(engine)
of_factory = scoped_session(factory)

class Order(db.Model):
    pass

def orders():
    return Order.query.all()

def work():
"""


def pool(body: str, more: str = "") -> tuple[str, ...]:
    text = f"{more}{SHOP}{indent(body, '    ')}\n"
    files = PythonFiles({"shop.py"}, lambda path: SourceFile(path, text))
    names = Exports(files, drivers()).names("shop.py")
    assert names is not None
    return pool_of_session("work", names)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("db.session.execute(1)", ("module", "shop.py", "db", "engine")),
        ("Order.query.filter(1).first()", ("module", "shop.py", "db", "engine")),
        ("db.get_or_404(Order, 1)", ("module", "shop.py", "db", "engine")),
        ("orders()", ("module", "shop.py", "db", "engine")),
        ("made_here.execute(1)", ("module", "shop.py", "engine")),
        ("of_factory.query(Order).all()", ("module", "shop.py", "factory")),
        ("db.session.commit()", ()),
        ("factory().execute(1)", ()),
    ],
)
def test_a_registry_s_session_is_of_its_extension_s_engine(
    body: str, expected: tuple[str, ...]
) -> None:
    assert pool(body) == expected


def test_no_pool_is_told_where_models_may_be_of_another() -> None:
    assert pool("db.session.execute(1)", "SQLALCHEMY_BINDS = {}\n") == ()
