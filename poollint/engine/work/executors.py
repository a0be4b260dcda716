"""Where work is done: by processes of this machine, or by a cluster that Dask runs.

Either way it is given to a `concurrent.futures.Executor`, by `submit` alone, and says by itself
what it needs. Whoever has another executor makes a `Place` of it.
"""

from __future__ import annotations

import os
import platform
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import poollint
from poollint.engine.collecting import collect_seldom
from poollint.model.usage import UsageError

if TYPE_CHECKING:
    from concurrent.futures import Executor

_WORTH = 300_000  # characters of Python; a second process needs about a fifth of a second to start
_SCHEME = re.compile(r"dask://(?P<at>(?:\[[0-9A-Fa-f:.]+\]|[^\s/:@\[\]]+):\d{1,5})/?")


def _broken() -> tuple[type[BaseException], ...]:
    from concurrent.futures import BrokenExecutor  # most runs start no executor

    return (BrokenExecutor,)


@dataclass(frozen=True, slots=True)
class Place:
    """Where work can be done.

    processes  how many there are, for the work to be divided
    start      starts an executor with so many of them
    lost       gives what a future raises where the process that had the work ended
    remote     they may see no file of this machine: what they read is sent to them
    worth      characters of Python from which on it pays to go there
    """

    processes: int
    start: Callable[[int], Executor]
    lost: Callable[[], tuple[type[BaseException], ...]] = _broken
    remote: bool = False
    worth: int = _WORTH


def here(processes: int) -> Place:
    """Return so many processes of this machine, each started when there is work."""
    return Place(processes, _processes)


def place(text: str) -> Place:
    """Return the cluster at `dask://HOST:PORT`; `UsageError` where none can be worked with."""
    match = _SCHEME.fullmatch(text)
    if match is None:
        raise UsageError(f"`{text}` is no executor", "write `dask://HOST:PORT`")
    from poollint.engine.work import dask_cluster

    return dask_cluster.cluster(match["at"])


def software() -> tuple[str, str]:
    """Return the versions of poollint and of Python: what facts are derived by."""
    return poollint.__version__, platform.python_version()


def _processes(count: int) -> Executor:
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor

    # A fork has all modules that are loaded already. Elsewhere it is not safe, or not there.
    how = multiprocessing.get_context("fork" if sys.platform == "linux" else None)
    return ProcessPoolExecutor(count, how, initializer=_begin)


def _begin() -> None:
    """Prepare a process for its work, and see to it that it ends with the one that started it.

    It waits for work for ever, whether anybody is left to give it some or not.
    """
    import threading

    collect_seldom()
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    from multiprocessing import connection, parent_process

    if parent := parent_process():
        connection.wait([parent.sentinel])
        os._exit(1)
