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
class Rows:
    def __init__(self, given):
        self.given = given
    def end(self):
        self.given.commit()
class Own:
    def __init__(self):
        self.session = db.session
    def first(self):
        return self.session.get(Row, 1)
    def end(self):
        self.session.commit()
class Ending:
    def __init__(self, given):
        given.commit()
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
        "Own().first()",
        "own = Own()\nown.end()\nown.first()",
        "ask()\nrows = Rows(db.session)",
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
        "own = Own()\nown.first()\nown.end()",
        "ask()\nrows = Rows(db.session)\nrows.end()",
        "ask()\nEnding(db.session)",
        "Row.query.filter_by(id=1)",
        "ask()\ndb.session.commit()",
        "ask()\nend()",
        "row = Row.query.get(1)\nrow.keep()",
        "ask()\nother.handle()",
        "ask()\nunknown()",
        "ask()\ndone = db.session.commit\ndone()",
        "ask()\ngetattr(Row(), other)()",
        "ask()\nprint(lambda: end())",
        "db.session.get(Row, 1)\nrequests.register(db.session)",
        "with db.session.begin():\n    ask()",
    ],
)
def test_a_session_that_has_ended_it_or_may_have_holds_nothing(body: str) -> None:
    assert holds(body) == ()


CALLED = """\
import os, shutil
from flask import g, request
import requests
from flask_sqlalchemy import SQLAlchemy
db = SQLAlchemy()
class Row(db.Model):
    id = db.Column(db.Integer)
    def keep(self):
        db.session.commit()
def one():
    wait(1)
def wait(given):
    {before}
    requests.get("https://a.example")
    {after}
def f(other):
    Row.query.first()
    {call}
"""
# Each calls the next; the last can only be followed from nearer than the first.
DEEP = """
    pass
def first(other):
    Row.query.first()
    a1()
def a1(): a2()
def a2(): a3()
def a3(): a4()
def a4(): a5()
def a5(): a6()
def a6(): a7()
def a7(): os.getcwd()
def f(other):
    Row.query.first()
    a6()
    wait(other)
"""


def called(call: str, before: str = "pass", after: str = "pass") -> tuple[Hold, ...]:
    text = CALLED.format(call=call, before=before, after=after)
    module = read(SourceFile("shop.py", text), Options()).module
    assert module is not None
    return next((f.holds for f in module.functions if f.name == "f"), ())


@pytest.mark.parametrize("after", ["given.foo()", "db.session.commit()", "Row.query.first()"])
def test_what_is_done_after_the_wait_ends_nothing_before_it(after: str) -> None:
    assert len(called("wait(other)", after=after)) == 1
    assert len(called("one()", after=after)) == 1


@pytest.mark.parametrize("before", ["given.foo()", "db.session.commit()", "unknown()"])
def test_what_may_end_it_before_the_wait_leaves_nothing_held(before: str) -> None:
    assert called("wait(other)", before=before) == ()


@pytest.mark.parametrize("call", ["wait(other.make())", "wait(Row().keep())"])
def test_arguments_are_made_before_the_wait(call: str) -> None:
    assert called(call) == ()


@pytest.mark.parametrize(
    "given", ["request.files['a']", "'text'", "open('a')", "given=request.files['a']"]
)
def test_a_parameter_is_what_this_call_gives(given: str) -> None:
    assert len(called(f"wait({given})", before="given.save('a')")) == 1


@pytest.mark.parametrize("given", ["other", "Row()", "g.shelf", "max(other)", "*request.args"])
def test_a_parameter_may_be_an_object_of_the_project(given: str) -> None:
    assert called(f"wait({given})", before="given.save('a')") == ()


@pytest.mark.parametrize("before", ["os.remove('a')", "shutil.rmtree('a')", "open('a').close()"])
def test_the_standard_library_leaves_the_session_alone(before: str) -> None:
    assert len(called("wait(other)", before=before)) == 1


def test_a_function_that_was_come_to_too_deep_is_followed_from_nearer() -> None:
    text = CALLED.format(call="pass", before="pass", after="pass").replace("def f(", "def g(")
    module = read(SourceFile("shop.py", text + DEEP), Options()).module
    assert module is not None
    assert [len(f.holds) for f in module.functions if f.name == "f"] == [1]


def test_sessions_that_commit_every_statement_hold_nothing() -> None:
    assert holds("ask()", "session_options={'autocommit': True}") == ()


def test_the_fix_names_the_session() -> None:
    (hold,) = holds("Row.query.get(1)")
    assert hold.held.target == "db.session"
