"""What files give to programs that no container of the tree runs."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from poollint.catalog.load import drivers
from poollint.model.source import SourceFile
from poollint.reading.naming.files.exports import Exports
from poollint.reading.naming.files.python_files import PythonFiles
from poollint.reading.project import reader_of
from poollint.reading.reader import FileReading, Options
from poollint.reading.session.assigned import Assignments

LOADS = "from dotenv import load_dotenv\nload_dotenv()\n"
URL = "postgresql://app@pooler:6432/shop"


def _readings(files: Mapping[str, str], options: Options) -> list[FileReading]:
    found = []
    for path, text in files.items():
        reader = reader_of(path)
        if reader is not None and not reader.python:
            found.append(reader.read(SourceFile(path, text), options))
    return found


def _given(files: Mapping[str, str], path: str, name: str = "DATABASE_URL") -> set[str | None]:
    python = PythonFiles(files, lambda path: SourceFile(path, files[path]))
    options = Options(exports=lambda: Exports(python, drivers()))
    assignments = Assignments(_readings(files, options), options)
    found = (one.variable(name) for one in assignments.of(path))
    return {variable.value.value for variable in found if variable}


def test_a_file_counts_where_a_program_loads_one() -> None:
    files = {".env": f"DATABASE_URL={URL}\n", "shop/db.py": "", "main.py": LOADS}
    assert _given(files, "shop/db.py") == {URL}
    assert _given({**files, "main.py": ""}, "shop/db.py") == set()


def test_variables_of_the_file_itself_are_put_in() -> None:
    text = "DB_HOST=pooler\nDATABASE_URL=postgresql://app@${DB_HOST}:6432/shop\n"
    assert _given({".env": text, "main.py": LOADS}, "main.py") == {URL}


def test_names_are_told_apart_by_their_letters_only() -> None:
    assert _given({".env": f"database_url={URL}\n", "main.py": LOADS}, "main.py") == {URL}


def test_files_of_one_folder_count_together_but_for_examples_and_tests() -> None:
    files = {name: f"DATABASE_URL={name}\n" for name in (".env", ".env.prod", ".env.example")}
    files |= {".env.test": "DATABASE_URL=t\n", "main.py": LOADS}
    assert _given(files, "main.py") == {".env", ".env.prod"}


def test_the_nearest_program_counts() -> None:
    files = {".env": "DATABASE_URL=top\n", "jobs/.env": "DATABASE_URL=jobs\n"}
    files |= {"main.py": LOADS, "jobs/work.py": LOADS, "web/views.py": ""}
    assert _given(files, "jobs/work.py") == {"jobs"}
    assert _given(files, "web/views.py") == {"top"}


@pytest.mark.parametrize("path", ["scripts/load.py", "tests/conftest.py", "examples/a.py"])
def test_what_a_script_loads_is_its_own(path: str) -> None:
    files = {".env": f"DATABASE_URL={URL}\n", path: LOADS, "shop/db.py": ""}
    assert _given(files, "shop/db.py") == set()
    assert _given(files, path) == {URL}


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("web.service", f"[Service]\nExecStart=/srv/run\nEnvironment=DATABASE_URL={URL}\n"),
        ("supervisord.conf", f'[program:web]\ncommand=run\nenvironment=DATABASE_URL="{URL}"\n'),
        ("Dockerfile", f"FROM python\nENV DATABASE_URL={URL}\nCMD python main.py\n"),
        ("docker/entrypoint.sh", f'export DATABASE_URL="{URL}"\nexec "$@"\n'),
        ("start.sh", f"export DATABASE_URL=${{DATABASE_URL:-{URL}}}\nuvicorn shop:app\n"),
    ],
)
def test_what_starts_a_program_gives_it_variables(path: str, text: str) -> None:
    assert _given({path: text, "shop/db.py": ""}, "shop/db.py") == {URL}


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("start.sh", f"export DATABASE_URL={URL}\n"),  # nothing is started
        ("start.sh", f"DATABASE_URL={URL}\nexec run\n"),  # of the shell only
        ("start.sh", "export DATABASE_URL=$POOLED\nexec run\n"),
        ("web.service", "[Service]\nExecStart=/srv/run\nEnvironment=DATABASE_URL=$POOLED\n"),
        ("supervisord.conf", "[program:web]\ncommand=run\nenvironment=DATABASE_URL=%(ENV_URL)s\n"),
        ("web/Dockerfile", f"FROM python\nENV DATABASE_URL={URL}\nCMD python main.py\n"),
        ("Dockerfile", "FROM python\nENV DATABASE_URL=\nCMD python main.py\n"),
    ],
)
def test_what_is_handed_on_or_for_others_is_not_given(path: str, text: str) -> None:
    assert _given({path: text, "shop/db.py": ""}, "shop/db.py") == set()


def test_a_script_may_give_one_of_several() -> None:
    a, b = (f"postgresql://{host}/shop" for host in "ab")
    ways = f"  export DATABASE_URL={a}\nelse\n  export DATABASE_URL={b}"
    text = f"if true; then\n{ways}\nfi\nexec run\n"
    assert _given({"start.sh": text, "db.py": ""}, "db.py") == {a, b}


@pytest.mark.parametrize("value", ["$(echo host=pooler port=6432)", "`cat host=pooler`"])
def test_what_a_script_computes_is_unknown(value: str) -> None:
    files = {"start.sh": f'export DATABASE_URL="{value}"\nexec run\n', "db.py": ""}
    assert _given(files, "db.py") == {"$()"}
