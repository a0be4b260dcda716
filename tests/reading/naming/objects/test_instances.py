"""Objects of the project's own classes: what they are, have and can."""

from __future__ import annotations

import ast
from textwrap import dedent

import pytest

from poollint.catalog.load import drivers
from poollint.model.source import SourceFile
from poollint.reading.naming.files.exports import Exports
from poollint.reading.naming.files.python_files import PythonFiles
from poollint.reading.naming.objects.instances import (
    Instance,
    Member,
    function,
    instance,
    lineage,
    project_class,
)
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import Name, Shape, of_ast

BASE = """
    import asyncpg
    from typing import Generic, TypeVar
    T = TypeVar("T")

    class Base(Generic[T]):
        pool: asyncpg.Pool

        def ping(self):
            return self.pool

        @classmethod
        def made(cls):
            return cls()
"""
DB = """
    from shop.base import Base
    import psycopg2.pool

    class Database(Base[int]):
        def __init__(self):
            self.old = psycopg2.pool.SimpleConnectionPool(1, 2)
            self.inner = Inner(self)

        @property
        def kept(self):
            return self.old

        @property
        def deep(self):
            return self.inner

        def __enter__(self) -> "Database":
            return self

        def again(self):
            return super().ping()

    class Inner:
        def __init__(self, db: "Database | None"):
            self.db = db

    class Loop(Loop2): ...
    class Loop2(Loop): ...

    class Odd:
        def __enter__(self):
            return 5

    db = Database()
    later: Database | None = None
    either = Database() if db else Inner(None)

    def get() -> "Database": ...
    def give():
        return db
    def rows():
        yield db
    def itself():
        return itself()
"""
USE = """
    from shop import db as module
    from shop.db import Database, Inner, Odd, db, later, either, get, give, rows, itself

    with Database() as entered, Odd() as odd:
        pass
    both = db
    both = Inner(None)
    nothing = unknown()

    async def work(given: Database, self):
        waited = await given
"""
FILES = {
    "shop/__init__.py": "",
    "shop/base.py": BASE,
    "shop/db.py": DB,
    "shop/use.py": USE,
}


def names_of(path: str) -> Names:
    library = PythonFiles(FILES, lambda name: SourceFile(name, dedent(FILES[name])))
    view = Exports(library, drivers()).seen_from(path)
    return Names(ast.parse(dedent(FILES[path])), drivers(), view)


def shape_of(text: str) -> Shape:
    return of_ast(ast.parse(text, mode="eval").body)


@pytest.mark.parametrize(
    ("text", "cls"),
    [
        ("db", "Database"),
        ("module.db", "Database"),
        ("later", "Database"),
        ("Database()", "Database"),
        ("module.Database()", "Database"),
        ("get()", "Database"),
        ("give()", "Database"),
        ("entered", "Database"),
        ("db.inner", "Inner"),
        ("db.deep", "Inner"),
        ("db.inner.db", "Database"),
        ("give().inner.db.deep", "Inner"),
        ("Inner(5).db", "Database"),
        ("either", ""),
        ("both", ""),
        ("odd", ""),
        ("rows()", ""),
        ("itself()", ""),
        ("nothing", ""),
        ("db.missing", ""),
        ("module", ""),
        ("Database", ""),
    ],
)
def test_an_object_is_of_the_class_all_places_agree_on(text: str, cls: str) -> None:
    found = instance(shape_of(text), "", names_of("shop/use.py"))
    assert (found.cls if found else "") == cls


