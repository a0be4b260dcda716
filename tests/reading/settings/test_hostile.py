"""Files that mean harm: every reader of settings ends soon, raises nothing and opens nothing."""

from __future__ import annotations

import builtins
import os
import time
from pathlib import Path

import pytest

from poollint.model.source import SourceFile
from poollint.reading import linking, project
from poollint.reading.reader import FileReading, Options

LARGE = 40_000  # characters: what grows with their square takes minutes
PATIENCE = 30  # seconds of the processor; most take less than half a one
# What each reader takes for a file of its own.
OWN = {
    "pgbouncer.ini": "[pgbouncer]\npool_mode = session\n",
    "postgresql.conf": "max_connections = 5\nwork_mem = 4MB\n",
    "pgcat.toml": '[general]\nadmin_username = "a"\n',
    "odyssey.conf": 'storage "main" {\n  type "remote"\n}\n',
    "pgpool.conf": "num_init_children = 5\nmax_pool = 4\n",
    "pg_hba.conf": "host all all 127.0.0.1/32 md5\n",
    "userlist.txt": '"a" "b"\n',
    "values.yaml": "primary:\n  configuration: |\n    work_mem = 4MB\n",
}


def _read(path: str, text: str) -> FileReading:
    reader = project.reader_of(path)
    assert reader is not None
    start = time.process_time()
    reader.screen(text.encode(errors="replace"), Options())
    reading = reader.read(SourceFile(path, text), Options())
    linking.link([reading], Options())
    assert time.process_time() - start < PATIENCE
    return reading


def _filled(piece: str) -> str:
    return piece * (LARGE // len(piece))


@pytest.mark.parametrize("path", OWN)
@pytest.mark.parametrize(
    "piece",
    [
        "x",
        "x = ",
        "a b ",
        "'",
        '"',
        "{",
        "[",
        "a {",
        "[a]\n",
        "a=1\n",
        "\\",
        "\0",
        "$(",
        "a: {",
        "'' ",
    ],
)
def test_a_file_of_one_piece_is_read_soon(path: str, piece: str) -> None:
    _read(path, OWN[path] + _filled(piece))


@pytest.mark.parametrize("path", OWN)
def test_a_long_line_among_others_hides_none_of_them(path: str) -> None:
    text = OWN[path] + "# " + _filled("x") + "\n"
    told = [(s.name, s.value) for s in _read(path, text).settings]
    assert told == [(s.name, s.value) for s in _read(path, OWN[path]).settings]


@pytest.mark.parametrize("path", OWN)
@pytest.mark.parametrize("sign", ["\0", "\r", "\ufeff", "\u2028", "\x1a", "\ud800"])
def test_odd_characters_are_no_crash(path: str, sign: str) -> None:
    for at in (0, 5, len(OWN[path])):
        _read(path, OWN[path][:at] + sign + OWN[path][at:])


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("pgbouncer.ini", "%include {}\n"),
        ("postgresql.conf", "include '{}'\n"),
        ("postgresql.conf", "include_if_exists '{}'\n"),
        ("odyssey.conf", 'include "{}"\n'),
        ("pgpool.conf", "include = '{}'\n"),
    ],
)
@pytest.mark.parametrize("target", ["/etc/passwd", "../../../../etc/passwd", "{own}"])
def test_nothing_else_is_opened(
    path: str, line: str, target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*arguments: object, **_: object) -> object:
        raise AssertionError(f"{arguments[:1]} is opened")

    text = OWN[path] + line.format(target.format(own=path))
    _read(path, OWN[path])  # what the readers themselves need is loaded now
    for module, name in ((builtins, "open"), (os, "open"), (Path, "read_text"), (Path, "open")):
        monkeypatch.setattr(module, name, refused)
    _read(path, text)


@pytest.mark.parametrize("path", ["values.yaml"])
def test_aliases_that_multiply_are_refused(path: str) -> None:
    levels = [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    text = "a0: &a0 {work_mem: 4MB, max_connections: 5}\n" + "\n".join(levels) + "\n"
    _read(path, text + OWN[path])
