"""Settings of Django that count in one environment only, and which variable tells which that is.

`if ENVIRONMENT == "LOCAL": from .local_settings import *`: what such a file says of a database
holds for no container whose variable says something else.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from posixpath import basename
from typing import TYPE_CHECKING

from poollint.facts.code import Database
from poollint.facts.infrastructure import Container
from poollint.model.source import Span
from poollint.reading.deployment.linking.variables import environment
from poollint.syntax.nodes import walk

if TYPE_CHECKING:
    from poollint.reading.naming.files.exports import Exports

_GETS = frozenset(("get", "getenv"))


@dataclass(frozen=True, slots=True)
class Guard:
    """A condition on a variable: one of `values`, or none of them where `wanted` is False.

    `default` is what the code takes where it is not set, None where it takes nothing.
    """

    variable: str
    default: str | None
    values: frozenset[str]
    wanted: bool

    def fails(self, container: Container) -> bool:
        """Tell whether it is known that the condition does not hold in a container."""
        found = environment(container.variables).get(self.variable)
        value = found.value.value if found else self.default
        return value is not None and (value in self.values) is not self.wanted


Guards = tuple[tuple[Span, tuple[Guard, ...]], ...]


def guards(databases: Iterable[Database], exports: Exports) -> Guards:
    """Return under which conditions settings name their databases, by the places of these."""
    found = ((d.span, tuple(_of(d.span, exports))) for d in databases)
    return tuple((span, conditions) for span, conditions in found if conditions)


def holding(
    databases: Iterable[Database], container: Container, known: Guards
) -> tuple[Database, ...]:
    """Return the databases that settings name for a container, as far as their conditions tell."""
    conditions = dict(known)
    return tuple(
        database
        for database in databases
        if not any(guard.fails(container) for guard in conditions.get(database.span, ()))
    )


def _of(span: Span, exports: Exports) -> Iterator[Guard]:
    tree = exports.files.tree(span.path)
    if tree is None:
        return
    yield from _around(tree.module, span.start.line)
    imported = list(_imports(span.path, exports))
    if len(imported) == 1:
        yield from imported[0]


def _imports(path: str, exports: Exports) -> Iterator[tuple[Guard, ...]]:
    """Yield the conditions of each place that takes all of a file of settings, or names it."""
    stem = basename(path).removesuffix(".py")
    for other in exports.files.passing(f"names the settings {stem}", lambda text: stem in text):
        tree = exports.files.tree(other) if other != path else None
        for node in walk(tree.module) if tree else ():
            if isinstance(node, ast.Constant) and str(node.value).endswith(f".{stem}"):
                yield ()
            elif isinstance(node, ast.ImportFrom) and (node.module or "").endswith(stem):
                yield tuple(_around(tree.module, node.lineno)) if tree else ()


def _around(module: ast.Module, line: int) -> Iterator[Guard]:
    """Yield the conditions under which a line is reached that compare a variable with texts."""
    for node in walk(module):
        if isinstance(node, ast.If) and node.lineno < line <= (node.end_lineno or 0):
            then = line <= (node.body[-1].end_lineno or 0)
            guard = _guard(node.test, module, then=then)
            if guard:
                yield guard


def _guard(test: ast.expr, module: ast.Module, *, then: bool) -> Guard | None:
    if not isinstance(test, ast.Compare) or len(test.ops) != 1:
        return None
    equal = isinstance(test.ops[0], ast.Eq | ast.In)
    if not equal and not isinstance(test.ops[0], ast.NotEq | ast.NotIn):
        return None
    variable, values = _variable(test.left, module), _texts(test.comparators[0])
    if variable is None or not values:
        return None
    return Guard(*variable, values, equal is then)


def _texts(node: ast.expr) -> frozenset[str]:
    items = node.elts if isinstance(node, ast.Tuple | ast.List | ast.Set) else [node]
    found = [i.value for i in items if isinstance(i, ast.Constant) and isinstance(i.value, str)]
    return frozenset(found) if len(found) == len(items) else frozenset()


def _variable(node: ast.expr, module: ast.Module) -> tuple[str, str | None] | None:
    """Return the environment's variable that an expression is, and its default."""
    if isinstance(node, ast.Name):
        given = [
            a.value
            for a in walk(module)
            if isinstance(a, ast.Assign)
            and any(isinstance(t, ast.Name) and t.id == node.id for t in a.targets)
        ]
        only = given[0] if len(given) == 1 else None
        return None if only is None or isinstance(only, ast.Name) else _variable(only, module)
    if isinstance(node, ast.Subscript) and ast.unparse(node.value) == "os.environ":
        name = _texts(node.slice)
        return (next(iter(name)), None) if name else None
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return None
    if node.func.attr not in _GETS or not ast.unparse(node.func.value).startswith("os"):
        return None
    texts = [next(iter(_texts(a)), None) for a in node.args]
    if not texts or texts[0] is None:
        return None
    return texts[0], texts[1] if len(texts) > 1 else None
