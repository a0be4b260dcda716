"""Files of SQL that a program reads by a literal path."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from poollint.catalog.load import drivers
from poollint.engine.files.contents import Contents
from poollint.engine.files.discovery import Tree
from poollint.engine.files.neighbours import Neighbours
from poollint.model.source import SourceFile
from poollint.reading.naming.files.dependencies import Dependencies
from poollint.reading.naming.files.exports import Exports
from poollint.reading.naming.files.python_files import PythonFiles
from poollint.reading.naming.values.scripts import script

_HEAD = """
import io, os, pkgutil, pathlib
from importlib import resources
from pathlib import Path
import importlib.resources as ir
import shop.sql
from shop.places import SQL

HERE = Path(__file__).parent
FOLDER = os.path.dirname(os.path.abspath(__file__))
NAME = "x"

def load(name):
    return (HERE / name).read_text()

def by_stem(stem):
    with open(os.path.join(FOLDER, "..", "sql", f"{stem}.sql")) as file:
        return file.read()

def either(name):
    if name:
        return (HERE / name).read_text()
    return ""
"""
_FILES = {
    "shop/__init__.py": "",
    "shop/places.py": "import pathlib\nSQL = pathlib.Path(__file__).parents[1] / 'sql'\n",
    "shop/deep/work.py": _HEAD,
    "sql/x.sql": "top",
    "shop/sql/x.sql": "of the package",
    "shop/deep/x.sql": "beside",
    "shop/deep/y.sql": "only there",
}


def _files(files: dict[str, str]) -> PythonFiles:
    return PythonFiles(
        files,
        lambda path: SourceFile(path, files[path]),
        lambda: [path for path in files if path.endswith(".sql")],
    )


def _read(expression: str) -> str | None:
    names = Exports(_files(_FILES), drivers()).names("shop/deep/work.py")
    assert names is not None
    call = ast.parse(expression, mode="eval").body
    assert isinstance(call, ast.Call)
    return script(call, "", names)


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("(HERE / 'x.sql').read_text()", "beside"),
        ("(Path(__file__).with_name('x.sql')).read_text('utf-8')", "beside"),
        ("HERE.parent.joinpath('sql', 'x.sql').read_bytes()", "of the package"),
        ("(HERE.parents[1] / 'sql/x.sql').read_text()", "top"),
        ("open(os.path.join(FOLDER, 'x.sql')).read()", "beside"),
        ("io.open(FOLDER + '/x.sql').read()", "beside"),
        ("open(f'{FOLDER}/x.sql').read()", "beside"),
        ("open(f'{HERE}/../sql/{NAME}.sql').read()", "of the package"),
        ("open(f'{HERE}/{name}.sql').read()", None),
        ("resources.open_text('shop.sql', 'x.sql').read()", "of the package"),
        ("resources.path('shop.sql', 'x.sql').read_text()", "of the package"),
        (
            "resources.as_file(resources.files('shop') / 'sql' / 'x.sql').read_text()",
            "of the package",
        ),
        ("load('x.sql')", "beside"),
        ("load(name='missing.sql')", None),
        ("load(name)", None),
        ("(HERE / 'x').with_suffix('.sql').read_text()", "beside"),
        ("by_stem('x')", "of the package"),
        ("either('x.sql')", None),
        ("Path('shop/sql/x.sql').read_text()", "of the package"),
        ("Path('y.sql').open().read()", "only there"),
        ("Path('x.sql').read_text()", "beside"),  # the only one called so, seen from here
        ("Path('sql/x.sql').read_text()", None),  # two of them
        ("(SQL / 'x.sql').read_text()", "top"),
        ("resources.files('shop.sql').joinpath('x.sql').read_text()", "of the package"),
        ("(ir.files(shop.sql) / 'x.sql').read_text()", None),
        ("resources.files('shop').joinpath('sql/x.sql').read_text()", "of the package"),
        ("pkgutil.get_data(__name__, 'x.sql')", "beside"),
        ("pkgutil.get_data('shop', 'sql/x.sql')", "of the package"),
        ("(HERE / 'missing.sql').read_text()", None),
        ("(HERE / name).read_text()", None),
        ("(HERE / 'work.py').read_text()", None),
        ("Path('/etc/x.sql').read_text()", None),
        ("(HERE / '../../../x.sql').read_text()", None),
        ("client.read('x.sql')", None),
        ("HERE.read()", None),
    ],
)
def test_a_file_is_read_where_its_path_is_told(expression: str, text: str | None) -> None:
    assert _read(expression) == text


def test_facts_depend_on_the_files_of_sql_that_a_module_names() -> None:
    files = {"a.py": "SQL = open('x.sql').read()", "b.py": "from a import SQL", "x.sql": "1"}
    before = Dependencies(_files(files)).digest(["a.py", "b.py"])
    assert before == Dependencies(_files(files)).digest(["a.py", "b.py"])
    assert before != Dependencies(_files(files | {"x.sql": "2"})).digest(["a.py", "b.py"])


def test_facts_depend_on_all_files_of_sql_where_a_name_is_put_together() -> None:
    files = {"a.py": "def load(name):\n    return open(f'{name}.sql').read()\n", "x.sql": "1"}
    before = Dependencies(_files(files)).digest(["a.py"])
    assert before != Dependencies(_files(files | {"x.sql": "2"})).digest(["a.py"])


def test_only_files_of_sql_within_the_project_are_read(tmp_path: Path) -> None:
    root = tmp_path / "project"
    root.mkdir()
    (tmp_path / "out.sql").write_text("outside")
    (root / "in.sql").write_text("inside")
    (root / "link.sql").symlink_to(tmp_path / "out.sql")
    tree = Tree(str(root), str(root), (), lambda path: True)
    neighbours = Neighbours((), tree, Contents(str(root)), around=False)
    assert list(neighbours.scripts()) == ["in.sql"]
    assert neighbours.load("link.sql") is None
    found = neighbours.load("in.sql")
    assert found is not None
    assert found.text == "inside"
