"""Functions that nothing but the scripts of other files call: `if __name__ == "__main__": main()`.

What they lose a script loses, which ends soon. All that names such a function calls it, in no
`while` loop, and is itself called by the script alone; who is handed one may call it again.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from poollint.reading.naming.files.exports import Exports
from poollint.reading.naming.objects.instances import function
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import of_ast
from poollint.reading.running.entry.inheriting import Key
from poollint.reading.running.surroundings import is_test
from poollint.syntax.nodes import children

_LEVELS = 5  # functions on the way from a script
_MAIN = "__main__"

_Use = tuple[str, bool]
"""The function that names another, "" for the module and `_MAIN` for its block; if it calls it."""


class Scripts:
    """Tells which functions of a project only scripts call."""

    def __init__(self, exports: Exports) -> None:
        self._exports = exports
        self._known: dict[Key, bool] = {}

    def alone(self, key: Key, levels: int = _LEVELS) -> bool:
        """Tell whether a function of a module is called by scripts, and by nobody else."""
        if key not in self._known:
            self._known[key] = False  # who calls itself
            self._known[key] = levels > 0 and self._alone(key, levels)
        return self._known[key]

    def _alone(self, key: Key, levels: int) -> bool:
        names = self._exports.names(key.path)
        node = names.functions.get(key.function) if names is not None else None
        if node is None or node.decorator_list or "." in key.function:
            return False
        users: set[Key] = set()
        for path in self._exports.files.naming({key.path: [key.function]}):
            there = self._exports.names(path) if not is_test(path) else None
            if there is None and not is_test(path):
                return False
            for by, called in _uses(key, there) if there is not None else ():
                if not called or not by:
                    return False
                users.add(Key(path, by))
        return bool(users) and all(
            user.function == _MAIN or self.alone(user, levels - 1) for user in users
        )


def _uses(key: Key, names: Names) -> Iterator[_Use]:
    """Yield where a file names a function, but for where it imports it."""
    stack: list[tuple[ast.AST, str, bool]] = [(one, "", False) for one in names.module.body]
    called: set[int] = set()
    while stack:
        node, scope, again = stack.pop()
        if isinstance(node, ast.Call) and not again:
            called.add(id(node.func))
        if isinstance(node, ast.Name | ast.Attribute) and _is(node, key, scope, names):
            yield scope, id(node) in called
        if not scope and isinstance(node, ast.If) and "__name__" in ast.unparse(node.test):
            scope = _MAIN
        elif not scope and isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            scope = node.name
        elif isinstance(node, ast.ClassDef):
            scope = f"{node.name}."  # whoever makes an object of it calls its methods
        again = again or isinstance(node, ast.While | ast.Lambda)
        stack += [(child, scope, again) for child in children(node)]


def _is(node: ast.Name | ast.Attribute, key: Key, scope: str, names: Names) -> bool:
    """Tell whether an expression names a function; what may name it does."""
    last = node.id if isinstance(node, ast.Name) else node.attr
    if last != key.function:
        return False
    found = function(of_ast(node), "" if scope == _MAIN else scope, names)
    if found is None:
        return isinstance(node, ast.Attribute)
    return Key(found.names.outside.path, found.name) == key
