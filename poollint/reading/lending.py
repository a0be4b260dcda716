"""What a function does with a connection it is lent, by its name or by its body."""

from __future__ import annotations

import ast
import re
from enum import Enum

from poollint.reading.bindings import FunctionDef
from poollint.reading.handing import GIVING_BACK
from poollint.reading.taking import Taken

REGISTER = frozenset(
    """callback push push_async_callback push_async_exit addCleanup addAsyncCleanup
    addClassCleanup addfinalizer register finalize add_done_callback add_finished_callback
    add_task on_close call_soon call_later call_on_close add_finalizer""".split()
)
STORE = frozenset(
    """append appendleft add put put_nowait insert set setattr setdefault extend push update
    __setattr__ __setitem__ set_connection""".split()
)
CONCURRENT = frozenset(
    """submit Thread Process create_task ensure_future run_in_executor partial gather Timer
    run_coroutine_threadsafe start_new_thread apply_async spawn spawn_n start_soon""".split()
)
BORROWERS = frozenset(
    """psycopg2 psycopg asyncpg sqlalchemy pandas pd alembic django json logging os sys re
    datetime time uuid asyncio functools itertools contextlib typing inspect geopandas
    polars pgvector numpy""".split()
)


KEEPING = REGISTER | STORE | CONCURRENT
"""Functions that keep what they are given: callbacks, containers, threads and tasks."""

ENDING = re.compile(
    r"close|release|put_?(?:conn|back)|return_|give_?back|free|dispose|clean|tear_?down"
    r"|disconnect|shut_?down|terminate|recycle|check_?in|finish|destroy|remove|discard",
    re.I,
)


class Outcome(Enum):
    """What became of the connection."""

    HELD = "held"
    RELEASED = "released"
    TRANSFERRED = "transferred"
    REBOUND = "rebound"  # no name holds it any more
    PASSED = "passed"  # lent to a function nothing is known about
    FALSE_RELEASE = "false release"  # looks like giving it back, and is none


def summary(node: FunctionDef, parameter: str, taken: Taken) -> Outcome:
    """Judge what a function does with one of its parameters, from its text alone."""
    releases = {*taken.api.released_by, *taken.api.given_back_to}
    outcome = Outcome.HELD
    for inner in ast.walk(node):
        match inner:
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=method)) if (
                name == parameter and method in releases
            ):
                return Outcome.RELEASED
            case ast.Call(func=func, args=args, keywords=keywords):
                lent = [*args, *(k.value for k in keywords)]
                if any(isinstance(a, ast.Name) and a.id == parameter for a in lent):
                    last = func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "")
                    if last in releases or ENDING.search(last):
                        return Outcome.RELEASED
                    if last in KEEPING or last[:1].isupper():
                        outcome = Outcome.TRANSFERRED
            case ast.With(items=items) | ast.AsyncWith(items=items):
                if any(_is(i.context_expr, parameter) for i in items) and (
                    taken.exit in GIVING_BACK
                ):
                    return Outcome.RELEASED
            case ast.Assign(value=value, targets=targets) if _is(value, parameter):
                if not all(isinstance(t, ast.Name) for t in targets):
                    outcome = Outcome.TRANSFERRED
            case ast.Return(value=value) | ast.Yield(value=value) if _is(value, parameter):
                outcome = Outcome.TRANSFERRED
    return outcome


def _is(node: ast.expr | None, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name
