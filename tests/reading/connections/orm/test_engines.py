"""Whose sessions they are that functions are handed, by the engines of the project."""

from __future__ import annotations

from pathlib import Path

import pytest

from poollint.engine.request import Request
from poollint.engine.session import run

SERVICE = """
import requests
from sqlalchemy import select
from sqlalchemy.orm import Session

def send(db: Session):
    db.execute(select(1))
    requests.get("https://hooks.example", timeout=5)
"""
ENGINE = "from sqlalchemy import create_engine\nengine = create_engine({})\n"
SQLITE = '"sqlite:///shop.db"'


@pytest.mark.parametrize(
    ("engines", "found"),
    [
        ({}, True),
        ({"store.py": SQLITE}, False),
        ({"store.py": SQLITE, "alembic/env.py": '"postgresql://db/shop"'}, False),
        ({"store.py": SQLITE, "other.py": '"mysql+pymysql://db/shop"'}, False),
        ({"store.py": SQLITE, "other.py": '"postgresql://db/shop"'}, True),
        ({"store.py": SQLITE, "other.py": "settings.url"}, True),
        ({"store.py": 'os.getenv("DATABASE_URL", "sqlite:///shop.db")'}, True),
        ({"tests/test_store.py": SQLITE}, True),
    ],
)
def test_a_session_is_postgresqls_unless_every_engine_is_anothers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engines: dict[str, str], found: bool
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("service.py").write_text(SERVICE)
    for path, url in engines.items():
        Path(path).parent.mkdir(exist_ok=True)
        Path(path).write_text(f"import os\n{ENGINE.format(url)}")
    findings = run(Request(paths=(".",))).report.findings
    assert ("connection-held-over-io" in {one.rule for one in findings}) is found


SHOP = {
    "shop/store.py": f"{ENGINE.format(SQLITE)}",
    "shop/service.py": SERVICE,
    "shop/app.py": "from shop.store import engine\nfrom shop.service import send\n",
}
UNKNOWN = "import os\n" + ENGINE.format("os.environ['URL']")


@pytest.mark.parametrize(
    ("files", "found"),
    [
        ({}, False),
        ({"fill.py": UNKNOWN}, False),
        ({"fill.py": f"from shop.store import engine as old\n{UNKNOWN}"}, False),
        ({"fill.py": f"from shop.service import send\n{UNKNOWN}"}, True),
        ({"other.py": UNKNOWN, "fill.py": "import other, shop.service\n"}, True),
        ({"other.py": UNKNOWN, "fill.py": "import other\n"}, False),
        ({"fill.py": f"from importlib import import_module\n{UNKNOWN}"}, True),
    ],
)
def test_an_engine_of_nobody_knows_what_serves_who_is_imported_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: dict[str, str], found: bool
) -> None:
    monkeypatch.chdir(tmp_path)
    for path, text in {**SHOP, **files}.items():
        Path(path).parent.mkdir(exist_ok=True)
        Path(path).write_text(text)
    findings = run(Request(paths=(".",))).report.findings
    assert ("connection-held-over-io" in {one.rule for one in findings}) is found
