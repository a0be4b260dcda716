"""The same rows as Python code and a deployment, for poollint to judge.

The code does what the clients A and B do, each driver in its own idiom: its transaction blocks,
nothing that the driver would add by itself. The deployment is a pgbouncer.ini and a
compose.yaml that tells the version of PgBouncer and of PostgreSQL.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from textwrap import indent

from poollint.engine import session
from poollint.engine.request import Request
from poollint.model.finding import Category
from tests.lab.pool_modes.play import Row, slug

DRIVERS = ("psycopg2", "psycopg", "asyncpg")

_CONNECT = {
    "psycopg2": "conn = psycopg2.connect(POOLED{more})\nconn.autocommit = True",
    "psycopg": "conn = psycopg.connect(POOLED, autocommit=True, prepare_threshold=None{more})",
    "asyncpg": "conn = await asyncpg.connect(POOLED, statement_cache_size=0{more})",
}
_CLOSE = {"psycopg2": "conn.close()", "psycopg": "conn.close()", "asyncpg": "await conn.close()"}
_SAY = {
    "psycopg2": "conn.cursor().execute({text})",
    "psycopg": "conn.execute({text})",
    "asyncpg": "await conn.execute({text})",
}
_ASK = {
    "psycopg2": "cur = conn.cursor()\ncur.execute({text})\n{name} = cur.fetchone()[0]",
    "psycopg": "{name} = conn.execute({text}).fetchone()[0]",
    "asyncpg": "{name} = await conn.fetchval({text})",
}
_COMMITTED = {
    "psycopg2": "with conn:\n{body}",
    "psycopg": "with conn.transaction():\n{body}",
    "asyncpg": "async with conn.transaction():\n{body}",
}
_ROLLED_BACK = {
    "psycopg2": "conn.autocommit = False\ntry:\n{body}\nfinally:\n    conn.rollback()",
    "psycopg": "with conn.transaction(force_rollback=True):\n{body}",
    "asyncpg": (
        "transaction = conn.transaction()\nawait transaction.start()\n"
        "try:\n{body}\nfinally:\n    await transaction.rollback()"
    ),
}


def module(row: Row, driver: str, url: str) -> str:
    """Return a Python module in which the clients of a row use a driver."""
    functions = []
    for who, name, at in (("A", "first", row.at), ("B", "second", {})):
        said = [s[3:] for s in row.steps if s.startswith(f"{who}: ")]
        if said:
            functions.append(_function(name, said, driver, at))
    head = f'"""{row.name}"""\n\nimport {driver}\n\nPOOLED = "{url}"\n'
    return "\n\n".join([head, *functions])


def _function(name: str, said: list[str], driver: str, at: Mapping[str, str]) -> str:
    lines = [_CONNECT[driver].format(more=_parameters(driver, at))]
    body = "\n".join(_statements(iter(said), driver))
    lines.append(f"try:\n{indent(body, '    ')}\nfinally:\n    {_CLOSE[driver]}")
    define = "async def" if driver == "asyncpg" else "def"
    return f"{define} {name}():\n{indent(chr(10).join(lines), '    ')}\n"


def _parameters(driver: str, at: Mapping[str, str]) -> str:
    if not at:
        return ""
    if driver == "asyncpg":
        return f", server_settings={dict(at)!r}"
    return "".join(f", {name}={value!r}" for name, value in at.items())


def _statements(said: Iterator[str], driver: str) -> Iterator[str]:
    for text in said:
        if text != "BEGIN":
            yield _statement(text, driver)
            continue
        inside, end = [], ""
        for text in said:
            if text in ("COMMIT", "ROLLBACK") or text.startswith("PREPARE TRANSACTION"):
                end = text
                break
            inside.append(_statement(text, driver))
        if end in ("COMMIT", "ROLLBACK"):
            block = _COMMITTED if end == "COMMIT" else _ROLLED_BACK
            yield block[driver].format(body=indent("\n".join(inside), "    "))
        else:  # a transaction of two phases has no block
            yield from (_statement("BEGIN", driver), *inside, _statement(end, driver))


def _statement(text: str, driver: str) -> str:
    text = text.replace("$db", "shop").replace("$socket", "db").replace("$port", "5432")
    kept = re.match(r"\$(\w+) = ", text)
    if kept:
        return _ASK[driver].format(text=_literal(text[kept.end() :]), name=kept[1])
    return _SAY[driver].format(text=_literal(text))


def _literal(text: str) -> str:
    named = re.sub(r"\$([a-z]+)\b", r"{\1}", text)
    return f"f{named!r}" if named != text else repr(text)


@dataclass(frozen=True, slots=True)
class Tree:
    """A project in which each row is a module for each driver.

    `folder` is where it lies, `cache` what poollint remembers of it from mode to mode.
    """

    folder: Path
    cache: Path
    rows: tuple[Row, ...]

    def write(self) -> None:
        """Write the modules."""
        for row in self.rows:
            for driver in DRIVERS:
                url = f"postgresql://app@{_host(row)}:6432/shop"
                self._path(row, driver).write_text(module(row, driver, url), "utf-8")

    def found(
        self, mode: str, pgbouncer: str, postgresql: str
    ) -> dict[tuple[str, str], tuple[str, ...]]:
        """Return the session rules that poollint reports, by the names of row and driver.

        What it shows only when it is asked for (low confidence) does not count.
        """
        poolers = {_host(row): row.ini for row in self.rows}
        deploy(self.folder, poolers, mode, pgbouncer, postgresql)
        outcome = session.run(
            Request(
                paths=(str(self.folder),), select=(Category.SESSION.value,), isolated=True,
                root=str(self.folder), jobs=2, cache=str(self.cache),
            )
        )  # fmt: skip
        if outcome.lost or outcome.report.crashes:
            raise RuntimeError(f"poollint failed: {outcome.lost} {outcome.report.crashes}")
        rules: dict[str, set[str]] = {}
        for finding in outcome.report.active:
            rules.setdefault(Path(finding.problem.at.path).name, set()).add(finding.rule)
        return {
            (row.name, driver): tuple(sorted(rules.get(self._path(row, driver).name, ())))
            for row in self.rows
            for driver in DRIVERS
        }

    def _path(self, row: Row, driver: str) -> Path:
        return self.folder / f"{slug(row)}_{driver}.py"


def _host(row: Row) -> str:
    """Return the name of the pooler with a row's settings."""
    return "-".join(["pgbouncer", *(name.replace("_", "-") for name in row.ini)])


def deploy(
    folder: Path,
    poolers: Mapping[str, Mapping[str, str]],
    mode: str,
    pgbouncer: str,
    postgresql: str,
) -> None:
    """Write a pgbouncer.ini for each pooler, by its host, and the compose.yaml that starts them."""
    services = {"db": f"    image: postgres:{postgresql}\n"}
    for host, ini in poolers.items():
        lines = ["[databases]", "shop = host=db dbname=shop", "", "[pgbouncer]"]
        lines += ["listen_port = 6432", f"pool_mode = {mode}"]
        lines += [f"{name} = {value}" for name, value in ini.items()]
        (folder / f"{host}.ini").write_text("\n".join(lines) + "\n", "utf-8")
        services[host] = (
            f"    image: edoburu/pgbouncer:v{pgbouncer}-p0\n"
            f"    volumes:\n      - ./{host}.ini:/etc/pgbouncer/pgbouncer.ini\n"
        )
    text = "services:\n" + "".join(f"  {name}:\n{body}" for name, body in services.items())
    (folder / "compose.yaml").write_text(text, "utf-8")
