"""Which attributes of rows a session fetches when they are read."""

from textwrap import dedent, indent

import pytest

from poollint.catalog.load import drivers
from poollint.model.source import SourceFile
from poollint.reading.connections.orm.objects.keeping import of_names
from poollint.reading.connections.orm.use.expiring import loads, methods
from poollint.reading.naming.files.exports import Exports
from poollint.reading.naming.files.python_files import PythonFiles
from poollint.reading.naming.objects.instances import Member

HEAD = """
from db import sessions
from sqlalchemy import Column, select
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlmodel import Field, SQLModel
class Named:
    name = Column()
class User(Named):
    limit = 3
    id: Mapped[int] = mapped_column()
    mail: Mapped[str]
    orders = relationship()
    visits = relationship(lazy="dynamic")
    @property
    def shown(self): ...
class Hero(SQLModel, table=True):
    age: int
    power: int = Field()
class Form(SQLModel):
    age: int
def release(t):
    t.close()
def f(s, x):
"""


def found(body: str, other: str = "sessionmaker()", is_async: bool = False) -> set[str]:
    head = HEAD.replace("def f(", "async def f(") if is_async else HEAD
    texts = {"shop.py": head + indent(dedent(body), "    "), "db.py": other}
    files = PythonFiles(texts, lambda path: SourceFile(path, texts[path]))
    names = Exports(files, drivers()).names("shop.py")
    assert names is not None
    here, view = Member(names, "f"), of_names({"s"})
    return set(loads(here, lambda call: methods(call, view, here)))


def of_user(read: str, value: str = "s.get(User, 1)") -> set[str]:
    return found(f"u = {value}\nx({read})")


@pytest.mark.parametrize(
    "value",
    [
        "s.get(User, 1)",
        "s.query(User).filter(x).first()",
        "s.scalar(select(User).where(x))",
        "s.scalars(select(User)).first()",
        "s.execute(select(User)).scalar_one()",
        "s.execute(select(User)).scalars().one_or_none()",
    ],
)
def test_what_a_query_of_one_class_gives_is_a_row(value: str) -> None:
    assert of_user("u.mail", value) == {"u.mail"}


@pytest.mark.parametrize(
    "value",
    [
        "s.query(User.mail).first()",
        "s.query(User, Hero).first()",
        "s.query(User).with_entities(User.mail).first()",
        "s.execute(select(User)).first()",
        "s.scalar(select(User.mail))",
        "s.get(Unknown, 1)",
        "x.get(User, 1)",
        "User()",
        "x",
    ],
)
def test_of_anything_else_that_is_not_known(value: str) -> None:
    assert of_user("u.mail", value) == set()


def test_columns_and_what_they_refer_to_are_fetched_and_nothing_else_is() -> None:
    body = "u.id, u.mail, u.name, u.orders, u.limit, u.visits, u.shown, u.other, u.save()"
    assert of_user(body) == {"u.id", "u.mail", "u.name", "u.orders"}
    assert of_user("u.age, u.power", "s.get(Hero, 1)") == {"u.age", "u.power"}
    assert of_user("u.age", "s.get(Form, 1)") == set()


def test_every_row_of_a_query_is_one() -> None:
    assert found("for u in s.query(User).all():\n    x(u.mail)") == {"u.mail"}
    assert found("us = s.query(User).all()\nfor u in us:\n    x(u.mail)") == {"u.mail"}
    assert found("for u in s.scalars(select(User)):\n    x(u.mail)") == {"u.mail"}
    assert found("for u in x:\n    x(u.mail)") == set()


@pytest.mark.parametrize(
    "body",
    [
        "u = User()\ns.add(u)\ns.commit()\nx(u.id)",
        "u = User()\ns.add(u)\ns.flush()\nif x:\n    x(u.id)",
        "u = s.get(User, 1)\nif not u:\n    u = User()\n    s.add(u)\n    s.commit()\nx(u.id)",
        "try:\n    u = User()\n    s.add(u)\n    s.commit()\nexcept E:\n    raise\nx(u.id)",
        "with x:\n    u = User()\n    s.add(u)\n    s.commit()\nx(u.id)",
        "u = None\nu = s.get(User, 1)\nx(u.id)",
        "u = s.get(User, 1)\ntry:\n    x(u.id)\nfinally:\n    s.close()",
    ],
)
def test_what_is_added_and_saved_is_a_row(body: str) -> None:
    assert found(body) == {"u.id"}


@pytest.mark.parametrize(
    "body",
    [
        "u = User()\ns.add(u)\nx(u.id)\ns.commit()",
        "u = User()\ns.add(u)\nx(u.id)\ns.commit()\nx(u.id)",
        "u = User()\ns.commit()\nx(u.id)",
        "u = User()\ns.add(x)\ns.commit()\nx(u.id)",
        "u = User()\nif x:\n    s.add(u)\n    s.commit()\nx(u.id)",
        "u = User()\ns.add(u)\nif x:\n    s.commit()\nx(u.id)",
        "try:\n    u = User()\n    s.add(u)\n    s.commit()\nexcept E:\n    x()\nx(u.id)",
        "try:\n    u = User()\n    s.add(u)\n    s.commit()\nexcept E:\n    x(u.id)",
        "u = s.get(User, 1)\ns.delete(u)\ns.commit()\nx(u.id)",
        "u = s.get(User, 1)\ns.expunge_all()\nx(u.id)",
        "u = s.get(User, 1)\nu.id = 2\nx(u.id)",
        "u = s.get(User, 1)\ns.close()\nx(u.id)",
        "u = s.get(User, 1)\nwhile x:\n    x(u.id)\n    s.close()",
        "u = s.get(User, 1)\nrelease(s)\nx(u.id)",
        "u = s.get(User, 1)\nrun(s.close)\nx(u.id)",
        "u = s.get(User, 1)\nx(lambda: u.id)",
        "u = s.get(User, 1)\nu, v = x()\nx(u.id)",
        "u = s.get(User, 1)\nu = x()\nx(u.id)",
        "u = s.get(User, 1)\nu = s.get(Hero, 1)\nx(u.id)",
        "x.id",
    ],
)
def test_what_may_be_no_row_where_it_is_read_is_none(body: str) -> None:
    assert found(body) == set()


def test_rows_of_an_awaited_session_are_not_fetched_so() -> None:
    body = "u = await s.get(User, 1)\nawait s.commit()\nx(u.id)"
    assert found(body, is_async=True) == set()


def test_nothing_is_told_where_the_project_says_what_a_commit_expires() -> None:
    assert found("u = s.get(User, 1)\nx(u.id)", "sessionmaker(expire_on_commit=False)") == set()


def test_nothing_is_told_where_it_is_not_seen_who_makes_the_sessions() -> None:
    assert found("u = s.get(User, 1)\nx(u.id)", "sessions = None") == set()
