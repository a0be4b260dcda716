"""A package that several folders have is that of the folder whose files describe the container."""

from __future__ import annotations

from pathlib import Path

import pytest

from poollint.engine.request import Mode, Request
from poollint.engine.session import run
from poollint.reading.deployment.pools.namesakes import nearest

COMPOSE = """
services:
  db: {image: "postgres:16"}
  web:
    image: IMAGE
    command: uvicorn shop.api:app --workers 10
    environment: {DATABASE_URL: "postgresql://shop@db/orders"}
"""
API = """
import os
from sqlalchemy import create_engine
engine = create_engine(os.environ["DATABASE_URL"], pool_size=5, max_overflow=0)
"""


@pytest.mark.parametrize(
    ("folders", "home", "found"),
    [
        (("a", "b"), "a", "a"),
        (("a", "b"), "b/deploy", "b"),
        (("a/src", "a/old"), "a", None),
        ((".", "b"), "", "."),
        (("a", "b"), "deploy", None),
    ],
)
def test_the_folder_that_shares_most_of_the_path_is_nearest(
    folders: tuple[str, ...], home: str, found: str | None
) -> None:
    assert nearest(folders, home) == found


@pytest.mark.parametrize(
    ("homes", "most", "note"),
    [
        (("a/", "b/"), [50, 50], ["a/", "b/"]),
        (("", "b/"), [50, 50], ["./", "b/"]),
        (("deploy/a/", "deploy/b/"), [0, 0], []),
    ],
    ids=["beside each other", "one in the other", "beside neither"],
)
def test_each_file_means_the_package_that_lies_nearest(
    homes: tuple[str, ...], most: list[int], note: list[str],
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    for home in homes:
        code = tmp_path / home.removeprefix("deploy/") / "shop"
        code.mkdir(parents=True)
        (code / "__init__.py").touch()
        (code / "api.py").write_text(API)
        (tmp_path / home).mkdir(parents=True, exist_ok=True)
        (tmp_path / home / "compose.yaml").write_text(COMPOSE.replace("IMAGE", f"x{home[-2:-1]}"))
    monkeypatch.chdir(tmp_path)
    report = run(Request((".",), Mode.AUDIT, isolated=True)).report
    assert [budget.ledger.demanded.high for budget in report.budgets] == most
    said = [f"the image of `web` runs the code of {folder}" for folder in note]
    assert sorted(a for a in report.coverage.assumed if "runs the code" in a) == said
