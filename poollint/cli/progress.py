"""How far a long run is: for a person at a terminal who has waited a second already."""

from __future__ import annotations

import sys
import time

from poollint.cli.streams import is_terminal, talk

_PATIENCE = 1.0  # seconds
_STEP = 0.1  # seconds between two lines, which nobody reads faster
_CLEAR = "\r\x1b[K"


class Progress:
    """One line on standard error that is written over; none where that is no terminal."""

    def __init__(self) -> None:
        self._next = time.monotonic() + _PATIENCE
        self._shown = False

    def show(self, text: str) -> None:
        """Show how far it is, if it is time to."""
        now = time.monotonic()
        if now < self._next or not is_terminal(sys.stderr):
            return
        self._next = now + _STEP
        self._shown = True
        import shutil  # most runs are over before

        talk(_CLEAR + text[: shutil.get_terminal_size().columns - 1])

    def end(self) -> None:
        """Leave nothing behind."""
        if self._shown:
            talk(_CLEAR)
            self._shown = False
