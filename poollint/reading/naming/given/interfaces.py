"""Interfaces that one file declares, and classes of other files that implement them.

`class Mailer(Protocol)` stands where it is used, `class SmtpMailer(Mailer)` where no import leads
to from there: only what puts the application together knows both. The place of what inherits
from a class is "class.Mailer".
"""

from __future__ import annotations

import ast
import re

from poollint.reading.naming.given.application_state import Places
from poollint.reading.naming.scopes.shapes import dotted, of_ast

PLACES = "class."
INTERFACES = frozenset({"ABC", "Protocol"})
"""What a class inherits from that only declares, by their last names."""

_DECLARING = re.compile(rb"\b(?:ABC|Protocol|ABCMeta)\b")
_CLASS = re.compile(rb"class[ \t]+([A-Za-z_]\w*)[^(:\n]*\(([^()]*)\)[ \t]*:")
_BASE = re.compile(rb"([A-Za-z_]\w*)[ \t]*(?:\[[^\[\]]*\][ \t]*)?(?=,|\s*\Z)")
# What many classes inherit from and no project declares.
_COMMON = frozenset(
    b"""ABC BaseModel Enum Exception Generic IntEnum Model NamedTuple Protocol RuntimeError Schema
    StrEnum TestCase TypedDict ValueError View metaclass object str""".split()
)


def places_in(data: bytes) -> Places:
    """Return the interfaces that the text of a file declares, and what its classes inherit from."""
    if b"class " not in data:
        return Places((), ())
    reads, sets = set(), set()
    for name, bases in _CLASS.findall(data):
        if _DECLARING.search(bases):
            reads.add(f"{PLACES}{name.decode()}")
        sets |= {f"{PLACES}{base.decode()}" for base in _BASE.findall(bases) if base not in _COMMON}
    return Places(tuple(sorted(reads)), tuple(sorted(sets)))


def bases(node: ast.ClassDef) -> frozenset[str]:
    """Return the last names of what a class says it inherits from."""
    plain = (base.value if isinstance(base, ast.Subscript) else base for base in node.bases)
    return frozenset(dotted(of_ast(base)).rpartition(".")[2] for base in plain) - {""}


def is_interface(node: ast.ClassDef) -> bool:
    """Tell whether a class only declares what others implement, as its text alone tells."""
    meta = (dotted(of_ast(k.value)).rpartition(".")[2] for k in node.keywords)
    return "ABCMeta" in meta or not INTERFACES.isdisjoint(bases(node))