def test_a_parameter_is_of_the_class_it_is_annotated_with() -> None:
    names = names_of("shop/use.py")
    assert [
        found.cls if (found := instance(shape_of(text), "work", names)) else ""
        for text in ("given", "given.inner", "waited", "self")
    ] == ["Database", "Inner", "Database", ""]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("db.old", "psycopg2.pool"),
        ("db.kept", "psycopg2.pool"),
        ("db.pool", "asyncpg.pool"),
        ("db.inner.db.pool", "asyncpg.pool"),
        ("Inner(None).db.kept", "psycopg2.pool"),
        ("db.ping()", "asyncpg.pool"),
        ("db.again()", "asyncpg.pool"),
        ("db.ping", ""),
        ("db.inner", ""),
        ("either.old", ""),
    ],
)
def test_an_attribute_has_the_type_it_has_in_its_class(text: str, kind: str) -> None:
    assert names_of("shop/use.py").type(shape_of(text), "") == kind


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("db.again", "Database.again"),
        ("db.ping", "Base.ping"),
        ("module.db.ping", "Base.ping"),
        ("Database.made", "Base.made"),
        ("give", "give"),
        ("module.give", "give"),
        ("db.inner.ping", ""),
        ("nothing.ping", ""),
        ("print", ""),
    ],
)
def test_a_method_is_found_where_it_is_inherited_from(text: str, name: str) -> None:
    found = function(shape_of(text), "", names_of("shop/use.py"))
    assert (found.name if found else "") == name


def test_classes_that_inherit_from_each_other_end() -> None:
    names = names_of("shop/db.py")
    loop = project_class(shape_of("Loop"), "", names)
    assert loop is not None
    assert [cls for _, cls in lineage(loop)] == ["Loop", "Loop2"]


DECORATED = """
def decorator(method):
    def wrapper(self, *args):
        return method(self, *args)
    return wrapper

class One:
    @decorator
    def work(self): ...
"""


def test_self_of_a_wrapper_is_that_of_the_method_it_wraps() -> None:
    names = Names(ast.parse(DECORATED), drivers())
    found = instance(Name("self"), "decorator.<locals>.wrapper", names)
    assert found == Instance(names, "One")


def test_self_of_a_wrapper_is_unknown_where_it_wraps_methods_of_two_classes() -> None:
    other = "class Two:\n    @decorator\n    def work(self): ...\n"
    names = Names(ast.parse(DECORATED + other), drivers())
    assert instance(Name("self"), "decorator.<locals>.wrapper", names) is None


PROVIDED = """
    from fastapi import Depends
    class Orders: ...
    class Other: ...
    def made(): return Orders()
    def lent():
        yield Orders()
    def either(x):
        return Orders() if x else Other()
    def f(one=Depends(made), two=Depends(lent), three=Depends(either), four=None, five=made): ...
"""


@pytest.mark.parametrize(
    ("name", "cls"),
    [("one", "Orders"), ("two", "Orders"), ("three", None), ("four", None), ("five", None)],
)
def test_what_a_framework_hands_to_a_bare_parameter_is_what_provides_it_gives(
    name: str, cls: str | None
) -> None:
    names = Names(ast.parse(dedent(PROVIDED)), drivers())
    found = instance(Name(name), "f", names)
    assert (found.cls if found else None) == cls


@pytest.mark.parametrize(
    ("definition", "fills"),
    [
        ("def f(self, a): ...", True),
        ("def f(this, a): ...", True),
        ("def f(self: 'C', a): ...", True),
        ("@classmethod\n    def f(cls, a): ...", True),
        ("@staticmethod\n    def f(a): ...", False),
        ("def f(conn: int, a): ...", False),
        ("def f(): ...", True),
    ],
)
def test_a_method_is_bound_unless_its_first_parameter_is_another_thing(
    definition: str, fills: bool
) -> None:
    names = Names(ast.parse(f"class C:\n    {definition}"), drivers())
    assert Member(names, "C.f").bound is fills


@pytest.mark.parametrize(
    ("parameters", "cls"),
    [
        ("self, mail=None", "Mail"),
        ("self, *, mail=None", "Mail"),
        ("self, mail", ""),  # it is given whatever it is
        ("self, mail=3", ""),
        ("self, other=None, mail=True", ""),
        ("self, mail: Queue = None", ""),  # which is another class
    ],
)
def test_what_a_method_may_put_in_its_place_is_one_of_its_kind(parameters: str, cls: str) -> None:
    text = f"""
        class Mail: pass
        class Queue: pass
        class Notices:
            def __init__(self):
                self.mail = Mail()
            def use({parameters}):
                if mail:
                    self.mail = mail
            def tell(self):
                return self.mail
    """
    names = Names(ast.parse(dedent(text)), drivers())
    found = instance(of_ast(ast.parse("self.mail", mode="eval").body), "Notices.tell", names)
    assert (found.cls if found is not None else "") == cls
