# mypy: ignore-errors
"""SQLAlchemy's engine and its connections."""

import time
from contextlib import closing

from sqlalchemy import Engine, text


def work(value=None):
    time.sleep(0)
    return value


def with_connect(engine: Engine):
    with engine.connect() as conn:
        return conn.execute(text("SELECT 1")).scalar_one()


def with_begin(engine: Engine):
    with engine.begin() as conn:
        conn.execute(text("SELECT 1"))


def closed_in_finally(engine: Engine):
    conn = engine.connect()
    try:
        with conn.begin():
            conn.execute(text("SELECT 1"))
    finally:
        conn.close()


def closed_at_the_end(engine: Engine):
    conn = engine.connect()
    conn.execute(text("SELECT 1"))
    conn.close()


def begin_does_not_close(engine: Engine):
    conn = engine.connect()
    with conn.begin():
        conn.execute(text("SELECT 1"))


def commit_does_not_close(engine: Engine):
    conn = engine.connect()
    conn.execute(text("SELECT 1"))
    conn.commit()


def chained(engine: Engine):
    return engine.connect().execute(text("SELECT 1")).scalar_one()


def raw_closed(engine: Engine):
    raw = engine.raw_connection()
    try:
        raw.cursor().execute("SELECT 1")
        raw.commit()
    finally:
        raw.close()


def raw_not_closed(engine: Engine):
    raw = engine.raw_connection()
    raw.cursor().execute("SELECT 1")
    raw.commit()


def raw_in_closing(engine: Engine):
    with closing(engine.raw_connection()) as raw:
        raw.cursor().execute("SELECT 1")


def options_first(engine: Engine):
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        conn.execute(text("SELECT 1"))


def closed_if_it_was_opened(engine: Engine, flag: bool):
    conn = None
    if flag:
        conn = engine.connect()
    try:
        work(conn)
    finally:
        if conn is not None:
            conn.close()


def with_later(engine: Engine):
    conn = engine.connect()
    with conn:
        conn.execute(text("SELECT 1"))
