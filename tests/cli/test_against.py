"""`poollint audit --against REF`: what a change does to budgets, and nothing besides."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import Shell

COMPOSE = """\
services:
  db:
    image: postgres:16
  web:
    image: registry.example/shop:1
    command: uvicorn shop.api:app --workers {workers}
    environment:
      DATABASE_URL: postgresql://shop:hunter2@db/orders
      DB_POOL_SIZE: {size}
"""

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


def git(folder: Path, *arguments: str) -> None:
    names = {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null"}
    subprocess.run(
        ("git", "-c", "user.name=a", "-c", "user.email=a@example.org", *arguments),
        cwd=folder, check=True, capture_output=True, env={**os.environ, **names},
    )  # fmt: skip


@pytest.fixture
def committed(shell: Shell) -> Callable[..., Shell]:
    """Return what commits files and then lays others over them."""

    def make(before: dict[str, str], after: dict[str, str]) -> Shell:
        git(shell.path, "init", "-q")
        for name, text in before.items():
            shell.write(name, text)
        git(shell.path, "add", "-A")
        git(shell.path, "commit", "-qm", "before")
        for name, text in after.items():
            shell.write(name, text)
        return shell

    return make


def compose(workers: int, size: int) -> dict[str, str]:
    return {"compose.yaml": COMPOSE.format(workers=workers, size=size)}


def test_each_number_that_changed_is_told_with_both_sums(
    committed: Callable[..., Shell],
) -> None:
    shell = committed(compose(2, 10), compose(4, 30))
    answer = shell("audit", ".", "--against", "HEAD", "--format", "concise")
    assert answer.stdout.splitlines()[-1] == (
        "compose.yaml:2:3: budget of `db`: 0 to 20 of 97 -> 0 to 120 of 97, "
        "23 too few at worst since HEAD"
    )
    shown = shell("audit", ".", "--against", "HEAD").stdout
    assert "web   0 to 20 -> 0 to 120   workers 2 -> 4, pool size 0 to 10 -> 0 to 30" in shown


def test_what_did_not_change_is_said_so(committed: Callable[..., Shell]) -> None:
    shell = committed(compose(2, 10), {"README.md": "new"})
    assert "No budget is another than at HEAD." in shell("audit", "--against", "HEAD").stdout
    assert "since HEAD" not in shell("audit", "--against", "HEAD", "--format", "concise").stdout


def test_a_budget_may_come_and_go(committed: Callable[..., Shell]) -> None:
    other = COMPOSE.replace("  db:", "  main:").replace("@db/", "@main/")
    shell = committed(compose(2, 10), {"compose.yaml": other.format(workers=2, size=10)})
    content = json.loads(shell("audit", ".", "--against", "HEAD", "--format", "json").stdout)
    gone, come = content["against"]["budgets"]
    assert (gone["server"], gone["after"]) == ("db", None)
    assert (come["server"], come["before"]) == ("main", None)
    assert content["against"]["compared"] == 2


def test_a_pool_that_only_moved_within_its_file_is_no_change(
    committed: Callable[..., Shell],
) -> None:
    code = "\n".join(
        ("import os", "from sqlalchemy import create_engine",
         'one = create_engine(os.environ["DATABASE_URL"], pool_size=1, max_overflow=0)',
         'two = create_engine(os.environ["OTHER_URL"], pool_size=2, max_overflow=0)', "")
    )  # fmt: skip
    files = {
        "shop/db.py": code,
        "Dockerfile": "FROM python\n",
        "compose.yaml": (
            "services:\n  db: {image: 'postgres:16'}\n  web:\n    build: .\n"
            "    command: uvicorn shop.db:one\n"
            "    environment: {DATABASE_URL: 'postgresql://a@db/x', OTHER_URL: "
            "'postgresql://a@db/y'}\n"
        ),
    }
    shell = committed(files, {"shop/db.py": f"# moved\n{code}"})
    assert "No budget is another" in shell("audit", ".", "--against", "HEAD").stdout


def test_no_secret_of_either_side_is_shown(committed: Callable[..., Shell]) -> None:
    shell = committed(compose(2, 10), compose(4, 30))
    for name in ("full", "concise", "json"):
        answer = shell("audit", ".", "--against", "HEAD", "--format", name)
        assert "hunter2" not in answer.output


@pytest.mark.parametrize("name", ["nothing", "--output=x", "HEAD:compose.yaml", "", "a\nb"])
def test_a_revision_that_git_does_not_know_is_refused(
    committed: Callable[..., Shell], name: str
) -> None:
    shell = committed(compose(2, 10), {})
    answer = shell("audit", ".", f"--against={name}")
    if name:
        assert answer.exit_code == 2
        assert "git knows no revision" in answer.output
    else:
        assert "since" not in answer.stdout


def test_outside_of_a_repository_it_is_refused(shell: Shell) -> None:
    shell.write("compose.yaml", COMPOSE.format(workers=1, size=1))
    assert shell("audit", ".", "--against", "HEAD").exit_code == 2


def test_nothing_of_the_repository_runs_and_nothing_is_written(
    committed: Callable[..., Shell],
) -> None:
    shell = committed(
        {**compose(2, 10), ".gitattributes": "* filter=evil diff=evil\n"}, compose(3, 10)
    )
    trap, mark = shell.path.parent / "trap.sh", shell.path.parent / "ran"
    trap.write_text(f"#!/bin/sh\ntouch {mark}\ncat\n")
    trap.chmod(0o755)
    for name in ("filter.evil.smudge", "filter.evil.clean", "diff.evil.textconv",
                 "core.fsmonitor", "core.pager", "core.sshCommand", "core.askPass"):  # fmt: skip
        git(shell.path, "config", name, str(trap))
    hooks = shell.path / ".git" / "hooks"
    hooks.mkdir(exist_ok=True)
    for name in ("post-checkout", "post-index-change", "reference-transaction"):
        shutil.copy(trap, hooks / name)
    before = _state(shell.path)
    answer = shell("audit", ".", "--no-cache", "--against", "HEAD", "--format", "concise")
    assert "since HEAD" in answer.stdout
    assert not mark.exists()
    assert _state(shell.path) == before


def _state(folder: Path) -> dict[str, tuple[int, bytes]]:
    return {
        str(path): (path.stat().st_mtime_ns, path.read_bytes())
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_a_link_in_the_revision_is_not_followed(committed: Callable[..., Shell]) -> None:
    shell = committed(compose(2, 10), {})
    outside = shell.path.parent / "outside.yaml"
    outside.write_text(COMPOSE.format(workers=9, size=9))
    (shell.path / "compose.yaml").unlink()
    (shell.path / "compose.yaml").symlink_to(outside)
    git(shell.path, "add", "-A")
    git(shell.path, "commit", "-qm", "a link")
    content = json.loads(shell("audit", ".", "--against", "HEAD", "--format", "json").stdout)
    assert content["against"]["budgets"] == []
