"""Which files there are, in a repository and without one, whatever lies about."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from poollint.engine.files.discovery import Tree, discover, left_out, located, printable
from poollint.engine.files.disk import Disk, repository
from poollint.engine.files.glob import Glob
from poollint.engine.plan import plan
from poollint.engine.request import Request
from poollint.model.usage import UsageError

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    found = tmp_path.resolve() / "root"
    found.mkdir()
    monkeypatch.chdir(found)
    return found


def write(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")


def git(root: Path, *words: str) -> None:
    identity = ["-c", "user.name=a", "-c", "user.email=a@b"]
    subprocess.run(["git", *identity, *words], cwd=root, check=True, capture_output=True)


def tree(root: Path, *exclude: str) -> Tree:
    claims = (".py", ".ini")
    globs = tuple(Glob(pattern) for pattern in exclude)
    return Tree(str(root), os.getcwd(), globs, lambda path: path.endswith(claims))


def names(root: Path, *paths: str, exclude: tuple[str, ...] = (), force: bool = False) -> list[str]:
    places = [located(path, os.getcwd()) for path in paths or (".",)]
    return [f.shown for f in discover(places, tree(root, *exclude), force).files]


class TestBound:
    """Around a file in a folder that is no project, the nearest files count."""

    def test_nearest_are_found_first(self, root: Path) -> None:
        write(root, "a/b/c/far.py", "near.py", "a/next.py", "z.py")
        found = discover((str(root),), replace(tree(root), bound=3)).files
        assert [file.shown for file in found] == ["a/next.py", "near.py", "z.py"]

    def test_what_is_left_out_is_told(self, root: Path) -> None:
        write(root, "near.py", "a/far.py")
        bound = replace(tree(root), bound=1)
        discover((str(root),), bound)
        assert [lost.span.path for lost in left_out(bound)] == ["."]
        assert "its 1 nearest" in left_out(bound)[0].reason

    def test_all_there_is_is_not_left_out(self, root: Path) -> None:
        write(root, "near.py", "a/far.py")
        bound = replace(tree(root), bound=9)
        assert len(discover((str(root),), bound).files) == 2
        assert left_out(bound) == ()

    def test_other_repositories_are_left_alone(self, root: Path) -> None:
        write(root, "near.py", "other/.git/HEAD", "other/b.py")
        found = discover((str(root),), replace(tree(root), bound=9)).files
        assert [file.shown for file in found] == ["near.py"]

    def test_folder_that_is_asked_for_is_read_whole(self, root: Path) -> None:
        write(root, *(f"m{number}.py" for number in range(5)), "a/b.py")
        asked = Request(paths=(str(root),), isolated=True)
        assert plan(asked, Disk()).tree.bound == 0

    @pytest.mark.parametrize(("mark", "bound"), [("pyproject.toml", False), ("notes.txt", True)])
    def test_project_has_no_bound(self, root: Path, mark: str, bound: bool) -> None:
        write(root, "a.py", mark)
        asked = Request(paths=(str(root / "a.py"),), isolated=True)
        assert bool(plan(asked, Disk()).tree.bound) is bound


class TestWalk:
    """Without a repository: every folder but those of other people's code."""

    def test_finds_what_is_claimed(self, root: Path) -> None:
        write(root, "a.py", "shop/b.py", "infra/pgbouncer.ini", "README.md")
        assert names(root) == ["a.py", "infra/pgbouncer.ini", "shop/b.py"]

    def test_skips_code_of_others(self, root: Path) -> None:
        write(root, "a.py", "node_modules/b.py", "x/site-packages/c.py", "__pycache__/d.py")
        write(root, "my-env/pyvenv.cfg", "my-env/lib/e.py", ".venv/f.py")
        assert names(root) == ["a.py"]

    def test_folder_that_is_named_is_searched(self, root: Path) -> None:
        write(root, "node_modules/b.py")
        assert names(root, "node_modules") == ["node_modules/b.py"]

    def test_folder_with_the_name_of_a_file_is_a_folder(self, root: Path) -> None:
        write(root, "x.py/a.py")
        assert names(root) == ["x.py/a.py"]

    @pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no FIFOs on this system")
    def test_fifo_is_passed_over(self, root: Path) -> None:
        os.mkfifo(root / "a.py")
        assert names(root) == []

    def test_link_to_a_folder_is_not_followed(self, root: Path) -> None:
        write(root, "shop/a.py")
        write(root.parent, "outside/b.py")
        (root / "loop").symlink_to(root)
        (root / "out").symlink_to(root.parent / "outside")
        assert names(root) == ["shop/a.py"]

    def test_link_out_of_the_tree_is_not_followed(self, root: Path) -> None:
        write(root.parent, "secret.py")
        (root / "a.py").symlink_to(root.parent / "secret.py")
        (root / "dangling.py").symlink_to(root / "nothing")
        assert names(root) == []

    def test_link_within_the_tree_is_read_once(self, root: Path) -> None:
        write(root, "a.py", "settings.txt")
        (root / "b.py").symlink_to(root / "a.py")
        (root / "pgbouncer.ini").symlink_to(root / "settings.txt")
        assert names(root) == ["a.py", "pgbouncer.ini"]

    def test_name_that_is_no_utf8_is_shown_printable(self, root: Path) -> None:
        try:
            (root / os.fsdecode(b"caf\xe9.py")).write_text("x")
        except OSError:
            pytest.skip("this file system takes only UTF-8")
        (found,) = discover([str(root)], tree(root)).files
        assert found.shown == "caf\\xe9.py"
        assert os.path.exists(found.full)

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
    def test_folder_that_cannot_be_listed_is_said(self, root: Path) -> None:
        write(root, "a.py")
        (root / "closed").mkdir(mode=0)
        found = discover([str(root)], tree(root))
        assert [u.span.path for u in found.unread] == ["closed"]
        assert [f.shown for f in found.files] == ["a.py"]


