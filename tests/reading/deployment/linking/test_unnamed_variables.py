"""A variable that no Python file names is perhaps not where the code finds its address."""

from __future__ import annotations

from pathlib import Path

import pytest

from poollint.engine.request import Mode, Request
from poollint.engine.session import run

COMPOSE = """\
services:
  db: {image: "postgres:16"}
  web:
    build: .
    command: gunicorn -w 3 shop:app
    environment: {NAME: "postgresql://shop@db/orders"}
"""
SHOP = """\
from sqlalchemy import create_engine
from settings import SETTINGS
app = create_engine(SETTINGS.get_database_url(), pool_size=5, max_overflow=0)
"""
SETTINGS = (
    "class Settings:\n    FIELD = ''\n    def get_database_url(self):\n        return url(self)\n"
)


@pytest.mark.parametrize(
    ("name", "field", "assumed"),
    [
        ("DATABASE_URL", "DATABASE_URL", False),
        ("DATABASE_URL", "database_url", False),
        ("SHOP_DATABASE_URL", "database_url", False),  # with a prefix for all
        ("SHOP__DATABASE_URL", "nested", False),
        ("DATABASE_URL", "kind", True),
    ],
)
def test_an_address_is_taken_for_granted_whose_variable_nothing_names(
    name: str, field: str, assumed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {
        "compose.yaml": COMPOSE.replace("NAME", name),
        "Dockerfile": "FROM python\n",
        "shop.py": SHOP,
        "settings.py": SETTINGS.replace("FIELD", field),
    }
    for path, text in files.items():
        (tmp_path / path).write_text(text)
    monkeypatch.chdir(tmp_path)
    report = run(Request(paths=(".",), mode=Mode.AUDIT, isolated=True)).report
    (budget,) = report.budgets
    assert budget.ledger.demanded.high == 15
    told = f"`web` connects to `db`: no Python file names `{name}`"
    assert (told in report.coverage.assumed) is assumed
