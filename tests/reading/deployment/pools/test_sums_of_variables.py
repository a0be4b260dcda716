"""Pools whose size is a sum in which variables of the container stand."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from poollint.engine.request import Mode, Request
from poollint.engine.session import run

COMPOSE = """
    services:
      db: {image: "postgres:16"}
      web:
        build: .
        command: uvicorn shop.api:app
        environment:
          {DATABASE_URL: "postgresql://shop@db/orders", TOTAL: "80", WORKERS: "4", TEXT: many}
    """
CODE = """
    import os
    from fastapi import FastAPI
    from sqlalchemy import create_engine

    TOTAL = int(os.getenv("TOTAL", "10"))
    app = FastAPI()
    engine = create_engine(os.environ["DATABASE_URL"], SIZES)
    """


@pytest.mark.parametrize(
    ("sizes", "most"),
    [
        ('pool_size=TOTAL // int(os.environ["WORKERS"]), max_overflow=0', 20),
        ("pool_size=TOTAL, max_overflow=TOTAL * 2", 240),
        ('pool_size=int(os.getenv("OTHER", "3")) * 2, max_overflow=0', 6),
        ('pool_size=int(os.getenv("OTHER", os.getenv("WORKERS", "3"))), max_overflow=0', 4),
        ("pool_size=TOTAL if app.debug else 5, max_overflow=0", 80),
        ("pool_size=min(TOTAL, 12), max_overflow=0", 12),
        ('pool_size=int(os.getenv("TEXT", "3")) * 2, max_overflow=0', None),
        ("pool_size=int(TOTAL * 0.75), max_overflow=0", None),
        ("pool_size=TOTAL % 7, max_overflow=0", None),
    ],
)
def test_a_size_is_worked_out_with_what_the_container_sets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sizes: str, most: int | None
) -> None:
    files = {"compose.yaml": COMPOSE, "shop/api.py": CODE.replace("SIZES", sizes)}
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(textwrap.dedent(text))
    monkeypatch.chdir(tmp_path)
    (budget,) = run(Request(paths=(".",), mode=Mode.AUDIT, isolated=True)).report.budgets
    found = [f.high for e in budget.ledger.demand for f in e.factors if f.name == "pool size"]
    assert found == ([] if most is None else [most])
