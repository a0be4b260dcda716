"""The measurements of speed run, and what they run beside is what they say."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bench.speed import trees
from tests.bench.speed.__main__ import main
from tests.bench.speed.measuring import POOLLINT, Taken, in_turn, table, taken


def test_all_figures_are_measured_on_small_trees(capsys: pytest.CaptureFixture[str]) -> None:
    main(["--small", "--runs=1"])
    said = capsys.readouterr().out
    for title in ("start", "cold: shop", "warm: shop", "one file of shop", "audit: manifests"):
        assert re.search(rf"^{title} .*\(x = ", said, re.M), title
    assert len(re.findall(r"^ *\d+ files .* peak", said, re.M)) == 3
    assert len(re.findall(r"^ *\d+ lines of one file", said, re.M)) == 2
    assert len(re.findall(r"^ *\d+ functions on a chain", said, re.M)) == 2


def test_a_tree_is_the_same_each_time_and_has_database_code(tmp_path: Path) -> None:
    one, other = (trees.files(tmp_path / name, 60) for name in "ab")
    texts = [sorted((p.name, p.read_text()) for p in t.rglob("*.py")) for t in (one, other)]
    assert texts[0] == texts[1]
    assert len(texts[0]) == 60
    answer = subprocess.run([*POOLLINT, "check", "."], cwd=one, capture_output=True, text=True)
    assert "use a database (psycopg2)" in answer.stdout + answer.stderr
    assert answer.returncode == 0


def test_one_file_is_another_each_time(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    command = (
        sys.executable,
        "-c",
        f"import sys; open({str(kept)!r}, 'a').write(sys.stdin.read())",
    )
    in_turn({"x": command}, tmp_path, tmp_path, 2, {"x": b"a = 1"})
    assert kept.read_text() == "a = 1\n# 0\na = 1\n# 1\na = 1\n# 2\n"


def test_processes_are_measured_with_their_children(tmp_path: Path) -> None:
    work = "sum(range(3_000_000))"
    child = f"import subprocess, sys; subprocess.run([sys.executable, '-c', '{work}'])"
    one = taken((sys.executable, "-c", work), tmp_path, tmp_path)
    two = taken((sys.executable, "-c", child), tmp_path, tmp_path)
    none = taken((sys.executable, "-c", "pass"), tmp_path, tmp_path)
    assert one.cpu > none.cpu
    assert two.cpu > none.cpu + (one.cpu - none.cpu) / 2


def test_a_command_that_fails_is_no_measurement(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="ended with 2"):
        in_turn({"x": (sys.executable, "-c", "raise SystemExit(2)")}, tmp_path, tmp_path, 1)


def test_the_table_divides_by_what_it_is_told() -> None:
    found = {"a": Taken(2.0, 3.0, 10_000_000), "b": Taken(4.0, 1.0, 20_000_000)}
    said = table("t", found, "b").splitlines()
    assert said[0] == "t  (x = b)"
    assert "3.00 x" in said[1]
    assert "0.50 x" in said[1]


def test_yaml_files_of_checkouts_are_collected_where_they_lie(tmp_path: Path) -> None:
    source = tmp_path / "source"
    for name in ("b/x.yml", "a/k8s/x.yaml", "a/.git/x.yaml", "a/x.py", "c/x.yaml"):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text("a: 1\n")
    tree = trees.collected(tmp_path / "tree", source, 2)
    found = sorted(str(p.relative_to(tree)) for p in tree.rglob("*") if p.is_file())
    assert found == ["a/k8s/x.yaml", "b/x.yml"]
