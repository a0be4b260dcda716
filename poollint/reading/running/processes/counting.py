"""How many processes a program asks for, as far as it says so itself.

`num_workers=4`, a constant, the default of a parameter or of an option, what is counted of the
machine's processors. Whatever else stands there may be none, or one.
"""

from __future__ import annotations

import ast

from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import of_ast
from poollint.syntax.nodes import walk

_COUNTED = frozenset({"cpu_count", "process_cpu_count", "sched_getaffinity"})
_OPTIONS = frozenset({"add_argument", "add_option", "option"})
_DEPTH = 3  # names that stand for names


def is_several(number: ast.expr, scope: str, names: Names, depth: int = _DEPTH) -> bool:
    """Tell whether a number is known to be more than one."""
    match number:
        case ast.Constant(value=int(many)):
            return many > 1
        case ast.Name(id=name) if depth:
            told = [b for b in names.bound(of_ast(number), scope) if b.how == "="]
            values = [b.value for b in told if b.value is not None]
            values = values or _defaults(name, scope, names)
            return bool(values) and all(
                is_several(value, scope, names, depth - 1) for value in values
            )
        case ast.Attribute(attr=attr) if depth:
            values = _of_option(attr, names)
            return bool(values) and all(is_several(v, scope, names, depth - 1) for v in values)
    return any(
        isinstance(n, ast.Attribute | ast.Name) and _word(n) in _COUNTED for n in walk(number)
    )


def _word(node: ast.Attribute | ast.Name) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id


def _defaults(name: str, scope: str, names: Names) -> list[ast.expr]:
    """Return the default of a parameter of a function."""
    node = names.functions.get(scope)
    if node is None:
        return []
    given = (*node.args.posonlyargs, *node.args.args)
    told = list(zip(reversed(given), reversed(node.args.defaults), strict=False))
    told += [
        (arg, value)
        for arg, value in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
        if value is not None
    ]
    return [value for arg, value in told if arg.arg == name]


def _of_option(name: str, names: Names) -> list[ast.expr]:
    """Return the defaults of a program's options of a name: `add_argument("--num-workers", …)`."""
    found = []
    for method in _OPTIONS:
        for call, _ in names.calls(method):
            said = [a.value for a in call.args if isinstance(a, ast.Constant)]
            if any(str(word).lstrip("-").replace("-", "_") == name for word in said):
                found += [k.value for k in call.keywords if k.arg == "default"]
    return found
