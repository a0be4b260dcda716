"""A run over a few Python files that have nothing to do with a database: nothing comes of it.

A hook before a commit gives the files that changed, and most of an application's neither speak to
its database nor import what does. To know that takes their bytes, the names of the project's
files, and that an earlier run found nothing wrong with the settings. No rule is imported for it,
and nothing parsed. Whatever else there is to say, the session says.
"""

from __future__ import annotations

import os
from collections.abc import Iterable

from poollint.catalog.merged import drivers
from poollint.engine.files import intake, roots
from poollint.engine.files.contents import Contents
from poollint.engine.files.discovery import File, Tree, discover, located
from poollint.engine.files.disk import Disk, repository
from poollint.engine.files.glob import Glob
from poollint.engine.files.listed import Listed
from poollint.engine.memory.agreed import Agreed, Agreement
from poollint.engine.memory.cache import Cache
from poollint.engine.memory.index import Index
from poollint.engine.outcome import Outcome
from poollint.engine.request import STDIN, Request
from poollint.engine.settings.places import places
from poollint.model.report import Coverage, Report
from poollint.model.source import Unreadable
from poollint.reading.naming.files.python_files import PythonFiles
from poollint.reading.naming.files.touching import touches
from poollint.reading.screen import may_matter

_PYTHON = (".py", ".pyi")


class Untouched:
    """What is asked of a run over a few Python files, and may be known to come to nothing.

    `disk` is what was seen for it: the same run goes on with that where more has to be known.
    """

    def __init__(self, request: Request) -> None:
        self._request = request
        self.disk = Disk()
        self._cwd = os.path.realpath(request.cwd or os.getcwd())
        self._paths = tuple(located(path, self._cwd) for path in request.paths if path != STDIN)
        stdin = request.stdin_filename if STDIN in request.paths else None
        self._start = roots.start(self._paths, stdin, self._cwd)
        self._top = roots.top(self._start, self._cwd)
        isolated = request.isolated
        self._agreement = Agreement(request, () if isolated else places(self._start, self._top))
        self._agreed = self._agreement.recall()

    def outcome(self) -> Outcome | None:
        """Return what the run comes to where that is nothing; None where more has to be known."""
        began = self._request.clock()
        files = self._idle(self._agreed) if self._agreed else None
        if files is None or self._agreed is None:
            return None
        report = Report((), Coverage(len(files), len(files)))
        laps = (("read", self._request.clock() - began),)
        return Outcome(report, {}, self._agreed.path, self._agreed.fail_on, timings=laps)

    @property
    def plain(self) -> bool:
        """Whether it is known that no other package than poollint has rules, or adds to them."""
        return self._agreed is not None

    def keep(self, agreed: Agreed | None) -> None:
        """Remember what a run found of the settings."""
        if agreed is not None and agreed != self._agreed:
            self._agreement.keep(agreed)

    def _idle(self, agreed: Agreed) -> tuple[File, ...] | None:
        """Return the files, None where one of them may have to do with a database."""
        if any(os.path.isdir(path) for path in self._paths):
            return None
        root = agreed.folder or self._top
        if not (agreed.folder or repository(root) or roots.is_marked(root)):
            return None  # any folder: not all that lies in it is looked for
        exclude = tuple(Glob(pattern) for pattern in agreed.exclude)
        tree = Tree(root, self._cwd, exclude, lambda path: path.endswith(_PYTHON), self.disk)
        files = discover(self._paths, tree, self._request.force_exclude).files
        told = {}
        if STDIN in self._request.paths:
            given = tree.file(os.path.join(self._cwd, self._request.stdin_filename), named=True)
            files, told = (*files, given), {given.shown: self._request.stdin}
        contents = Contents(root, told, disk=tree.disk)
        loaded = {file: contents.load(file) for file in files if file.inside.endswith(_PYTHON)}
        if len(loaded) < len(files) or not all(_is_silent(data) for data in loaded.values()):
            return None
        importing = [file for file, data in loaded.items() if _imports(data)]
        return None if importing and self._touch(importing, files, tree, contents) else files

    def _touch(
        self, importing: Iterable[File], files: Iterable[File], tree: Tree, contents: Contents
    ) -> bool:
        """Tell whether some files have from others what has to do with a database."""
        listed = Listed(files, tree, contents, lambda: self._index(tree))
        python = PythonFiles(
            listed.paths,
            listed.load,
            tuple,
            listed.remember,
            listed.answer,
            listed.is_there,
            tree.home,
        )
        found = any(touches(file.shown, python, drivers()) for file in importing)
        listed.keep(self._request.now)
        return found

    def _index(self, tree: Tree) -> Index:
        stamp = bytes.fromhex(self._agreed.stamp) if self._agreed else b""
        return Index(Cache(self._request.cache), tree.root, stamp, tree.disk)


def _is_silent(data: bytes | Unreadable) -> bool:
    return isinstance(data, bytes) and not may_matter(intake.screenable(data), drivers())


def _imports(data: bytes | Unreadable) -> bool:
    return isinstance(data, bytes) and b"import" in data
