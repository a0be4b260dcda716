"""A file that is as it was is not opened again, and one that is not is never taken for one."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from poollint.engine.files import intake
from poollint.engine.files.discovery import File
from poollint.engine.files.disk import Disk, state_of
from poollint.engine.memory.cache import Cache
from poollint.engine.memory.index import Index
from poollint.engine.outcome import Outcome
from poollint.engine.request import Mode, Request
from poollint.engine.session import run
from poollint.engine.work.job import Derived, Job, derived
from poollint.reading.naming.files.glance import Glance
from poollint.reading.reader import Options

LEAK = "import psycopg2\n\ndef f(dsn):\n    c = psycopg2.connect(dsn)\n    c.execute('SELECT 1')\n"
LATER = 10_000_000_000  # nanoseconds: what is written now has settled by then


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of forty files that use no database, and one that does."""
    (tmp_path / "shop").mkdir()
    for number in range(40):
        (tmp_path / "shop" / f"m{number}.py").write_text(f"x = {number}\n")
    (tmp_path / "shop" / "db.py").write_text(LEAK)
    monkeypatch.setattr(
        "poollint.engine.session.stamp", lambda options: b"the same"
    )  # while poollint is edited
    monkeypatch.chdir(tmp_path / "shop")
    return tmp_path / "shop"


def _check(project: Path, now: int, *paths: str) -> Outcome:
    cache = str(project.parent / "cache")
    return run(Request(paths=paths or (".",), mode=Mode.CHECK, root=".", cache=cache, now=now))


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that are opened, in order."""
    found: list[str] = []

    def counting(file: File, root: str, disk: Disk) -> object:
        found.append(file.shown)
        return load(file, root, disk)

    load: Callable[[File, str, Disk], object] = intake.load
    monkeypatch.setattr(intake, "load", counting)
    return found


def test_what_is_as_it_was_is_not_opened_again(project: Path, opened: list[str]) -> None:
    first = _check(project, time.time_ns() + LATER)
    assert len(set(opened)) == 41
    opened.clear()
    assert _check(project, time.time_ns() + LATER).report == first.report
    assert set(opened) == {"db.py"}  # whose text is shown


@pytest.mark.parametrize("back", [True, False])
def test_what_changed_is_seen_though_its_time_is_set_back(project: Path, back: bool) -> None:
    path = project / "m7.py"
    before = path.stat()
    path.write_text(" " * len(LEAK))
    _check(project, time.time_ns() + LATER)
    path.write_text(LEAK)
    if back:
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    found = _check(project, time.time_ns() + LATER).report.active
    assert {finding.problem.at.path for finding in found} == {"db.py", "m7.py"}


def test_what_changed_just_now_is_looked_at_again(project: Path, opened: list[str]) -> None:
    _check(project, time.time_ns())
    opened.clear()
    _check(project, time.time_ns())
    assert len(set(opened)) == 41


def test_a_part_of_the_project_leaves_the_rest_known(project: Path, opened: list[str]) -> None:
    (project / "db.py").write_text("import psycopg2\n\nconn = psycopg2.connect('')\n")
    _check(project, time.time_ns() + LATER)
    opened.clear()
    (project / "m1.py").write_text("y = 1\n")
    _check(project, time.time_ns() + LATER, "m1.py")
    assert set(opened) == {"m1.py"}
    opened.clear()
    _check(project, time.time_ns() + LATER)
    assert set(opened) == {"db.py", "m1.py"}


@pytest.mark.parametrize(
    "value",
    ["", "[]", "no", '{"a": 1}', '{"questions": [1], "glances": "", "rows": {}}',
     '{"questions": [], "glances": "", "rows": []}',
     '{"questions": ["q"], "glances": "no", "rows": {"%s": 1}}',
     '{"questions": ["q"], "glances": "00", "rows": {"%s": [1, 2, 3]}}',
     '{"questions": ["q"], "glances": "00", "rows": {"%s": [1, 2, 3, 4, true, 1, 1]}}',
     '{"questions": ["q"], "glances": "00", "rows": {"%s": [%s, true, 1, null]}}',
     '{"questions": ["q"], "glances": "00", "rows": {"%s": [%s, 1, 1, 1]}}'],
)  # fmt: skip
def test_a_broken_index_is_none(tmp_path: Path, value: str) -> None:
    path = tmp_path / "a"
    path.write_text("x")
    state = state_of(str(path))
    assert state is not None
    told = (str(path), ", ".join(map(str, state.signature)))[: value.count("%s")]
    cache = Cache(str(tmp_path / "cache"))
    cache.put({Index(cache)._key: (value % told).encode()}, ())
    seen = Glance("1", ("shop",))
    index = Index(cache)
    assert index.glance(str(path), lambda: seen) == seen
    row = index.row(str(path))
    assert row is not None
    assert (row.matters, row.answers) == (None, {})


@pytest.mark.parametrize("written", [b"", b"[]", b'{"%s": 1}', b'{"%s": [["d"], [1], [], []]}'])
def test_a_broken_glance_is_none(tmp_path: Path, written: bytes) -> None:
    path = tmp_path / "a"
    path.write_text("x")
    cache = Cache(str(tmp_path / "cache"))
    seen = Glance("1", ("shop",))
    for index in (Index(cache), Index(cache)):
        assert index.glance(str(path), lambda: seen) == seen
        index.keep(time.time_ns() + LATER)
        key = bytes.fromhex(Index(cache)._glances_key)
        cache.put({key: written.replace(b"%s", str(path).encode())}, ())


def test_what_was_asked_is_known_until_the_file_changes(tmp_path: Path) -> None:
    cache = Cache(str(tmp_path / "cache"))
    paths = [tmp_path / name for name in "abc"]
    for path in paths:
        path.write_text(path.name)
    asked: list[tuple[str, str]] = []

    def ask(index: Index, question: str) -> list[bool]:
        def look(path: Path) -> bool:
            asked.append((path.name, question))
            return question in path.read_text()

        return [index.answer(str(path), question, partial(look, path)) for path in paths]

    index = Index(cache)
    assert ask(index, "a") == [True, False, False]
    index.keep(time.time_ns() + LATER)
    index = Index(cache)
    assert (ask(index, "b"), ask(index, "a")) == ([False, True, False], [True, False, False])
    assert [question for _, question in asked] == [*"aaa", *"bbb"]
    index.worth_keeping()
    index.keep(time.time_ns() + LATER)
    paths[2].write_text("a, b")
    asked.clear()
    index = Index(cache)
    assert (ask(index, "a"), ask(index, "b")) == ([True, False, True], [False, True, True])
    assert asked == [("c", "a"), ("c", "b")]


def test_what_paths_tell_is_known_of_the_same_listing(tmp_path: Path) -> None:
    asked: list[str] = []

    def pick(listed: bytes, question: str) -> frozenset[str]:
        def look() -> list[str]:
            asked.append(question)
            return ["a.yaml", "b\udcff.yaml"] if question == "yaml" else []

        return Index(Cache(str(tmp_path / "cache"))).picked(listed, question, look)

    for _ in range(2):
        assert pick(b"one", "yaml") == {"a.yaml", "b\udcff.yaml"}
        assert "a.yaml" not in pick(b"one", "ini")
    assert asked == ["yaml", "ini"]
    pick(b"another", "yaml")
    pick(b"", "yaml")  # what git lists nothing of may be another each time
    pick(b"", "yaml")
    assert asked == ["yaml", "ini", "yaml", "yaml", "yaml"]


SETTING = """import psycopg2

