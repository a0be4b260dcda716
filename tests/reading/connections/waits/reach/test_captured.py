"""Which function of another is given away."""

import ast

import pytest

from poollint.catalog.load import drivers
from poollint.reading.connections.waits.reach.captured import giver, silent
from poollint.reading.naming.scopes.names import Names


def names(end: str, inner: str = "x()") -> Names:
    text = f"def f(s, use, Response):\n    def g():\n        {inner}\n    {end}\n"
    return Names(ast.parse(text), drivers())


@pytest.mark.parametrize("end", ["return g", "use(g)", "later = g", "return {'g': g}"])
def test_a_function_is_given_away_that_is_mentioned_and_not_called(end: str) -> None:
    assert giver("f.<locals>.g", names(end)) == "f"


@pytest.mark.parametrize("end", ["g()", "use(g)\n    g()", "return 1", "return Response(g())"])
def test_one_that_is_called_or_not_mentioned_is_not(end: str) -> None:
    assert giver("f.<locals>.g", names(end)) == ""


def test_a_generator_that_makes_a_response_is_given_away() -> None:
    assert giver("f.<locals>.g", names("return Response(g())", "yield 1")) == "f"
    assert giver("f.<locals>.g", names("return list(g())", "yield 1")) == ""


def test_a_function_of_a_module_is_given_away_by_none() -> None:
    assert giver("f", names("return g")) == ""


def test_what_only_the_function_within_asks_is_no_use() -> None:
    assert silent("f", "s", names("return g", "s.get(1)"))
    assert not silent("f", "s", names("return g(s)"))
