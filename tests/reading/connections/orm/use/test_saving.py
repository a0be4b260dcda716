"""When a session sends what was added to it."""

from __future__ import annotations

import ast
from textwrap import dedent, indent

import pytest

from poollint.catalog.merged import drivers
from poollint.reading.connections.orm.use.saving import commits_at_the_end, saves
from poollint.reading.connections.waits.reach.consuming import own_calls
from poollint.reading.naming.objects.instances import Member
from poollint.reading.naming.scopes.bindings import FunctionDef
from poollint.reading.naming.scopes.names import Names


@pytest.mark.parametrize(
    ("body", "commits", "line"),
    [
        ("s.add(row)\ns.commit()", False, 3),
        ("s.add_all(rows)\nother.commit()\ns.commit()", False, 4),
        ("s.commit()\ns.add(row)", False, None),
        ("s.add(row)", False, None),
        ("s.add(row)", True, 2),
        ("s.query(Row)", True, None),
        ("if row:\n    s.add(row)\ns.commit()", False, None),
        ("s.add(row)\nif row:\n    s.commit()", False, None),
        ("for row in rows:\n    s.add(row)\ns.commit()", False, 4),
        ("other.add(row)\ns.commit()", False, None),
    ],
)
def test_what_was_added_is_sent_by_a_commit(body: str, commits: bool, line: int | None) -> None:
    node = ast.parse(f"def work(s):\n{indent(body, '    ')}\n").body[0]
    assert isinstance(node, FunctionDef)
    found = saves("s", own_calls(node), commits)
    assert (found.lineno if found is not None else None) == line


@pytest.mark.parametrize(
    ("body", "commits"),
    [
        ("s = Session()\nyield s\ns.commit()", True),
        ("s = Session()\ntry:\n    yield s\n    s.commit()\nexcept E:\n    s.rollback()", True),
        ("s = Session()\ntry:\n    yield s\nexcept E:\n    s.commit()", False),
        ("with Session() as s, s.begin():\n    yield s", True),
        ("s = Session()\nyield s\nother.commit()", False),
        ("with Session() as s:\n    yield s", False),
    ],
)
def test_a_manager_may_commit_at_the_end(body: str, commits: bool) -> None:
    text = f"def scope():\n{indent(dedent(body), '    ')}\n"
    names = Names(ast.parse(text), drivers())
    assert commits_at_the_end(Member(names, "scope")) is commits
