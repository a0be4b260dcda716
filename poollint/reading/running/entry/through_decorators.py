"""What frameworks call because a decorator of the project hands it to them: `@simple_task(…)`.

`def wrapper(func): return app.task(name=name)(func)`, in this file or another, decorates `func` as
`@app.task(name=name)` would.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from poollint.catalog.frameworks import Frameworks
from poollint.reading.naming.given.decorating import decorating
from poollint.reading.naming.objects.instances import Member
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.outline import Outline, own_nodes
from poollint.reading.running.entry.entries import Found, Row
from poollint.reading.running.entry.entrypoints import rows_of
from poollint.reading.running.entry.from_other_files import from_other_files
from poollint.reading.running.entry.registering import decorates


def through_decorators(names: Names, catalog: Frameworks) -> Iterator[Found]:
    """Yield the functions of a module that decorators of the project hand to frameworks."""
    for name, function in names.functions.items():
        parent = names.scope(name).parent
        for decorator in function.decorator_list:
            for told in decorating(decorator, parent.name if parent else "", names):
                for row in _rows(told, catalog):
                    yield Found(name, row, decorator, is_decorator=True)


def _rows(told: Member, catalog: Frameworks) -> tuple[Row, ...]:
    """Return how frameworks call what a decorating function is given."""
    memory: dict[str, tuple[Row, ...]] = told.names.memory.setdefault("registering", {})
    if told.name not in memory:
        memory[told.name] = tuple(_find(told, catalog))
    return memory[told.name]


def _find(told: Member, catalog: Frameworks) -> Iterator[Row]:
    names, name = told
    function = names.functions[name]
    given = [a.arg for a in (*function.args.posonlyargs, *function.args.args)][told.bound :][:1]
    if not given or [b.how for b in names.scope(name).bound[given[0]]] != [":"]:
        return
    calls = [n for n in own_nodes(function) if _is_told(n, given[0])]
    if not calls:
        return
    outline = Outline(names.module, names.imports, made=from_other_files(names, catalog))
    rows = rows_of(outline, catalog)
    for call in calls:
        assert isinstance(call, ast.Call)
        yield from decorates(outline, call.func, name, rows)


def _is_told(node: ast.AST, name: str) -> bool:
    """Tell whether a node is a call that is told a name, and nothing else."""
    match node:
        case ast.Call(args=[ast.Name(id=told)], keywords=[]):
            return told == name
    return False
