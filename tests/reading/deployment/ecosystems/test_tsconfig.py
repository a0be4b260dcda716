"""Files that no program of TypeScript is compiled of have no pools of a container's."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from poollint.model.source import SourceFile
from poollint.reading.deployment.ecosystems import manifests
from poollint.reading.deployment.ecosystems.stating import StatedFile
from poollint.reading.deployment.ecosystems.tsconfig import claims, left_out, read
from tests.effort import effort
from tests.reading.deployment.arranging import topology


def config(path: str, exclude: str) -> StatedFile:
    text = f"""{{
        // what "exclude": ["src"] would leave out
        "compilerOptions": {{"paths": {{"@/*": ["./src/*"]}}}},
        "exclude": {exclude},
    }}"""
    return read(SourceFile(path, text))


def files(*paths: str) -> tuple[StatedFile, ...]:
    return tuple(StatedFile("node", "program", path, "") for path in paths)


@pytest.mark.parametrize(
    ("pattern", "path", "is_out"),
    [
        ("old", "old/db.ts", True),
        ("./old/", "old/pools/db.ts", True),
        ("old/**/*", "old/db.ts", True),
        ("**/old", "src/old/db.ts", True),
        ("**/old", "old/db.ts", True),
        ("**/**/*.job.ts", "src/db/db.job.ts", True),
        ("src/**/old/**/*.ts", "src/a/b/old/c/db.ts", True),
        ("src/**/old/**/*.ts", "src/a/b/old.ts", False),
        ("src/[old]", "src/o/db.ts", False),
        ("src/*.job.ts", "src/db.job.ts", True),
        ("src/*.job.ts", "src/db/db.job.ts", False),
        ("old", "older/db.ts", False),
        ("old", "src/old/db.ts", False),
        ("old", "old/db.js", False),
        ("*?*?*?*?*?", "old/db.ts", False),
        ("**", "old/db.ts", False),
    ],
)
def test_what_a_pattern_leaves_out(pattern: str, path: str, is_out: bool) -> None:
    found = left_out((config("tsconfig.json", f'["dist", "{pattern}"]'), *files(path)), frozenset())
    assert found == ({path} if is_out else set())


def test_a_pattern_takes_no_longer_than_the_path_is_long() -> None:
    path = f"{'a/' * 2_000}db.ts"
    every = (config("tsconfig.json", '["**/a/**/a/**/a/**/b"]'), *files(path))
    assert effort(lambda: left_out(every, frozenset())) < 400_000
    assert not left_out(every, frozenset())


def test_a_program_of_its_own_is_not_left_out() -> None:
    root, (pool,) = config("tsconfig.json", '["server", "jobs"]'), files("server/db.ts")
    assert left_out((root, pool), frozenset()) == {"server/db.ts"}
    assert not left_out((root, config("server/tsconfig.json", "[]"), pool), frozenset())
    manifest = StatedFile("node", manifests.KIND, "server/package.json", "server")
    assert not left_out((root, manifest, pool), frozenset())
    assert not left_out((root, pool), frozenset(("server/db",)))
    assert claims("server/tsconfig.json")
    assert not claims("node_modules/pg/tsconfig.json")


def test_what_a_file_does_not_say_the_ones_that_it_extends_do() -> None:
    def found(own: str, *others: StatedFile) -> frozenset[str]:
        one = read(SourceFile("api/tsconfig.json", own))
        return left_out((one, *others, *files("api/old/db.ts")), frozenset())

    base = config("tsconfig.base.json", '["api/old"]')
    assert found('{"extends": "../tsconfig.base"}', base) == {"api/old/db.ts"}
    assert not found('{"extends": "../tsconfig.base", "exclude": ["dist"]}', base)
    assert not found('{"extends": ["../tsconfig.base.json", "./a.json"]}', base,
                     config("api/a.json", '["api/old"]'))  # fmt: skip


def test_a_pool_in_a_file_that_is_left_out_is_in_no_sum() -> None:
    pool = """
        import { Pool } from "pg";
        export const pool = new Pool({ connectionString: process.env.URL, max: MOST });
    """
    tree: Mapping[str, str] = {
        "compose.yaml": """
            services:
              db: {image: "postgres:16"}
              app: {build: ., environment: {URL: "postgresql://shop@db/orders"}}
        """,
        "Dockerfile": 'FROM node:22\nCOPY . .\nCMD ["node", "dist/index.js"]\n',
        "package.json": '{"dependencies": {"pg": "8"}}',
        "src/db.ts": pool.replace("MOST", "20"),
        "old/db.ts": pool.replace("MOST", "90"),
    }
    assert highest(tree) == [20, 90]
    assert highest({**tree, "tsconfig.json": '{"exclude": ["old"]}'}) == [20]


def highest(tree: Mapping[str, str]) -> list[int]:
    """Return the most connections of each pool, the smallest first."""
    (budget,) = topology(tree).servers
    return sorted(client.steady[-1].high or 0 for client in budget.clients)
