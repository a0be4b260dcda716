"""What a sum of connections needs of code is the same whatever else is asked for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from poollint.facts.code import Module
from poollint.model.source import SourceFile
from poollint.reading.code import read
from poollint.reading.reader import Options

FIXTURES = Path(__file__).parents[2] / "fixtures"
BUILDING = [
    path
    for folder in ("budget", "pool", "lifetime/pool-per-request")
    for path in sorted((FIXTURES / folder).rglob("*.py"))
]


def module(text: str, sums: bool) -> Module:
    found = read(SourceFile("shop.py", text), replace(Options(), sums=sums)).module
    assert found is not None
    return found


@pytest.mark.parametrize("path", BUILDING, ids=lambda path: str(path.relative_to(FIXTURES)))
def test_a_sum_knows_of_a_file_what_a_check_does(path: Path) -> None:
    text = path.read_text()
    whole, sums = module(text, sums=False), module(text, sums=True)
    assert sums.pools == whole.pools
    assert (sums.offers, sums.databases, sums.others) == (
        whole.offers, whole.databases, whole.others,
    )  # fmt: skip
    built = {function.name: function for function in whole.functions if function.pools}
    assert {function.name for function in sums.functions} == built.keys()
    for function in sums.functions:
        same = built[function.name]
        assert (function.recurrence, function.once) == (same.recurrence, same.once)


def test_a_sum_follows_no_connection() -> None:
    text = "import psycopg2\n\ndef f():\n    conn = psycopg2.connect('')\n    conn.cursor()\n"
    assert module(text, sums=False).functions
    assert not module(text, sums=True).functions
