"""Which versions of a package a project runs with, as its lists of requirements say.

FastAPI 0.106 to 0.117 run what follows the `yield` of a dependency before they send the response,
all others after it has been streamed (run with 0.105.0, 0.106.0, 0.117.1 and 0.118.0): there a
session that `Depends` hands in is closed by the time a generator of the response runs.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import replace
from posixpath import dirname, join, normpath, relpath
from typing import Any

from poollint.facts.code import Function, Module
from poollint.facts.connections import Hold

Text = Callable[[str], str]
"""Gives the text of a file by its path, "" where there is none."""

Version = tuple[int, ...]
Range = tuple[Version, Version]
"""The lowest version, and the first that is too high."""

_FASTAPI = "fastapi"
_EARLY: Range = ((0, 106), (0, 118))
_ANY: Range = ((), (1 << 30,))
LOCKS = ("uv.lock", "poetry.lock", "pdm.lock", "Pipfile.lock")
LISTS = (
    "pyproject.toml", "requirements.txt", "requirements.in", "requirements.lock", "Pipfile",
    *(f"requirements/{name}.txt" for name in ("base", "common", "main", "prod", "production")),
)  # fmt: skip
_SPECIFIER = re.compile(r"\s*(===?|~=|~|\^|>=|<=|>|<|!=)?\s*v?(\d+(?:\.\d+)*)(\.\*)?[^,]*(?:,|$)")
FURTHER = re.compile(r"^\s*(?:-r|--requirement)[\s=]+(\S+)", re.M)
DEPTH = 3  # lists that name lists


def closed_early(modules: tuple[Module, ...], text: Text, top: str) -> tuple[Module, ...]:
    """Return the modules without what streams past a session that is closed before.

    A stream that asks the session again holds a connection all the same, and nobody closes that.
    `top` is the folder in which the project begins, as paths are shown.
    """
    early: dict[str, bool] = {}

    def told(folder: str) -> bool:
        if folder not in early:
            early[folder] = _within(versions(_FASTAPI, folder, text, top), _EARLY)
        return early[folder]

    return tuple(
        replace(module, functions=tuple(_without(function) for function in module.functions))
        if any(_streams(f) for f in module.functions) and told(dirname(module.path))
        else module
        for module in modules
    )


def _streams(function: Function) -> bool:
    return any(hold.streamed and hold.injected for hold in function.holds)


def _without(function: Function) -> Function:
    if not _streams(function):
        return function
    holds = (_anew(h) if h.streamed and h.injected else h for h in function.holds)
    return replace(function, holds=tuple(hold for hold in holds if hold is not None))


def _anew(hold: Hold) -> Hold | None:
    """Return how a stream holds a connection that it takes by itself, None where it takes none."""
    if not hold.anew:
        return None
    return replace(hold, streamed=False, anew=(), steps=hold.anew, span=hold.anew[-1].span)


def versions(package: str, folder: str, text: Text, top: str) -> tuple[Range, ...]:
    """Return what the lists nearest above `folder` say of a package; nothing where none does.

    A lock file says which version it is; the other lists of its folder do not count then.
    """
    for above in upwards(folder, top):
        locked = tuple(_locked(package, above, text))
        found = locked or tuple(_listed(package, above, text))
        if found:
            return found
    return ()


def upwards(folder: str, top: str) -> Iterator[str]:
    """Yield a folder and those above it up to `top`, which may lie above where paths begin."""
    top = normpath(top or ".")
    parts = relpath(folder or ".", top).split("/")
    at = normpath(folder or ".")
    for _ in parts if parts[0] not in (".", "..") else ():
        yield at
        at = normpath(join(at, ".."))
    yield top


def _locked(package: str, folder: str, text: Text) -> Iterator[Range]:
    for name in LOCKS:
        lock = text(normpath(join(folder, name)))
        if not lock:
            continue
        if name == "Pipfile.lock":
            default = table_of(json_of(lock).get("default"))
            yield from _range(str(table_of(default.get(package)).get("version", "")))
            continue
        entry = rf'(?m)^name = "{re.escape(package)}"\s*\nversion = "([\d.]+)[^"\n]*"'
        yield from (one for v in re.findall(entry, lock) for one in _range(f"=={v}"))


def _listed(package: str, folder: str, text: Text) -> Iterator[Range]:
    for name in LISTS:
        path = normpath(join(folder, name))
        if name.endswith(".toml"):
            said = _of_project(package, toml_of(text(path)))
        elif name == "Pipfile":
            said = _of_table(package, toml_of(text(path)).get("packages"))
        else:
            said = _of_lines(package, path, text, DEPTH)
        yield from (found for one in said for found in _range(one))


def _of_project(package: str, data: dict[str, Any]) -> Iterator[str]:
    lines = table_of(data.get("project")).get("dependencies")
    for line in lines if isinstance(lines, list) else ():
        yield from _of_line(package, str(line))
    poetry = table_of(table_of(data.get("tool")).get("poetry"))
    yield from _of_table(package, poetry.get("dependencies"))


def _of_table(package: str, table: object) -> Iterator[str]:
    """Yield what Poetry's or Pipenv's table says: `"^0.115"`, `{version = "^0.115"}`."""
    said = table_of(table).get(package)
    said = said.get("version") if isinstance(said, dict) else said
    if isinstance(said, str):
        yield said


def _of_lines(package: str, path: str, text: Text, depth: int) -> Iterator[str]:
    lines = text(path)
    for line in lines.splitlines():
        yield from _of_line(package, line)
    if depth:
        for other in FURTHER.findall(lines):
            yield from _of_lines(package, normpath(join(dirname(path), other)), text, depth - 1)


def _of_line(package: str, line: str) -> Iterator[str]:
    """Yield the versions of one requirement: "==0.115.11" of "fastapi[all]==0.115.11 ; …"."""
    found = re.match(rf"\s*{package}\s*(?:\[[^\]]*\])?\s*([^;#\\]*)", line, re.I)
    if found and not re.match(r"[\w.-]", line[len(found[0]) - len(found[1]) :]):
        yield re.split(r"\s--?\w", found[1])[0].strip(" ()")


def _range(said: str) -> Iterator[Range]:
    """Yield the range of versions that specifiers leave, nothing where they leave any."""
    low, high = _ANY
    for sign, number, star in _SPECIFIER.findall(said):
        least, below = _bounds(sign, _version(number), bool(star))
        low, high = max(low, least), min(high, below)
    if (low, high) != _ANY:
        yield low, high


def _bounds(sign: str, version: Version, star: bool) -> Range:
    after = (*version, 0)  # the first version behind this one
    if star:
        return version, _next(version)
    if sign == "^":
        at = next((n for n, part in enumerate(version) if part), len(version) - 1)
        return version, _next(version[: at + 1])
    if sign in ("~=", "~"):
        return version, _next(version[:-1] if sign == "~=" else version[:2])
    exact = {"==": (version, after), "===": (version, after), "": (version, after)}
    lower = {">=": (version, _ANY[1]), ">": (after, _ANY[1])}
    upper = {"<=": (_ANY[0], after), "<": (_ANY[0], _stripped(version))}
    return {**exact, **lower, **upper}.get(sign, _ANY)


def _version(number: str) -> Version:
    return tuple(int(part[:9]) for part in number.split(".")[:8])


def _stripped(version: Version) -> Version:
    """Return a version without the zeros at its end: 0.118.0 is 0.118."""
    while version and not version[-1]:
        version = version[:-1]
    return version


def _next(version: Version) -> Version:
    return (*version[:-1], version[-1] + 1) if version else _ANY[1]


def _within(found: tuple[Range, ...], whole: Range) -> bool:
    """Tell whether all ranges lie in one."""
    return bool(found) and all(whole[0] <= low and high <= whole[1] for low, high in found)


def table_of(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def toml_of(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError):
        return {}


def json_of(text: str) -> dict[str, Any]:
    try:
        return table_of(json.loads(text))
    except (ValueError, RecursionError):
        return {}
