"""What a run is asked to do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from poollint.model.finding import Category

if TYPE_CHECKING:  # a run that is known from before needs neither
    from poollint.engine.registry import Registry
    from poollint.engine.work.executors import Place

STDIN = "-"

Progress = Callable[[int, int], None]  # how many files are understood, and of how many


class Mode(Enum):
    """What is asked for: what can be said of files, of the system, or both."""

    CHECK = "check"
    AUDIT = "audit"
    ALL = "all"

    def includes(self, category: Category) -> bool:
        """Tell whether rules of `category` belong here; those about the run always do."""
        if category is Category.POOLLINT or self is Mode.ALL:
            return True
        if self is Mode.CHECK:
            return category is not Category.BUDGET
        return category in (Category.BUDGET, Category.SETTING)


def _no_clock() -> float:
    return 0.0


def nobody(done: int, total: int) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True)
class Request:
    """What a run is asked to do.

    paths      files, folders, and "-" for `stdin`, whose name is `stdin_filename`
    select     rules and categories, instead of those of the settings; `ignore` on top
    assume     numbers no file states: name, lowest, highest
    pool_mode  the mode of endpoints no file tells, instead of that of the settings; "" not said
    pedantic   findings of low confidence are reported too
    ignores    comments that ignore findings are obeyed
    config     the settings file; `isolated` none at all
    root       the project's root, where it is known already
    context    the rest of the project is read where the files given depend on it
    registry   the rules, the installed ones if None
    jobs       processes that read Python files, where there is much to read
    executor   another place where they are read
    cwd        the folder from which paths count and are shown, "" the working directory
    cache      the folder in which facts are remembered, "" to remember nothing
    now        when the run begins, in nanoseconds since 1970; without it files that did not change
               since an earlier run are looked at again
    pages      the report is to hold the page of each rule, where nothing is found too
    clock      for `timings`; the engine itself asks for no time
    progress   is told how many files are understood, and of how many that have to be
    """

    paths: tuple[str, ...] = (".",)
    mode: Mode = Mode.ALL
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    assume: tuple[tuple[str, int, int], ...] = ()
    pool_mode: str = ""
    pedantic: bool = False
    ignores: bool = True
    config: str = ""
    isolated: bool = False
    force_exclude: bool = False
    stdin: bytes = b""
    stdin_filename: str = ""
    root: str = ""
    context: bool = True
    registry: Registry | None = None
    jobs: int = 1
    executor: Place | None = None
    cwd: str = ""
    cache: str = ""
    now: int = 0
    pages: bool = True
    clock: Callable[[], float] = _no_clock
    progress: Progress = nobody
