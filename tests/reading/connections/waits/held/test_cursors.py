"""What a function calls the cursors of a connection."""

import libcst as cst
import pytest

from poollint.reading.connections.waits.held.cursors import cursors_of


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("cur = conn.cursor()", {"cur"}),
        ("with conn.cursor() as cur: pass", {"cur"}),
        ("cur = conn.cursor(name='all')", {"cur"}),
        ("with closing(conn.cursor()) as cur: pass", {"cur"}),
        ("with contextlib.closing(conn.cursor()) as cur: pass", {"cur"}),
        ("with opening(conn.cursor()) as cur: pass", set()),
        ("cur = other.cursor()", set()),
        ("cur = conn.execute(sql)", set()),
        ("self.cur = conn.cursor()", set()),
    ],
)
def test_a_cursor_goes_by_the_name_that_it_is_given(line: str, found: set[str]) -> None:
    node = cst.parse_module(f"def f(conn, other):\n    {line}\n").body[0]
    assert isinstance(node, cst.FunctionDef)
    assert cursors_of(node, frozenset({"conn"})) == found
