"""What frameworks call in one module: again and again, or once."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from poollint.catalog.frameworks import Frameworks
from poollint.reading.naming.scopes.outline import Outline
from poollint.reading.running.entry import conforming, registering
from poollint.reading.running.entry.entries import Found, Row

_PART = re.compile(r"\w+(?:\.|$)")
_FINDERS = (*registering.FINDERS, *conforming.FINDERS)


def entrypoints(outline: Outline, path: str, catalog: Frameworks) -> Iterator[Found]:
    """Yield what frameworks call in the module at `path`; the surest shapes come first."""
    table = rows_of(outline, catalog)
    for shape, finder in _FINDERS:
        rows = [row for row in table if row.shape == shape]
        if rows:
            yield from finder(outline, path, rows)


def rows_of(outline: Outline, catalog: Frameworks) -> list[Row]:
    """Return what the catalog knows of the frameworks that a module has to do with."""
    table: tuple[Row, ...] = (*catalog.lifecycles, *catalog.entries)
    imported, borne = _frameworks_of(outline, catalog)
    near = {True: borne, False: imported}
    return [r for r in table if r.alone or r.framework in near[r.shape == "decorator-method"]]


def starred(tree: ast.Module, catalog: Frameworks) -> dict[str, str]:
    """Return what a module has of frameworks by `from discord.ext.commands import *`."""
    packages = tuple(
        f"{node.module}."
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and node.names[0].name == "*" and not node.level
    )
    if not packages:
        return {}
    table: tuple[Row, ...] = (*catalog.lifecycles, *catalog.entries)
    told = {name for row in table for name in (*row.names, *row.receivers, *row.bases)}
    own = {name for node in tree.body for name in _bound(node)}
    found = {}
    for package in packages:
        for name in told:
            local = name.removeprefix(package).partition(".")[0]
            if name.startswith(package) and local not in own:
                found[local] = package + local
    return found


def _bound(node: ast.stmt) -> Iterator[str]:
    """Yield the names that a statement of a module gives."""
    match node:
        case ast.Import(names=names) | ast.ImportFrom(names=names):
            yield from ((alias.asname or alias.name).partition(".")[0] for alias in names)
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.Assign(targets=targets):
            yield from (target.id for target in targets if isinstance(target, ast.Name))


def _frameworks_of(outline: Outline, catalog: Frameworks) -> tuple[set[str], set[str]]:
    """Return the frameworks that are imported, and those whose name an import bears besides.

    `from shop.celery_app import app` bears Celery's: enough for a decorator's object.
    """
    imported, borne = set(), set()
    names = {*outline.imports.values(), *outline.made.values()}
    # a module's name and those of the packages around it: "azure", "azure.functions", …
    around = {name[: at.end()].rstrip(".") for name in names for at in _PART.finditer(name)}
    parts = {part.partition("_")[0] for name in names for part in name.split(".")}
    for id_, framework in catalog.frameworks.items():
        if not framework.imports or not around.isdisjoint(framework.imports):
            imported.add(id_)
        elif not parts.isdisjoint(framework.imports):
            borne.add(id_)
    return imported, imported | borne
