"""Whether a function gives a name its value only once: at the start, or when it is first needed."""

from __future__ import annotations

import ast
import re

from poollint.facts.code import Recurrence
from poollint.reading.naming.scopes.bindings import FunctionDef
from poollint.reading.naming.scopes.bodies import gives_up, own_nodes
from poollint.reading.naming.scopes.names import Names
from poollint.reading.running.entry.recurrence import recurrences
from poollint.syntax.nodes import walk

# What is called once, by its name: the start of a program or of a connection.
_STARTING = re.compile(
    r"_*(?:async_?)?(?:main|start\w*|on_?start\w*|init\w*|lifespan|set_?up\w*|connect\w*|open\w*"
    r"|on_ready|configure\w*|create\w*|build\w*|establish\w*|__init__|__post_init__|__new__)"
)


def made_once(where: str, text: str, names: Names) -> bool:
    """Tell whether a function gives `text` its value only once."""
    node = names.functions.get(where)
    if node is None:
        return not where
    if gives_up(node, text):
        return False
    if _asks_for(node, text):
        return True
    run = _runs(names).get(where)
    if run is not None:
        return isinstance(run, str)
    return bool(_STARTING.fullmatch(where.rpartition(".")[2]))


def maker_of(where: str, within: str, text: str, names: Names) -> str:
    """Return the last name of the function `where` if each call of it makes `text` anew.

    "" for one that looks first, for `__init__`, and for what stands in `within` itself.
    """
    node = names.functions.get(where) if where != within else None
    last = where.rpartition(".")[2]
    asked = node is None or last.startswith("__") or _asks_for(node, text)
    return "" if asked else last


def _asks_for(node: FunctionDef, text: str) -> bool:
    """Tell whether a function looks whether `text` is there before it makes it."""
    for inner in own_nodes(node):
        if isinstance(inner, ast.If | ast.IfExp | ast.While):
            for part in walk(inner.test):
                if isinstance(part, ast.Name) and part.id == text:
                    return True
                if isinstance(part, ast.Attribute) and part.attr == text:
                    return True
                if isinstance(part, ast.Constant) and part.value == text:
                    return True
    return False


def _runs(names: Names) -> dict[str, Recurrence | str]:
    memory: dict[str, dict[str, Recurrence | str]] = names.memory.setdefault("runs", {})
    if "" not in memory:
        memory[""] = recurrences(names.module, names.outside.path, names.imports)
    return memory[""]
