"""A run over folders in which nothing changed since: what it came to is known.

What a run came to is kept with all that it saw of the file system, and is told again as long as
a look at all of that shows the same: each file with its times, size and inode, each folder that
was listed, what git said there is, and the files that were looked for in vain. Nothing is read
then but what findings show.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import poollint
from poollint.engine.files import intake
from poollint.engine.files.discovery import File
from poollint.engine.files.disk import SETTLED, Disk, State, digest, state_of, told_by_git
from poollint.engine.memory.agreed import installed
from poollint.engine.memory.cache import Cache
from poollint.engine.memory.codec import NotThis, decoder, encoded
from poollint.engine.memory.program import program
from poollint.engine.outcome import Outcome
from poollint.engine.request import STDIN, Mode, Request
from poollint.model.finding import Severity
from poollint.model.report import Report
from poollint.model.source import SourceFile

if TYPE_CHECKING:
    from poollint.engine.untouched import Untouched

_LARGEST = 8_000_000  # bytes that are kept of a run: the report, and what was seen
_PYTHON = (".py", ".pyi")


def run(request: Request) -> Outcome:
    """Do what is asked, or tell what came of it before. Raises `UsageError`, and nothing else."""
    memory = _Memory(request) if _is_kept(request) else None
    known = memory.recall() if memory else None
    if known is not None:
        return known
    untouched = _untouched(request) if _is_few(request) else None
    nothing = untouched.outcome() if untouched else None
    if nothing is not None:
        return nothing
    from poollint.engine import registry, session

    if untouched and untouched.plain:
        request = replace(request, registry=registry.builtin())
    disk = untouched.disk if untouched else Disk()
    outcome = session.run(request, disk)
    if untouched:
        untouched.keep(outcome.agreed)
    if memory and not outcome.lost and not outcome.report.crashes:
        memory.keep(outcome, disk)
    return outcome


def _is_kept(request: Request) -> bool:
    """Tell whether it is worth knowing: there are too many choices of single files."""
    folders = STDIN not in request.paths and all(os.path.isdir(path) for path in request.paths)
    return bool(request.cache and request.now and request.registry is None) and folders


def _is_few(request: Request) -> bool:
    """Tell whether single Python files are to be checked, and nothing else is asked."""
    names = (request.stdin_filename if path == STDIN else path for path in request.paths)
    usual = not request.config and not request.root and request.context and not request.pages
    known = request.cache and request.registry is None and request.mode is Mode.CHECK
    return bool(known) and usual and all(name.endswith(_PYTHON) for name in names)


def _untouched(request: Request) -> Untouched:
    from poollint.engine.untouched import Untouched

    return Untouched(request)


class _Memory:
    """What is kept of the runs that are asked the same."""

    def __init__(self, request: Request) -> None:
        self._cache = Cache(request.cache)
        self._now = request.now
        asked = (
            request.paths, request.mode, request.select, request.ignore, request.assume,
            request.pool_mode, request.pedantic, request.ignores, request.config, request.isolated,
            request.force_exclude, request.root, request.context, request.cwd or os.getcwd(),
        )  # fmt: skip
        told = f"run\0{asked!r}\0{[*installed()]!r}\0".encode("utf-8", "surrogatepass")
        self._key = digest(told + program())

    def recall(self) -> Outcome | None:
        """Return what the run came to, if all is as it was."""
        value = self._cache.get([self._key]).get(self._key)
        if value is None:
            return None
        try:
            kept = json.loads(value)
            return _outcome(kept) if _is_same(kept) else None
        except (NotThis, ValueError, TypeError, KeyError, AttributeError):
            return None

    def keep(self, outcome: Outcome, disk: Disk) -> None:
        """Keep what a run came to, where what it saw can be looked at again."""
        states = {**disk.states, **{path: state_of(path) for path in _modules()}}
        newest = max((max(state.signature[:2]) for state in states.values() if state), default=0)
        if outcome.sources.keys() != outcome.places.keys() or newest >= self._now - SETTLED:
            return
        listings = disk.listings
        folders = sorted({folder for one in listings.values() for folder in one.parents})
        content = {
            "paths": "\0".join(states),
            "folders": "\0".join(folders),
            "seen": _digest(states.values(), map(state_of, folders)),
            "git": {folder: one.git.hex() for folder, one in listings.items() if one.git},
            "report": encoded(outcome.report),
            "settings": outcome.settings,
            "fail_on": outcome.fail_on and outcome.fail_on.value,
            "places": dict(outcome.places),
        }
        value = json.dumps(content, separators=(",", ":")).encode()
        if len(value) <= _LARGEST:
            self._cache.put({self._key: value}, ())


def _is_same(kept: Mapping[str, Any]) -> bool:
    """Tell whether a look shows what a run saw. Git is asked last: it takes longest."""
    paths, folders = (kept[key].split("\0") if kept[key] else [] for key in ("paths", "folders"))
    seen = _digest(map(state_of, paths), map(state_of, folders))
    return seen == kept["seen"] and all(
        digest(told_by_git(folder)).hex() == told for folder, told in kept["git"].items()
    )


def _digest(states: Iterable[State | None], folders: Iterable[State | None]) -> str:
    """Return what stands for the states; of folders that git lists, only which they are counts."""
    whole = [(state.mode, state.signature) if state else None for state in states]
    parents = [(state.mode, state.signature[-1]) if state else None for state in folders]
    return digest(repr((whole, parents)).encode()).hex()


def _outcome(kept: Mapping[str, Any]) -> Outcome:
    """Return what was written down; `NotThis`, or what a wrong shape raises, for anything else."""
    report: Report = decoder(Report)(kept["report"])
    fail_on = decoder(Severity | None)(kept["fail_on"])
    settings = decoder(str)(kept["settings"])
    places = {shown: decoder(str)(full) for shown, full in kept["places"].items()}
    sources = {shown: _source(shown, full) for shown, full in places.items()}
    return Outcome(report, sources, settings, fail_on, places=places)


def _source(shown: str, full: str) -> SourceFile:
    """Return a file that findings show, as it was read before."""
    data = intake.load(File(full, shown, shown), os.sep, Disk())
    source = (
        intake.text_of(data, shown, full.endswith(_PYTHON)) if isinstance(data, bytes) else None
    )
    if not isinstance(source, SourceFile):
        raise NotThis("a file that has gone")
    return source


def _modules() -> Iterator[str]:
    """Yield the files of loaded modules that lie elsewhere: of rules that are being written."""
    own = os.path.dirname(os.path.dirname(poollint.__file__)) + os.sep + "poollint" + os.sep
    installed = (sys.prefix, sys.base_prefix, own)
    for module in list(sys.modules.values()):
        path = getattr(module, "__file__", None)
        if isinstance(path, str) and not path.startswith(installed):
            yield path