@needs_git
class TestRepository:
    """In a repository: what git knows and does not ignore."""

    @pytest.fixture(autouse=True)
    def _repository(self, root: Path) -> None:
        git(root, "init", "-q")

    def test_ignored_files_are_left_out(self, root: Path) -> None:
        write(root, "a.py", "build/b.py", "c.py")
        (root / ".gitignore").write_text("build/\n")
        git(root, "add", "a.py")
        assert names(root) == ["a.py", "c.py"]

    def test_ignored_file_that_is_named_is_read(self, root: Path) -> None:
        write(root, "build/b.py")
        (root / ".gitignore").write_text("build/\n")
        assert names(root, "build/b.py") == ["build/b.py"]
        assert names(root, "build") == ["build/b.py"]

    def test_only_what_is_below_the_folder_is_listed(self, root: Path) -> None:
        write(root, "a.py", "shop/b.py")
        assert names(root, "shop") == ["shop/b.py"]

    def test_deleted_file_is_no_file(self, root: Path) -> None:
        write(root, "a.py", "b.py")
        git(root, "add", ".")
        (root / "a.py").unlink()
        assert names(root) == ["b.py"]

    def test_tracked_code_of_others_is_skipped(self, root: Path) -> None:
        write(root, "a.py", "node_modules/b.py")
        git(root, "add", "-f", ".")
        assert names(root) == ["a.py"]

    def test_tracked_link_out_of_the_tree_is_not_followed(self, root: Path) -> None:
        write(root.parent, "secret.py")
        (root / "a.py").symlink_to("../secret.py")
        git(root, "add", ".")
        assert names(root) == []

    def test_tracked_folder_that_became_a_link_is_not_followed(self, root: Path) -> None:
        write(root, "shop/a.py")
        git(root, "add", ".")
        (root / "shop").rename(root.parent / "outside")
        (root / "shop").symlink_to(root.parent / "outside")
        assert names(root) == []

    @pytest.mark.parametrize("linked", ["shop", "shop/deep", "shop/deep/down"])
    def test_nothing_below_such_a_link_is_listed(self, root: Path, linked: str) -> None:
        write(root, "a.py", "shop/deep/down/b.py")
        git(root, "add", ".")
        (root / linked).rename(root.parent / "outside")
        (root / linked).symlink_to(root.parent / "outside")
        assert names(root) == ["a.py"]

    def test_a_path_of_any_length_is_looked_at(self, root: Path) -> None:
        (root / "real").mkdir()
        (root / "link").symlink_to("real")
        deep = "/a" * 3_000
        assert Disk().is_real(f"{root}/real{deep}", str(root))
        assert not Disk().is_real(f"{root}/link{deep}", str(root))

    def test_nothing_the_repository_configures_is_run(self, root: Path) -> None:
        write(root, "a.py")
        trap = root / "trap.sh"
        trap.write_text(f"#!/bin/sh\ntouch {root}/sprung\n")
        trap.chmod(0o755)
        hook = root / ".git" / "hooks" / "post-index-change"
        hook.parent.mkdir(exist_ok=True)
        shutil.copy(trap, hook)
        for key in ("core.fsmonitor", "core.pager", "core.sshCommand", "core.alternateRefsCommand"):
            git(root, "config", key, str(trap))
        assert names(root) == ["a.py"]
        assert not (root / "sprung").exists()

    def test_environment_does_not_lead_elsewhere(
        self, root: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        write(root, "a.py")
        monkeypatch.setenv("GIT_DIR", str(root.parent / "elsewhere"))
        monkeypatch.setenv("GIT_INDEX_FILE", str(root.parent / "index"))
        assert names(root) == ["a.py"]

    def test_broken_repository_is_walked(self, root: Path) -> None:
        write(root, "a.py", "build/b.py")
        (root / ".git" / "HEAD").write_text("nonsense")
        assert names(root) == ["a.py", "build/b.py"]

    def test_without_git_the_folder_is_walked(
        self, root: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        write(root, "a.py")
        monkeypatch.setenv("PATH", "")
        assert names(root) == ["a.py"]

    def test_names_with_odd_characters_are_found(self, root: Path) -> None:
        write(root, "a b.py", "ü.py", "new\nline.py", '"q".py')
        assert sorted(names(root)) == sorted(["a b.py", "ü.py", "new\nline.py", '"q".py'])


class TestExclude:
    """Patterns keep files out, unless they were asked for."""

    def test_pattern_keeps_files_out(self, root: Path) -> None:
        write(root, "a.py", "migrations/b.py")
        assert names(root, exclude=("migrations/**",)) == ["a.py"]

    def test_file_that_is_named_is_read(self, root: Path) -> None:
        write(root, "migrations/b.py")
        assert names(root, "migrations/b.py", exclude=("migrations/**",)) == ["migrations/b.py"]
        assert names(root, "migrations/b.py", exclude=("migrations/**",), force=True) == []

    def test_folder_that_is_named_is_read(self, root: Path) -> None:
        write(root, "fixtures/demo/a.py", "fixtures/demo/old/b.py")
        exclude = ("fixtures/**", "old")
        assert names(root, "fixtures/demo", exclude=exclude) == ["fixtures/demo/a.py"]
        assert names(root, "fixtures/demo", exclude=exclude, force=True) == []


class TestPaths:
    """What is named, and how it is shown."""

    def test_missing_path_is_refused_with_the_nearest(self, root: Path) -> None:
        write(root, "shop/orders.py")
        with pytest.raises(UsageError) as caught:
            located("shop/order.py", str(root))
        assert caught.value.message == "no such path `shop/order.py`"
        assert caught.value.hint == "there is `orders.py`"

    @pytest.mark.parametrize("path", ["", "a\0b", "nothing/at/all"])
    def test_impossible_path_is_refused(self, root: Path, path: str) -> None:
        with pytest.raises(UsageError):
            located(path, str(root))

    def test_paths_are_shown_from_the_working_directory(
        self, root: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        write(root, "shop/a.py", "infra/b.ini")
        monkeypatch.chdir(root / "shop")
        (file,) = discover([located("../infra", os.getcwd())], tree(root)).files
        assert (file.shown, file.inside) == ("../infra/b.ini", "infra/b.ini")

    def test_file_named_twice_is_one(self, root: Path) -> None:
        write(root, "a.py")
        (file,) = discover([located(p, str(root)) for p in (".", "./a.py")], tree(root)).files
        assert file.named

    def test_root_of_the_file_system_is_a_folder(self) -> None:
        assert printable("/etc/x", "/") == "etc/x"

    def test_repository_is_found_from_below(self, root: Path) -> None:
        (root / ".git").mkdir()
        write(root, "a/b/c.py")
        assert repository(str(root / "a" / "b")) == str(root)
