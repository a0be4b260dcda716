"""A PostgreSQL server of one's own, for as long as a test needs it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

SOCKET = 90  # characters of a folder at most: a socket's path must be short


def program(name: str, folder: str = "") -> str:
    """Return where a program of PostgreSQL is; skip where it is not installed.

    One that `folder` has is taken before that of the system.
    """
    if folder and Path(folder, name).exists():
        return str(Path(folder, name))
    installed = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    found = shutil.which(name) or (str(installed[-1]) if installed else None)
    if found is None:
        pytest.skip(f"PostgreSQL's {name} is not installed")
    return found


@contextmanager
def running(*settings: str, folder: str = "", port: int = 5432) -> Iterator[str]:
    """Yield the folder of the socket of a new server with these settings ("name=value").

    `folder` holds the programs of another PostgreSQL than the system's; `port` is that of its
    socket.
    """
    initdb, postgres, ready = (
        program(name, folder) for name in ("initdb", "postgres", "pg_isready")
    )
    user = "postgres" if os.geteuid() == 0 else None  # a server refuses to run as root
    usual = tempfile.gettempdir()
    with tempfile.TemporaryDirectory(dir=usual if len(usual) < SOCKET else "/tmp") as home:
        if user:
            shutil.chown(home, user)
        data = f"{home}/data"
        subprocess.run(
            [initdb, "-D", data, "-U", "postgres", "-A", "trust", "-N", "-E", "UTF8"],
            check=True,
            stdout=subprocess.DEVNULL,
            cwd=home,
            user=user,
        )
        options = [
            word
            for s in ("listen_addresses=", "fsync=off", f"port={port}", *settings)
            for word in ("-c", s)
        ]
        server = subprocess.Popen(
            [postgres, "-D", data, "-k", home, *options],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=home,
            user=user,
        )
        try:
            waiting = f"until {ready} -q -h {home} -p {port}; do sleep 0.1; done"
            subprocess.run(["sh", "-c", waiting], check=True, timeout=60)
            yield home
        finally:
            server.send_signal(signal.SIGINT)  # without waiting for its clients
            server.wait(30)
