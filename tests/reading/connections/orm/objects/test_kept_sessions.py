"""When the session that an object was given holds a connection while its method waits."""

import pytest

from poollint.facts.connections import Hold
from poollint.model.source import SourceFile
from poollint.reading.code import read
from poollint.reading.reader import Options

HEAD = """\
import requests
from sqlalchemy.orm import Session
class Rates:
    def __init__(self, db: Session, url):
        self.db = db
        self.url = url
    def names(self):
        return self.db.scalars("SELECT 1").all()
    def end(self):
        self.db.commit()
    def f(self, other):
"""


def holds(body: str) -> tuple[Hold, ...]:
    text = HEAD + "".join(f"        {line}\n" for line in body.split("\n"))
    text += "        requests.get(self.url)\n"
    module = read(SourceFile("shop.py", text), Options()).module
    assert module is not None
    return next((f.holds for f in module.functions if f.name == "Rates.f"), ())


@pytest.mark.parametrize(
    "body",
    [
        "self.db.execute('SELECT 1')",
        "self.names()",
        "self.db.commit()\nself.names()",
        "one: int = self.db.scalar('SELECT 1')",
        "some: list[str] = self.names()",
    ],
)
def test_a_statement_keeps_the_objects_session_in_its_transaction(body: str) -> None:
    (hold,) = holds(body)
    assert hold.held.target == "self.db"
    assert hold.injected


@pytest.mark.parametrize(
    "body",
    [
        "self.names()\nself.db.commit()",
        "self.names()\ndone: None = self.db.commit()",
        "self.names()\nself.end()",
        "self.names()\nother(self)",
        "self.names()\nother(self.db)",
        "self.db.add(other)",
    ],
)
def test_a_session_that_has_ended_it_or_may_have_holds_nothing(body: str) -> None:
    assert holds(body) == ()
