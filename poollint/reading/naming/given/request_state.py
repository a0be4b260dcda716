"""What is kept for the time of a request, for all that serve it.

It is set in a hook or a middleware where the request begins, and read in files that know only the
request. A place is known by how it is kept and its last name, which must speak of a database:

    g.db        `g.db` (Flask, Quart)
    request.db  `request.state.db` (Starlette), `request.ctx.db` (Sanic), `request["db"]` (aiohttp)
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from poollint.reading.naming.given.application_state import HOLDERS, IS_SET, Places
from poollint.reading.naming.scopes.shapes import Attribute, Item, Name, Shape

if TYPE_CHECKING:
    from poollint.reading.naming.scopes.names import Names

KINDS = ("g.", "request.")
_CONTEXTS = frozenset({"flask.g", "quart.g"})
_NAMED = r"[A-Za-z_]*(?:db|DB|[sS]ession|[cC]onn|sql|[dD]atabase|[pP]ostgres)\w*"
_NAME = re.compile(rf"{_NAMED}\Z")
_REQUEST = re.compile(r"(?:.*_)?(?:request|req|websocket|ws)\Z")
_OF = rb"(?:request|req|websocket|ws)"
_FORMS = (
    re.compile(rb"(?<![\w.])()g\.(%s)%s" % (_NAMED.encode(), IS_SET)),
    re.compile(
        _OF
        + rb"(?:\.(?:state|ctx)\.|\[[ \t]*([\"']))(%s)(?:\1[ \t]*\])?%s" % (_NAMED.encode(), IS_SET)
    ),
)
_MAY = ((b"flask", b"quart"), (b".state.", b".ctx.", b"aiohttp"))


def place(shape: Shape) -> str:
    """Return the place that an expression reads ("g.db"), "" where it is none."""
    match shape:
        case Attribute(of=Attribute(of=of, name=holder), name=name) if holder in HOLDERS:
            return f"request.{name}" if _is_request(of) and _NAME.match(name) else ""
        case Item(of=of, key=key, named=False):
            return f"request.{key}" if _is_request(of) and _NAME.match(key) else ""
        case Attribute(of=Name(text="g") | Attribute(name="g"), name=name):
            return f"g.{name}" if _NAME.match(name) else ""
    return ""


def _is_request(shape: Shape) -> bool:
    last = shape.name if isinstance(shape, Attribute) else ""
    return bool(_REQUEST.match(shape.text if isinstance(shape, Name) else last))


def places_in(data: bytes) -> Places:
    """Return the places that the text of a file speaks of."""
    found = set()
    for kind, test, words in zip(KINDS, _FORMS, _MAY, strict=True):
        if any(word in data for word in words):
            every = test.findall(data)
            found |= {(f"{kind}{name.decode()}", bool(sets)) for _, name, sets in every}
    reads = tuple(sorted({place for place, _ in found}))
    return Places(reads, tuple(sorted(place for place, is_set in found if is_set)))


def is_read(text: bytes) -> bool:
    """Tell whether a part of a file may read such a place."""
    return any(test.search(text) is not None for test in _FORMS)


def kept(
    names: Names, shape: Attribute | Item, scope: str
) -> tuple[tuple[tuple[Names, str], ...], ...]:
    """Return the files that set what a request keeps and `shape` reads, and its place."""
    found = place(shape)
    if not found or (found.startswith("g.") and names.qualified(shape.of, scope) not in _CONTEXTS):
        return ()
    here = (names,) if found in names.state else ()
    every = tuple((one, found) for one in (*here, *names.outside.keeping(found)))
    return (every,) if every else ()
