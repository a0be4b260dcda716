"""How many connections the pools of the code may hold in one process."""

from __future__ import annotations

import pytest

from poollint.facts.code import Pool
from poollint.facts.infrastructure import Container, Variable
from poollint.model.figure import Basis, Word
from poollint.model.source import SourceFile, Span
from poollint.reading.code import read
from poollint.reading.deployment.linking.variables import Variables, environment
from poollint.reading.deployment.pools.pool_sizes import by_convention, size
from poollint.reading.reader import Options

HEAD = """
import os
import aiopg
import asyncpg
from dbutils.pooled_db import PooledDB
import psycopg2
from psycopg_pool import ConnectionPool, NullConnectionPool
from psycopg2.pool import ThreadedConnectionPool
from sqlalchemy import create_engine
"""


def pool(call: str) -> Pool:
    module = read(SourceFile("db.py", f"{HEAD}\nP = {call}\n"), Options()).module
    assert module is not None
    (found,) = module.pools
    return found


def bounds(call: str, **variables: str) -> tuple[int, int | None] | None:
    most = size(pool(call), told(variables)).most
    return (most.low, most.high) if most else None


def told(values: dict[str, str]) -> Variables:
    at = Span.at(".env")
    return environment(
        tuple(Variable(name, Word(value, Basis.STATED, at)) for name, value in values.items())
    )


@pytest.mark.parametrize(
    ("call", "found"),
    [
        ("create_engine(U)", (15, 15)),
        ("create_engine(U, pool_size=5, max_overflow=0)", (5, 5)),
        ("create_engine(U, max_overflow=-1)", (5, None)),
        ("create_engine(U, max_overflow='-1')", (5, None)),
        ("create_engine(U, pool_size=0)", (10, None)),
        ("create_engine(U, pool_size=0, max_overflow=0)", (0, None)),
        ("create_engine(U, pool_size=size())", None),
        ("asyncpg.create_pool(U)", (10, 10)),
        ("aiopg.create_pool(U, maxsize=0)", (0, None)),
        ("aiopg.create_pool(U, maxsize=7)", (7, 7)),
        ("NullConnectionPool(U, max_size=0)", (0, None)),
        ("ConnectionPool(U, min_size=2)", (2, 2)),
        ("ConnectionPool(U, max_size=None)", (4, 4)),
        ("PooledDB(psycopg2, maxconnections=0)", (0, None)),
        ("ThreadedConnectionPool(1, 9, U)", (9, 9)),
    ],
)
def test_a_size_that_stands_for_no_bound_is_unbounded(
    call: str, found: tuple[int, int | None] | None
) -> None:
    assert bounds(call) == found


def test_a_variable_can_say_that_there_is_no_bound() -> None:
    engine = (
        "create_engine(U, pool_size=int(os.environ['SIZE']), max_overflow=int(os.environ['X']))"
    )
    assert bounds(engine, SIZE="3", X="4") == (7, 7)
    assert bounds(engine, SIZE="3", X="-1") == (3, None)
    assert bounds(engine, SIZE="0", X="4") == (4, None)
    assert bounds(engine, SIZE="many", X="4") is None


@pytest.mark.parametrize(
    ("variables", "most"),
    [
        ({"DB_MAX_CONN_SIZE": "5"}, 5),
        ({"POSTGRESQL_MAX_OPEN_CONNS": "900"}, 900),
        ({"CONCOURSE_BACKEND_MAX_CONNS": "50", "CONCOURSE_API_MAX_CONNS": "10"}, 60),
        ({"POSTGRESQL_OPTIONS": "pool=50"}, 50),
        ({"DATABASE_ARGS": "sslmode=require&connection_limit=7"}, 7),
        ({"JAVA_OPTIONS": "pool=50"}, None),
        ({"DB_MAX_CONN_SIZE": "many"}, None),
    ],
)
def test_a_variable_of_an_image_says_how_many(variables: dict[str, str], most: int | None) -> None:
    given = tuple(told(variables).values())
    found = by_convention(Container("web", Span.at("compose.yml"), "registry.example/x", given))
    assert (found.high if found else None) == most
    assert found is None or (found.low, found.basis) == (0, Basis.ASSUMED)
