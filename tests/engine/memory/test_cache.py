"""The cache: what is wrong with it costs time, never a result."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from poollint.engine.memory.cache import Cache, _version

A, B, C = b"a" * 20, b"b" * 20, b"c" * 20


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(str(tmp_path / "cache"))


def test_what_is_put_is_there_for_the_next_run(cache: Cache) -> None:
    cache.put({A: b"1", B: b"2"}, ())
    assert Cache(os.path.dirname(cache.path)).get([A, C, B]) == {A: b"1", B: b"2"}


def test_nothing_is_made_where_there_is_nothing_to_keep(cache: Cache) -> None:
    assert cache.get([A]) == {}
    cache.put({}, [A])
    assert not os.path.exists(os.path.dirname(cache.path))


def test_more_keys_than_a_statement_takes_are_found(cache: Cache) -> None:
    values = {number.to_bytes(20, "big"): b"%d" % number for number in range(2500)}
    cache.put(values, ())
    assert cache.get(values) == values


def test_only_its_owner_may_look_into_the_folder(cache: Cache) -> None:
    cache.put({A: b"1"}, ())
    assert os.stat(os.path.dirname(cache.path)).st_mode & 0o077 == 0


@pytest.mark.parametrize(
    "content", [b"", b"no database", b"SQLite format 3\0" + b"\xff" * 5000], ids=["", "text", "cut"]
)
def test_a_broken_file_holds_nothing_and_is_made_anew(cache: Cache, content: bytes) -> None:
    os.makedirs(os.path.dirname(cache.path))
    Path(cache.path).write_bytes(content)
    assert cache.get([A]) == {}
    cache.put({A: b"1"}, ())  # may be lost, but leaves a file that works
    cache.put({A: b"1"}, ())
    assert cache.get([A]) == {A: b"1"}


def test_a_file_cut_in_the_middle_gives_no_error(cache: Cache) -> None:
    cache.put({number.to_bytes(20, "big"): os.urandom(3000) for number in range(50)}, ())
    whole = Path(cache.path).read_bytes()
    for size in range(0, len(whole), 10_007):
        Path(cache.path).write_bytes(whole[:size])
        cache.get([A])
        cache.put({A: b"1"}, ())


def test_a_table_of_another_format_is_replaced(cache: Cache) -> None:
    cache.put({A: b"1"}, ())
    with sqlite3.connect(cache.path) as store:
        store.execute("PRAGMA user_version = 99")
    assert cache.get([A]) == {}
    cache.put({B: b"2"}, ())
    assert cache.get([A, B]) == {B: b"2"}


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written_is_none(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    cache = Cache(str(tmp_path / "cache"))
    cache.put({A: b"1"}, ())
    assert cache.get([A]) == {}


def test_a_file_in_place_of_the_folder_is_none(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file")
    cache = Cache(str(tmp_path / "cache"))
    cache.put({A: b"1"}, ())
    assert cache.get([A]) == {}


def test_a_store_that_another_run_holds_for_long_is_left_alone(
    cache: Cache, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("poollint.engine.memory.cache._WAIT", 0.05)
    cache.put({A: b"1"}, ())
    with sqlite3.connect(cache.path) as other:
        other.execute("BEGIN EXCLUSIVE")
        assert cache.get([A]) == {}
        cache.put({B: b"2"}, ())
        other.rollback()
    assert cache.get([A, B]) == {A: b"1"}


def test_runs_at_once_lose_nothing(cache: Cache) -> None:
    code = (
        "import sys; from poollint.engine.memory import cache\n"
        "cache._WAIT = 60\n"  # as long as the other one needs, on however slow a machine
        "for n in range(20):\n"
        "    cache.Cache(sys.argv[1]).put({b'%s %d' % (sys.argv[2].encode(), n): b'x'}, ())"
    )
    folder = os.path.dirname(cache.path)
    runs = [subprocess.Popen([sys.executable, "-c", code, folder, name]) for name in "ab"]
    assert [run.wait(120) for run in runs] == [0, 0]
    keys = [b"%s %d" % (name, n) for name in (b"a", b"b") for n in range(20)]
    assert len(cache.get(keys)) == 40


def test_a_store_made_by_another_run_just_now_is_not_made_again(
    cache: Cache, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[int] = []

    def then_the_other_is_faster(store: sqlite3.Connection) -> int:
        looked.append(_version(store))
        if len(looked) == 1:
            Cache(os.path.dirname(cache.path)).put({A: b"1"}, ())
        return looked[-1]

    monkeypatch.setattr("poollint.engine.memory.cache._version", then_the_other_is_faster)
    cache.put({B: b"2"}, ())
    assert looked[0] != looked[-1]
    assert cache.get([A, B]) == {A: b"1", B: b"2"}


def test_beyond_the_limit_what_was_not_used_for_longest_goes(tmp_path: Path) -> None:
    cache = Cache(str(tmp_path), limit=10_000)
    cache.put({A: b"x" * 4000}, ())
    cache.put({B: b"x" * 4000}, ())
    cache.put({C: b"x" * 4000}, [A])
    assert set(cache.get([A, B, C])) == {A, C} or set(cache.get([A, B, C])) == {C}
    assert B not in cache.get([B])
    held = sum(map(len, cache.get([A, B, C]).values()))
    assert held <= 10_000
    assert os.path.getsize(cache.path) < 40_000


def test_clearing_says_whether_there_was_anything(cache: Cache) -> None:
    assert not cache.clear()
    cache.put({A: b"1"}, ())
    assert cache.clear()
    assert cache.get([A]) == {}
