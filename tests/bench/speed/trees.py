"""Trees of any size, the same each time: what a tree holds is told by its name and size alone.

Most files of an application have nothing to do with its database; one in twenty does, and half
of these through another file. Proportions are those of 34 applications (2026): 9 % of the files
import a driver, 1 % take connections.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

_PLAIN = '''"""Module {n} of package {p}."""

import json
from dataclasses import dataclass


@dataclass
class Item{n}:
    name: str
    price: int = {n}

    def total(self, count: int) -> int:
        if count < 0:
            raise ValueError("count")
        return sum(self.price for _ in range(count))


def load_{n}(text: str) -> list[Item{n}]:
    return [Item{n}(**one) for one in json.loads(text)]
'''
_USING = '''"""Queries {n} of package {p}."""

from shop.db import get_conn


def fetch_{n}(dsn, key):
    conn = get_conn(dsn)
    try:
        with conn.cursor() as cur:
            cur.execute("SELECT * FROM t{n} WHERE id = %s", (key,))
            return cur.fetchall()
    finally:
        conn.close()
'''
_DB = "import psycopg2\n\n\ndef get_conn(dsn):\n    return psycopg2.connect(dsn)\n"
_ONE = """

def fetch_{n}(dsn, key):
    conn = psycopg2.connect(dsn)
    try:
        cur = conn.cursor()
        cur.execute("SELECT {n} FROM t WHERE id = %s", (key,))
        rows = cur.fetchall()
        return [row[0] for row in rows if row]
    finally:
        conn.close()
"""
_YAML = """apiVersion: v1
kind: {kind}
metadata:
  name: item-{n}
  labels: {{app: shop, part: "{n}"}}
data:
  value: "{n}"
  text: |
    first line
    second line
"""
_DEPLOYMENT = """apiVersion: apps/v1
kind: Deployment
metadata:
  name: web-{n}
spec:
  replicas: 2
  template:
    spec:
      containers:
        - name: web
          image: shop:{n}
          env: [{{name: WEB_CONCURRENCY, value: "4"}}]
"""
_PACKAGE = 100  # files of a folder
_SHARE = 20  # one file in so many uses the database


def files(folder: Path, count: int) -> Path:
    """Write a project of `count` Python files."""
    (folder / "shop").mkdir(parents=True)
    (folder / "shop" / "__init__.py").write_text("")
    (folder / "shop" / "db.py").write_text(_DB)
    for number in range(count - 2):
        package = folder / "shop" / f"p{number // _PACKAGE}"
        package.mkdir(exist_ok=True)
        text = _USING if number % _SHARE == 0 else _PLAIN
        (package / f"m{number}.py").write_text(text.format(n=number, p=package.name))
    return folder


def long_file(folder: Path, lines: int) -> Path:
    """Write one file of `lines` lines, all of them database code."""
    folder.mkdir(parents=True)
    each = _ONE.count("\n")
    text = "import psycopg2\n" + "".join(_ONE.format(n=n) for n in range(lines // each))
    (folder / "long.py").write_text(text)
    return folder


def chain(folder: Path, length: int) -> Path:
    """Write functions of which each calls the next; the last one takes a connection."""
    folder.mkdir(parents=True)
    parts = [f"def f{n}(dsn):\n    conn = f{n + 1}(dsn)\n    return conn\n" for n in range(length)]
    last = f"def f{length}(dsn):\n    return psycopg2.connect(dsn)\n"
    (folder / "chain.py").write_text("\n\n".join(["import psycopg2\n", *parts, last]))
    return folder


def manifests(folder: Path, count: int) -> Path:
    """Write `count` YAML files, one in forty of them a workload."""
    folder.mkdir(parents=True)
    for number in range(count):
        text = _YAML if number % 40 else _DEPLOYMENT
        (folder / f"{number}.yaml").write_text(text.format(n=number, kind="ConfigMap"))
    return folder


def collected(folder: Path, source: Path, most: int) -> Path:
    """Copy the first `most` YAML files below a folder of checkouts, in alphabetical order."""
    found = 0
    for home, inner, names in os.walk(source):
        inner[:] = sorted(name for name in inner if name != ".git")
        for name in sorted(names):
            path = Path(home, name)
            if path.suffix not in (".yaml", ".yml") or path.is_symlink() or found >= most:
                continue
            target = folder / path.relative_to(source)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
            found += 1
    return folder
