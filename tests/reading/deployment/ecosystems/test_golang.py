"""What a program in Go lets its pool open."""

from __future__ import annotations

import pytest

from poollint.model.source import SourceFile
from poollint.reading.deployment.ecosystems.golang import claims, read


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("db.SetMaxOpenConns(25)", [("database/sql", 25)]),
        ("const most = 40\nfunc f() { db.SetMaxOpenConns(most) }", [("database/sql", 40)]),
        ("db.SetMaxOpenConns(cfg.Max)", [("database/sql", None)]),
        ("db.SetMaxOpenConns(0)", [("database/sql", None)]),
        ("config.MaxConns = 20\nreturn", [("pgxpool", 20)]),
        ("config.MaxConns = int32(n)", [("pgxpool", None)]),
        ("// db.SetMaxOpenConns(25)", []),
        ("if pool.Config().MaxConns == 3 {}", []),
    ],
)
def test_what_a_file_sets(text: str, found: list[tuple[str, int | None]]) -> None:
    stated = read(SourceFile("db.go", f"package db\n{text}\n"))
    pools = stated.pools if stated else ()
    assert [(p.driver, p.size and p.size.number) for p in pools] == found


def test_which_files_are_read() -> None:
    assert claims("internal/storage/postgres.go")
    assert not claims("internal/storage/postgres_test.go")
    assert not claims("vendor/gorm.io/db.go")
