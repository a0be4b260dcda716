"""The installed PgBouncer, started with a file, and whether it comes up."""

from __future__ import annotations

import os
import select
import shutil
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

BINARY = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


def free_port() -> int:
    """Return a port of loopback that nobody uses."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


def starts(
    text: str,
    folder: Path,
    ask: Callable[[int], None] = lambda port: None,
    command: tuple[str, ...] = (),
) -> tuple[bool, str]:
    """Start the installed PgBouncer with a file; tell whether it came up, and what it logged.

    The files name no address but loopback ones. `ask` is given the port while it runs. Files
    beside it that it may include are given the port as well. `command` starts another PgBouncer.
    """
    file = folder / "p.ini"
    port = free_port()
    text = text.replace("@DIR@", str(folder)).replace("@PORT@", str(port))
    for part in folder.glob("[!p]*.ini"):
        part.write_text(part.read_text().replace("@PORT@", str(port)))
    file.write_bytes(text.encode())
    file.chmod(0o644)
    user = {"user": "nobody"} if os.geteuid() == 0 else {}
    process = subprocess.Popen(  # it refuses to run as root
        [*(command or (str(BINARY),)), str(file)],
        cwd=folder,
        stderr=subprocess.PIPE,
        **user,  # type: ignore[call-overload]
    )
    try:
        up, log = _comes_up(process)
        if up:
            ask(port)
        return up, log
    finally:
        process.kill()
        process.communicate()


def console(port: int, command: str) -> list[dict[str, str]]:
    """Return the rows that the console of a PgBouncer shows (`auth_type = any`)."""
    table = ["-X", "-A", "-F", "\x1f", "-P", "footer=off", "-c", command]
    address = ["-h", "127.0.0.1", "-p", str(port), "-U", "someone", "-d", "pgbouncer"]
    done = subprocess.run(
        ["psql", *table, *address], capture_output=True, text=True, check=False, timeout=20
    )
    if done.returncode:
        raise AssertionError(done.stderr)
    head, *rows = (line.split("\x1f") for line in done.stdout.rstrip("\n").split("\n"))
    return [dict(zip(head, row, strict=False)) for row in rows]


def _comes_up(process: subprocess.Popen[bytes]) -> tuple[bool, str]:
    assert process.stderr is not None
    log, deadline = b"", time.monotonic() + 10
    while time.monotonic() < deadline:
        if select.select([process.stderr], [], [], 0.1)[0]:
            chunk = os.read(process.stderr.fileno(), 65536)
            log += chunk
            if b"process up" in log:
                return True, log.decode(errors="replace")
            if not chunk:
                return False, log.decode(errors="replace")
    raise AssertionError(f"neither up nor down after 10 s: {log.decode(errors='replace')}")
