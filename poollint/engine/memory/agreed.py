"""What an earlier run found of the settings: that there is nothing wrong with them.

To know that, the rules of every installed package are imported. It stays true while the texts of
the settings, what is installed, and poollint itself are the same.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from poollint.engine.files.disk import State, digest, state_of
from poollint.engine.memory.cache import Cache
from poollint.engine.memory.codec import NotThis, decoder, encoded
from poollint.engine.memory.program import program
from poollint.engine.request import Request
from poollint.model.finding import Severity


@dataclass(frozen=True, slots=True)
class Agreed:
    """Settings in which nothing is wrong and that add nothing to what poollint knows.

    path     the file as shown, "" without one; `folder` where it stands
    exclude  patterns of files that do not count
    fail_on  the mildest severity that fails the run, None for never
    stamp    what facts depend on besides files, as hexadecimal digits: the key of their index
    """

    path: str
    folder: str
    exclude: tuple[str, ...]
    fail_on: Severity | None
    stamp: str = ""


class Agreement:
    """What is remembered of the settings of a run, whose files may be these `places`."""

    def __init__(self, request: Request, places: Iterable[str]) -> None:
        self._cache = Cache(request.cache)
        asked = (
            request.mode, request.select, request.ignore, request.assume, request.pool_mode,
            request.isolated, request.cwd or os.getcwd(),
        )  # fmt: skip
        texts = [(place, _bytes(place)) for place in places]
        told = f"agreed\0{asked!r}\0{[*installed()]!r}\0{texts!r}\0"
        self._key = digest(told.encode("utf-8", "surrogatepass") + program())

    def recall(self) -> Agreed | None:
        """Return what was found of them, None where that is nothing, or not known."""
        value = self._cache.get([self._key]).get(self._key)
        try:
            found: Agreed | None = decoder(Agreed | None)(json.loads(value or b"null"))
        except (NotThis, ValueError, TypeError):
            return None
        return found

    def keep(self, agreed: Agreed) -> None:
        """Remember what was found of them."""
        self._cache.put({self._key: json.dumps(encoded(agreed)).encode()}, ())


def installed() -> Iterator[tuple[str, State | None]]:
    """Yield the folders that modules are imported from: packages with rules come and go there."""
    for folder in sys.path:
        if os.path.isdir(folder):
            yield folder, state_of(folder)


def _bytes(path: str) -> Any:
    try:
        with open(path, "rb") as stream:
            return stream.read()
    except OSError:
        return None
