"""Asks of a text which of its functions run again and again, and which once."""

import ast
import textwrap
from collections.abc import Mapping

from poollint.catalog.merged import frameworks
from poollint.catalog.own import NOTHING, Additions
from poollint.facts.code import Recurrence
from poollint.reading.running.entry.recurrence import recurrences


def why(
    text: str, path: str = "shop/api.py", additions: Additions = NOTHING
) -> Mapping[str, Recurrence | str]:
    return recurrences(ast.parse(textwrap.dedent(text)), path, {}, frameworks(additions))


def again(text: str, path: str = "shop/api.py") -> dict[str, str]:
    """Return, by function, how often what runs again and again does."""
    found = why(text, path)
    return {name: r.rate.value for name, r in found.items() if isinstance(r, Recurrence)}


def once(text: str, path: str = "shop/api.py") -> dict[str, str]:
    return {name: r for name, r in why(text, path).items() if isinstance(r, str)}


def chain(text: str, name: str) -> list[tuple[int, str]]:
    """Return the lines and labels of the way to a function that runs again and again."""
    found = why(text)[name]
    assert isinstance(found, Recurrence)
    return [(step.span.start.line, step.label) for step in found.chain]
