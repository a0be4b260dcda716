"""Of the pools that a loop builds all are kept where each goes to a place of its own."""

import textwrap
from pathlib import Path

import pytest

from poollint.catalog.load import drivers
from poollint.engine.request import Mode, Request
from poollint.engine.session import run
from poollint.facts.code import Pool
from poollint.model.source import SourceFile
from poollint.reading.connections.pools.building import pools
from poollint.reading.naming.scopes.names import Names
from poollint.syntax.python import PythonTree, Unit, parse

SEVERAL = {
    "mapping": "es = {n: create_engine(U) for n in names}",
    "list in a function": "def f():\n    return [create_engine(u) for u in URLS]",
    "generator that a call takes": "es = tuple(create_engine(u) for u in URLS)",
    "entry": "for n in names:\n    es[n] = create_engine(U)",
    "entry under a condition": "for n in names:\n    if n:\n        es[n] = create_engine(U)",
    "end of a list": "for n in names:\n    es.append(create_engine(U))",
    "by a name": "for n in names:\n    e = create_engine(U)\n    es[n] = e",
    "end of a list by a name": "for n in names:\n    e = create_engine(U)\n    es.append(e)",
    "in a class": "class A:\n    def __init__(self):\n"
    "        for n in names:\n            self.es[n] = create_engine(U)",
}
ONE = {
    "what is gone through": "es = [c for c in make(create_engine(U))]",
    "tried again": "for _ in range(5):\n    try:\n        e = create_engine(U)\n"
    "        break\n    except OSError:\n        pass",
    "tried again for an entry": "for _ in range(5):\n    es['main'] = create_engine(U)",
    "function that is defined in a loop": "for n in names:\n    def f():\n"
    "        e = create_engine(U)\n        return e\n    es[n] = f",
    "after a loop": "for n in names:\n    pass\nelse:\n    es[n] = create_engine(U)",
    "no loop": "es[n] = create_engine(U)",
    "another is kept": "for n in names:\n    e = create_engine(U)\n    es[n] = run(n)",
}


def _built(text: str) -> Pool:
    tree = parse(SourceFile("m.py", f"from sqlalchemy import create_engine\nes = {{}}\n{text}"))
    assert isinstance(tree, PythonTree)
    names = Names(tree.module, drivers())
    found: list[Pool] = []
    for prefix, group in tree.statements():
        unit = tree.unit(prefix, group)
        assert isinstance(unit, Unit)
        found += pools(unit, names)
    (pool,) = found
    return pool


@pytest.mark.parametrize("text", SEVERAL.values(), ids=SEVERAL)
def test_one_in_each_turn_is_one_of_several(text: str) -> None:
    assert _built(text).several


@pytest.mark.parametrize("text", ONE.values(), ids=ONE)
def test_what_is_not_kept_beside_others_is_one(text: str) -> None:
    assert not _built(text).several


def test_a_sum_with_one_of_several_stays_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {
        "compose.yaml": """
            services:
              db: {image: "postgres:16"}
              web:
                build: .
                command: gunicorn -w 1 --threads 50 shop:app
                environment: {URL: "postgresql://shop@db/orders"}
            """,
        "Dockerfile": "FROM python\n",
        "shop.py": """
            import os
            from sqlalchemy import create_engine
            URL = os.environ["URL"]
            ENGINES = {n: create_engine(URL, pool_size=6, max_overflow=0) for n in "ab"}
            """,
    }
    for name, content in files.items():
        (tmp_path / name).write_text(textwrap.dedent(content).lstrip())
    monkeypatch.chdir(tmp_path)
    (budget,) = run(Request(paths=(".",), mode=Mode.AUDIT, isolated=True)).report.budgets
    assert budget.ledger.demanded.high == 6
    what = "`web`: its pools but one, for it builds one in each turn of a loop (shop.py:4)"
    assert budget.missing == (what,)
