"""Functions that nothing but the scripts of other files call: `if __name__ == "__main__": main()`.

What they lose a script loses, which ends soon. All that names such a function calls it, in no
`while` loop, and is itself called by the script alone, or is a command of click's; who is handed a
function may call it again.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator, Mapping

from poollint.reading.naming.files.exports import Exports
from poollint.reading.naming.objects.instances import function
from poollint.reading.naming.scopes.bindings import FunctionDef
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import of_ast
from poollint.reading.running.entry.inheriting import Key
from poollint.reading.running.once.lasting import endless_loops
from poollint.reading.running.surroundings import is_test
from poollint.syntax.nodes import children

_LEVELS = 5  # functions on the way from a script
_MAIN = "__main__"
_COMMANDS = re.compile(r"(?:^|[._])(?:cli|click|typer)\.(?:\w+\.)*command\b")
_WORD = re.compile(r"\w+")

_Users = dict[Key, set[Key] | None]
"""The functions that call another; None where something else may."""


def only_of_scripts(wanted: Collection[Key], exports: Exports) -> frozenset[Key]:
    """Return those of the functions that scripts call, and nobody else."""
    users: _Users = {}
    frontier = {key for key in wanted if _is_plain(key, exports, ends=True)}
    for _ in range(_LEVELS if exports.files.holds((_MAIN, "click", "typer", ".cli")) else 0):
        users.update({key: set() for key in frontier})
        _look(frontier, users, exports)
        called = {by for key in frontier for by in users[key] or ()}
        frontier = {key for key in called - users.keys() if _is_plain(key, exports)}
    alone: set[Key] = set()
    while True:
        more = {
            key for key, by in users.items() if by and all(_runs(u, alone, exports) for u in by)
        }
        if more <= alone:
            return frozenset(alone.intersection(wanted))
        alone |= more


def _look(frontier: set[Key], users: _Users, exports: Exports) -> None:
    """Note for each of some functions which others of the project name it."""
    words: dict[str, set[str]] = {}
    named: dict[str, set[Key]] = {}
    for key in frontier:
        words.setdefault(key.path, set()).add(key.function)
        named.setdefault(key.function, set()).add(key)
    for path in exports.files.naming(words) if words else ():
        tree = None if is_test(path) else exports.files.tree(path)
        said = named.keys() & set(_WORD.findall(tree.source.text)) if tree is not None else set()
        names = exports.names(path) if said else None
        there = {word: named[word] for word in said}
        for local, whole in names.imports.items() if names is not None else ():
            if whole.rpartition(".")[2] in said:  # `import sync as run`
                there[local] = named[whole.rpartition(".")[2]]
        for key, by, called in _uses(there, names) if names is not None else ():
            known = users[key]
            if not called or not by:
                users[key] = None
            elif known is not None:
                known.add(Key(path, by))


def _is_plain(key: Key, exports: Exports, *, ends: bool = False) -> bool:
    """Tell whether a key is a function of a module, as it is written; one that `ends`, if asked."""
    names = exports.names(key.path) if "." not in key.function and key.function else None
    node = names.functions.get(key.function) if names is not None else None
    if node is None or node.decorator_list:
        return False
    return not (ends and endless_loops(node))


def _runs(user: Key, alone: set[Key], exports: Exports) -> bool:
    """Tell whether a function that calls another is the script, one of its own, or a command."""
    if user.function == _MAIN or user in alone:
        return True
    names = exports.names(user.path)
    node = names.functions.get(user.function) if names is not None else None
    if names is None or node is None or not node.decorator_list:
        return False
    return any(_COMMANDS.search(ast.unparse(decorator)) for decorator in node.decorator_list)


def _uses(named: Mapping[str, set[Key]], names: Names) -> Iterator[tuple[Key, str, bool]]:
    """Yield where a file names one of some functions, the function it does in, if it calls it.

    "" is the module, and `_MAIN` the block of a script. Where it imports one does not count.
    """
    stack: list[tuple[ast.AST, str, bool]] = [(one, "", False) for one in names.module.body]
    called: set[int] = set()
    while stack:
        node, scope, again = stack.pop()
        if isinstance(node, ast.Call) and not again:
            called.add(id(node.func))
        if isinstance(node, ast.Name | ast.Attribute):
            for key in _meant(node, scope, named, names):
                yield key, scope, id(node) in called
        if not scope and isinstance(node, ast.If) and "__name__" in ast.unparse(node.test):
            scope = _MAIN
        elif not scope and isinstance(node, FunctionDef):
            scope = node.name
            stack += [(decorator, "", again) for decorator in node.decorator_list]
        elif isinstance(node, ast.ClassDef):
            scope = f"{node.name}."  # whoever makes an object of it calls its methods
        again = again or isinstance(node, ast.While | ast.Lambda)
        stack += [(child, scope, again) for child in children(node)]


def _meant(
    node: ast.Name | ast.Attribute, scope: str, named: Mapping[str, set[Key]], names: Names
) -> Iterator[Key]:
    """Yield which of the functions an expression names; what may name one does."""
    keys = named.get(node.id if isinstance(node, ast.Name) else node.attr, ())
    found = function(of_ast(node), "" if scope == _MAIN else scope, names) if keys else None
    for key in keys:
        unknown = found is None and isinstance(node, ast.Attribute)
        if unknown or (found and Key(found.names.outside.path, found.name) == key):
            yield key
