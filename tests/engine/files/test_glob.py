"""Patterns mean what they mean in a `.gitignore`."""

from __future__ import annotations

import time

import pytest

from poollint.engine.files.glob import Glob


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("migrations/**", "migrations/0001.py"),
        ("migrations/**", "migrations/a/b.py"),
        ("migrations", "shop/migrations/0001.py"),
        ("migrations/", "shop/migrations/0001.py"),
        ("*.ini", "infra/pgbouncer.ini"),
        ("tests/**/data", "tests/a/b/data/x.py"),
        ("tests/**/data", "tests/data/x.py"),
        ("**/vendor/**", "a/b/vendor/c.py"),
        ("/build", "build/x.py"),
        ("shop/*.py", "shop/db.py"),
        ("shop/db?.py", "shop/db1.py"),
        ("shop/[ab].py", "shop/a.py"),
        ("**", "any/thing.py"),
        ("fixtures/**", "fixtures"),
    ],
)
def test_pattern_covers(pattern: str, path: str) -> None:
    assert Glob(pattern).covers(path)


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("migrations/**", "shop/migrations/0001.py"),
        ("migrations", "migrations_old/0001.py"),
        ("shop/*.py", "shop/api/db.py"),
        ("/build", "shop/build/x.py"),
        ("tests/**/data", "tests/a/database/x.py"),
        ("*.ini", "pgbouncer.ini.md"),
        ("[", "x"),
        ("", "x"),
        ("**", "."),
    ],
)
def test_pattern_does_not_cover(pattern: str, path: str) -> None:
    assert not Glob(pattern).covers(path)


def test_hostile_pattern_takes_no_more_than_a_moment() -> None:
    started = time.process_time()
    assert not Glob("**/a" * 40 + "/" + "*a" * 40 + "b").covers("/".join(["a" * 60] * 60))
    assert time.process_time() - started < 20
