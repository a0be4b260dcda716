"""A session that is committed and then asked again is in a transaction when the function ends."""

import ast

import pytest

from poollint.model.source import SourceFile
from poollint.reading.code import read
from poollint.reading.connections.renewing import last_mention
from poollint.reading.naming.bindings import FunctionDef
from poollint.reading.reader import Options

HEAD = """\
import requests
from sqlalchemy.orm import Session
class Rows:
    def __init__(self, s):
        self.db = s
    def add(self, x):
        self.db.add(x)
        self.db.commit()
        self.db.refresh(x)
    def end(self, x):
        self.db.refresh(x)
        self.db.commit()
"""
WAIT = "    requests.post('https://shop')\n"


@pytest.mark.parametrize(
    ("body", "last"),
    [
        ("s.commit()\n    s.refresh(x)\n    return x", "s.refresh(x)"),
        ("s.commit()\n    return s.get(1)", "s.get(1)"),
        ("try:\n        s.refresh(x)\n    except E:\n        raise", "s.refresh(x)"),
        ("s.refresh(x)\n    s.commit()", "s.commit()"),
        ("if x:\n        return\n    s.refresh(x)", None),
        ("s.commit()\n    if x:\n        s.refresh(x)", None),
        ("s.refresh(s)", None),
        ("try:\n        s.refresh(x)\n    except E:\n        pass", None),
        ("pass", None),
    ],
)  # fmt: skip
def test_the_last_mention_counts_where_it_is_certain_to_be_reached(
    body: str, last: str | None
) -> None:
    node = ast.parse(f"def f(s, x):\n    {body}\n").body[0]
    assert isinstance(node, FunctionDef)
    found = last_mention(node, {"s"})
    assert (ast.unparse(found) if found else None) == last


@pytest.mark.parametrize(
    ("helper", "call", "held"),
    [
        ("s.commit()\n    s.refresh(x)", "save(s, 1)", True),
        ("s.add(x)\n    s.flush()\n    s.commit()", "save(s, 1)", False),
        ("s.refresh(x)\n    s.commit()", "save(s, 1)", False),
        ("s.commit()\n    if x:\n        s.refresh(x)", "save(s, 1)", False),
        ("pass", "Rows(s).add(1)", True),
        ("pass", "Rows(s).end(1)", False),
    ],
)
def test_what_is_lent_the_session_may_leave_it_in_a_transaction(
    helper: str, call: str, held: bool
) -> None:
    text = f"{HEAD}def save(s, x):\n    {helper}\ndef f(s: Session):\n    {call}\n{WAIT}"
    module = read(SourceFile("shop.py", text), Options()).module
    assert module is not None
    holds = [h for f in module.functions if f.name == "f" for h in f.holds]
    assert bool(holds) is held
