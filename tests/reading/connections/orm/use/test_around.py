"""What a context manager that is lent a session leaves of its transaction for the block."""

import pytest

from poollint.facts.connections import Hold
from poollint.model.source import SourceFile
from poollint.reading.code import read
from poollint.reading.reader import Options

HEAD = """\
import requests
from contextlib import contextmanager
from sqlalchemy.orm import Session
def f(db: Session):
    db.scalar('SELECT 1')
    inner(db)
def inner(db: Session):
    with manager(db) as it:
        requests.get('https://x')
@contextmanager
def manager(db: Session):
"""


def holds(body: str) -> tuple[Hold, ...]:
    text = HEAD + "".join(f"    {line}\n" for line in body.split("\n"))
    module = read(SourceFile("shop.py", text), Options()).module
    assert module is not None
    return next((fn.holds for fn in module.functions if fn.name == "f"), ())


@pytest.mark.parametrize(
    "body",
    [
        "yield",
        "yield {'count': None}",
        "state = [1]\ntry:\n    yield state\nfinally:\n    db.add(state)",
        "try:\n    yield\nexcept Exception:\n    db.rollback()\n    raise",
    ],
)
def test_the_block_runs_in_the_transaction_that_was_open(body: str) -> None:
    assert len(holds(body)) == 1


@pytest.mark.parametrize(
    "body",
    [
        "db.commit()\nyield",
        "yield\ndb.commit()",
        "yield db",
        "yield other(db)",
        "state = other(db)\nyield state",
        "with other(db):\n    yield",
    ],
)
def test_what_may_end_it_leaves_none(body: str) -> None:
    assert holds(body) == ()
