"""A call of one of several, all of which are known, and the session of a registry."""

import pytest

from poollint.model.source import SourceFile
from poollint.reading.code import read
from poollint.reading.reader import Options
from tests.reading.connections.orm.registry.test_registered import HEAD

TABLE = """
class Plain: ...
class Quiet:
    def __init__(self): self.name = "quiet"
    def go(self): return self.name
class Loud:
    def go(self): db.session.commit()
kinds = {{"quiet": Quiet, "plain": Plain}}
ways = {{"ask": ask, "quiet": len}}
some = {{"quiet": Quiet, "other": given}}
both = {{"quiet": Quiet(), "loud": Loud()}}
def f(other):
"""


@pytest.mark.parametrize(
    ("call", "held"),
    [
        ("kinds[other]()", True),
        ("kinds.get(other)()", True),
        ("some[other]()", False),
        ("ways[other](3)", False),
        ("both[other].go()", False),
        ("both['quiet'].go()", False),
    ],
)
def test_what_is_one_of_several_ends_it_if_one_of_them_may(call: str, held: bool) -> None:
    head = HEAD.replace("def f(other):\n", "") + TABLE
    text = head.format(options="") + f"    db.session.get(Row, 1)\n    {call}\n"
    module = read(SourceFile("shop.py", text + "    requests.get(other)\n"), Options()).module
    assert module is not None
    found = next((f.holds for f in module.functions if f.name == "f"), ())
    assert bool(found) is held
