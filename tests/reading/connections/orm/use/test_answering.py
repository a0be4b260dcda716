"""Who lends a session to a function answers for what it waits for, unless that says it has one."""

import pytest

from poollint.facts.connections import Hold
from poollint.model.source import SourceFile
from poollint.reading.code import read
from poollint.reading.reader import Options

HEAD = """\
import requests
from sqlalchemy.orm import Session
def wait():
    requests.get("https://shop")
class Keeps:
    def __init__(self, db):
        self.db = db
    def ask_then_wait(self):
        self.db.scalar("SELECT 1")
        self._wait()
    def end_then_wait(self):
        self.db.commit()
        self._wait()
    def _wait(self):
        wait()
class Says(Keeps):
    def __init__(self, db: Session):
        super().__init__(db)
    def ask_and_wait(self):
        self.db.scalar("SELECT 1")
        self._wait()
"""


def holds(helper: str, body: str, head: str = "s") -> list[Hold]:
    lines = ["def g(" + head + "):", *(f"    {line}" for line in helper.split("\n"))]
    lines += ["def f(s: Session):", *(f"    {line}" for line in body.split("\n"))]
    module = read(SourceFile("shop.py", HEAD + "\n".join(lines) + "\n"), Options()).module
    assert module is not None
    return [hold for f in module.functions if f.name == "f" for hold in f.holds]


@pytest.mark.parametrize(
    ("helper", "body", "held"),
    [
        ("s.scalar(1)\nwait()", "g(s)", True),
        ("wait()\ns.scalar(1)", "g(s)", False),
        ("wait()\ns.scalar(1)", "s.scalar(1)\ng(s)", True),
        ("s.commit()\nwait()", "s.scalar(1)\ng(s)", False),
        ("s.commit()\ns.scalar(1)\nwait()", "g(s)", True),
        ("wait()\ns.scalar(1)\nwait()", "g(s)", True),
        ("try:\n    s.scalar(1)\nexcept E:\n    wait()", "g(s)", False),
        ("pass", "Keeps(s).ask_then_wait()", True),
        ("pass", "Keeps(s).end_then_wait()", False),
        ("pass", "s.scalar(1)\nKeeps(s)._wait()", True),
        ("pass", "keeps = Keeps(s)\nkeeps.db.commit()\nkeeps._wait()", False),
    ],
)
def test_a_wait_counts_with_what_was_done_before_it_there_and_here(
    helper: str, body: str, held: bool
) -> None:
    assert bool(holds(helper, body)) is held


@pytest.mark.parametrize("head", ["s: Session", "s: 'Session | None' = None"])
def test_what_says_that_it_is_handed_a_session_answers_for_what_it_asks(head: str) -> None:
    assert not holds("s.scalar(1)\nwait()", "g(s)", head)
    assert holds("wait()\ns.scalar(1)", "s.scalar(1)\ng(s)", head)
    assert not holds("pass", "Says(s).ask_and_wait()")
    assert holds("pass", "Says(s).ask_then_wait()")


def test_the_steps_lead_to_the_statement_and_to_the_wait() -> None:
    (hold,) = holds("pass", "Keeps(s).ask_then_wait()")
    assert [(step.span.start.line, step.label) for step in hold.steps][1:] == [
        (9, "its first statement takes a connection"),
        (10, "calls `_wait`"),
        (15, "calls `wait`"),
        (4, "waits for an HTTP answer"),
    ]
