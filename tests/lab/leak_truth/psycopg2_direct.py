# mypy: ignore-errors
"""Connections of psycopg2 without a pool."""

import contextlib
import time
from contextlib import closing

import psycopg2


def work(value=None):
    time.sleep(0)
    return value


def closed_in_finally(dsn: str):
    conn = psycopg2.connect(dsn)
    try:
        with conn.cursor() as cur:
            cur.execute("SELECT 1")
            return cur.fetchone()
    finally:
        conn.close()


def closed_at_the_end(dsn: str):
    conn = psycopg2.connect(dsn)
    cur = conn.cursor()
    cur.execute("SELECT 1")
    row = cur.fetchone()
    conn.close()
    return row


def never_closed(dsn: str):
    conn = psycopg2.connect(dsn)
    conn.cursor().execute("SELECT 1")


def with_that_does_not_close(dsn: str):
    with psycopg2.connect(dsn) as conn:
        conn.cursor().execute("SELECT 1")


def with_after_connect(dsn: str):
    conn = psycopg2.connect(dsn)
    with conn:
        conn.cursor().execute("SELECT 1")


def closing_closes(dsn: str):
    with closing(psycopg2.connect(dsn)) as conn, conn, conn.cursor() as cur:
        cur.execute("SELECT 1")


def stack_closes(dsn: str):
    conn = psycopg2.connect(dsn)
    with contextlib.ExitStack() as stack:
        stack.callback(conn.close)
        conn.cursor().execute("SELECT 1")


def early_return(dsn: str, flag: bool):
    conn = psycopg2.connect(dsn)
    try:
        if flag:
            return None
        return work(conn.server_version)
    except ValueError:
        conn.close()
        raise


def closed_unless_it_returns(dsn: str, flag: bool):
    conn = psycopg2.connect(dsn)
    if flag:
        return False
    conn.close()
    return True


def closed_for_one_kind_of_error(dsn: str):
    conn = psycopg2.connect(dsn)
    try:
        conn.cursor().execute("SELECT 1")
    except ValueError:
        conn.close()
        raise
    conn.close()


def error_is_swallowed(dsn: str):
    conn = psycopg2.connect(dsn)
    try:
        conn.cursor().execute("SELECT 1")
        conn.close()
    except Exception as error:
        work(error)


def error_is_swallowed_and_closed(dsn: str):
    conn = None
    try:
        conn = psycopg2.connect(dsn)
        conn.cursor().execute("SELECT 1")
    except Exception as error:
        work(error)
    finally:
        if conn is not None:
            conn.close()


def rebound_in_a_loop(dsn: str):
    for _ in range(2):
        conn = psycopg2.connect(dsn)
        conn.cursor().execute("SELECT 1")
    conn.close()


def closed_in_the_loop(dsn: str):
    for number in (1, 2):
        conn = psycopg2.connect(dsn)
        try:
            if number == 1:
                continue
            conn.cursor().execute("SELECT 1")
        finally:
            conn.close()


def continue_before_close(dsn: str):
    for number in (1, 2):
        conn = psycopg2.connect(dsn)
        if number == 1:
            continue
        conn.close()


def own_connection(dsn: str, flag: bool):
    own = flag
    conn = psycopg2.connect(dsn) if own else None
    try:
        work(conn)
    finally:
        if own:
            conn.close()


def closed_by_a_helper(dsn: str):
    conn = psycopg2.connect(dsn)
    try:
        conn.cursor().execute("SELECT 1")
    finally:
        _shut(conn)


def _shut(conn):
    if conn is not None:
        conn.close()


def raise_between(dsn: str, flag: bool):
    conn = psycopg2.connect(dsn)
    if flag:
        raise LookupError("nothing")
    conn.close()


def two_connections(dsn: str):
    first = psycopg2.connect(dsn)
    second = psycopg2.connect(dsn)
    try:
        work((first, second))
    finally:
        second.close()
        first.close()


def two_connections_nested(dsn: str):
    first = psycopg2.connect(dsn)
    try:
        second = psycopg2.connect(dsn)
        try:
            second.cursor().execute("SELECT 1")
        finally:
            second.close()
    finally:
        first.close()
