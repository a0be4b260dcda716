"""Pools of processes that a module keeps, and engines that parent and children use."""

from __future__ import annotations

from pathlib import Path

import pytest

from poollint.testing.run import findings

DB = """from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker
engine = create_engine("postgresql://db/shop")
Sessions = sessionmaker(engine)
"""
WORK = """from db import Sessions

def count(order):
    with Sessions() as session:
        return session.execute("SELECT 1").scalar()

def deeper(order):
    return count(order)

def weigh(order):
    return order
"""
WEB = """import asyncio
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from db import Sessions
from fastapi import FastAPI
from work import count, deeper, weigh

app = FastAPI()
executor = ProcessPoolExecutor(4)

@app.get("/orders")
def orders():
    with Sessions() as session:
        return session.execute("SELECT 1").all()

@app.post("/count/{order}")
async def count_one(order: int):
    executor.submit(count, order)
"""


def found(folder: Path, files: dict[str, str]) -> list[str]:
    for name, text in {"db.py": DB, "work.py": WORK, **files}.items():
        (folder / name).write_text(text)
    return [f.problem.confidence.value for f in findings(folder, "pool-before-fork")]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("", ""),
        ("executor.submit(count, order)", "executor.submit(deeper, order)"),
        ("executor.submit(count, order)", "list(executor.map(count, [order]))"),
        (
            "executor.submit(count, order)",
            "await asyncio.get_running_loop().run_in_executor(executor, count, order)",
        ),
    ],
)
def test_engine_of_requests_that_children_use_is_found(tmp_path: Path, old: str, new: str) -> None:
    assert found(tmp_path, {"web.py": WEB.replace(old, new)}) == ["medium"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("executor.submit(count, order)", "executor.submit(weigh, order)"),
        ("executor.submit(count, order)", "other.submit(count, order)"),
        ("executor.submit(count, order)", "executor = choose()\n    executor.submit(count, order)"),
        ("ProcessPoolExecutor(4)", "ProcessPoolExecutor(4, initializer=prepare)"),
        (
            "ProcessPoolExecutor(4)",
            "ProcessPoolExecutor(4, mp_context=multiprocessing.get_context('spawn'))",
        ),
        ("ProcessPoolExecutor(4)", "ProcessPoolExecutor(4, max_workers=1)"),
        ("app = ", "multiprocessing.set_start_method('forkserver')\napp = "),
        ('@app.post("/count/{order}")\n', ""),  # nobody is known to call it
        ('@app.get("/orders")\n', ""),  # nor to use the engine
    ],
)
def test_what_forks_nothing_or_is_not_known_to_is_not(tmp_path: Path, old: str, new: str) -> None:
    assert old in WEB
    assert found(tmp_path, {"web.py": WEB.replace(old, new)}) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"postgresql://db/shop"', '"postgresql://db/shop", poolclass=NullPool'),
        ("Sessions =", "def prepare():\n    engine.dispose()\n\nSessions ="),
        ("Sessions =", "import os\nos.register_at_fork(after_in_child=engine.dispose)\nSessions ="),
    ],
)
def test_engine_that_keeps_nothing_for_children_is_not(tmp_path: Path, old: str, new: str) -> None:
    text = DB.replace(old, new).replace("create_engine\n", "NullPool, create_engine\n")
    assert found(tmp_path, {"web.py": WEB, "db.py": text}) == []


@pytest.mark.parametrize(
    ("file", "text", "forks"),
    [
        ("pyproject.toml", '[project]\nrequires-python = ">=3.14"\n', False),
        ("pyproject.toml", '[project]\nrequires-python = ">=3.11"\n', True),
        (".python-version", "3.14.1\n", False),
        (".python-version", "3.12\n", True),
        ("Dockerfile", "FROM python:3.14-slim\n", False),
        ("Dockerfile", "FROM python:3.13-slim\n", True),
    ],
)
def test_newer_python_forks_nothing_unasked(
    tmp_path: Path, file: str, text: str, forks: bool
) -> None:
    assert bool(found(tmp_path, {"web.py": WEB, file: text})) is forks
