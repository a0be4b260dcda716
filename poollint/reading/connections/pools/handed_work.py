"""Functions that make a session for the work they are handed: `run(lambda session: …)`.

Whether that session takes a connection is for the work to say.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import libcst as cst

from poollint.catalog.load import Api
from poollint.reading.connections.acquiring.taking import Form, Taken
from poollint.reading.connections.orm.objects.keeping import View
from poollint.reading.connections.orm.use.using import Session
from poollint.reading.connections.pools.varying import values
from poollint.reading.connections.waits.reach.consuming import own_calls
from poollint.reading.naming.objects.instances import Member, function
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import Name, of_ast
from poollint.syntax.nodes import walk

BRANCHES = (ast.If, ast.IfExp, ast.BoolOp, ast.Match)
Calls = Iterable[tuple[ast.AST, Sequence[ast.AST]]]


class Work(NamedTuple):
    """The parameter that a function calls with a session, and at which place it gives that."""

    parameter: str
    at: int
    api: Api


def held_by(name: str, api: Api, scope: str, names: Names) -> Session:
    """Return what judges the uses of a session that a function calls `name`."""
    taken = Taken(cst.Call(cst.Name("session")), api, Form.BOUND, frozenset({name}), False)
    return Session(taken, scope, names)


def work_with(name: str, api: Api, member: Member, sure: Calls) -> Work | None:
    """Return the work that a function certainly does with a session that it calls `name`."""
    for call, _ in sure:
        match call:
            case ast.Call(func=ast.Name(id=given), args=args):
                told = [a.id if isinstance(a, ast.Name) else "" for a in args]
                bound = member.names.bound(Name(given), member.name)
                if name in told and [b.how for b in bound] == [":"]:
                    return Work(given, told.index(name), api)
    return None


def asks(work: Work, call: ast.Call | None, callee: Member, caller: Member) -> bool:
    """Tell whether what a call hands a function for its work asks the session something."""
    given = values(call, callee).get(work.parameter) if call is not None else None
    if isinstance(given, ast.Lambda):
        plain = [a.arg for a in given.args.args]
        if work.at >= len(plain):
            return False
        session = held_by(plain[work.at], work.api, caller.name, caller.names)
        view = View(frozenset({plain[work.at]}))
        calls = (n for n in walk(given.body) if isinstance(n, ast.Call))
        return not isinstance(given.body, BRANCHES) and any(session.takes(c, view) for c in calls)
    member = function(of_ast(given), caller.name, caller.names) if given is not None else None
    if member is None:
        return False
    node = member.names.functions[member.name]
    plain = [a.arg for a in (*node.args.posonlyargs, *node.args.args)][member.bound :]
    if work.at >= len(plain):
        return False
    name = plain[work.at]
    session = held_by(name, work.api, member.name, member.names)
    return any(
        isinstance(inner, ast.Call) and session.takes(inner, View(frozenset({name})))
        for inner, above in own_calls(node)
        if not any(isinstance(a, BRANCHES) for a in above)
    )
