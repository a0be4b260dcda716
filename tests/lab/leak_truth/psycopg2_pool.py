# mypy: ignore-errors
"""psycopg2's pool: only `putconn` gives a connection back."""

import contextlib
import time
from contextlib import contextmanager

from psycopg2.pool import ThreadedConnectionPool


def work(value=None):
    time.sleep(0)
    return value


def put_in_finally(pool: ThreadedConnectionPool):
    conn = pool.getconn()
    try:
        with conn, conn.cursor() as cur:
            cur.execute("SELECT 1")
    finally:
        pool.putconn(conn)


def put_at_the_end(pool: ThreadedConnectionPool):
    conn = pool.getconn()
    conn.cursor().execute("SELECT 1")
    conn.commit()
    pool.putconn(conn)


def never_put(pool: ThreadedConnectionPool):
    conn = pool.getconn()
    conn.cursor().execute("SELECT 1")


def closed_but_not_put(pool: ThreadedConnectionPool):
    conn = pool.getconn()
    try:
        conn.cursor().execute("SELECT 1")
    finally:
        conn.close()


def with_does_not_put(pool: ThreadedConnectionPool):
    with pool.getconn() as conn:
        conn.cursor().execute("SELECT 1")


def closing_does_not_put(pool: ThreadedConnectionPool):
    with contextlib.closing(pool.getconn()) as conn:
        conn.cursor().execute("SELECT 1")


def statement_before_try(pool: ThreadedConnectionPool):
    conn = pool.getconn()
    work()
    try:
        conn.cursor().execute("SELECT 1")
    finally:
        pool.putconn(conn)


def put_in_except_and_else(pool: ThreadedConnectionPool):
    conn = pool.getconn()
    try:
        conn.cursor().execute("SELECT 1")
    except:
        pool.putconn(conn, close=True)
        raise
    else:
        pool.putconn(conn)


def put_unless_interrupted(pool: ThreadedConnectionPool):
    conn = pool.getconn()
    try:
        conn.cursor().execute("SELECT 1")
    except Exception:
        pool.putconn(conn, close=True)
        raise
    pool.putconn(conn)


def put_only_in_else(pool: ThreadedConnectionPool):
    conn = pool.getconn()
    try:
        conn.cursor().execute("SELECT 1")
    except ValueError:
        return False
    else:
        pool.putconn(conn)
        return True


def put_only_on_error(pool: ThreadedConnectionPool):
    conn = pool.getconn()
    try:
        return work(conn.server_version)
    except Exception:
        pool.putconn(conn)
        raise


def rollback_before_put(pool: ThreadedConnectionPool):
    conn = pool.getconn()
    try:
        conn.cursor().execute("SELECT 1")
        conn.commit()
    except Exception:
        conn.rollback()
        pool.putconn(conn)
        raise
    else:
        pool.putconn(conn)


def rollback_guarded(pool: ThreadedConnectionPool):
    conn = pool.getconn()
    try:
        conn.cursor().execute("SELECT 1")
        conn.commit()
    except Exception:
        conn.rollback()
        raise
    finally:
        pool.putconn(conn)


def taken_inside_try(pool: ThreadedConnectionPool):
    conn = None
    try:
        conn = pool.getconn()
        conn.cursor().execute("SELECT 1")
    finally:
        if conn:
            pool.putconn(conn)


def returned_early(pool: ThreadedConnectionPool, flag: bool):
    conn = pool.getconn()
    if flag:
        return None
    try:
        return work(conn.server_version)
    finally:
        pool.putconn(conn)


def flag_says_whether_it_was_put(pool: ThreadedConnectionPool):
    conn = pool.getconn()
    put = False
    try:
        conn.cursor().execute("SELECT 1")
        pool.putconn(conn)
        put = True
        work()
    finally:
        if not put:
            pool.putconn(conn)


def callback_puts(pool: ThreadedConnectionPool):
    with contextlib.ExitStack() as stack:
        conn = pool.getconn()
        stack.callback(pool.putconn, conn)
        conn.cursor().execute("SELECT 1")


def error_inside_suppress(pool: ThreadedConnectionPool):
    conn = pool.getconn()
    with contextlib.suppress(Exception):
        conn.cursor().execute("SELECT 1")
        pool.putconn(conn)


def put_after_suppress(pool: ThreadedConnectionPool):
    conn = pool.getconn()
    with contextlib.suppress(Exception):
        conn.cursor().execute("SELECT 1")
    pool.putconn(conn)


def loop_with_break(pool: ThreadedConnectionPool):
    for number in range(3):
        conn = pool.getconn()
        if work(number) == 1:
            break
        pool.putconn(conn)


def while_true_until_put(pool: ThreadedConnectionPool):
    while True:
        conn = pool.getconn()
        try:
            conn.cursor().execute("SELECT 1")
            break
        finally:
            pool.putconn(conn)


def renamed_on_the_way(pool: ThreadedConnectionPool):
    conn = pool.getconn()
    link = conn
    try:
        link.cursor().execute("SELECT 1")
    finally:
        pool.putconn(link)


def match_forgets_a_case(pool: ThreadedConnectionPool, flag: bool):
    conn = pool.getconn()
    match flag:
        case True:
            pool.putconn(conn)
        case False:
            pass


def finally_that_returns(pool: ThreadedConnectionPool):
    conn = pool.getconn()
    try:
        conn.cursor().execute("SELECT 1")
        return True
    finally:
        pool.putconn(conn)
        return False  # noqa: B012, SIM107


@contextmanager
def lent_safely(pool: ThreadedConnectionPool):
    conn = pool.getconn()
    try:
        yield conn
    finally:
        pool.putconn(conn)


@contextmanager
def lent_unsafely(pool: ThreadedConnectionPool):
    conn = pool.getconn()
    yield conn
    pool.putconn(conn)


def borrows_safely(pool: ThreadedConnectionPool):
    with lent_safely(pool) as conn:
        conn.cursor().execute("SELECT 1")


def taken_by_a_helper(pool: ThreadedConnectionPool):
    conn = _take(pool)
    conn.cursor().execute("SELECT 1")
    pool.putconn(conn)


def _take(pool: ThreadedConnectionPool):
    return pool.getconn()


class Pooled:
    """A context manager of its own."""

    def __init__(self, pool: ThreadedConnectionPool):
        self.pool = pool
        self.conn = None

    def __enter__(self):
        self.conn = self.pool.getconn()
        return self.conn

    def __exit__(self, *_):
        self.pool.putconn(self.conn)


def held_by_an_object(pool: ThreadedConnectionPool):
    with Pooled(pool) as conn:
        conn.cursor().execute("SELECT 1")
