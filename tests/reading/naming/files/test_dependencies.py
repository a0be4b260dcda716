"""Digests change with whatever the facts of a file can depend on, and with nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from poollint.catalog.merged import drivers
from poollint.model.source import SourceFile
from poollint.reading.code import read
from poollint.reading.naming.files.dependencies import Dependencies
from poollint.reading.naming.files.exports import Exports
from poollint.reading.naming.files.looked import Behind
from poollint.reading.naming.files.python_files import PythonFiles
from poollint.reading.reader import FileReading, Options
from poollint.syntax.python import PythonTree

FIXTURES = Path(__file__).parents[4] / "fixtures"
FILES = {
    "shop/__init__.py": "",
    "shop/api.py": "from shop.db import pool\nfrom . import views",
    "shop/views.py": "import shop.api; from os import path",
    "shop/db.py": "from shop.core import (\n    make,\n)",
    "shop/core/__init__.py": "from .made import *",
    "shop/core/made.py": "import psycopg2",
    "shop/core/aside.py": "",
    "shop/tail.py": "from shop \\\n    import late",
    "shop/late.py": "",
    "alone.py": "import os",
}


def digests(files: dict[str, str]) -> dict[str, bytes]:
    dependencies = _dependencies(files)
    return {path: dependencies.digest(sorted(dependencies.behind([path])[0])) for path in files}


def changed_by(path: str, text: str = "# changed") -> set[str]:
    before, after = digests(FILES), digests({**FILES, path: text})
    return {name for name in FILES if before[name] != after[name]}


@pytest.mark.parametrize(
    ("path", "changed"),
    [
        ("alone.py", {"alone.py"}),
        ("shop/late.py", {"shop/late.py", "shop/tail.py"}),
        (
            "shop/core/made.py",
            {"shop/core/made.py", "shop/core/__init__.py", "shop/db.py", "shop/api.py",
             "shop/views.py"},
        ),
        # `from shop.core import (…` goes on in the next line: anything there may be meant
        ("shop/core/aside.py", {"shop/core/aside.py", "shop/db.py", "shop/api.py",
                                "shop/views.py"}),
        # the two import each other
        ("shop/views.py", {"shop/views.py", "shop/api.py"}),
        ("shop/api.py", {"shop/views.py", "shop/api.py"}),
    ],
)  # fmt: skip
def test_a_change_reaches_whoever_imports_the_file_at_any_distance(
    path: str, changed: set[str]
) -> None:
    assert changed_by(path) == changed


def test_a_new_file_that_an_import_means_counts() -> None:
    files = {"shop/web.py": "from shop import extra", "shop/__init__.py": "", "other.py": ""}
    before, after = digests(files), digests({**files, "shop/extra.py": ""})
    assert before["shop/web.py"] != after["shop/web.py"]
    assert before["other.py"] == after["other.py"]


def test_whoever_sets_what_an_application_keeps_counts_for_those_that_read_it() -> None:
    files = {
        "views.py": "async def index(request): await request.app.state.pool.acquire()",
        "main.py": "import views\napp.state.pool = make()",
        "other.py": "app.state.cache = {}",
    }
    before = digests(files)
    assert before["views.py"] != digests({**files, "main.py": "import views"})["views.py"]
    assert before["views.py"] == digests({**files, "other.py": "app.state.cache = 1"})["views.py"]
    more = digests({**files, "late.py": "app.state.pool: Pool = other()"})
    assert before["views.py"] != more["views.py"]


@pytest.mark.parametrize(
    ("read", "set_"),
    [
        ('request.app["pool"].acquire()', 'app["pool"] = make()'),
        ("request.app[keys.POOL].acquire()", "web_app[POOL] = make()"),
        ("current_app.pool.acquire()", "def start(app_):\n    app_.pool = make()"),
    ],
)
def test_so_does_what_is_kept_under_a_key_or_as_an_attribute(read: str, set_: str) -> None:
    before = digests({"views.py": read, "main.py": set_})
    after = digests({"views.py": read, "main.py": f"{set_}  # changed"})
    assert before["views.py"] != after["views.py"]
    other = digests({"views.py": "request.session", "main.py": set_})
    assert other["views.py"] == digests({"views.py": "request.session", "main.py": ""})["views.py"]


def test_the_same_text_elsewhere_has_another_digest() -> None:
    found = digests({"a.py": "x = 1", "b.py": "x = 1"})
    assert found["a.py"] != found["b.py"]


def test_which_file_is_asked_for_first_does_not_matter() -> None:
    assert digests(FILES) == digests(dict(reversed(FILES.items())))


def test_a_long_chain_and_a_large_circle_are_no_burden() -> None:
    many = 5000
    for last in ("", "import m0"):
        files = {f"m{n}.py": f"import m{n + 1}" for n in range(many)} | {f"m{many}.py": last}
        dependencies = _dependencies(files)
        assert dependencies.behind(["m0.py"])[0] == files.keys()
        assert len(dependencies.before([f"m{many}.py"]) - {f"m{many}.py"}) == many


def _source(path: str, files: dict[str, str]) -> SourceFile | None:
    return SourceFile(path, files[path]) if path in files else None


def _dependencies(files: dict[str, str]) -> Dependencies:
    return Dependencies(PythonFiles(files, lambda path: _source(path, files)))


def _across(folder: Path) -> dict[str, str]:
    return {str(p.relative_to(folder)): p.read_text() for p in folder.glob("**/*.py")}


class Looked(PythonFiles):
    """The files of a project, and which of them were looked into: not only through for a word."""

    def __init__(self, files: dict[str, str]) -> None:
        super().__init__(files, lambda path: SourceFile(path, files[path]))
        self.at: set[str] = set()

    def tree(self, path: str) -> PythonTree | None:
        self.at.add(path)
        return super().tree(path)


CASES = sorted(
    path
    for path in (*FIXTURES.glob("quiet/*"), *FIXTURES.glob("[!q]*/*/*"))
    if path.is_dir() and len(list(path.glob("**/*.py"))) > 1
)


@pytest.mark.parametrize("folder", CASES, ids=lambda folder: str(folder.relative_to(FIXTURES)))
def test_facts_come_from_all_files_that_are_looked_at(folder: Path) -> None:
    files = _across(folder)
    every = Exports(PythonFiles(files, lambda path: _source(path, files)), drivers())
    # whoever comes later gets what others have found out already, and counts for all of that
    order = [*files, *reversed(files)]
    together = {path: _read(path, files[path], every).behind for path in order}
    for path, text in files.items():
        looked = Looked(files)
        behind = _read(path, text, Exports(looked, drivers())).behind
        assert looked.at <= set(behind.files) | {path}
        assert set(behind.files) <= set(together[path].files)
        assert set(behind.asked) <= set(together[path].asked)


def _read(path: str, text: str, exports: Exports) -> FileReading:
    return read(SourceFile(path, text), Options(exports=lambda: exports))


def test_what_declares_an_interface_depends_on_the_one_file_that_implements_it() -> None:
    files = {
        "ports.py": "class Mailer(ABC): ...\nclass Store(Protocol): ...",
        "office.py": "from ports import Mailer",
        "post.py": "from ports import Mailer\nclass Post(Mailer): ...",
        "one.py": "from ports import Store\nclass One(Store): ...",
        "two.py": "from ports import Store\nclass Two(Store): ...",
    }
    before = digests(files)
    for path, reached in (("post.py", True), ("one.py", False)):
        after = digests({**files, path: f"{files[path]}\n# changed"})
        assert (before["office.py"] != after["office.py"]) is reached


def test_who_imports_a_file_is_told_however_far_it_is() -> None:
    files = {**FILES, "late/user.py": "import shop.tail"}

    dependencies = _dependencies(files)
    assert dependencies.before(["shop/late.py"]) == {"shop/tail.py", "late/user.py"}
    assert dependencies.before(["alone.py"]) == frozenset()


def test_what_declares_interfaces_depends_on_there_being_one_file_that_implements_each() -> None:
    files = {
        "ports.py": "class Mailer(ABC): ...\nclass Clock(ABC): ...",
        "office.py": "from ports import Mailer",
        "post.py": "from ports import Clock, Mailer\nclass Post(Mailer): ...\nclass T(Clock): ...",
    }
    after = digests({**files, "other.py": "from ports import Mailer\nclass Other(Mailer): ..."})
    assert digests(files)["office.py"] != after["office.py"]


def test_what_declares_a_protocol_depends_on_the_files_with_all_its_methods() -> None:
    files = {
        "ports.py": "class Mailer(Protocol):\n    def send(self): ...\n    def close(self): ...",
        "office.py": "from ports import Mailer",
        "post.py": "class Post:\n    def send(self): ...\n    def close(self): ...",
        "one.py": "class One:\n    def send(self): ...",
    }
    before = digests(files)
    for path, reached in (("post.py", True), ("one.py", False)):
        after = digests({**files, path: f"{files[path]}\n# changed"})
        assert (before["office.py"] != after["office.py"]) is reached


@pytest.mark.parametrize(
    ("question", "changed"),
    [
        (("holds", "expire"), "alone.py"),
        (("reaches", "shop/db.py", "expire"), "shop/core/made.py"),
        (("keeps", "g."), "alone.py"),
    ],
)
def test_what_was_asked_of_the_project_is_asked_again(
    question: tuple[str, ...], changed: str
) -> None:
    def digest(files: dict[str, str]) -> bytes:
        exports = Exports(PythonFiles(files, lambda path: _source(path, files)), drivers())
        return exports.digest(Behind(("shop/db.py",), (question,)))

    told = {"keeps": "from flask import g\ng.db = 1"}.get(question[0], "expire")
    assert digest({**FILES, changed: told}) != digest({**FILES, changed: "other"})
    assert digest({**FILES, "shop/late.py": "other"}) == digest(FILES)
