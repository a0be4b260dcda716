"""The statements of PostgreSQL's own regression tests: each is read, and as its grammar says.

The SQL is that of Debian's source package, brought by apt for as long as the test runs.
"""

from __future__ import annotations

import json
import re
import tarfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from poollint.facts.code import Effect
from poollint.reading.session.sql import read
from tests.lab.mirror import bring, own_suite

pgparse: Any = pytest.importorskip("pgparse")

_TOKEN = re.compile(
    r"""(?P<skip>--[^\n]* | (?P<line>^\\[^\n]*\n?))
      | (?P<text>'(?:[^'\\]|''|\\.)*' | "(?:[^"]|"")*" | \$(?P<tag>\w*)\$.*?\$(?P=tag)\$)
      | (?P<comment>/\*.*?\*/)
      | (?P<end>; | \\(?:gset|gexec|gdesc|g|crosstabview|bind)\b[^\n]*)
      | (?P<open>\() | (?P<close>\))""",
    re.X | re.S | re.M,
)
_LOCKS = re.compile(r"pg_(?:try_)?advisory_lock(?:_shared)?")
_OF_TRANSACTION = ("transaction_isolation", "transaction_read_only", "transaction_deferrable")
_HOLD = 0x0020  # CURSOR_OPT_HOLD, parsenodes.h


@pytest.fixture(scope="module")
def scripts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return the regression SQL by the names of its files."""
    folder = tmp_path_factory.mktemp("source")
    archive = _source(folder)
    with tarfile.open(archive) as tar:
        return {
            Path(member.name).name: tar.extractfile(member).read().decode("utf-8", "replace")  # type: ignore[union-attr]
            for member in tar
            if "/src/test/regress/sql/" in member.name and member.name.endswith(".sql")
        }


def _source(folder: Path) -> Path:
    """Bring the source package of the system's PostgreSQL."""
    majors = sorted(int(p.name) for p in Path("/usr/lib/postgresql").glob("*"))
    if not majors:
        pytest.skip("PostgreSQL is not installed")
    bring(folder, "deb-src", own_suite(), "source", "--download-only", f"postgresql-{majors[-1]}")
    return next(folder.glob("*.orig.tar.*"))


def statements(script: str) -> Iterator[str]:
    """Yield the statements of a psql script, without its commands and the data of COPY."""
    start, depth, script = 0, 0, re.sub(r"(?ims)(from stdin[^;]*;).*?^\\\.$", r"\1", script)
    for token in _TOKEN.finditer(script):
        if token["open"] or token["close"]:
            depth += 1 if token["open"] else -1
        elif token["line"] and not script[start : token.start()].strip():
            start = token.end()
        elif token["end"] and (depth <= 0 or token["end"] != ";"):
            yield script[start : token.start()].strip()
            start, depth = token.end(), 0


def test_every_statement_is_read_as_the_grammar_says(
    scripts: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    counts: Counter[str] = Counter()
    wrong = []
    for name, script in scripts.items():
        for text in filter(None, statements(script)):
            said = {effect.effect for effect in read(text).effects}
            counts["read"] += 1
            parsed = _parsed(text)
            if len(parsed) != 1:
                continue  # refused on purpose, or with psql's variables
            if parsed[0][0] == "DoStmt":
                continue  # its statements are text to the grammar: the pool modes judge them
            counts["parsed"] += 1
            expected = set(_expected(*parsed[0]))
            counts.update(effect.value for effect in expected)
            if expected != said & set(KINDS):
                wrong.append(f"{name}: {text[:100]!r}: {expected} but {said}")
    with capsys.disabled():
        print(f"\n{len(scripts)} files of PostgreSQL's: {dict(counts)}")
    assert not wrong, "\n".join(wrong)
    assert counts["parsed"] > 10_000
    assert all(counts[kind.value] for kind in KINDS)


KINDS = (
    Effect.SET,
    Effect.LISTEN,
    Effect.PREPARE,
    Effect.TEMP_TABLE,
    Effect.HOLD_CURSOR,
    Effect.ADVISORY_LOCK,
)


def _parsed(text: str) -> list[tuple[str, dict[str, Any]]]:
    try:
        found = pgparse.parse(text)
    except pgparse.PGQueryError:
        return []
    return [next(iter(raw["stmt"].items())) for raw in found if raw.get("stmt")]


def _expected(kind: str, body: dict[str, Any]) -> Iterator[Effect]:
    """Yield what a parse tree says that a statement leaves in its session."""
    whole = json.dumps(body)
    if kind == "VariableSetStmt" and not body.get("is_local"):
        name = body.get("name", "")
        if name not in _OF_TRANSACTION and not name.startswith("TRANSACTION"):
            yield Effect.SET
    elif kind in ("ListenStmt", "UnlistenStmt"):
        yield Effect.LISTEN
    elif kind in ("PrepareStmt", "ExecuteStmt") or (kind == "DeallocateStmt" and "name" in body):
        yield Effect.PREPARE  # DEALLOCATE ALL names none
    elif kind == "DeclareCursorStmt" and body.get("options", 0) & _HOLD:
        yield Effect.HOLD_CURSOR
    elif kind == "DiscardStmt":
        target = body.get("target", "DISCARD_ALL")
        kept = {"DISCARD_ALL": Effect.SET, "DISCARD_TEMP": Effect.TEMP_TABLE}
        yield from (kept[target],) if target in kept else ()
    elif _makes_temporary(kind, whole):
        yield Effect.TEMP_TABLE
    if kind == "SelectStmt" and any(_LOCKS.fullmatch(name) for name in _called(whole)):
        yield Effect.ADVISORY_LOCK
    # The third argument is whether it is for the transaction only; a false is left out.
    if kind == "SelectStmt" and "set_config" in _called(whole) and '"boolval": {}' in whole:
        yield Effect.SET


def _makes_temporary(kind: str, whole: str) -> bool:
    if kind == "CreateFunctionStmt":
        return re.search(r'"funcname": \[\{"String": \{"sval": "pg_temp"', whole) is not None
    made = ("CreateStmt", "CreateTableAsStmt", "ViewStmt", "CreateSeqStmt", "SelectStmt")
    told = r'"relpersistence": "t"'
    if kind in made[:4]:  # in the schema of what is temporary
        told += r'|^\{"(?:relation|sequence|view|into)": \{(?:"rel": \{)?"schemaname": "pg_temp"'
    return kind in made and bool(re.search(told, whole)) and "ONCOMMIT_DROP" not in whole


def _called(whole: str) -> list[str]:
    return re.findall(r'"funcname": \[(?:[^\]]*, )?\{"String": \{"sval": "(\w+)"\}\}\]', whole)
