"""Containers that open no connection to a database, by what they start or by their image."""

from __future__ import annotations

import re
from itertools import dropwhile
from posixpath import basename

from poollint.catalog.platforms import platforms
from poollint.reading.deployment.images import images
from poollint.reading.deployment.linking.deployed import Unit

_RUNNERS = frozenset(("npx", "bunx", "pnpx"))
_SEVERAL = re.compile(r"[;&|\n]")


def is_idle(unit: Unit) -> bool:
    """Tell whether what a container runs is known to open no connection: a proxy, a cache."""
    return _is_switched_off(unit) or _is_known(unit) or _builds(unit) or _is_patroni(unit)


def _is_patroni(unit: Unit) -> bool:
    """Tell whether a container is told how to run a server: Patroni, ENVIRONMENT.rst."""
    return any(v.name.startswith("PATRONI_POSTGRESQL_") for v in unit.container.variables)


def _builds(unit: Unit) -> bool:
    """Tell whether a command builds what browsers run: `tailwindcss`, `node esbuild.mjs`."""
    line = " ".join(part.text for part in unit.argv or ())
    words = line.split()
    if words[:2] == ["sh", "-c"]:  # as a script of a package is started
        words = [] if _SEVERAL.search(line) else words[2:]
    if words[:1] and words[0] in _RUNNERS:  # which run a program of a package by its name
        words = list(dropwhile(lambda word: word.startswith("-"), words[1:]))
    program = basename(words[1]) if words[:1] == ["node"] and words[1:] else "".join(words[:1])
    return program in platforms().served  # `./serve` is a program of the project's own


def _is_switched_off(unit: Unit) -> bool:
    """Tell whether all that a container does is to say something, whatever words follow."""
    program = basename(unit.argv[0].text) if unit.argv else ""
    return program in ("echo", "true", "false", "tail", "sleep")


def _is_known(unit: Unit) -> bool:
    """Tell whether a container runs a proxy, a cache or what builds for browsers."""
    process, known = unit.container.process, platforms()
    owner, name = images.reference(unit.container.image or unit.base)
    published = owner in ("library", *known.publishers) and name in known.foreign
    if process is None:
        return published or known.is_idle(name)
    if process.tool:
        return False
    if published and name not in (*known.distributions, "docker"):
        return True  # Redis's own image serves Redis, by whatever script it is started
    served = basename(process.application) in known.served
    return served or known.is_idle(process.application)
