"""To ask whether a session is there does nothing to it."""

import ast

import pytest

from poollint.reading.connections.orm.objects.putting import text_of
from poollint.reading.connections.orm.use.presence import looked_for


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("if not s: return", ["s"]),
        ("if self.s: pass", ["self.s"]),
        ("if s is None: return", ["s"]),
        ("if self.s is not None and x: pass", ["self.s", "x"]),
        ("return 1 if s else 2", ["s"]),
        ("assert s", ["s"]),
        ("while s != None: pass", ["s"]),
        ("if s is other: pass", []),
        ("if s.dirty(): pass", []),
        ("if f(s): pass", []),
        ("return s or f()", []),
        ("if (s := f()): pass", []),
    ],
)
def test_a_test_looks_for_what_it_asks_nothing_else_of(body: str, found: list[str]) -> None:
    node = ast.parse(f"def f(self, s, x):\n    {body}\n")
    ids = looked_for(node)
    tested = [n for n in ast.walk(node) if isinstance(n, ast.expr) and id(n) in ids]
    assert sorted(text_of(n) for n in tested) == found
