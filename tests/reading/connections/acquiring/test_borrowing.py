"""Sessions of a connection, told from those of an engine."""

import ast

import libcst as cst
import pytest

from poollint.catalog.load import drivers
from poollint.reading.connections.acquiring.borrowing import on_a_connection
from poollint.reading.naming.scopes.names import Names

START = """
from alembic import op
from sqlalchemy import create_engine
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession
engine = create_engine("x")
conn = engine.connect()
of_conn = sessionmaker(bind=conn)
of_conn_first = sessionmaker(conn, expire_on_commit=False)
of_engine = sessionmaker(bind=engine)
told_later = sessionmaker()
other: AsyncConnection = unknown()
"""


def borrowed(text: str) -> bool:
    call = cst.ensure_type(cst.parse_expression(text), cst.Call)
    return on_a_connection(call, "", Names(ast.parse(START), drivers()))


@pytest.mark.parametrize(
    "text",
    [
        "Session(conn)",
        "Session(bind=conn)",
        "Session(autoflush=False, bind=conn)",
        "AsyncSession(other)",
        "Session(bind=op.get_bind())",
        "of_conn()",
        "of_conn(info={})",
        "of_conn_first()",
        "told_later(bind=conn)",
    ],
)
def test_a_session_of_a_connection_takes_nothing(text: str) -> None:
    assert borrowed(text)


@pytest.mark.parametrize(
    "text",
    [
        "Session(engine)",
        "Session(bind=engine)",
        "Session()",
        "Session(**told)",
        "Session(bind=unknown)",
        "Session(bind=session.get_bind())",
        "of_engine()",
        "of_conn(bind=engine)",
        "told_later()",
    ],
)
def test_any_other_session_takes_one(text: str) -> None:
    assert not borrowed(text)
