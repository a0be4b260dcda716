"""Functions of templates that give a value back as one of another type, at its own place.

Source: Masterminds/sprig 3 (numeric.go, strings.go); spf13/cast 1.
"""

from __future__ import annotations

import math
from dataclasses import replace

from poollint.reading.deployment.helm.worth import (
    Bare,
    Leaf,
    Marks,
    Unknown,
    Worth,
    number_of,
    text_of,
)
from poollint.reading.deployment.terraform.scalars import UNKNOWN as UNKNOWN_TAG

WORDS = frozenset(("int", "int64", "float64", "toString", "trim"))


def of(name: str, worth: Worth, marks: Marks) -> Worth:
    """Return what the function `name` makes of one known value.

    A value of the right type stays what it is, and so does one that is filled in elsewhere.
    """
    known = marks.bare(worth)
    if isinstance(known, Unknown):
        return known
    made = _made(name, known)
    if not isinstance(worth, Leaf):
        return made
    if made is known or _is_open(worth, name, known):
        return worth
    if isinstance(made, str):
        return Leaf(replace(worth.node, text=made, style='"'))
    return Leaf(replace(worth.node, text=text_of(made), style=""))


def _made(name: str, known: Bare) -> Bare:
    if name in ("toString", "trim"):
        text = known if isinstance(known, str) else text_of(known)
        return text.strip() if name == "trim" else text
    if name == "float64" and isinstance(known, float) and math.isfinite(known):
        return known
    plain = isinstance(known, int) and not isinstance(known, bool)
    return known if plain else number_of(known)


def _is_open(leaf: Leaf, name: str, known: Bare) -> bool:
    """Tell whether a value will be another: one that is filled in, or a text taken for a number."""
    if leaf.node.tag == UNKNOWN_TAG or leaf.node.is_null:
        return True
    number = name in ("int", "int64", "float64")
    return number and isinstance(known, str) and not number_of(known)