def f():
    conn = psycopg2.connect("postgresql://u@db:6432/shop")
    try:
        conn.cursor().execute("SET search_path TO shop")
    finally:
        conn.close()
"""
POOLER = "[databases]\nshop = host=db\n[pgbouncer]\nlisten_port = 6432\npool_mode = transaction\n"


def test_what_said_nothing_of_the_deployment_is_not_read_again(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []

    def noting(job: Job, options: Options) -> Derived:
        read.append(job.source.path)
        return derived(job, options)

    monkeypatch.setattr("poollint.engine.work.derive.derived", noting)
    (project / "db.py").write_text(SETTING)
    (project / "pgbouncer.ini").write_text(POOLER)
    (project / "map.yaml").write_text("kind: ConfigMap\nmetadata:\n  name: postgres\n")
    told, seen = [], []
    for _ in range(3):
        told.append(_check(project, time.time_ns() + LATER, "db.py").report)
        seen.append({*read})
        read.clear()
    assert seen[0] == {"db.py", "map.yaml", "pgbouncer.ini"}
    # What a new text depends on is not looked for when it is first met, so nothing is kept of it.
    assert seen[1:] == [{"db.py", "pgbouncer.ini"}, {"pgbouncer.ini"}]
    assert told[0] == told[1] == told[2]
    assert [finding.rule for finding in told[0].active] == ["session-set"]
    (project / "pgbouncer.ini").rename(project / "old")
    (project / "map.yaml").write_text(
        "kind: ConfigMap\nmetadata:\n  name: postgres\ndata:\n  pgbouncer.ini: |\n"
        + "".join(f"    {line}\n" for line in POOLER.splitlines())
    )
    later = _check(project, time.time_ns() + LATER, "db.py").report
    assert "map.yaml" in read
    assert later != told[0]


def test_a_link_is_followed_each_time(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("a")
    (tmp_path / "a").write_text("x")
    index = Index(Cache(str(tmp_path / "cache")))
    assert index.row(str(tmp_path / "link")) is None
    assert index.row(str(tmp_path / "gone")) is None


def test_without_a_cache_nothing_is_known(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("x")
    assert Index().row(str(tmp_path / "a")) is None
