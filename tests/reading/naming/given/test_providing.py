"""The types that providers give parameters, whatever their annotations say."""

import ast
from textwrap import dedent

import pytest

from poollint.catalog.load import drivers
from poollint.reading.naming.objects.instances import instance
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import Name

START = """
    import asyncpg
    from contextlib import contextmanager
    from typing import Annotated
    import fast_depends
    from dishka import FromDishka
    from fastapi import Depends
    from taskiq import TaskiqDepends
    from wireup import Injected
    from sqlalchemy.orm import Session, sessionmaker
    Local = sessionmaker()

    def plain():
        return Local()

    def generator():
        with Local() as db:
            yield db

    async def asynchronous():
        return Local()

    def either(flag):
        if flag:
            yield Local()
        else:
            yield object()

    @contextmanager
    def block():
        yield Local()
"""
SESSION = "sqlalchemy.session"


def type_of_db(signature: str) -> str:
    text = f"{dedent(START)}\ndef work({signature}):\n    return db\n"
    return Names(ast.parse(text), drivers()).type(Name("db"), "work")


@pytest.mark.parametrize(
    "signature",
    [
        "db=Depends(plain)",
        "db=Depends(generator)",
        "db=Depends(asynchronous)",
        "*, db=Depends(dependency=generator)",
        "n: int, db=Depends(generator, use_cache=False)",
        "db: object = Depends(generator)",
        "db: Local = Depends(generator)",
        "db: Annotated[Local, Depends(generator)]",
        "db=TaskiqDepends(generator)",
        "db: Annotated[object, fast_depends.Depends(generator)]",
        "db: FromDishka[Session]",
        "db: Injected[Session] | None",
    ],
)
def test_a_parameter_is_what_its_provider_gives(signature: str) -> None:
    assert type_of_db(signature) == SESSION


@pytest.mark.parametrize(
    "signature",
    ["db=Depends()", "db=Depends(either)", "db=Depends(block)", "db=Depends(foreign)",
     "db=generator", "db: Local = Depends(either)", "db: Local = generator"],
)  # fmt: skip
def test_what_is_not_sure_is_unknown(signature: str) -> None:
    assert type_of_db(signature) == ""


AROUND = """
    def around(told):
        def wrapper(*args):
            yield {}
        return wrapper

    @around
    def handed():
        with Local() as db:
            yield db
"""


@pytest.mark.parametrize(
    ("goes_on", "found"),
    [("next(told(*args))", SESSION), ("from told(*args)", SESSION), ("None", "")],
)
def test_a_generator_hands_out_the_same_under_a_decorator_that_goes_on_with_it(
    goes_on: str, found: str
) -> None:
    text = dedent(START) + dedent(AROUND).replace("yield {}", f"yield {goes_on}")
    names = Names(ast.parse(f"{text}\ndef work(db=Depends(handed)): return db\n"), drivers())
    assert names.type(Name("db"), "work") == found


@pytest.mark.parametrize("decorator", ["unknown", "block", "plain"])
def test_of_what_another_decorator_makes_nothing_is_known(decorator: str) -> None:
    text = dedent(START) + dedent(AROUND).replace("@around", f"@{decorator}")
    names = Names(ast.parse(f"{text}\ndef work(db=Depends(handed)): return db\n"), drivers())
    assert names.type(Name("db"), "work") == ""


CLASSES = """
    from abc import ABC
    from typing import Annotated
    from fastapi import Depends

    class Courier(ABC): ...
    class ByPost(Courier): ...
    class ByBike(Courier): ...
    def by_bike():
        return ByBike()
"""


@pytest.mark.parametrize(
    ("signature", "made"),
    [
        ("courier=Depends(ByBike)", "ByBike"),
        ("courier: Courier = Depends(ByBike)", "ByBike"),
        ("courier: Annotated[Courier, Depends(ByBike)]", "ByBike"),
        ("courier=Depends(by_bike)", "ByBike"),
        ("courier: ByPost = Depends()", "ByPost"),
        ("courier: Courier = Depends(by_bike())", "Courier"),
        ("courier=Depends(unknown)", ""),
    ],
)
def test_a_parameter_is_an_object_of_the_class_that_a_framework_makes(
    signature: str, made: str
) -> None:
    names = Names(ast.parse(f"{dedent(CLASSES)}\ndef work({signature}): ...\n"), drivers())
    found = instance(Name("courier"), "work", names)
    assert (found.cls if found else "") == made
