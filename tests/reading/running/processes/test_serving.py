"""Which servers have each process serve one request after another."""

from __future__ import annotations

from pathlib import Path

import pytest

from poollint.testing.run import findings

WEB = """import psycopg2
from flask import Flask

app = Flask(__name__)
conn = psycopg2.connect("postgresql://db/shop")

@app.route("/orders")
def orders():
    with conn, conn.cursor() as cur:
        cur.execute("SELECT number FROM orders")
        return cur.fetchall()
"""


def is_found(folder: Path, files: dict[str, str]) -> bool:
    for name, text in {"web.py": WEB, **files}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return bool(findings(folder, "shared-connection"))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Procfile", "web: gunicorn web:app"),
        ("Procfile", "web: gunicorn web:app --threads 1 -k sync"),
        ("Procfile", "web: gunicorn 'web:create_app()'"),
        ("Dockerfile", 'FROM python\nCOPY . .\nCMD ["gunicorn", "-w", "4", "web:app"]\n'),
        ("compose.yaml", "services:\n  web:\n    build: .\n    command: gunicorn web:app\n"),
        ("start.sh", "exec gunicorn --workers=4 web:app\n"),
    ],
)
def test_sync_workers_share_nothing_between_requests(tmp_path: Path, name: str, text: str) -> None:
    assert not is_found(tmp_path, {name: text})


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Procfile", "web: gunicorn --threads 8 web:app"),
        ("Procfile", "web: gunicorn -k gevent web:app"),
        ("Procfile", "web: gunicorn --threads $THREADS web:app"),
        ("Procfile", "web: gunicorn -c /etc/shop/settings.py web:app"),
        ("Procfile", "web: gunicorn other:app"),
        ("Procfile", "web: waitress-serve web:app"),
        ("Procfile", "web: flask --app web run"),
    ],
)
def test_what_may_serve_several_at_once_is_found(tmp_path: Path, name: str, text: str) -> None:
    assert is_found(tmp_path, {name: text})


def test_one_launch_with_threads_is_enough(tmp_path: Path) -> None:
    files = {"Procfile": "web: gunicorn web:app", "start.sh": "gunicorn --threads 4 web:app\n"}
    assert is_found(tmp_path, files)


@pytest.mark.parametrize(
    ("settings", "found"),
    [
        ("workers = 4\n", False),
        ('threads = 1\nworker_class = "sync"\n', False),
        ("threads = 4\n", True),
        ("threads = int(os.environ['THREADS'])\n", True),
        ('worker_class = "gevent"\n', True),
        ("if True:\n    threads = 4\n", True),
        ("from shop.settings import threads\n", True),
        ("from shop.settings import *\n", True),
    ],
)
@pytest.mark.parametrize("named", ["", "-c conf.py "])
def test_configuration_says_it_too(tmp_path: Path, named: str, settings: str, found: bool) -> None:
    file = "conf.py" if named else "gunicorn.conf.py"
    files = {"Procfile": f"web: gunicorn {named}web:app", file: settings}
    assert is_found(tmp_path, files) is found


def test_each_folder_has_its_own_server(tmp_path: Path) -> None:
    files = {
        "web.py": "",
        "shop/web.py": WEB,
        "shop/Procfile": "web: gunicorn --threads 4 web:app",
        "Procfile": "web: gunicorn shop.web:app",
    }
    assert is_found(tmp_path, files)
    (tmp_path / "shop/Procfile").write_text("web: gunicorn web:app")
    assert not is_found(tmp_path, {"web.py": ""})
