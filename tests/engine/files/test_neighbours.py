"""Which texts beside the files that readers take may be asked for."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from unittest.mock import Mock

import pytest

from poollint.engine.files import intake
from poollint.engine.files.contents import Contents
from poollint.engine.files.discovery import Tree, discover
from poollint.engine.files.neighbours import Neighbours


def _neighbours(root: Path, cwd: Path) -> Neighbours:
    tree = Tree(str(root), str(cwd), (), lambda path: False)
    discover((tree.root,), tree)
    return Neighbours((), tree, Contents(tree.root, disk=tree.disk), around=True)


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_what_git_ignores_is_not_of_the_project(tmp_path: Path) -> None:
    root = tmp_path.resolve()
    (root / "deploy").mkdir()
    for name in ("web.vars", "deploy/local.vars", "../outside.vars"):
        (root / name).write_text("A=1\n")
    (root / ".gitignore").write_text("local.vars\n")
    (root / "linked.vars").symlink_to("web.vars")
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    found = _neighbours(root, root / "deploy")
    paths = ("../web.vars", "local.vars", "../../outside.vars", "none.vars", "../linked.vars")
    assert [found.tracked(path) for path in paths] == ["A=1\n", "", "", "", "A=1\n"]
    assert found.text("local.vars") == "A=1\n"


@pytest.mark.parametrize(
    ("text", "looks"), [("a = 1\n", 1), ("a = 'é'\n", 2), ("# coding: utf-7\n+AOk-\n", 2)]
)
def test_text_that_is_its_bytes_is_made_out_once(
    text: str, looks: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.py").write_text(text)
    seen = Mock(wraps=intake.text_of)
    monkeypatch.setattr(intake, "text_of", seen)
    found = _neighbours(tmp_path.resolve(), tmp_path.resolve())
    found.paths()
    first, again = found.load("a.py"), found.load("a.py")
    assert first == again
    assert seen.call_count == looks
