"""Who loads an application before it forks, and what its children inherit from it."""

from __future__ import annotations

from pathlib import Path

import pytest

from poollint.testing.run import findings

POOL = """from psycopg2.pool import SimpleConnectionPool
pool = SimpleConnectionPool(1, 4, "postgresql://db/shop")

def total():
    conn = pool.getconn()
    try:
        return conn.status
    finally:
        pool.putconn(conn)
"""
TASKS = """from celery import shared_task
from db import total

@shared_task
def count():
    return total()
"""


def found(folder: Path, files: dict[str, str]) -> list[tuple[str, str, str]]:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return [
        (Path(f.problem.at.path).name, Path(f.problem.path[0].span.path).name,
         f.problem.confidence.value)
        for f in findings(folder, "pool-before-fork")
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Procfile", "web: gunicorn --preload web:app"),
        ("Procfile", "web: GUNICORN_CMD_ARGS='--preload -w 3' gunicorn web:app"),
        ("Procfile", "web: uwsgi --master --processes 4 --module web:app"),
        ("Procfile", "web: gunicorn --preload 'web:create_app()'"),
        ("start.sh", "exec gunicorn --preload --workers=4 web:app\n"),
        ("web.service", "[Service]\nExecStart=/srv/bin/gunicorn --preload web:app\n"),
        ("Dockerfile", 'FROM python\nCMD ["gunicorn", "--preload", "web:app"]\n'),
        ("Dockerfile", "FROM python\nENV GUNICORN_CMD_ARGS=--preload\nCMD gunicorn web:app\n"),
        (
            "compose.yaml",
            "services:\n  web:\n    build: .\n    command: gunicorn --preload web:app\n",
        ),
        ("uwsgi.ini", "[uwsgi]\nmodule = web:app\nprocesses = 2\n"),
        ("uwsgi.ini", "[uwsgi]\nwsgi-file = ./web.py\nworkers = 2\n"),
    ],
)
def test_server_that_loads_before_it_forks_is_found(tmp_path: Path, name: str, text: str) -> None:
    files = {"db.py": POOL, "web.py": "from db import total\n", name: text}
    assert found(tmp_path, files) == [("db.py", name, "high")]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Procfile", "web: gunicorn web:app"),
        ("Procfile", "web: gunicorn --preload other:app"),
        ("Procfile", "web: gunicorn --preload -w 1 web:app"),
        ("Procfile", "web: gunicorn --preload -c /etc/gunicorn.py web:app"),
        ("Procfile", "web: uwsgi --processes 4 --lazy-apps --module web:app"),
        ("Procfile", "web: uwsgi --module web:app"),
        ("Procfile", "web: uvicorn --workers 4 web:app"),
        ("uwsgi.ini", "[uwsgi]\nmodule = web:app\nprocesses = 2\nlazy-apps = true\n"),
    ],
)
def test_server_of_which_it_is_not_known_is_not(tmp_path: Path, name: str, text: str) -> None:
    assert found(tmp_path, {"db.py": POOL, "web.py": "from db import total\n", name: text}) == []


def test_settings_file_says_so_too(tmp_path: Path) -> None:
    files = {
        "db.py": POOL,
        "web.py": "from db import total\n",
        "conf/gunicorn.py": "preload_app = True\n",
        "Procfile": "web: gunicorn -c conf/gunicorn.py web:app",
    }
    assert found(tmp_path, files) == [("db.py", "gunicorn.py", "high")]


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("celery -A tasks worker -c 4", [("db.py", "Procfile", "high")]),
        ("celery -A tasks worker --pool=prefork", [("db.py", "Procfile", "high")]),
        ("echo", [("db.py", "tasks.py", "medium")]),
        ("celery -A tasks worker -c 1", []),
        ("celery -A tasks worker --pool=solo", []),
        ("celery -A tasks worker -P $POOL", []),
    ],
)
def test_celery_forks_unless_told(
    tmp_path: Path, command: str, expected: list[tuple[str, str, str]]
) -> None:
    files = {"db.py": POOL, "tasks.py": TASKS, "Procfile": f"jobs: {command}"}
    if command == "echo":
        files["tasks.py"] = TASKS.replace("import total", "import pool").replace(
            "return total()", "return pool.getconn()"
        )
    assert found(tmp_path, files) == expected


@pytest.mark.parametrize(
    "more",
    [
        "import os\nos.register_at_fork(after_in_child=print)\n",
        "import os\nif os.getpid() == 1:\n    pass\n",
        "def start():\n    global pool\n    pool = None or SimpleConnectionPool(1, 2)\n",
    ],
)
def test_children_that_may_start_anew_are_taken_to_be_right(tmp_path: Path, more: str) -> None:
    files = {
        "db.py": POOL + more,
        "web.py": "from db import total\n",
        "Procfile": "web: gunicorn --preload web:app",
    }
    assert found(tmp_path, files) == []


def test_what_no_child_uses_is_not_found(tmp_path: Path) -> None:
    files = {
        "web.py": "import psycopg2\nconn = psycopg2.connect()\nrows = conn.cursor()\n"
        "def stop():\n    conn.close()\n",
        "Procfile": "web: gunicorn --preload web:app",
    }
    assert found(tmp_path, files) == []


def test_what_opens_when_it_is_first_used_is_not_inherited_open(tmp_path: Path) -> None:
    db = "from django.db import connections\n\ndef first():\n    return connections['default']\n"
    db += "\nconn = first()\n\ndef total():\n    return conn.cursor().fetchall()\n"
    files = {"db.py": db, "tasks.py": TASKS, "Procfile": "worker: celery -A tasks worker -c 4"}
    assert found(tmp_path, files) == []
    other = db.replace("connections['default']", "connect('')").replace("django.db", "psycopg2")
    files["db.py"] = other.replace("import connections", "import connect")
    assert [name for name, *_ in found(tmp_path, files)] == ["db.py"]
