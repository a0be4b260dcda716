"""`poollint cache`: where facts are remembered between runs, and how to forget them."""

from __future__ import annotations

import os
import sys

import click

from poollint.cli.streams import say
from poollint.engine.memory.cache import Cache


@click.group()
def cache() -> None:
    """Show or clear what is remembered of files that were read before."""


@cache.command("dir")
def where() -> None:
    """Print the folder of the cache."""
    say(f"{folder()}\n")


@cache.command()
def clear() -> None:
    """Remove all that is remembered."""
    place = folder()
    there = bool(place) and Cache(place).clear()
    say(f"Cleared {place}.\n" if there else f"Nothing to clear in {place or 'any folder'}.\n")


def folder() -> str:
    """Return the folder in which facts are remembered, "" where there is no place for one.

    It is the user's own: `POOLLINT_CACHE_DIR`, or where the system keeps caches. A cache inside
    the repository would let whoever wrote the code say what is found in it.
    """
    told = os.environ.get("POOLLINT_CACHE_DIR", "")
    if told:
        return os.path.abspath(told)
    home = os.path.expanduser("~")  # as it is where nobody knows
    if sys.platform == "darwin":
        caches = os.path.join(home, "Library", "Caches")
    elif sys.platform == "win32":
        caches = os.environ.get("LOCALAPPDATA") or os.path.join(home, "AppData", "Local")
    else:
        caches = os.environ.get("XDG_CACHE_HOME") or os.path.join(home, ".cache")
    return os.path.join(os.path.normpath(caches), "poollint") if os.path.isabs(caches) else ""
