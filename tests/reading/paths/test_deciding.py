"""Tests of which some may come to either are joined as Python joins them."""

from __future__ import annotations

import ast
from functools import partial
from itertools import product

import pytest

from poollint.reading.paths.deciding import decided

TESTS = [
    "a",
    "not a",
    "a and b",
    "a or b",
    "not (a and b) or c",
    "a and not b and c",
    "a or b or c",
]


def _told(names: dict[str, bool | None], node: ast.expr) -> bool | None:
    return names[ast.unparse(node)]


@pytest.mark.parametrize("text", TESTS)
def test_what_is_decided_is_what_python_says_whatever_the_rest_is(text: str) -> None:
    test = ast.parse(text, mode="eval").body
    for told in product((True, False, None), repeat=3):
        names = dict(zip("abc", told, strict=True))
        found = decided(test, partial(_told, names))
        open_ = [name for name, value in names.items() if value is None]
        ways = {
            bool(eval(text, {}, {**names, **dict(zip(open_, rest, strict=True))}))
            for rest in product((True, False), repeat=len(open_))
        }
        assert found is (ways.pop() if len(ways) == 1 else None)
