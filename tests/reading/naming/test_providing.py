"""The types that providers give parameters, whatever their annotations say."""

import ast
from textwrap import dedent

import pytest

from poollint.catalog.load import drivers
from poollint.reading.naming.names import Names
from poollint.reading.naming.shapes import Name

START = """
    import asyncpg
    from contextlib import contextmanager
    from typing import Annotated
    from fastapi import Depends
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
