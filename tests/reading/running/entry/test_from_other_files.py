"""Which objects of frameworks a module imports from files of its project."""

import pytest

from poollint.catalog.frameworks import frameworks
from poollint.catalog.load import drivers
from poollint.model.source import SourceFile
from poollint.reading.naming.files.exports import Exports
from poollint.reading.naming.files.python_files import PythonFiles
from poollint.reading.running.entry.from_other_files import from_other_files

HANDLER = "@{0}.route('/x')\ndef f(): ...\n"


@pytest.mark.parametrize(
    ("core", "handlers", "found"),
    [
        (
            "import flask\napp = flask.Flask('x')\n",
            "from core import app\n" + HANDLER.format("app"),
            {"app": "flask.Flask"},
        ),
        (
            "import flask\napp = flask.Flask('x')\n",
            "import core\n" + HANDLER.format("core.app"),
            {"core.app": "flask.Flask"},
        ),
        (
            "from flask import Flask\nclass Shop(Flask): ...\napp = Shop('x')\n",
            "from core import *\n" + HANDLER.format("app"),
            {"app": "flask.Flask"},
        ),
        (
            "class Table(dict): ...\napp = Table()\n",
            "from core import app\n" + HANDLER.format("app"),
            {"app": "Table"},
        ),
        # what its base is, another package says
        (
            "from base import Base\nclass App(Base): ...\napp = App()\n",
            "from core import app\n" + HANDLER.format("app"),
            {},
        ),
        # nothing is registered with it
        ("import flask\napp = flask.Flask('x')\n", "from core import app\nprint(app.name)\n", {}),
    ],
)
def test_object_of_another_file_has_the_class_it_is_made_of(
    core: str, handlers: str, found: dict[str, str]
) -> None:
    files = {"core.py": core, "handlers.py": handlers}
    exports = Exports(PythonFiles(files, lambda path: SourceFile(path, files[path])), drivers())
    names = exports.names("handlers.py")
    assert names is not None
    assert from_other_files(names, frameworks()) == found
