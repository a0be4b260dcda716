"""What a reader of files is, and what it hands on to linking."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from poollint.facts.code import Module
from poollint.facts.infrastructure import Pooler, Server, Setting
from poollint.model.source import SourceFile, Unreadable


@dataclass(frozen=True, slots=True)
class FileReading:
    """What one file says by itself, before it is linked with others.

    documents  trees (`syntax.yaml.Node`, `syntax.procfile.Line`, …) whose meaning depends on
               other files; `reading.topology` makes workloads of them
    """

    path: str
    reader: str
    module: Module | None = None
    settings: tuple[Setting, ...] = ()
    poolers: tuple[Pooler, ...] = ()
    servers: tuple[Server, ...] = ()
    documents: tuple[object, ...] = ()
    unread: tuple[Unreadable, ...] = ()


@dataclass(frozen=True, slots=True)
class Options:
    """What the user's settings say to readers and to linking.

    pool_mode   the mode of endpoints no file tells ("transaction"), "" where not said
    assume      numbers no file states, by name ("cron.workers"): lowest and highest
    decorators  qualified names of decorators of per-request functions, beyond the frameworks'
    """

    pool_mode: str = ""
    assume: tuple[tuple[str, int, int], ...] = ()
    decorators: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reader:
    """How one sort of file is read.

    claims  by the path alone (POSIX, relative): may this reader take the file
    screen  by the bytes, before they are decoded: can the file matter at all
    read    the whole file; never raises for bad input, but says so in `unread`
    """

    name: str
    python: bool
    claims: Callable[[str], bool]
    screen: Callable[[bytes], bool]
    read: Callable[[SourceFile, Options], FileReading]
