"""Who calls functions in other files: found file by file, each told only of what it names."""

from __future__ import annotations

import pytest

from poollint.catalog.frameworks import frameworks
from poollint.catalog.load import drivers
from poollint.facts.code import FOREVER, Recurrence
from poollint.model.source import SourceFile
from poollint.reading.naming.files.exports import Exports
from poollint.reading.naming.files.python_files import PythonFiles
from poollint.reading.running.entry import callers
from poollint.reading.running.entry.asked import Question
from poollint.reading.running.entry.calling import Calling
from poollint.reading.running.entry.inheriting import Key

FILES = 30
HANDLER = """from flask import Flask
from shop.m{n} import fetch_{n}
app = Flask("x")
@app.get("/{n}")
def index_{n}(): return fetch_{n}()
"""


def _exports() -> Exports:
    files = {"shop/__init__.py": ""}
    for n in range(FILES):
        files[f"shop/m{n}.py"] = f"import psycopg2\ndef fetch_{n}(): return psycopg2.connect('')\n"
        files[f"shop/v{n}.py"] = HANDLER.format(n=n)
    return Exports(PythonFiles(files, lambda path: SourceFile(path, files[path])), drivers())


def _asked() -> Question:
    return Question(frozenset(Key(f"shop/m{n}.py", f"fetch_{n}") for n in range(FILES)), {})


def test_each_function_is_found_to_run_for_the_requests_of_its_own_handler() -> None:
    found = callers.search(_asked(), _exports(), frameworks())
    assert len(found) == FILES
    for one in found:
        number = one.function.removeprefix("fetch_")
        assert isinstance(one.why, Recurrence)
        assert one.why.chain[0].span.path == f"shop/v{number}.py"


def test_a_file_keeps_what_it_names_and_not_all_that_is_searched_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told: list[int] = []
    look = callers._Search._look

    def counting(self: callers._Search, place: Calling) -> set[Key]:
        told.append(len(place._keys))
        return look(self, place)

    monkeypatch.setattr(callers._Search, "_look", counting)
    callers.search(_asked(), _exports(), frameworks())
    assert len(told) >= 2 * FILES
    assert max(told) == 1


SCRIPT = """import click, psycopg2
@click.command()
def load(): store()
def store(): return psycopg2.connect('')
"""


@pytest.mark.parametrize(
    ("caller", "found"),
    [
        ("def handler(event, context): load()\n", ["load", "store"]),
        ("import click\n@click.command()\ndef again(): load()\n", []),
    ],
)
def test_a_command_that_a_handler_calls_runs_as_often_with_what_it_calls(
    caller: str, found: list[str]
) -> None:
    files = {"jobs.py": SCRIPT, "entry.py": f"from jobs import load\n{caller}"}
    exports = Exports(PythonFiles(files, lambda path: SourceFile(path, files[path])), drivers())
    asked = Question(frozenset({Key("jobs.py", "load"), Key("jobs.py", "store")}), {})
    reached = callers.search(asked, exports, frameworks())
    assert [one.function for one in reached if isinstance(one.why, Recurrence)] == found


@pytest.mark.parametrize(
    ("caller", "forever"),
    [
        ("def run():\n    while True: load()\n", True),
        ("while True:\n    load()\n", True),
        ("def turn(): load()\ndef run():\n    while not stopped.is_set(): turn()\n", True),
        ("def run():\n    load()\n    while True: pass\n", False),
        ("def run():\n    while True:\n        if load(): break\n", False),
        ("while load():\n    pass\n", False),
    ],
)
def test_a_loop_that_ends_with_its_program_calls_again_and_again(
    caller: str, forever: bool
) -> None:
    files = {
        "jobs.py": "import psycopg2\ndef load(): return psycopg2.connect('')\n",
        "worker.py": f"from jobs import load\n{caller}",
    }
    exports = Exports(PythonFiles(files, lambda path: SourceFile(path, files[path])), drivers())
    asked = Question(frozenset({Key("jobs.py", "load")}), {})
    found = callers.search(asked, exports, frameworks())
    assert [one.why for one in found] == ([FOREVER] if forever else [])
