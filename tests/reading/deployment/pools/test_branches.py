"""Of branches a process takes one; what stands beside each other it builds all of."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from poollint.engine.request import Mode, Request
from poollint.engine.session import run

FILES = {
    "compose.yaml": """
        services:
          db: {image: "postgres:16"}
          web:
            build: .
            command: gunicorn -w 2 -k gthread --threads 40 shop:app
            environment: {URL: "postgresql://db/shop"}
        """,
    "Dockerfile": "FROM python\n",
}
HEAD = (
    "import functools\nimport os\nfrom sqlalchemy import create_engine\nURL = os.environ['URL']\n"
)


@pytest.mark.parametrize(
    ("text", "most"),
    [
        ("A = create_engine(URL, pool_size=3, max_overflow=0)\n"
         "B = create_engine(URL, pool_size=4, max_overflow=0)\n", 14),
        ("if URL:\n    A = create_engine(URL, pool_size=3, max_overflow=0)\n"
         "else:\n    A = create_engine(URL, pool_size=4, max_overflow=0)\n", 8),
        ("try:\n    A = create_engine(URL, pool_size=3, max_overflow=0)\n"
         "except OSError:\n    A = create_engine(URL, pool_size=4, max_overflow=0)\n", 8),
        ("@functools.cache\ndef build():\n"
         "    a = create_engine(URL, pool_size=3, max_overflow=0)\n"
         "    return a, create_engine(URL, pool_size=4, max_overflow=0)\n", 14),
        ("if URL:\n    @functools.cache\n    def build():\n"
         "        a = create_engine(URL, pool_size=3, max_overflow=0)\n"
         "        return a, create_engine(URL, pool_size=4, max_overflow=0)\n", 14),
        ("def build(home):\n"
         "    home.a = create_engine(URL, pool_size=3, max_overflow=0)\n"
         "    home.b = create_engine(URL, pool_size=4, max_overflow=0)\n", 14),
        ("def build(home):\n    home.a = create_engine(URL, pool_size=3, max_overflow=0)\n"
         "def other(home):\n    home.a = create_engine(URL, pool_size=4, max_overflow=0)\n", 8),
        ("@functools.cache\ndef build():\n    if URL:\n"
         "        return create_engine(URL, pool_size=3, max_overflow=0)\n"
         "    return create_engine(URL, pool_size=4, max_overflow=0)\n", 8),
    ],
)  # fmt: skip
def test_pools_of_one_address_add_up_unless_one_of_them_is_built(
    text: str, most: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, content in {**FILES, "shop.py": HEAD + text}.items():
        (tmp_path / name).write_text(textwrap.dedent(content).lstrip())
    monkeypatch.chdir(tmp_path)
    (budget,) = run(Request(paths=(".",), mode=Mode.AUDIT, isolated=True)).report.budgets
    assert budget.ledger.demanded.high == most


MAKING = (
    "def make():\n    options = {}\n    if URL == ':memory:':\n        options['echo'] = True\n"
    "    return create_engine(URL, pool_size=3, max_overflow=0, **options)\n"
)
BESIDE = "OTHER = create_engine(URL, pool_size=20, max_overflow=0)\n"


@pytest.mark.parametrize(
    ("text", "most"),
    [
        ("engine = make()\n", 46),
        ("def main():\n    engine = make()\n", 40),  # nothing tells whether it is called
        ("if URL == 'test':\n    engine = make()\n", 40),
    ],
)
def test_what_a_module_calls_when_it_is_imported_stands_beside_other_pools(
    text: str, most: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = {"shop.py": HEAD + MAKING + text + "import beside\n", "beside.py": HEAD + BESIDE}
    for name, content in {**FILES, **shop}.items():
        (tmp_path / name).write_text(textwrap.dedent(content).lstrip())
    monkeypatch.chdir(tmp_path)
    (budget,) = run(Request(paths=(".",), mode=Mode.AUDIT, isolated=True)).report.budgets
    assert sum(entry.total.high or 0 for entry in budget.ledger.demand) == most
