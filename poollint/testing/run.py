"""Running poollint over a fixture: what is a case, and what is found in it."""

from __future__ import annotations

import functools
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from poollint.model.finding import Confidence, Finding
from poollint.testing.want import Want, compare, wants

if TYPE_CHECKING:
    from collections.abc import Iterable

    from poollint.engine.registry import Registry

MARK = ".case"  # an empty file of this name makes its folder one case
QUIET = "quiet"  # below a folder of this name, low confidence is not held against the code

_CASE_SUFFIXES = frozenset(
    {".py", ".ini", ".conf", ".yaml", ".yml", ".toml", ".tf", ".tfvars", ".sql", ".env", ".prisma"}
)
_PLAIN_NAMES = frozenset({"Procfile", "Dockerfile", "userlist.txt", ".env"})


def case_of(file: Path, root: Path) -> Path | None:
    """Return the case that `file` stands for below `root`, None where it stands for none.

    The mark of a folder stands for the folder; a file in a marked folder, or below one, stands
    for nothing by itself.
    """
    if file.name == MARK:
        return file.parent
    for folder in file.parents:
        if (folder / MARK).exists():
            return None
        if folder == root:
            break
    return file if _can_want(file) else None


def cases(root: Path) -> tuple[Path, ...]:
    """Return every case below `root`, sorted: files, and folders that are marked."""
    found = (case_of(file, root) for file in root.rglob("*") if file.is_file())
    return tuple(sorted(case for case in found if case is not None))


def wanted(case: Path) -> tuple[Want, ...]:
    """Return the wants of all files of a case."""
    files = [case] if case.is_file() else sorted(f for f in case.rglob("*") if f.is_file())
    return tuple(want for file in files if _can_want(file) for want in _wants_of(file))


def complaints(case: Path, found: Iterable[Finding] | None = None) -> tuple[str, ...]:
    """Return where poollint and the wants of `case` disagree; nothing when they agree.

    `found` are its `findings`, where they are known. Low confidence counts in a fixture of its
    own category, or where it is wanted.
    """
    parts, asked = Path(_shown(case)).parts, wanted(case)
    rules = {want.rule for want in asked}
    found = (
        f
        for f in (findings(case) if found is None else found)
        if f.problem.confidence is not Confidence.LOW
        or (QUIET not in parts and (f.category.value in parts or f.rule in rules))
    )
    return compare(asked, found)


def findings(path: Path, *rules: str) -> tuple[Finding, ...]:
    """Return what poollint finds in a file or folder, low confidence included.

    Every rule is on, or those that `rules` selects by name or category. The path is taken for a
    project of its own: no settings file is read, and no other file. What a comment suppresses
    is not returned. Raises `RuntimeError` when a rule, a reader or the linking raises: what was
    not judged is not quiet.
    """
    from poollint.engine import session
    from poollint.engine.request import Request

    folder = path if path.is_dir() else path.parent
    request = Request(
        paths=(str(path),), select=rules or ("all",), pedantic=True, isolated=True,
        root=str(folder), context=path.is_dir(), registry=_registry(),
    )  # fmt: skip
    outcome = session.run(request)
    for crash in outcome.report.crashes:
        raise RuntimeError(f"rule {crash.rule} raised on {crash.path}: {crash.error}")
    for lost in outcome.lost:
        raise RuntimeError(f"{lost.span.path} was not read: {lost.reason}")
    return outcome.report.active


@functools.cache
def _registry() -> Registry:
    from poollint.engine import registry

    return registry.load()


def _can_want(file: Path) -> bool:
    return file.suffix in _CASE_SUFFIXES or file.name in _PLAIN_NAMES


def _wants_of(file: Path) -> Iterator[Want]:
    # A fixture may be broken on purpose: its encoding must not stop its wants from being read.
    text = file.read_bytes().decode("utf-8", errors="replace").removeprefix("\ufeff")
    yield from wants(_shown(file), text)


def _shown(file: Path) -> str:
    """Return the path as findings show it: relative to the working directory."""
    return Path(os.path.relpath(file.resolve(), Path.cwd().resolve())).as_posix()
