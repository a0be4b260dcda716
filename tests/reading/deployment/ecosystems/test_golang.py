"""What a program in Go lets its pool open."""

from __future__ import annotations

import pytest

from poollint.model.source import SourceFile
from poollint.reading.deployment.ecosystems.golang import MAIN, claims, of_program, read
from tests.reading.deployment.arranging import topology

_BOTH = """
func here() { db := gorm.Open(sqlite.Open(path)); sql, _ := db.DB(); sql.SetMaxOpenConns(10) }
func there() { db, _ := sql.Open("mysql", dsn); db.SetMaxOpenConns(30) }
func ours() { db, _ := sql.Open("postgres", url); db.SetMaxOpenConns(20) }
"""
_CHOSEN = """
func open() {
	if url == "" { db, _ = sql.Open("sqlite", path) } else { db, _ = sql.Open("pgx", url) }
	db.SetMaxOpenConns(5)
}
"""


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
        ("p, err := pgxpool.New(ctx, url)", [("pgxpool", None)]),
        ("c.MaxConns = 9\npgxpool.NewWithConfig(ctx, c)", [("pgxpool", 9)]),
        ("pgxpool.ParseConfig(url)", []),
        ('db, err := sql.Open("sqlite3", path)\ndb.SetMaxOpenConns(1)', []),
        (_BOTH, [("database/sql", 20)]),
        (_CHOSEN, [("database/sql", 5)]),
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
    assert not claims("internal/testutils/database/database.go")
    assert not claims("storage/dbtest/db.go")
    assert not claims("internal/repositories/postgres/test_helpers.go")
    assert claims("latest/testimonials/db.go")


PATHS = (
    "shop/cmd/api/main.go", "shop/cmd/worker/db.go", "shop/tools/move/main.go",
    "shop/internal/db.go",
)  # fmt: skip
COMPILED = (("server", "cmd/api"), ("move", "tools/move"))


@pytest.mark.parametrize(
    ("program", "compiled", "found"),
    [
        ("/bin/server", COMPILED, (0, 3)),  # as the image compiles it
        ("move", COMPILED, (2, 3)),
        ("./worker", COMPILED, (1, 3)),  # by its folder, else
        ("worker", (), (1, 2, 3)),
        ("sh", COMPILED, (0, 1, 2, 3)),
        ("", COMPILED, (0, 1, 2, 3)),
        ("main", (("main", "."),), (2, 3)),  # what lies in no folder of another's
    ],
)
def test_which_pools_are_those_of_a_program(
    program: str, compiled: tuple[tuple[str, str], ...], found: tuple[int, ...]
) -> None:
    text = "package main\nfunc main() { db.SetMaxOpenConns(5) }\n"
    files = [read(SourceFile(path, text)) for path in PATHS]
    pools = [pool for file in files if file for pool in file.pools]
    chosen = of_program(pools, program, compiled)
    assert [pool.span.path for pool in chosen] == [PATHS[at] for at in found]


@pytest.mark.parametrize(
    ("program", "compiled", "found"),
    [
        ("/x", (("x", "a"),), ("shop/a/main.go", "shop/internal/db.go")),
        ("/x", (("x", "b"),), ("shop/b/main.go", "shop/internal/db.go")),
        ("/x", (("x", "."),), ("shop/a/main.go", "shop/b/main.go", "shop/internal/db.go")),
        ("/y", (("x", "a"),), ("shop/a/main.go", "shop/b/main.go", "shop/internal/db.go")),
    ],
)
def test_no_program_takes_in_the_main_package_of_another(
    program: str, compiled: tuple[tuple[str, str], ...], found: tuple[str, ...]
) -> None:
    body = "func f() { db.SetMaxOpenConns(5) }\n"
    texts = {
        "shop/a/main.go": f"package main\n{body}",
        "shop/b/main.go": f"// two\npackage main\n{body}",
        "shop/internal/db.go": f"package internal\n{body}",
    }
    files = [f for path, text in texts.items() if (f := read(SourceFile(path, text)))]
    mains = frozenset(file.path for file in files if file.kind == MAIN)
    assert mains == {"shop/a/main.go", "shop/b/main.go"}
    pools = [pool for file in files for pool in file.pools]
    chosen = of_program(pools, program, compiled, mains)
    assert tuple(pool.span.path for pool in chosen) == found


def test_of_programs_of_which_none_is_named_a_process_runs_one() -> None:
    most = {"cmd/a/main.go": (150, 10), "cmd/b/main.go": (30,), "internal/db.go": (5,)}
    files = {
        path: f"package {'main' if 'cmd' in path else 'db'}\n"
        + "".join(f"func f{size}() {{ db.SetMaxOpenConns({size}) }}\n" for size in sizes)
        for path, sizes in most.items()
    }
    compose = """
        services:
          db: {image: "postgres:16"}
          app: {build: ., environment: {DSN: "postgresql://shop@db/orders"}}
        """
    image = 'FROM golang\nCOPY . .\nCMD ["./run.sh"]\n'
    found = topology({"compose.yaml": compose, "Dockerfile": image, "go.mod": "module x", **files})
    ((one),) = found.servers
    assert [c.steady[-1].high for c in one.clients] == [150, 10, 5]
    assert [c.name for c in one.clients] == [
        "app (main.go:2)", "app (main.go:3)", "app (db.go:2)"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "variables"),
    [
        ('u := os.Getenv("DATABASE_URL")\nc.MaxConns = 5', ("DATABASE_URL",)),
        ('h := getEnvOr("METRICS_DB_HOST", "x")\nc.MaxConns = 5', ("METRICS_DB_HOST",)),
        ('r := os.Getenv("REDIS_URL")\nc.MaxConns = 5', ()),
        ('a, b := os.Getenv("DB_URL"), os.Getenv("READ_URL")\nc.MaxConns = 5', ()),
        ('c.MaxConns = 5\n}\n\nfunc other() {\nos.Getenv("DB_URL")', ()),
    ],
)
def test_a_function_that_reads_one_address_makes_its_pools_for_that(
    text: str, variables: tuple[str, ...]
) -> None:
    file = read(SourceFile("db.go", f"package db\n\nfunc open() {{\n{text}\n}}\n"))
    assert file is not None
    assert [pool.variables for pool in file.pools] == [variables]
