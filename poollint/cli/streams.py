"""What goes to which stream, and what that stream can show."""

from __future__ import annotations

import os
import shutil
import sys
from typing import TextIO

WIDEST = 100  # columns; longer lines are hard to read on a wide terminal

# Terminals that show OSC 8 hyperlinks, by what they put into the environment.
_LINKING_PROGRAMS = frozenset({"ghostty", "Hyper", "iTerm.app", "rio", "vscode", "WezTerm"})
_LINKING_TERMS = ("alacritty", "foot", "xterm-ghostty", "xterm-kitty")
_LINKING_MARKS = ("DOMTERM", "KITTY_WINDOW_ID", "WT_SESSION")
_VTE_WITH_LINKS = 5000  # VTE_VERSION, from 0.50


def say(text: str) -> None:
    """Print data."""
    _write(sys.stdout, text)


def talk(text: str) -> None:
    """Print what is no data: errors, hints, the summary beside a pipe."""
    _write(sys.stderr, text)


def is_terminal(stream: TextIO | None) -> bool:
    """Tell whether a person looks at `stream`."""
    return stream is not None and not stream.closed and stream.isatty()


def has_colour(choice: str, stream: TextIO | None) -> bool:
    """Tell whether to colour: by `--color`, then NO_COLOR and FORCE_COLOR, then the stream."""
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR", "0") not in ("", "0"):
        return True
    return is_terminal(stream) and os.environ.get("TERM") != "dumb"


def has_links(coloured: bool, stream: TextIO | None) -> bool:
    """Tell whether the terminal behind `stream` is known to show hyperlinks."""
    environment = os.environ
    if not coloured or not is_terminal(stream) or environment.get("CI"):
        return False
    vte = environment.get("VTE_VERSION", "")
    return (
        environment.get("TERM_PROGRAM") in _LINKING_PROGRAMS
        or environment.get("TERM", "").startswith(_LINKING_TERMS)
        or any(environment.get(name) for name in _LINKING_MARKS)
        or (vte.isascii() and vte.isdigit() and int(vte) >= _VTE_WITH_LINKS)
    )


def width_of(stream: TextIO | None) -> int:
    """Return the columns to fill."""
    if not is_terminal(stream):
        return WIDEST
    return min(shutil.get_terminal_size().columns, WIDEST)


def _write(stream: TextIO | None, text: str) -> None:
    """Write all of `text`, whatever the encoding; a closed pipe is no error."""
    if stream is None or not text:
        return
    try:
        stream.write(text.encode(stream.encoding, "backslashreplace").decode(stream.encoding))
        stream.flush()
    except BrokenPipeError:
        _silence(stream)
    except OSError:
        _silence(stream)
        raise


def _silence(stream: TextIO) -> None:
    """Let what is still buffered go nowhere, so that the exit of Python does not stumble."""
    try:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream.fileno())
        os.close(null)
    except (OSError, ValueError):
        return
