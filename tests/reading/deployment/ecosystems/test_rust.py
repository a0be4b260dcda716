"""What a program in Rust lets its pool open."""

from __future__ import annotations

import pytest

from poollint.model.source import SourceFile
from poollint.reading.deployment.ecosystems.rust import claims, read


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("let pool = PgPoolOptions::new().max_connections(5).connect(&url).await?;", [5]),
        ("let pool = PgPoolOptions::new()\n    .max_connections(25)\n    .connect(&url);", [25]),
        ("PoolOptions::<Postgres>::new().max_connections(7).connect_lazy(&url)", [7]),
        ("PoolOptions::<Sqlite>::new().max_connections(7).connect_lazy(&url)", []),
        ("const MOST: u32 = 40;\nPgPoolOptions::new().max_connections(MOST).connect(url)", [40]),
        ("PgPoolOptions::new().max_connections(config.most).connect(url)", [None]),
        ("PgPoolOptions::new().connect(url)", [10]),
        ("PgPool::connect(&url).await", [10]),
        ("let options = PgPoolOptions::new().max_connections(5);", []),
        ("// PgPoolOptions::new().max_connections(5).connect(url)", []),
        ("fn f<'a>(u: &'a str) { PgPool::connect(u) }", [10]),
        ("let c = 'x'; PgPoolOptions::new().max_connections(3).connect(u)", [3]),
        ("#[cfg(test)]\nmod tests { fn f() { PgPool::connect(u) } }", []),
    ],
)
def test_what_a_file_sets(text: str, found: list[int | None]) -> None:
    stated = read(SourceFile("src/db.rs", f"use sqlx::PgPool;\n{text}\n"))
    pools = stated.pools if stated else ()
    assert [p.size.number if p.size else p.default for p in pools] == found


def test_the_variable_that_holds_the_address_is_known() -> None:
    text = (
        'let url = env::var("DATABASE_URL")?;\nlet n = env::var("PORT");\nPgPool::connect(&url)\n'
    )
    stated = read(SourceFile("src/main.rs", text))
    assert stated is not None
    assert stated.pools[0].variables == ("DATABASE_URL",)
    assert stated.pools[0].span.start.line == 3


def test_which_files_are_read() -> None:
    assert claims("src/main.rs")
    assert not claims("tests/api/main.rs")
    assert not claims("target/debug/build.rs")
