"""When the session of a registry holds a connection while a function waits."""

import pytest

from poollint.facts.connections import Hold
from poollint.model.source import SourceFile
from poollint.reading.code import read
from poollint.reading.reader import Options

HEAD = """\
import requests
from flask_sqlalchemy import SQLAlchemy
db = SQLAlchemy({options})
class Row(db.Model):
    id = db.Column(db.Integer)
    def twice(self):
        return self.id * 2
    def keep(self):
        db.session.commit()
def ask():
    return Row.query.first()
def end():
    db.session.remove()
def f(other):
"""


def holds(body: str, options: str = "") -> tuple[Hold, ...]:
    text = HEAD.format(options=options) + "".join(f"    {line}\n" for line in body.split("\n"))
    module = read(SourceFile("shop.py", text + "    requests.get(other)\n"), Options()).module
    assert module is not None
    return next((f.holds for f in module.functions if f.name == "f"), ())


@pytest.mark.parametrize(
    "body",
    [
        "db.session.get(Row, 1)",
        "db.session.query(Row).filter_by(id=1).first()",
        "Row.query.filter(Row.id.in_([1])).all()",
        "Row.query.paginate(page=1)",
        "db.paginate(db.select(Row))",
        "db.session.add(Row())\ndb.session.flush()",
        "row = Row.query.get(1)\nrow.twice()",
        "row = ask()\nprint(row, len(other.strip()))",
        "session = db.session\nsession.scalar(db.select(Row))",
        "db.session.commit()\nask()",
    ],
)
def test_a_statement_keeps_the_session_in_its_transaction(body: str) -> None:
    (hold,) = holds(body)
    assert hold.held.target in ("db.session", "session", "")
    assert hold.transaction


@pytest.mark.parametrize(
    "body",
    [
        "db.session.add(Row())",
        "Row.query.filter_by(id=1)",
        "ask()\ndb.session.commit()",
        "ask()\nend()",
        "row = Row.query.get(1)\nrow.keep()",
        "ask()\nother.handle()",
        "ask()\nunknown()",
        "db.session.get(Row, 1)\nrequests.register(db.session)",
        "with db.session.begin():\n    ask()",
    ],
)
def test_a_session_that_has_ended_it_or_may_have_holds_nothing(body: str) -> None:
    assert holds(body) == ()


def test_sessions_that_commit_every_statement_hold_nothing() -> None:
    assert holds("ask()", "session_options={'autocommit': True}") == ()


def test_the_fix_names_the_session() -> None:
    (hold,) = holds("Row.query.get(1)")
    assert hold.held.target == "db.session"
