"""What the bytes of a Python file tell of its ties to other files, without parsing it.

It is a function of the bytes alone, so that whoever knows that a file is as it was knows this.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from sys import intern

from poollint.model.digests import blake2b
from poollint.reading import screen
from poollint.reading.naming.given import (
    application_state,
    interfaces,
    job_state,
    request_state,
    update_state,
)

_SIZE = 16  # bytes of a digest
_KEEPING = (application_state, request_state, job_state, update_state, interfaces)
_SCRIPT = re.compile(rb"([\w.-]*\.sql)[\"']")


@dataclass(frozen=True, slots=True)
class Glance:
    """What a Python file has to do with others.

    digest   of its bytes, as hexadecimal digits
    imports  the qualified names that it imports, relative ones with their dots
    reads    the places that it may read of what an application ("state.pool"), a request or a
             worker keeps, and those of what implements the interfaces that it declares
    sets     those that it may set
    scripts  the last names of files of SQL that it names
    """

    digest: str = ""
    imports: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    sets: tuple[str, ...] = ()
    scripts: tuple[str, ...] = ()


def glance(data: bytes) -> Glance:
    """Return what the text of a Python file, as UTF-8, tells at a glance."""
    places = [kept.places_in(data) for kept in _KEEPING]
    named = _SCRIPT.findall(data) if b".sql" in data else ()  # a hundred times as fast
    return Glance(
        blake2b(data, digest_size=_SIZE).hexdigest(),
        tuple(sorted({intern(name) for name in screen.imported(data)})),  # of many files the same
        tuple(place for one in places for place in one.reads),
        tuple(place for one in places for place in one.sets),
        tuple(sorted({match.decode() for match in named})),
    )
