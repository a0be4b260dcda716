"""Settings of Django that count in one environment only, and which variable tells which that is.

`if ENVIRONMENT == "LOCAL": from .local_settings import *`: what such a file says of a database
holds for no container whose variable says something else. `if PGBOUNCER_HOST:` asks whether it is
set to anything.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from posixpath import basename
from typing import TYPE_CHECKING

from poollint.facts.code import Database
from poollint.facts.infrastructure import Container
from poollint.model.source import Span
from poollint.reading.deployment.linking.variables import environment
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.values.environment import variable
from poollint.syntax.nodes import walk

if TYPE_CHECKING:
    from poollint.reading.naming.files.exports import Exports


# What a reader that makes a truth value of a text, or a number, may take for false.
_OFF = frozenset(("0", "false", "f", "no", "n", "off", "none", "null"))


@dataclass(frozen=True, slots=True)
class Guard:
    """A condition on a variable: one of `values`, or none of them where `wanted` is False.

    Without `values` it asks whether the variable is set to anything. `default` is what the code
    takes where it is not set, None where it takes nothing. A condition that is not understood has
    no variable.
    """

    variable: str
    default: str | None
    values: frozenset[str]
    wanted: bool

    def holds(self, container: Container) -> bool | None:
        """Tell whether the condition holds in a container, None where that is not known."""
        found = environment(container.variables).get(self.variable)
        value = found.value.value if found else self.default
        if value is None or (not self.values and value.lower() in _OFF):
            return None
        return (value in self.values if self.values else value != "") is self.wanted


_OPEN = Guard("", None, frozenset(), wanted=True)


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
        if not any(g.holds(container) is False for g in conditions.get(database.span, ()))
    )


def certain(database: Database, container: Container, known: Guards) -> bool:
    """Tell whether settings name a database for a container whatever is not known of it."""
    return all(guard.holds(container) for guard in dict(known).get(database.span, ()))


def _of(span: Span, exports: Exports) -> Iterator[Guard]:
    tree, names = exports.files.tree(span.path), exports.names(span.path)
    if tree is None or names is None:
        return
    yield from _around(tree.module, span.start.line, names)
    imported = list(_imports(span.path, exports))
    if len(imported) == 1:
        yield from (guard for guard in imported[0] if guard is not _OPEN)


def _imports(path: str, exports: Exports) -> Iterator[tuple[Guard, ...]]:
    """Yield the conditions of each place that takes all of a file of settings, or names it."""
    stem = basename(path).removesuffix(".py")
    word, gap = re.escape(stem), r"[\s\\]+"
    named = re.compile(rf"\.{word}[\"']|\bfrom{gap}[\w.]*{word}{gap}import")
    for other in exports.files.passing(
        f"names the settings {stem}", lambda text: named.search(text) is not None
    ):
        tree = exports.files.tree(other) if other != path else None
        for node in walk(tree.module) if tree else ():
            if isinstance(node, ast.Constant) and str(node.value).endswith(f".{stem}"):
                yield ()
            elif isinstance(node, ast.ImportFrom) and (node.module or "").endswith(stem):
                names = exports.names(other)
                yield tuple(_around(tree.module, node.lineno, names)) if tree and names else ()


def _around(module: ast.Module, line: int, names: Names) -> Iterator[Guard]:
    """Yield the conditions under which a line is reached."""
    for node in walk(module):
        if isinstance(node, ast.If) and node.lineno < line <= (node.end_lineno or 0):
            then = line <= (node.body[-1].end_lineno or 0)
            yield _guard(node.test, module, names, then=then) or _OPEN


def _guard(test: ast.expr, module: ast.Module, names: Names, *, then: bool) -> Guard | None:
    match test:
        case ast.UnaryOp(op=ast.Not(), operand=asked):
            return _guard(asked, module, names, then=not then)
        case ast.Compare(left=left, ops=[ast.Eq() | ast.In()], comparators=[right]):
            equal = True
        case ast.Compare(left=left, ops=[ast.NotEq() | ast.NotIn()], comparators=[right]):
            equal = False
        case ast.Compare():
            return None
        case _:  # whether it is set to anything
            found = _variable(test, module, names)
            return Guard(*found, frozenset(), then) if found else None
    variable_, values = _variable(left, module, names), _texts(right)
    return Guard(*variable_, values, equal is then) if variable_ and values else None


def _texts(node: ast.expr) -> frozenset[str]:
    items = node.elts if isinstance(node, ast.Tuple | ast.List | ast.Set) else [node]
    found = [i.value for i in items if isinstance(i, ast.Constant) and isinstance(i.value, str)]
    return frozenset(found) if len(found) == len(items) else frozenset()


def _variable(node: ast.expr, module: ast.Module, names: Names) -> tuple[str, str | None] | None:
    """Return the environment's variable that an expression is, and its default."""
    if isinstance(node, ast.Name):
        given = [
            a.value
            for a in walk(module)
            if isinstance(a, ast.Assign)
            and any(isinstance(t, ast.Name) and t.id == node.id for t in a.targets)
        ]
        only = given[0] if len(given) == 1 else None
        known = not (only is None or isinstance(only, ast.Name))
        return _variable(only, module, names) if known and only else None
    if not isinstance(node, ast.Call | ast.Subscript):
        return None
    found = variable(node, "", names)
    if found is None:
        return None
    fallback = next(iter(_texts(found.default)), None) if found.default else None
    return found.name, fallback
