"""What is known of functions from outside: whether somebody waits for their connections."""

import ast
from textwrap import dedent

import pytest

from poollint.catalog.load import drivers
from poollint.model.source import SourceFile
from poollint.reading.naming.files.exports import Exports
from poollint.reading.naming.files.python_files import PythonFiles
from poollint.reading.naming.scopes.names import Names
from poollint.reading.running.entry.recurrence import recurrences
from poollint.reading.running.surroundings import is_test, surroundings


def _quiet(text: str, function: str, path: str = "shop/jobs.py") -> bool:
    module = ast.parse(dedent(text))
    names = Names(module, drivers())
    return surroundings(module, path, names, recurrences(module, path, {}))[function].quiet


COMMAND = """
from bureau.app import SubCommand
class Close(SubCommand):
    def main(self, args):
        close(args.number)
def close(number):
    mark(number)
def mark(number): ...
def other(): ...
"""


@pytest.mark.parametrize("function", ["Close.main", "close", "mark"])
def test_a_command_and_what_only_it_calls_are_quiet(function: str) -> None:
    assert _quiet(COMMAND, function)


def test_what_no_command_calls_is_not_quiet() -> None:
    assert not _quiet(COMMAND, "other")


@pytest.mark.parametrize("method", ["execute", "run", "__call__"])
def test_an_object_that_stands_for_something_to_be_done_is_no_command(method: str) -> None:
    text = f"from cqrs import Command\nclass Close(Command):\n    def {method}(self, args): ...\n"
    assert not _quiet(text, f"Close.{method}")


def test_what_requests_call_too_is_not_quiet() -> None:
    served = (
        "\nfrom flask import Flask\napp = Flask('x')\n@app.get('/')\ndef index():\n    close(1)\n"
    )
    assert not _quiet(COMMAND + served, "close")


def test_what_click_calls_leads_to_what_is_quiet() -> None:
    text = "import click\n@click.command()\ndef run():\n    work()\ndef work(): ...\n"
    assert _quiet(text, "work")


CHORE = "@task\ndef clean(c):\n    work()\ndef work(): ...\n"


def test_tasks_of_a_queue_are_waited_for_and_a_developers_chores_are_not() -> None:
    # files of both are called so
    assert not _quiet(f"from celery import shared_task as task\n{CHORE}", "work", "shop/tasks.py")
    assert _quiet(f"from invoke import task\n{CHORE}", "work", "tasks.py")


@pytest.mark.parametrize(
    ("path", "test"),
    [
        ("tests/test_shop.py", True),
        ("shop/conftest.py", True),
        ("shop/orders/tests.py", True),
        ("shop/contests.py", False),
        ("features/steps/database.py", True),
        ("features/environment.py", True),
        ("tests/step_defs/orders.py", True),
        ("shop/features/flags.py", False),
        ("shop/contest.py", False),
    ],
)
def test_steps_of_scenarios_are_tests_too(path: str, test: bool) -> None:
    assert is_test(path) is test


@pytest.mark.parametrize(
    ("path", "head", "quiet"),
    [
        ("setup.py", "from setuptools import setup", True),
        ("shop/views/setup.py", "from fastapi import Depends", False),
        ("manage.py", "if __name__ == '__main__': work()", True),
        ("shop/routes/manage.py", "from fastapi import Depends", False),
        ("noxfile.py", "import nox", True),
    ],
)
def test_a_module_may_be_called_as_a_script_is(path: str, head: str, quiet: bool) -> None:
    assert _quiet(f"{head}\ndef work(): ...\n", "work", path) is quiet


LASTING = """
def main():
    begin()
    while True:
        work()

def begin(): ...
def work():
    deeper()
def deeper(): ...
if __name__ == "__main__":
    main()
"""


def test_what_a_script_does_until_it_is_stopped_is_not_quiet() -> None:
    assert [_quiet(LASTING, name) for name in ("main", "begin", "work", "deeper")] == [
        True,
        True,
        False,
        False,
    ]


def test_lines_within_such_a_loop_are_not_quiet() -> None:
    module = ast.parse(LASTING)
    known = surroundings(module, "shop/work.py", Names(module, drivers()), {})["main"]
    assert [known.quiet_at(line) for line in (3, 4, 5)] == [True, False, False]


@pytest.mark.parametrize("path", ["tests/test_work.py", "scripts/work.py"])
def test_what_lies_among_tests_and_scripts_is_quiet_for_ever(path: str) -> None:
    module = ast.parse(LASTING)
    known = surroundings(module, path, Names(module, drivers()), {})
    assert known["work"].quiet
    assert known["main"].quiet_at(5)


def _ending(text: str, path: str = "shop/jobs.py") -> dict[str, bool]:
    module = ast.parse(text)
    names = Names(module, drivers())
    found = surroundings(module, path, names, recurrences(module, path, {}))
    return {name: known.ending for name, known in found.items() if name}


def test_what_is_quiet_only_for_its_script_may_turn_out_to_be_called_by_others() -> None:
    expected = {"main": True, "begin": True, "work": False, "deeper": False}
    assert _ending(LASTING) == expected


@pytest.mark.parametrize("path", ["tests/test_jobs.py", "migrations/env.py"])
def test_a_test_is_quiet_whoever_calls_it(path: str) -> None:
    assert not any(_ending(LASTING, path).values())


def test_a_command_may_be_called_by_others() -> None:
    text = "import click\n@click.command()\ndef run():\n    work()\ndef work(): ...\n"
    assert _ending(text) == {"run": True, "work": True}


MODELS = "from django.db import models\nclass Note(models.Model): ...\n"


@pytest.mark.parametrize(
    ("path", "uses", "models", "quiet"),
    [
        ("site/notebooks/services/index.py", "from ..models import Note", MODELS, False),
        ("site/notebooks/index.py", "from .models import Note", MODELS, False),
        ("site/notebooks/index.py", "from notebooks.models import Note", MODELS, False),
        ("site/docs/index.py", "from notebooks.models import Note", MODELS, True),
        ("site/notebooks/index.py", "import requests", MODELS, True),
        ("site/notebooks/index.py", "from .models import Note", "class Note: ...\n", True),
        ("site/notebooks/index.py", "from django.db import models", MODELS, True),
        ("site/notebooks/scripts/index.py", "from ..models import Note", MODELS, True),
        ("site/scripts/index.py", "from notebooks.models import Note", MODELS, True),
    ],
)
def test_an_app_of_django_serves_whatever_its_name_is(
    path: str, uses: str, models: str, quiet: bool
) -> None:
    text = f"{uses}\ndef work(): ...\n"
    files = {"site/notebooks/models.py": models, path: text}
    files |= {f"site/{name}/__init__.py": "" for name in ("notebooks", "notebooks/services")}
    exports = Exports(PythonFiles(files, lambda one: SourceFile(one, files[one])), drivers())
    module = ast.parse(text)
    found = surroundings(module, path, Names(module, drivers(), exports.seen_from(path)), {})
    assert (found["work"].quiet, found["work"].aside) == (quiet, quiet)


@pytest.mark.parametrize(("text", "quiet"), [(MODELS, False), ("class Note: ...\n", True)])
def test_so_do_the_models_of_such_an_app(text: str, quiet: bool) -> None:
    path = "notebooks/models.py"
    text += "def work(): ...\n"
    exports = Exports(PythonFiles({path: text}, lambda one: SourceFile(one, text)), drivers())
    module = ast.parse(text)
    found = surroundings(module, path, Names(module, drivers(), exports.seen_from(path)), {})
    assert found["work"].quiet is quiet
