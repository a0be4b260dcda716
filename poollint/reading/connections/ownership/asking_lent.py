"""Functions of the project that ask a session they are lent: it has a connection once they do.

`users.find(session)`, where `find` runs `session.query(User).all()`: where the call raises, what
was asked has most often failed, and the session has its connection as if it had been asked here.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from poollint.reading.naming.objects.instances import Member, function
from poollint.reading.naming.scopes.bindings import parameters
from poollint.reading.naming.scopes.shapes import of_ast
from poollint.syntax.nodes import walk

IDLE = frozenset(
    """add add_all begin expunge expunge_all expire expire_all configure get_bind in_transaction
    in_nested_transaction is_modified""".split()
)
"""Methods of a session that ask nothing of the database."""
_LEVELS = 3  # functions that hand it on


def asks(member: Member, position: int, keyword: str, levels: int = _LEVELS) -> bool:
    """Tell whether a function asks the session that it is given, whatever else it finds."""
    arguments = member.names.functions[member.name].args
    plain = [a.arg for a in (*arguments.posonlyargs, *arguments.args)][member.bound :]
    name = keyword or (plain[position] if position < len(plain) else "")
    if not levels or name not in {a.arg for a in parameters(arguments)}:
        return False
    memory: dict[tuple[str, str], bool] = member.names.memory.setdefault("asks a session", {})
    key = (member.name, name)
    if key not in memory:
        memory[key] = False  # a function that calls itself
        body = member.names.functions[member.name].body
        memory[key] = any(_asked(part, name, member, levels) for part in _always(body))
    return memory[key]


def _always(body: Sequence[ast.stmt]) -> Iterator[ast.AST]:
    """Yield the parts of a body that are evaluated unless something before them ends it."""
    for statement in body:
        match statement:
            case ast.If(test=part) | ast.While(test=part) | ast.Match(subject=part):
                yield part
            case ast.For(iter=part) | ast.AsyncFor(iter=part):
                yield part
            case ast.With(items=items) | ast.AsyncWith(items=items):
                yield from (item.context_expr for item in items)
                yield from _always(statement.body)
            case ast.Try() | ast.TryStar():
                yield from _always(statement.body)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                pass
            case _:
                yield statement


def _asked(part: ast.AST, name: str, here: Member, levels: int) -> bool:
    """Tell whether evaluating a part asks the session that `name` names."""
    for node in walk(part):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id=of), attr=attr)) if of == name:
                if attr not in IDLE:
                    return True
            case ast.Call(args=args, keywords=keywords):
                given = [(at, "") for at, a in enumerate(args) if _is(a, name)]
                given += [(-1, k.arg) for k in keywords if k.arg and _is(k.value, name)]
                member = function(of_ast(node.func), here.name, here.names) if given else None
                if member and any(asks(member, at, by, levels - 1) for at, by in given):
                    return True
    return False


def _is(value: ast.expr, name: str) -> bool:
    return isinstance(value, ast.Name) and value.id == name
