"""What was judged is told in full."""

from __future__ import annotations

import re
import tomllib

from tests.bench.peers.judged import LIST, counted, judged
from tests.bench.peers.tools import TOOLS


def test_each_judgement_names_repository_tools_and_places_that_there_are() -> None:
    commits = tomllib.loads(LIST.read_text("utf-8"))["commits"]
    names = {tool.name for tool in TOOLS}
    assert all(re.fullmatch("[0-9a-f]{12}", commit) for commit in commits.values())
    for row in judged():
        assert row.repository in commits
        assert set(row.tools) <= names
        assert row.places
        assert all(re.fullmatch(r"[\w/.-]+\.py:\d+", place) for place in row.places)


def test_nothing_is_judged_twice_for_a_tool() -> None:
    told = [(row.repository, place, row.why, tool)
            for row in judged() for place in row.places for tool in row.tools]  # fmt: skip
    assert len(told) == len(set(told))


def test_findings_are_counted_by_their_places() -> None:
    assert counted("pythaw") == "1 · 0"
    assert counted("Pylint") == "0 · 0"
    assert counted("mypy") == "not run"
