"""Which files import from which is remembered, and is never taken for what it no longer is."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from poollint.engine.memory.cache import Cache
from poollint.engine.memory.links import CachedLinks
from poollint.model.source import SourceFile
from poollint.reading.naming.files.dependencies import Dependencies
from poollint.reading.naming.files.python_files import PythonFiles

FILES = {f"shop/m{number}.py": f"from shop import m{number + 1}\n" for number in range(40)} | {
    "shop/__init__.py": "",
    "shop/m40.py": "",
}


class Searching(PythonFiles):
    """Python files that count how often a name is looked for."""

    searched = 0

    def find(self, importer: str, name: str) -> tuple[str, str] | None:
        """Return what it does, and count it."""
        self.searched += 1
        return super().find(importer, name)


def look(files: dict[str, str], folder: Path, stamp: bytes = b"") -> tuple[dict[str, bytes], int]:
    """Return the digests of all files, and how many names were looked for."""
    found = Searching(files, lambda path: SourceFile(path, files[path]))
    dependencies = Dependencies(found, CachedLinks(Cache(str(folder)), stamp))
    digests = {path: dependencies.digest([path]) for path in files}
    dependencies.keep()
    return digests, found.searched


def alone(files: dict[str, str]) -> dict[str, bytes]:
    """Return the digests of files of which nothing is remembered."""
    found = PythonFiles(
        files, lambda path: SourceFile(path, files[path]) if path in files else None
    )
    dependencies = Dependencies(found)
    return {path: dependencies.digest([path]) for path in files}


def test_nothing_is_looked_for_again(tmp_path: Path) -> None:
    first, searched = look(FILES, tmp_path)
    assert searched == 40
    assert look(FILES, tmp_path) == (first, 0)
    assert first == alone(FILES)


def test_file_that_changed_is_looked_at_again(tmp_path: Path) -> None:
    look(FILES, tmp_path)
    changed = {**FILES, "shop/m3.py": "from shop import m0\n"}
    found, searched = look(changed, tmp_path)
    assert searched == 1
    assert found == alone(changed)


def test_new_file_may_be_what_others_import(tmp_path: Path) -> None:
    files = {**FILES, "shop/m40.py": "import late\n"}
    look(files, tmp_path)
    more = {**files, "shop/late.py": "import psycopg2\n"}
    assert look(more, tmp_path)[0] == alone(more)


def test_what_an_application_keeps_may_be_set_elsewhere(tmp_path: Path) -> None:
    files = {**FILES, "shop/m40.py": "def f(app): return app.state.pool\n"}
    look(files, tmp_path)
    more = {**files, "shop/m39.py": "def g(app): app.state.pool = 1\n"}
    assert look(more, tmp_path)[0] == alone(more)


def test_other_settings_remember_nothing(tmp_path: Path) -> None:
    look(FILES, tmp_path)
    assert look(FILES, tmp_path, b"others")[1] == 40


def test_broken_memory_is_none(tmp_path: Path) -> None:
    class Broken(Cache):
        def get(self, keys: Iterable[bytes]) -> dict[bytes, bytes]:
            return dict.fromkeys(keys, b'[["x",["y"]],[1],3]')

    found = PythonFiles(FILES, lambda path: SourceFile(path, FILES[path]))
    dependencies = Dependencies(found, CachedLinks(Broken(str(tmp_path)), b""))
    assert {path: dependencies.digest([path]) for path in FILES} == alone(FILES)
