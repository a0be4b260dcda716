# mypy: ignore-errors
"""psycopg 3 and its pool, without asyncio."""

import time

import psycopg
from psycopg_pool import ConnectionPool


def work(value=None):
    time.sleep(0)


def with_closes(dsn: str):
    with psycopg.connect(dsn) as conn:
        conn.execute("SELECT 1")


def with_later(dsn: str):
    conn = psycopg.connect(dsn)
    with conn:
        conn.execute("SELECT 1")


def with_too_late(dsn: str):
    conn = psycopg.connect(dsn)
    work()
    with conn:
        conn.execute("SELECT 1")


def transaction_does_not_close(dsn: str):
    conn = psycopg.connect(dsn)
    with conn.transaction():
        conn.execute("SELECT 1")


def closed_after_the_transaction(dsn: str):
    conn = psycopg.connect(dsn, autocommit=True)
    try:
        with conn.transaction(), conn.cursor() as cur:
            cur.execute("SELECT 1")
    finally:
        conn.close()


def only_the_cursor_is_closed(dsn: str):
    with psycopg.connect(dsn).cursor() as cur:
        cur.execute("SELECT 1")


def pool_lends(pool: ConnectionPool):
    with pool.connection() as conn:
        conn.execute("SELECT 1")


def pool_get_and_put(pool: ConnectionPool):
    conn = pool.getconn()
    try:
        conn.execute("SELECT 1")
        conn.commit()
    finally:
        pool.putconn(conn)


def pool_get_without_finally(pool: ConnectionPool):
    conn = pool.getconn()
    conn.execute("SELECT 1")
    pool.putconn(conn)


def pool_with_getconn(pool: ConnectionPool):
    with pool.getconn() as conn:
        conn.execute("SELECT 1")


def pool_close_instead_of_put(pool: ConnectionPool):
    conn = pool.getconn()
    try:
        conn.execute("SELECT 1")
    finally:
        conn.close()


def pool_with_and_put(pool: ConnectionPool):
    conn = pool.getconn()
    try:
        with conn:
            conn.execute("SELECT 1")
    finally:
        pool.putconn(conn)


def pool_else_without_except(pool: ConnectionPool, flag: bool):
    conn = pool.getconn()
    try:
        if flag:
            raise LookupError("nothing")
    except LookupError:
        return False
    pool.putconn(conn)
    return True


def pool_assert(pool: ConnectionPool):
    conn = pool.getconn()
    assert work(conn) is None
    pool.putconn(conn)
