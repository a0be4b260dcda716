"""Which loops have a connection of a generator."""

import ast
from textwrap import dedent

import pytest

from poollint.catalog.load import drivers
from poollint.reading.connections.acquiring.iterating import iterates
from poollint.reading.naming.scopes.names import Names

TEXT = """
    from contextlib import contextmanager
    from sqlalchemy.ext.asyncio import async_sessionmaker
    from sqlalchemy.orm import sessionmaker
    sessions = sessionmaker()
    own = async_sessionmaker()
    def plain():
        with sessions() as session:
            yield session
    async def awaited():
        async with own() as session:
            yield session
    def several():
        for _ in range(3):
            with sessions() as session:
                yield session
    def rows():
        with sessions() as session:
            yield session.execute("SELECT 1")
    @contextmanager
    def manager():
        with sessions() as session:
            yield session
    def f_plain():
        for session in plain(): ...
    async def f_awaited():
        async for session in awaited(): ...
    def f_not_awaited():
        for session in awaited(): ...
    def f_several():
        for session in several(): ...
    def f_rows():
        for row in rows(): ...
    def f_manager():
        for session in manager(): ...
    def f_made():
        generator = plain()
        for session in generator: ...
    def f_inner():
        def inner():
            for session in plain(): ...
"""
NAMES = Names(ast.parse(dedent(TEXT)), drivers())


@pytest.mark.parametrize(
    ("function", "told"),
    [
        ("f_plain", True),
        ("f_awaited", True),
        ("f_inner.<locals>.inner", True),
        ("f_not_awaited", False),
        ("f_several", False),
        ("f_rows", False),
        ("f_manager", False),
        ("f_made", False),
        ("f_inner", False),
    ],
)
def test_a_generator_that_yields_one_session_gives_it_to_the_loop(
    function: str, told: bool
) -> None:
    assert iterates(NAMES.functions[function], function, NAMES) is told


def test_a_class_has_no_loops_of_its_own() -> None:
    assert not iterates(ast.parse("class A: ...").body[0], "A", NAMES)
