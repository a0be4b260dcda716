"""Generated files that include each other: the real programs' values, and poollint's.

As many and of such a seed as `test_settings_differential` says.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poollint.facts.project import Project
from poollint.model.source import SourceFile
from poollint.reading import linking, project
from poollint.reading.reader import Options
from tests.lab.generated import files
from tests.lab.starting import BINARY, console, starts
from tests.lab.test_settings_differential import SERVER

_MAIN = "postgresql.conf"
_PARTS = ("postgres1.conf", "conf.d/a.conf", "conf.d/b.conf", "conf.d/.c.conf", "conf.d/d.txt")
_LINES = (
    "work_mem = 1MB", "work_mem = 2MB", "WORK_MEM = 3MB", "port = 1001", "port = 1002",
    "max_connections = 31", "max_connections = 32", "port = ten", "port = 1003",
    "include 'postgres1.conf'", "include_if_exists 'postgres1.conf'", "include_dir 'conf.d'",
    "include 'conf.d/a.conf'", "include 'b.conf'", "include_if_exists '../postgres1.conf'",
)  # fmt: skip
_ASKED = ("work_mem", "port", "max_connections")
_INI = ("p.ini", "a.ini", "b.ini")
_ENTRIES = (
    "pool_mode = transaction", "pool_mode = statement", "default_pool_size = 5",
    "default_pool_size = 6", "[databases]", "[pgbouncer]\n@OWN@", "x = host=127.0.0.1",
    "y = host=127.0.0.1 pool_size=3", "x = host=127.0.0.1 dbname=z", "%include a.ini",
    "%include b.ini", "[users]", "z = pool_mode=session",
)  # fmt: skip
_OWN = (
    "listen_addr = 127.0.0.1\nlisten_port = @PORT@\nunix_socket_dir =\nauth_type = any\nlogfile ="
)


def _read(tree: dict[str, str]) -> Project:
    found = []
    for path, text in tree.items():
        reader = project.reader_of(path)
        if reader and reader.screen(text.encode(), Options()):
            found.append(reader.read(SourceFile(path, text), Options()))
    return linking.link(found, Options())


@pytest.fixture
def folder() -> Iterator[Path]:
    """Yield a folder that an unprivileged user may use."""
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


def _write(tree: dict[str, str], folder: Path) -> None:
    shutil.rmtree(folder)
    for path, text in {"PG_VERSION": "15\n", **tree}.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    for entry in (folder, *folder.rglob("*")):
        entry.chmod(0o700 if entry.is_dir() else 0o644)
        if os.geteuid() == 0:  # neither program runs as root
            shutil.chown(entry, "nobody")


def _ask(name: str, folder: Path) -> str | None:
    user = {"user": "nobody"} if os.geteuid() == 0 else {}
    command = [str(SERVER), "-C", name, "-D", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, cwd="/", **user)  # type: ignore[call-overload]
    return None if done.returncode else done.stdout.strip()


def _lines(choice: tuple[str, ...], most: int) -> st.SearchStrategy[str]:
    return st.lists(st.sampled_from(choice), max_size=most).map(
        lambda found: "\n".join(found) + "\n"
    )


@pytest.mark.skipif(SERVER is None, reason="no postgres is installed")
@files
@given(
    main=_lines(_LINES, 5),
    parts=st.dictionaries(st.sampled_from(_PARTS), _lines(_LINES[:9], 3)),
    auto=st.one_of(st.none(), _lines(_LINES[:8], 2)),
)
def test_postgres_reads_what_files_include(
    main: str, parts: dict[str, str], auto: str | None, folder: Path
) -> None:
    tree = {_MAIN: "fsync = on\n" + main, **parts}
    if auto is not None:
        tree["postgresql.auto.conf"] = auto
    _write(tree, folder)
    told = _read(tree)
    found = next(c for c in told.configurations if c.span.path == _MAIN)
    mine = {name: found.setting(name) for name in _ASKED}
    if not found.complete:
        return  # a file that is not there: it may be, where it runs
    theirs = {name: _ask(name, folder) for name in _ASKED}
    refused = told.refused or any(s.flaw for s in found.settings)
    assert (theirs["port"] is None) is bool(refused), found.settings
    for name, stated in mine.items():
        if stated is not None and not refused:
            size = int(stated.number or 0)
            assert theirs[name] == str(size // 1024 if name == "work_mem" else size), name


@pytest.mark.skipif(BINARY is None, reason="no pgbouncer is installed")
@pytest.mark.skipif(shutil.which("psql") is None, reason="no psql is installed")
@files
@given(
    main=_lines(_ENTRIES, 6), a=_lines(_ENTRIES[:9] + _ENTRIES[10:], 4), b=_lines(_ENTRIES[:9], 3)
)
def test_pgbouncer_reads_what_files_include(main: str, a: str, b: str, folder: Path) -> None:
    first = f"[databases]\nw = host=127.0.0.1\n[pgbouncer]\n{_OWN}\n"
    tree = dict(zip(_INI, (first + main, a, b), strict=True))
    tree = {path: text.replace("@OWN@", _OWN) for path, text in tree.items()}
    _write(tree, folder)
    told = _read(
        {
            ("pgbouncer.ini" if path == "p.ini" else path): text.replace("@PORT@", "6432")
            for path, text in tree.items()
        }
    )
    found = next(c for c in told.configurations if c.span.path == "pgbouncer.ini")
    if not found.complete:
        return  # a file that is included twice
    shown: list[list[dict[str, str]]] = []

    def ask(port: int) -> None:
        shown.extend(console(port, f"SHOW {what}") for what in ("CONFIG", "DATABASES"))

    up, log = starts(tree["p.ini"], folder, ask)
    assert up is not bool(told.refused or any(s.flaw for s in found.settings)), log
    if not up:
        return
    config = {row["key"]: row["value"] for row in shown[0]}
    for name, default in (("pool_mode", "session"), ("default_pool_size", "20")):
        stated = found.setting(name)
        assert config[name] == (stated.value if stated else default)
    owners = {row["name"] for row in shown[1]} - {"pgbouncer"}
    assert owners == set(found.owners("databases"))
