"""Which methods of a class end its connection only behind work that may raise."""

import ast
from textwrap import dedent, indent

import pytest

from poollint.catalog.load import drivers
from poollint.reading.connections.ownership.too_late import ends_late, work_before
from poollint.reading.naming.objects.instances import Instance
from poollint.reading.naming.scopes.names import Names

HEAD = """
class Store:
    def ask(self):
        self.cur.execute("SELECT 1")
    def tried(self):
        try:
            self.cur.execute("SELECT 1")
        except Exception:
            pass
    def close(self):
        self.conn.close()
"""


def _is_late(body: str) -> bool:
    method = indent(f"def done(self, other):\n{indent(dedent(body), '    ')}", "    ")
    names = Names(ast.parse(f"{HEAD}{method}\n"), drivers())
    return "done" in ends_late(Instance(names, "Store"), ["close", "done"])


@pytest.mark.parametrize(
    "body",
    [
        "self.cur.execute('x')\nself.close()",
        "self.ask()\nself.close()",
        "if other:\n    self.ask()\nself.close()",
        "try:\n    self.ask()\nexcept OSError:\n    raise ValueError\nself.close()",
        "rows = self.cur.fetchall()\nself.conn.close()\nreturn rows",
    ],
)
def test_work_before_the_end_may_raise(body: str) -> None:
    assert _is_late(body)


@pytest.mark.parametrize(
    "body",
    [
        "self.close()",
        "self.close()\nself.ask()",
        "self.tried()\nself.close()",
        "try:\n    self.ask()\nfinally:\n    self.close()",
        "if other:\n    self.ask()\n    self.close()",
        "for one in other:\n    self.tried()\nself.close()",
        "if other:\n    with other:\n        self.ask()\nself.close()",
        "with self:\n    self.ask()\nself.close()",
        "other.push(self)\nself.ask()\nself.close()",
        "self.name = other\nself.close()",
    ],
)
def test_nothing_certain_is_told_of_other_methods(body: str) -> None:
    assert not _is_late(body)


def test_what_may_raise_first_is_told() -> None:
    text = f"{HEAD}    def done(self, kind):\n        if kind:\n            self.tx.commit()\n"
    names = Names(ast.parse(f"{text}        self.close()\n"), drivers())
    of, ends = Instance(names, "Store"), ["close", "done"]
    assert work_before(of, "done", ends) is None
    found = work_before(of, "done", ends, ["commit"])
    assert isinstance(found, ast.If)
