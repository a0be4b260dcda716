"""What Debian's mirror has, of any of its suites: brought by apt with lists of the lab's own."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

_MIRROR = re.compile(r"(?m)^(?:URIs:\s*|deb\s+(?:\[[^\]]*\]\s*)?)(https?://\S+/debian)/?(?:\s|$)")
_PATIENCE = 300  # seconds


def own_suite() -> str:
    """Return the suite that the system is of ("bookworm"); skip where it is no Debian."""
    lines = Path("/etc/os-release").read_text("utf-8").split("\n")
    release = dict(line.split("=", 1) for line in lines if "=" in line)
    if "VERSION_CODENAME" not in release:
        pytest.skip("the system is no release of Debian")
    return release["VERSION_CODENAME"]


def bring(folder: Path, kind: str, suite: str, *words: str) -> None:
    """Have apt do something with the packages of a suite, in `folder`.

    `kind` is "deb" or "deb-src". Nothing that is installed counts, so that a package comes with
    all that it needs. Skips where there is no apt, or it is told of no mirror of Debian.
    """
    if shutil.which("apt-get") is None:
        pytest.skip("no apt to bring it")
    for name in ("lists/partial", "cache/archives/partial"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / "sources.list").write_text(f"{kind} {_mirror()} {suite} main\n")
    (folder / "status").touch()
    options = {
        "Dir::Etc::sourcelist": folder / "sources.list",
        "Dir::Etc::sourceparts": "/dev/null",
        "Dir::State::lists": folder / "lists",
        "Dir::State::status": folder / "status",
        "Dir::Cache": folder / "cache",
    }
    apt = ["apt-get", "-qq", *(f"-o{name}={value}" for name, value in options.items())]
    for step in (["update"], list(words)):
        subprocess.run(
            [*apt, *step], cwd=folder, check=True, timeout=_PATIENCE, capture_output=True
        )


def _mirror() -> str:
    places = [Path("/etc/apt/sources.list"), *Path("/etc/apt/sources.list.d").glob("*")]
    found = _MIRROR.search("\n".join(p.read_text("utf-8") for p in places if p.is_file()))
    if found is None:
        pytest.skip("apt is not told of a Debian mirror")
    return found[1]
