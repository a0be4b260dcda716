"""Interfaces that one file declares, and classes of other files that implement them.

`class Mailer(Protocol)` stands where it is used, `class SmtpMailer(Mailer)` where no import leads
to from there: only what puts the application together knows both. The place of what inherits
from a class is "class.Mailer", and that of what has the methods of a protocol without naming it
"class.Mailer(close,send)".
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

from poollint.reading.naming.given.application_state import Places
from poollint.reading.naming.scopes.shapes import dotted, of_ast

PLACES = "class."
FEW = 3
"""Files with what may fit a protocol: where there are so many, which is meant is not told."""
INTERFACES = frozenset({"ABC", "Protocol"})
"""What a class inherits from that only declares, by their last names."""

_DECLARING = re.compile(rb"\b(?:ABC|Protocol|ABCMeta)\b")
_CLASS = re.compile(rb"class[ \t]+([A-Za-z_]\w*)[^(:\n]*\(([^()]*)\)[ \t]*:")
_WHOLE = re.compile(rb"^class[ \t]+([A-Za-z_]\w*)([^:\n]*(?:\([^()]*\))?)[ \t]*:", re.MULTILINE)
_NEXT = re.compile(rb"^[^\s#)\]}]", re.MULTILINE)  # what stands behind a class, at the margin
_METHOD = re.compile(rb"^[ \t]+(?:async[ \t]+)?def[ \t]+([A-Za-z_]\w*)", re.MULTILINE)
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
    if b"Protocol" in data:
        reads |= {
            structural(name, methods)
            for name, header, methods in _classes(data)
            if b"Protocol" in header and not all(one.startswith("__") for one in methods)
        }
    return Places(tuple(sorted(reads)), tuple(sorted(sets)))


def structural(cls: str, methods: Iterable[str]) -> str:
    """Return the place of what has all methods of a protocol."""
    return f"{PLACES}{cls}({','.join(sorted(methods))})"


def is_structural(place: str) -> bool:
    """Tell whether a place is that of what has the methods of a protocol."""
    return place.startswith(PLACES) and place.endswith(")")


def may_fit(data: bytes, places: Iterable[str]) -> list[str]:
    """Return those of the places of protocols whose methods one class of a file all has."""
    asked = [(place, place.partition("(")[2][:-1].split(",")) for place in places]
    asked = [one for one in asked if all(f"def {name}".encode() in data for name in one[1])]
    if not asked:
        return []
    plain = [set(own) for _, header, own in _classes(data) if not _DECLARING.search(header)]
    return [place for place, names in asked if any(own.issuperset(names) for own in plain)]


def _classes(data: bytes) -> Iterator[tuple[str, bytes, list[str]]]:
    """Yield the classes at the margin of a file: name, what follows it, and their methods."""
    for found in _WHOLE.finditer(data):
        behind = _NEXT.search(data, found.end())
        body = data[found.end() : behind.start() if behind else len(data)]
        methods = sorted({name.decode() for name in _METHOD.findall(body)})
        yield found[1].decode(), found[2], methods


def bases(node: ast.ClassDef) -> frozenset[str]:
    """Return the last names of what a class says it inherits from."""
    plain = (base.value if isinstance(base, ast.Subscript) else base for base in node.bases)
    return frozenset(dotted(of_ast(base)).rpartition(".")[2] for base in plain) - {""}


def is_interface(node: ast.ClassDef) -> bool:
    """Tell whether a class only declares what others implement, as its text alone tells."""
    meta = (dotted(of_ast(k.value)).rpartition(".")[2] for k in node.keywords)
    return "ABCMeta" in meta or not INTERFACES.isdisjoint(bases(node))
