"""What goes to which stream, and what that stream can show."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from poollint.report.palette import Palette


def say(text: str) -> None:
    """Print data."""
    _write(sys.stdout, text)


def talk(text: str) -> None:
    """Print what is no data: errors, hints, the summary beside a pipe."""
    _write(sys.stderr, text)


def is_terminal(stream: TextIO | None) -> bool:
    """Tell whether a person looks at `stream`."""
    return stream is not None and not stream.closed and stream.isatty()


def palette_of(stream: TextIO | None, color: str) -> Palette:
    """Return what `stream` can show; `color` is "auto", "always" or "never"."""
    from poollint.report.palette import Palette

    return Palette.of(
        is_terminal(stream),
        os.environ,
        color,
        shutil.get_terminal_size().columns,
        Path.cwd().as_uri(),
    )


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
