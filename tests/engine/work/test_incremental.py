"""What is told with what was remembered before changes is what is told without.

Whatever a change does to a project (lines go, come from elsewhere, or say something else), the
facts that are kept must be those that would be derived.
"""

from __future__ import annotations

import ast
import os
import random
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from poollint.engine.request import Mode, Request
from poollint.engine.session import run
from poollint.model.report import Report

FIXTURES = Path(__file__).parents[3] / "fixtures"
PROJECTS = sorted(
    path
    for path in (*FIXTURES.glob("quiet/*"), *FIXTURES.glob("[!q]*/*/*"))
    if path.is_dir() and len(list(path.glob("**/*.py"))) > 1
)
EVERY = int(os.environ.get("POOLLINT_EVERY_PROJECT", "16"))  # of which one is taken
CHANGES = 4


def checked(cache: str) -> Report:
    """Return what is told of the working directory, of all confidences."""
    request = Request(mode=Mode.CHECK, isolated=True, root=".", pedantic=True, cache=cache)
    return run(request).report


def change(files: Sequence[Path], dice: random.Random) -> None:
    """Change one of the files so that it is Python still."""
    path, other = dice.choice(files), dice.choice(files)
    lines, strange = path.read_text().split("\n"), other.read_text().split("\n")
    for _ in range(20):
        changed = list(lines)
        at, there = dice.randrange(len(lines)), dice.randrange(len(strange))
        match dice.randrange(5):
            case 0:
                del changed[at : at + dice.choice((1, 1, 2, 5))]
            case 1:
                changed[at:at] = strange[there : there + dice.choice((1, 3, 6))]
            case 2:
                changed[at] = changed[at].replace("await ", "").replace("async ", "")
            case 3:
                changed[at] = changed[at].replace("return", "x =").replace("with ", "if ")
            case 4:
                changed[at] = changed[at].replace("import ", "import os, ")
        try:
            ast.parse("\n".join(changed))
        except (SyntaxError, ValueError):
            continue
        path.write_text("\n".join(changed))
        return


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "folder", PROJECTS[::EVERY], ids=lambda folder: str(folder.relative_to(FIXTURES))
)
def test_memory_tells_what_is_so(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project, cache = tmp_path / "project", str(tmp_path / "cache")
    shutil.copytree(folder, project)
    monkeypatch.chdir(project)
    dice = random.Random(folder.name)
    files = sorted(project.glob("**/*.py"))
    assert checked(cache) == checked("")
    for _ in range(CHANGES):
        change(files, dice)
        assert checked(cache) == checked("")
