"""What frameworks' objects a module imports from files of its project: `from loader import dp`.

`@dp.message_handler()` of such a file makes a handler, though it imports nothing of the framework.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator, Mapping

from poollint.catalog.frameworks import Frameworks
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.outline import Outline, dotted
from poollint.reading.naming.scopes.shapes import dotted as dotted_shape
from poollint.reading.naming.scopes.shapes import of_ast
from poollint.reading.running.entry.entries import Row, of_a_framework
from poollint.reading.running.entry.entrypoints import starred


def from_other_files(names: Names, catalog: Frameworks) -> Mapping[str, str]:
    """Return the chains of names that are objects made in other files, each with its class.

    {"dp": "aiogram.Dispatcher", "core.app": "flask.Flask", "commands": "Commands"}, the last a
    class of that file. Only those are looked for that something may be registered with, by a
    decorator or by a call.
    """
    memory: dict[str, dict[str, str]] = names.memory.setdefault("objects of frameworks", {})
    if "" not in memory:
        found = ((dotted(owner), owner) for owner in _receivers(names, catalog))
        makers = {text: _maker(owner, names, catalog) for text, owner in found if text}
        memory[""] = {text: maker for text, maker in makers.items() if maker}
    return memory[""]


def _receivers(names: Names, catalog: Frameworks) -> Iterator[ast.expr]:
    """Yield what the methods are taken of that may register something, in decorators and calls."""
    table: tuple[Row, ...] = (*catalog.lifecycles, *catalog.entries)
    attrs = {attr for row in table for attr in row.attrs}
    for function in names.functions.values():
        for decorator in function.decorator_list:
            plain = decorator.func if isinstance(decorator, ast.Call) else decorator
            yield from _owners(plain, attrs)
    for attr in {attr.rpartition(".")[2] for attr in attrs}:
        for call, _ in names.calls(attr):
            yield from _owners(call.func, attrs)


def _owners(node: ast.expr, attrs: set[str]) -> Iterator[ast.expr]:
    """Yield the objects in a chain: `app.cli` and `app` of `app.cli.command`."""
    attr = ""
    while isinstance(node, ast.Attribute):
        attr = f"{node.attr}.{attr}" if attr else node.attr
        node = node.value
        if attr in attrs:
            yield node


def _maker(owner: ast.expr, names: Names, catalog: Frameworks) -> str:
    """Return what makes an object in the file that it is imported from, "" where none is known."""
    found = names.imported(of_ast(owner), "")
    if found is None or found[0] is names:
        return ""
    there, shape = found
    outline = Outline(there.module, {**starred(there.module, catalog), **there.imports})
    makers = outline.makers(dotted_shape(shape), "")
    return next(filter(None, (_class(maker, outline) for maker in makers)), "")


def _class(maker: str, outline: Outline) -> str:
    """Return the class that is a framework's, or the file's own; "" where it may be either."""
    if of_a_framework(maker):
        return maker
    if maker not in outline.classes:
        return ""
    bases = tuple(outline.bases(maker))
    framework = next(filter(of_a_framework, bases), "")
    own = all(hasattr(builtins, base) or base in outline.classes for base in bases)
    return framework or (maker if own else "")
