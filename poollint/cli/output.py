"""Reports written to files: `--output FMT=PATH`."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from dataclasses import dataclass

from poollint.model.usage import UsageError, nearest


@dataclass(frozen=True, slots=True)
class Output:
    """A report to be written."""

    format: str
    path: str


def known_format(name: str, known: Iterable[str], where: str) -> str:
    """Return `name`; `UsageError` where there is no such format."""
    names = sorted(known)
    if name not in names:
        near = nearest(name, names)
        hint = f"there is a format `{near}`" if near else f"known are: {', '.join(names)}"
        raise UsageError(f"unknown format `{name}` in `{where}`", hint)
    return name


def outputs(texts: Iterable[str], known: Iterable[str]) -> tuple[Output, ...]:
    """Return what `FMT=PATH` asks for; `UsageError` before the run for what cannot be written."""
    found: dict[str, Output] = {}
    names = tuple(known)
    for text in texts:
        name, sign, path = text.partition("=")
        if not sign or not path:
            raise UsageError(f"`--output {text}` names no file", "write `--output json=FILE`")
        known_format(name, names, "--output")
        target = os.path.realpath(path)
        if target in found:
            raise UsageError(f"two outputs go to `{path}`")
        if os.path.isdir(target):
            raise UsageError(f"`{path}` in `--output` is a folder")
        if not os.path.isdir(os.path.dirname(target)):
            raise UsageError(f"no such folder for `{path}` in `--output`")
        found[target] = Output(name, target)
    return tuple(found.values())


def write(path: str, text: str) -> None:
    """Put `text` into a file at once: a reader sees the old report or the new one.

    The mode of an existing file is kept. A device or a pipe is written to as it is. Raises
    `OSError`.
    """
    write_bytes(path, text.encode("utf-8", "backslashreplace"))


def write_bytes(path: str, data: bytes) -> None:
    """Do the same with bytes."""
    mode = _mode(path)
    if mode is not None and not stat.S_ISREG(mode):
        with open(path, "wb") as stream:
            stream.write(data)
        return
    import tempfile

    handle, temporary = tempfile.mkstemp(dir=os.path.dirname(path), prefix=".poollint-")
    try:
        with open(handle, "wb") as stream:
            stream.write(data)
        os.chmod(temporary, _new_mode() if mode is None else stat.S_IMODE(mode))
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def _mode(path: str) -> int | None:
    try:
        return os.stat(path).st_mode
    except OSError:
        return None


def _new_mode() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
