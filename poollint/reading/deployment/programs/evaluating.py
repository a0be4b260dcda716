"""The number that a file of Python gives a program, in the environment of a container."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import NamedTuple

from poollint.facts.infrastructure import Container
from poollint.model.figure import Figure
from poollint.reading.deployment.linking.variables import environment, number, unknown
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.values.numbers import at_least
from poollint.reading.naming.values.numbers import number as evaluated
from poollint.syntax.python import PythonTree


class Place(NamedTuple):
    """Where an expression is read: a file, and the scope within it."""

    names: Names
    tree: PythonTree
    scope: str = ""


def figure(value: ast.expr, name: str, at: Place, container: Container, otherwise: str) -> Figure:
    """Return the number of an expression, a stand-in where it is not known: the least it can be.

    What a variable of the container says counts before what the code falls back to. `otherwise`
    is what a stand-in is told to come from.
    """
    variables = environment(container.variables)
    numbers = {key: number(one.value, name, key) for key, one in variables.items()}
    given = {key: known.low if known else None for key, known in numbers.items()}
    asked = evaluated(value, at.scope, at.names, at.tree.span, at.tree.span).variable
    found = evaluated(value, at.scope, at.names, at.tree.span, at.tree.span, given=given)
    known = numbers.get(asked)
    if known and (found.low, found.high) == (known.low, known.high):
        return known
    told = found.figure(name, asked)
    if told:
        return told
    if asked in variables and known is None:
        return unknown(name, found.span, asked)
    least = at_least(value, at.scope, at.names, at.tree.span, given) or 1
    stand_in = unknown(name, at.tree.span(value), otherwise)
    return replace(stand_in, low=least, high=least) if least > 1 else stand_in
