"""Who runs code that connects without a pool: what is told of it where files say who does."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from poollint.engine.request import Mode, Request
from poollint.engine.session import run

ASK = "import psycopg2\n\ndef ask(dsn):\n    return psycopg2.connect(dsn)\n"
NOBODY = "what the code opens with `psycopg2`, for no file that is read says what runs it"
SILENT = "what `work` opens with `psycopg2`, and where, is not known"
COMPOSE = """
    services:
      db: {image: "postgres:16"}
      work:
        build: .
        command: COMMAND
        environment: {VARIABLE}
    """
URL = 'DATABASE_URL: "postgres://u@db/a"'
FUNCTION = """
    AWSTemplateFormatVersion: '2010-09-09'
    Transform: AWS::Serverless-2016-10-31
    Resources:
      Work:
        Type: AWS::Serverless::Function
        Properties: {Handler: HANDLER, CodeUri: src/}
    """
IMAGE = """
    AWSTemplateFormatVersion: '2010-09-09'
    Transform: AWS::Serverless-2016-10-31
    Resources:
      Work:
        Type: AWS::Serverless::Function
        Properties: {PackageType: Image}
        Metadata: {DockerContext: ./src, Dockerfile: Dockerfile.fn}
    """
SERVERLESS = """
    service: shop
    provider: {name: aws}
    functions: {work: {handler: HANDLER}}
    """


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Told:
    monkeypatch.chdir(tmp_path)
    return Told(tmp_path)


class Told:
    """What is told to be in no sum of a tree of files."""

    def __init__(self, top: Path) -> None:
        self._top = top

    def __call__(self, files: dict[str, str]) -> tuple[str, ...]:
        for path, text in files.items():
            (self._top / path).parent.mkdir(parents=True, exist_ok=True)
            (self._top / path).write_text(dedent(text))
        coverage = run(Request(paths=(".",), mode=Mode.AUDIT, isolated=True)).report.coverage
        return coverage.uncounted or ()


@pytest.mark.parametrize(
    ("command", "variable", "found"),
    [
        ("python work.py", URL, ()),
        ("python work.py", "X: y", ("what connects to `db`, for no file says", SILENT)),
        ("python idle.py", URL, (NOBODY,)),
        ("python work.py", "POSTGRES_PASSWORD: '${SECRET}'", ()),
    ],
)
def test_what_a_command_loads_is_not_said_to_be_run_by_nobody(
    told: Told, command: str, variable: str, found: tuple[str, ...]
) -> None:
    compose = COMPOSE.replace("COMMAND", command).replace("VARIABLE", variable)
    files = {"compose.yaml": compose, "shop/asking.py": ASK, "idle.py": "print(1)\n"}
    files |= {"shop/__init__.py": "", "work.py": "from shop import asking\n\nasking.ask('')\n"}
    assert told(files) == found


@pytest.mark.parametrize(
    ("path", "text", "handler", "found"),
    [
        ("template.yaml", FUNCTION, "fn.run", SILENT.replace("work", "Work")),
        ("template.yaml", FUNCTION, "other.run", NOBODY),
        ("serverless.yml", SERVERLESS, "src/fn.run", SILENT),
        ("serverless.yml", SERVERLESS, "${file(x)}", NOBODY),
    ],
)
def test_a_function_runs_the_file_of_its_handler(
    told: Told, path: str, text: str, handler: str, found: str
) -> None:
    files = {path: text.replace("HANDLER", handler), "src/fn.py": ASK, "src/other.py": "x = 1\n"}
    assert [one for one in told(files) if "may open" not in one] == [found]


@pytest.mark.parametrize(
    ("function", "found"), [("fn.run", SILENT.replace("work", "Work")), ("other.run", NOBODY)]
)
def test_a_function_of_an_image_runs_what_that_starts(
    told: Told, function: str, found: str
) -> None:
    files = {"template.yaml": IMAGE, "src/fn.py": ASK, "src/other.py": "x = 1\n"}
    files["src/Dockerfile.fn"] = f'FROM public.ecr.aws/lambda/python:3.12\nCMD ["{function}"]\n'
    assert [one for one in told(files) if "may open" not in one] == [found]


def test_those_that_load_the_same_are_told_at_once(told: Told) -> None:
    several = FUNCTION.replace("HANDLER", "fn.run")
    several += several.partition("Resources:")[2].replace("Work", "More")
    assert told({"template.yaml": several, "src/fn.py": ASK}) == (
        "what `Work` and `More` open with `psycopg2`, and where, is not known",
    )
