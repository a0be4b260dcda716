"""Folders of correct code, whose files are read, and run, with all they import of each other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from poollint.catalog.merged import drivers
from poollint.model.finding import Confidence
from poollint.model.source import SourceFile
from poollint.reading.code import read
from poollint.reading.naming.files.exports import Exports
from poollint.reading.naming.files.python_files import PythonFiles
from poollint.reading.reader import Options
from tests.mutation.mutations import Mutant


@dataclass(frozen=True, slots=True)
class Folder:
    """The Python files of one case, by their paths below it."""

    name: str
    files: Mapping[str, str]

    def with_file(self, path: str, text: str) -> Folder:
        """Return the folder with another text for one file."""
        return Folder(self.name, {**self.files, path: text})

    def beside(self, path: str) -> dict[str, str]:
        """Return the other files by the names under which they are imported."""
        return {module(one): text for one, text in self.files.items() if one != path}


def module(path: str) -> str:
    """Return the name under which a file is imported."""
    return path.removesuffix(".py").replace("/", ".").removesuffix(".__init__")


def folders(quiet: Path) -> Iterator[Folder]:
    """Yield the folders of a corpus that hold Python."""
    for folder in sorted(path for path in quiet.iterdir() if path.is_dir()):
        files = {
            file.relative_to(folder).as_posix(): file.read_text("utf-8")
            for file in sorted(folder.rglob("*.py"))
        }
        if files:
            yield Folder(folder.name, files)


def leaking(folder: Folder, paths: Iterable[str]) -> dict[str, list[Confidence]]:
    """Return how surely which functions of some files leak, each read with the whole folder."""

    def load(path: str) -> SourceFile:
        return SourceFile(path, folder.files[path])

    exports = Exports(PythonFiles(folder.files, load), drivers())
    said: dict[str, list[Confidence]] = {}
    for path in paths:
        facts = read(load(path), Options(exports=lambda: exports)).module
        for function in facts.functions if facts is not None else ():
            sure = [one.leak.confidence for one in function.acquisitions if one.leak]
            said.setdefault(function.name, []).extend(sure)
    return {name: sorted(sure, key=list(Confidence).index) for name, sure in said.items() if sure}


def found(folder: Folder, path: str, mutant: Mutant) -> list[Confidence]:
    """Return how surely a mutant of a file is said to leak: there, or where it is called."""
    said = leaking(folder.with_file(path, mutant.text), [path])
    if mutant.name in said:
        return said[mutant.name]
    said = leaking(folder.with_file(path, mutant.whole), folder.files)
    return sorted((one for sure in said.values() for one in sure), key=list(Confidence).index)
