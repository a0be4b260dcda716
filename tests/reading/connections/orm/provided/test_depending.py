"""What a framework ran before has asked something of the session that a function is handed."""

import pytest

from poollint.facts.connections import Hold
from poollint.model.source import SourceFile
from poollint.reading.code import read
from poollint.reading.reader import Options

HEAD = """\
import requests
from typing import Annotated
from fastapi import Depends
from sqlalchemy.orm import Session, sessionmaker
make = sessionmaker()
def get_session():
    with make() as session:
        yield session
def other_session():
    with make() as session:
        yield session
SessionDep = Annotated[Session, Depends(get_session)]
"""
WAIT = "    requests.post('https://shop')\n"


def holds(before: str, parameters: str) -> tuple[Hold, ...]:
    text = f"{HEAD}{before}\ndef f({parameters}):\n{WAIT}"
    module = read(SourceFile("shop.py", text), Options()).module
    assert module is not None
    return next((f.holds for f in module.functions if f.name == "f"), ())


ASKS = "def user(s: SessionDep):\n    return s.get(str, 1)\n"


@pytest.mark.parametrize(
    ("before", "parameters"),
    [
        (ASKS, "u=Depends(user)"),
        (ASKS, "db: SessionDep, u=Depends(user)"),
        (ASKS, "db: SessionDep, u: Annotated[str, Depends(user)]"),
        (f"{ASKS}User = Annotated[str, Depends(user)]\n", "u: User"),
        (f"{ASKS}def active(u=Depends(user)):\n    return u\n", "u=Depends(active)"),
        (f"{ASKS}def role(n):\n    def check(u=Depends(user)): return u\n    return check\n",
         "u=Depends(role('clerk'))"),
        ("def user(s=Depends(get_session)):\n    return s.query(str).first()\n", "u=Depends(user)"),
    ],
)  # fmt: skip
def test_a_dependency_that_asks_something_leaves_a_transaction_open(
    before: str, parameters: str
) -> None:
    (hold,) = holds(before, parameters)
    assert hold.injected
    assert "`user` has asked" in hold.steps[0].label


@pytest.mark.parametrize(
    ("before", "parameters"),
    [
        ("", "db: SessionDep"),
        ("def user(s: SessionDep):\n    s.get(str, 1)\n    s.commit()\n", "u=Depends(user)"),
        ("def user(s: SessionDep):\n    return s\n", "u=Depends(user)"),
        ("def user():\n    with make() as s:\n        return s.get(str, 1)\n", "u=Depends(user)"),
        (ASKS, "db=Depends(other_session)"),
        (ASKS, "u=user"),
        (f"{ASKS}def keeps(s: SessionDep):\n    return Kept(s)\n",
         "u=Depends(user), k=Depends(keeps)"),
        ("def user(u=Depends(user), s=Depends(get_session)):\n    return u\n", "u=Depends(user)"),
    ],
)  # fmt: skip
def test_one_that_asks_nothing_ends_it_or_is_not_understood_leaves_none(
    before: str, parameters: str
) -> None:
    assert holds(before, parameters) == ()


@pytest.mark.parametrize(
    ("parameters", "held"),
    [
        ("s: Session", True),
        ("s: 'Session | None' = None", True),
        ("s: SessionDep", True),
        ("s", False),
        ("s: str", False),
    ],
)
def test_a_session_is_handed_in_where_its_annotation_says_so(parameters: str, held: bool) -> None:
    text = f"{HEAD}def f({parameters}):\n    s.get(str, 1)\n{WAIT}    s.commit()\n"
    module = read(SourceFile("shop.py", text), Options()).module
    assert module is not None
    found = [h for f in module.functions for h in f.holds]
    assert bool(found) is held
