"""What a file imports by its name in a text, as far as its code tells which modules that can be.

`import_module("shop.plugins.mail")` is an import like any other; of a name of which only the
beginning is written (`f"shop.plugins.{name}"`) every module that begins so is meant. All else that
imports by name may import anything.
"""

from __future__ import annotations

import ast
import re
from posixpath import dirname, normpath

from poollint.reading.naming.files.python_files import PythonFiles
from poollint.syntax import nodes

_WORDS = re.compile(
    rb"\b(?:import_string|entry_points|autodiscover|load_module|exec_module|scan_modules)\b"
)
_CALLS = frozenset(("import_module", "__import__"))
_HARMLESS = frozenset((*_CALLS, "metadata", "resources", "reload", "invalidate_caches"))
_MODULES = frozenset(("importlib", "pkgutil"))
_BEGINNING = re.compile(r"((?:[A-Za-z_]\w*\.)+)(\w*)")


def named(path: str, module: ast.Module, files: PythonFiles) -> tuple[str, ...] | None:
    """Return the files that a file imports by name, None where these may be any."""
    if _WORDS.search(files.data(path)):
        return None
    found: list[str] = []
    called: set[int] = set()
    for node in nodes.walk(module):
        if isinstance(node, ast.Call) and _name(node.func) in _CALLS:
            called |= {id(node.func)}
            meant = _meant(node, path, files)
            if meant is None:
                return None
            found += meant
    if any(_is_open(node, called) for node in nodes.walk(module)):
        return None
    return tuple(dict.fromkeys(found))


def _name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _is_open(node: ast.AST, called: set[int]) -> bool:
    """Tell whether a part of a file may import something in another way."""
    if isinstance(node, ast.Attribute) and _name(node.value) in _MODULES:
        return node.attr not in (_HARMLESS if id(node) in called else _HARMLESS - _CALLS)
    if isinstance(node, ast.Attribute | ast.Name) and _name(node) in _CALLS:
        return id(node) not in called
    if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in _MODULES:
        open_ended = node.module not in ("importlib", "importlib.metadata", "importlib.resources")
        return open_ended or any(_is_foreign(alias, node.module) for alias in node.names)
    if isinstance(node, ast.Import):
        return any(alias.name in _MODULES and alias.asname for alias in node.names)
    return False


def _is_foreign(alias: ast.alias, module: str | None) -> bool:
    return bool(module == "importlib" and (alias.asname or alias.name not in _HARMLESS))


def _meant(call: ast.Call, path: str, files: PythonFiles) -> list[str] | None:
    """Return the files that a call may import, None where these may be any."""
    if len(call.args) != 1 or call.keywords:  # what the name counts from, or what is taken of it
        return None
    text, whole = _beginning(call.args[0])
    if whole:
        found = files.find(path, text) if text and not text.startswith(".") else None
        return [normpath(found[0])] if found else []
    match = _BEGINNING.fullmatch(text)
    package = files.find(path, match[1][:-1]) if match else None
    if match is None or package is None:
        return None
    folder = dirname(normpath(package[0]))
    begins = f"{folder}/{match[2]}"
    return [one for one in files.below(f"{folder}/") if normpath(one).startswith(begins)]


def _beginning(node: ast.expr) -> tuple[str, bool]:
    """Return what a text is known to begin with, and whether that is all of it."""
    if isinstance(node, ast.Constant):
        return (node.value, True) if isinstance(node.value, str) else ("", False)
    if isinstance(node, ast.JoinedStr) and node.values:
        first = node.values[0]
        known = isinstance(first, ast.Constant) and isinstance(first.value, str)
        return (str(first.value) if known and isinstance(first, ast.Constant) else "", False)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Mod):
        text, whole = _beginning(node.left)
        if isinstance(node.op, ast.Mod):
            return text.partition("%")[0], False
        rest, ends = _beginning(node.right) if whole else ("", False)
        return text + rest, whole and ends
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        text, _ = _beginning(node.func.value) if node.func.attr == "format" else ("", False)
        return text.partition("{")[0], False
    return "", False
