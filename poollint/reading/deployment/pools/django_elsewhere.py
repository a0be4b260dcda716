"""Projects in Django of which every settings file says another database than PostgreSQL.

What takes its connection from Django (`from django.db import connection`) has that of SQLite then,
or MySQL's. A URL, an engine that is no literal, or settings of which no file may be in the tree
leave it open.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from poollint.facts.code import Module
from poollint.reading.deployment.pools.django_aliases import DRIVER

if TYPE_CHECKING:
    from poollint.reading.naming.files.exports import Exports

_WORD = "DATABASES"  # looked for first: few files have it, and the pattern takes long
_STATES = re.compile(rf"(?<![.\w]){_WORD}\b")
_NAMED = re.compile(r"\bENGINE\b")
_ENGINE = re.compile(r"""["']ENGINE["']\]?\s*[:=]\s*["']([\w.]+)["']""")
# What may state a database in words of its own, or elsewhere.
_OPEN = re.compile(
    r"postg|psycopg|timescale|(?:db|database)_url|\bdb\(|\.update\("
    r"|^[ \t]*from\s+(?!\.+(?:base|common)\b)[\w.]+\s+import\s+\*",
    re.I | re.M,
)


def only(exports: Exports, aside: Callable[[str], bool]) -> bool:
    """Tell whether all settings of a tree say another database; `aside` is of files of tests."""
    stating = exports.files.passing("states databases of Django", _states)
    others = set(exports.files.passing("states databases of Django of others", _is_anothers))
    paths = [path for path in stating if not aside(path)]
    return bool(paths) and others.issuperset(paths)


def without(module: Module) -> Module:
    """Return a module without what it takes from Django."""
    return replace(module, drivers=tuple(d for d in module.drivers if d != DRIVER))


def _states(text: str) -> bool:
    return _WORD in text and _STATES.search(text) is not None


def _is_anothers(text: str) -> bool:
    if not _states(text) or _OPEN.search(text):
        return False
    engines = _ENGINE.findall(text)
    return bool(engines) and len(engines) == len(_NAMED.findall(text))
