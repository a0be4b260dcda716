"""Django's connection in the processes that code begins once it has asked something.

A thread keeps its connection, and a process that is forked has the thread's: Django does not
look at which process asks. Several children that ask speak through one session of the server.

Source: run on PostgreSQL 15 with Django 5.2.19 and psycopg2 2.9: a pool of four processes hangs,
or gets another's rows; closed before the pool begins, all is well. A child that closes what it has
ends its parent's session, which the parent may not need again: whatever closes is taken as right.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from poollint.facts.forking import Forker, Inherited, Kept
from poollint.model.finding import Confidence, Step
from poollint.reading.connections.orm.transactions.query_sets import (
    MANAGERS,
    each,
    gone_through,
    is_query_set,
    known_names,
)
from poollint.reading.connections.orm.transactions.sending import FETCHING, asks
from poollint.reading.naming.files.exports import Exports
from poollint.reading.naming.objects.instances import Member, function
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.outline import own_nodes
from poollint.reading.naming.scopes.shapes import Attribute, Called, Shape, of_ast
from poollint.reading.running.processes.begun import Begun, Child
from poollint.reading.running.processes.children import reached
from poollint.reading.running.processes.earlier import earlier, ran

NAME = "django.db.connection"
_IMPORTS = re.compile(r"^[ \t]*(?:from|import)[ \t]+django\b", re.M)
_OTHERS = re.compile(r"\b(?:mongoengine|peewee|pony)\b")
_CLOSES = re.compile(
    r"\bclose_all\b|\bclose_(?:old_|db_)?connections?\b|\bconnections\._|"
    r"\b(?:connections?|conn|db)(?:\[[^\]\n]*\])?\.close\b|\.connection\s*=\s*None"
)
_LEVELS = 2  # functions that call functions

Used = tuple[Names, ast.AST]


def inherited(member: Member, exports: Exports) -> Iterator[Inherited]:
    """Yield Django's connection where several processes, or one and its parent, ask by it."""
    text = _text(member.names, exports)
    if not _IMPORTS.search(text) or _OTHERS.search(text) or _CLOSES.search(text):
        return
    begun = Begun(member)
    children = list(begun.children())
    for child in children:
        opened = _opened(child, member) if child.works else None
        if opened is None or _may_close(child, member, exports):
            continue
        used = _use(child, exports)
        others = [other for group in begun.groups(children) if child in group for other in group]
        many = any(_use(other, exports) for other in others if other is not child)
        if used is None or not (child.spawn.many or many or _goes_on(begun, child)):
            continue
        yield _told(opened, child, used, member, exports)
        return


def _told(opened: Used, child: Child, used: Used, member: Member, exports: Exports) -> Inherited:
    def step(at: Used, text: str) -> Step:
        tree = exports.files.tree(at[0].outside.path)
        assert tree is not None  # its names are known
        assert isinstance(at[1], ast.expr | ast.stmt)
        return Step(tree.span(at[1]), text)

    begins = step(opened, "Django connects here, and keeps the session")
    steps = (begins, step((member.names, child.fork), "the process forks"),
             step(used, "each child asks through the same session"))  # fmt: skip
    return Inherited(
        begins.span, Kept.CONNECTION, NAME, "django", Forker.PROCESSES, steps, member.name,
        Confidence.MEDIUM,
    )  # fmt: skip


def _opened(child: Child, member: Member) -> Used | None:
    """Return what is certain to have asked something before the fork."""
    names = member.names
    for node, scope in ran(child.fork, member.name, names):
        if _asks_manager(node, scope, names):
            return names, node if isinstance(node, ast.expr) else _given(node)
    if getattr(child.fork.func, "attr", "") == "map":  # goes through it, then forks
        known = known_names(names.functions.get(member.name, names.module), member.name, names)
        for value in child.fork.args[1:]:
            if any(_is_asked(shape, known) for shape in each(value)):
                return names, value
    return None


def _given(node: ast.AST) -> ast.AST:
    return node.iter if isinstance(node, ast.For | ast.AsyncFor) else node


def _asks_manager(node: ast.AST, scope: str, names: Names) -> bool:
    """Tell whether a node by itself asks a manager of a model: rows, a number, a new row."""
    asked: Shape | None = None
    if isinstance(node, ast.Call):
        callee = of_ast(node.func)
        if isinstance(callee, Attribute) and _of_manager(callee.of):
            return asks(node, Member(names, scope), 0)
        if isinstance(callee, Attribute) and callee.name in FETCHING:
            asked = callee.of  # `orders.count()`
    shapes = [*gone_through(node), *([asked] if asked is not None else [])]
    if not shapes:
        return False
    body = names.functions.get(scope, names.module)
    known = known_names(body, scope, names)
    return any(_is_asked(shape, known) for shape in shapes)


def _is_asked(shape: Shape, known: frozenset[str]) -> bool:
    """Tell whether what is gone through is a query set of a manager, or a name of one."""
    named = not isinstance(shape, Attribute | Called)
    return is_query_set(shape, known) and (named or _of_manager(shape))


def _of_manager(shape: Shape) -> bool:
    while isinstance(shape, Attribute | Called):
        if isinstance(shape, Attribute) and shape.name in MANAGERS:
            return True
        shape = shape.of if isinstance(shape, Attribute) else shape.callee
    return False


def _use(child: Child, exports: Exports) -> Used | None:
    """Return where a child asks."""
    for path, name in reached(child.tasks, exports):
        names = exports.names(path)
        if names is None or name not in names.functions:
            continue
        for node in own_nodes(names.functions[name]):
            direct = isinstance(node, ast.Call) and asks(node, Member(names, name), 0)
            if direct or _asks_manager(node, name, names):
                return names, node if isinstance(node, ast.expr) else _given(node)
    return None


def _goes_on(begun: Begun, child: Child) -> bool:
    """Tell whether the parent asks, too, before it has waited for its only child."""
    names, scope = begun.member
    begins, ends = begun.while_it_runs(child.spawn)
    return any(
        begins < getattr(node, "lineno", 0) < ends and _asks_manager(node, scope, names)
        for node in begun.nodes
    )


def _may_close(child: Child, member: Member, exports: Exports) -> bool:
    """Tell whether a file that is run before the fork, or in the child, closes connections."""
    paths = {path for path, _ in reached(child.tasks, exports)}
    for call, scope in earlier(child.fork, member.name, member.names):
        found = function(of_ast(call.func), scope, member.names)
        if found is not None:
            paths.add(found.names.outside.path)
    for path in paths:
        names = exports.names(path)
        text = _text(names, exports) if names is not None else ""
        if _CLOSES.search(text) or _OTHERS.search(text):
            return True
    return False


def _text(names: Names, exports: Exports) -> str:
    tree = exports.files.tree(names.outside.path)
    return tree.source.text if tree is not None else ""
