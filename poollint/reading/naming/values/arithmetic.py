"""Sums of numbers that may be intervals, and sums that are kept until variables are known.

A formula is a sum in postfix notation, one word each: a number (`"5"`), `""` for what is not
known, an operator of two (`"//"`), and `"?NAME"`, which takes the variable's value where it is
set, and else what stands before it.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import NamedTuple

from poollint.model.figure import Basis, Figure
from poollint.model.source import Span

# Variables of the environment that are known to be set, None for one of an unknown number.
Given = Mapping[str, int | None]
Formula = tuple[str, ...]
_LONGEST = 100
_OPERATORS: dict[str, Callable[[int, int], int]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "//": operator.floordiv,
}


class Number(NamedTuple):
    """A number or an interval, and where it is written.

    `variable` is the environment variable it is read from; the number is then what the code
    falls back to. `low` is None where nothing is known. `formula` tells what it comes to where
    variables are set; () where it is that of `variable` itself, or of none.
    """

    low: int | None
    high: int | None
    basis: Basis
    span: Span
    variable: str = ""
    formula: Formula = ()

    def figure(self, name: str, hint: str) -> Figure | None:
        """Return it as a figure, None where nothing is known."""
        if self.low is None:
            return None
        return Figure(self.low, self.high, name, self.basis, self.span, hint)


def of_variable(name: str, fallback: Number) -> Number:
    """Return the number of a variable, with what the code falls back to."""
    found = fallback._replace(variable=name)
    return found._replace(formula=(*words(fallback), f"?{name}")) if words_of(fallback) else found


def combined(sign: str, left: Number, right: Number, span: Span) -> Number:
    """Return what two numbers come to by an operator, "" for one that is not understood."""
    found = _SIGNS.get(sign, _strange)(left, right, sign, span)
    if not (words_of(left) or words_of(right)):
        return found
    kept = (*words(left), *words(right), sign)
    return found._replace(formula=kept if sign and len(kept) <= _LONGEST else ("",))


def words_of(number: Number) -> bool:
    """Tell whether variables have a say in a number."""
    return bool(number.variable or number.formula)


def words(number: Number) -> Formula:
    """Return a number as a formula."""
    if number.formula:
        return number.formula
    exact = number.low is not None and number.low == number.high
    own = str(number.low) if exact else ""
    return (own, f"?{number.variable}") if number.variable else (own,)


def variables(formula: Formula) -> tuple[str, ...]:
    """Return the variables that a formula reads."""
    return tuple(dict.fromkeys(word[1:] for word in formula if word.startswith("?")))


def worked_out(formula: Formula, given: Given, span: Span) -> Number:
    """Return what a formula comes to where the variables `given` are set."""
    unknown = Number(None, None, Basis.UNKNOWN, span)
    stack: list[Number] = []
    for word in formula:
        if word.startswith("?"):
            fallback, name = stack.pop(), word[1:]
            value = given.get(name)
            known = unknown if value is None else Number(value, value, Basis.DERIVED, span)
            stack.append(known if name in given else fallback._replace(variable=name))
        elif word in _SIGNS:
            right, left = stack.pop(), stack.pop()
            stack.append(_SIGNS[word](left, right, word, span))
        else:
            value = int(word) if word else None
            stack.append(Number(value, value, Basis.DERIVED if word else Basis.UNKNOWN, span))
    found = stack.pop() if stack else unknown
    return found if found.high is not None else unknown


def _sum(left: Number, right: Number, sign: str, span: Span) -> Number:
    variable = left.variable or right.variable
    if left.low is None or right.low is None or (sign == "//" and not right.low):
        return Number(None, None, Basis.UNKNOWN, span, variable)
    apply = _OPERATORS[sign]
    if not (left.low == left.high and right.low == right.high):
        grows = sign in ("+", "*") and left.low >= 0 and right.low >= 0
        open_ended = grows and (left.high is None or right.high is None)
        low = apply(left.low, right.low) if open_ended else None
        return Number(low, None, Basis.UNKNOWN, span, variable)
    value = apply(left.low, right.low)
    return Number(value, value, Basis.DERIVED, span, variable)


def _strange(left: Number, right: Number, sign: str, span: Span) -> Number:
    return Number(None, None, Basis.UNKNOWN, span, left.variable or right.variable)


def _least(one: Number, other: Number, sign: str, span: Span) -> Number:
    """Return the lesser of two: of what is not known it may be any from 1 on."""
    numbers = (one, other)
    highs = [n.high for n in numbers if n.high is not None and not n.variable]
    lows = [n.low for n in numbers if n.low is not None and not n.variable]
    if not highs or min(highs) < 1:
        return Number(None, None, Basis.UNKNOWN, span)
    low = min(lows) if len(lows) == len(numbers) else 1
    return Number(min(low, min(highs)), min(highs), Basis.DERIVED, span)


def _most(one: Number, other: Number, sign: str, span: Span) -> Number:
    """Return the greater of two: it is no less than any that is known."""
    numbers = (one, other)
    lows = [n.low for n in numbers if n.low is not None and not n.variable]
    highs = [n.high for n in numbers if n.high is not None and not n.variable]
    if not lows:
        return Number(None, None, Basis.UNKNOWN, span)
    high = max(highs) if len(highs) == len(numbers) else None
    return Number(max(lows), high, Basis.UNKNOWN if high is None else Basis.DERIVED, span)


def _either(one: Number, other: Number, sign: str, span: Span) -> Number:
    if one.low is None or other.low is None or one.high is None or other.high is None:
        return Number(None, None, Basis.UNKNOWN, span)
    return Number(min(one.low, other.low), max(one.high, other.high), Basis.STATED, span)


_SIGNS: dict[str, Callable[[Number, Number, str, Span], Number]] = {
    **dict.fromkeys(_OPERATORS, _sum),
    "min": _least,
    "max": _most,
    "either": _either,
}
