"""What starts an application is read where only a part of it is checked."""

from __future__ import annotations

from pathlib import Path

import pytest

from poollint.engine.request import Mode, Request
from poollint.engine.session import run

DB = """from psycopg2.pool import SimpleConnectionPool
pool = SimpleConnectionPool(1, 4, "postgresql://db/shop")

def total():
    conn = pool.getconn()
    try:
        return conn.status
    finally:
        pool.putconn(conn)
"""
FILES = {
    "shop/__init__.py": "",
    "shop/db.py": DB,
    "shop/web.py": "from flask import Flask\nfrom shop.db import total\napp = Flask(__name__)\n",
    "Procfile": "web: gunicorn --preload -w 4 shop.web:app\n",
}


@pytest.mark.parametrize("mode", [Mode.CHECK, Mode.ALL])
@pytest.mark.parametrize("given", ["shop/db.py", "shop", "."])
def test_pool_inherited_by_workers_is_found_in_a_part_of_the_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str, mode: Mode
) -> None:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "poollint.toml").write_text("")
    monkeypatch.chdir(tmp_path)
    outcome = run(Request(paths=(given,), mode=mode, select=("pool-before-fork",)))
    assert outcome.lost == ()
    found = [f.problem for f in outcome.report.active]
    assert [(p.at.path, p.at.start.line) for p in found] == [("shop/db.py", 2)]
    assert found[0].path[0].span.path == "Procfile"
