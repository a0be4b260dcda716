"""Classes of the project that are entered with `with`: what entering takes, leaving gives back.

`__enter__` connects, `__exit__` commits and closes the cursor: each block leaves a connection
behind. Only what is certain counts: all of the class is in sight, it takes one each time it is
entered, and none of its methods may end it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from poollint.catalog.load import Api
from poollint.reading.connections.ownership.ending import Ends, member_of, methods_of
from poollint.reading.connections.ownership.owning import in_sight
from poollint.reading.naming.objects.instances import Instance, Member, lineage, method
from poollint.reading.naming.scopes.bindings import FunctionDef
from poollint.reading.naming.scopes.bodies import is_none, own_nodes
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import dotted, of_ast
from poollint.syntax.nodes import walk

_EXITS = {"__enter__": "__exit__", "__aenter__": "__aexit__"}
_ENTRIES = frozenset(_EXITS)


class Left(NamedTuple):
    """What a class leaves open when its block is left, or when entering it raises.

    exit       the method that is there to give it back
    attribute  the attribute that holds it, "" where it is only handed to the block
    """

    exit: Member
    attribute: str


def enters(scope: str, names: Names) -> bool:
    """Tell whether a function is what `with` calls first, of a class of the module."""
    of, _, name = scope.rpartition(".")
    return name in _ENTRIES and of in names.classes


def left_open(line: int, callee: str, api: Api, scope: str, names: Names) -> Left | None:
    """Return how what a method takes to enter its object stays open; None where it may not.

    `line` is that of the taking call, `callee` what it calls.
    """
    of, _, name = scope.rpartition(".")
    owner = Instance(names, of)
    exit_ = method(owner, _EXITS[name])
    if exit_ is None or not in_sight(owner) or not _known(owner, exit_):
        return None
    if _ended_in_a_block(owner, api):
        return None
    call = _always_made(names.functions[scope].body, line, callee)
    if call is None:
        return None
    attribute = _attribute(names.functions[scope], call)
    if attribute:
        made = [b for at in lineage(owner) for b in at.names.attributes(at.cls, attribute)]
        told = [b for b in made if b.how != ":" and not is_none(b.value)]
        ends = Ends(owner, attribute, api)
        may_end = ends.names() - _ENTRIES or ends.in_body(Member(names, scope))
        return None if may_end or len(told) != 1 else Left(exit_, attribute)
    returned = any(isinstance(n, ast.Return) and _plain(n.value) is call for n in own_nodes(
        names.functions[scope]))  # fmt: skip
    return Left(exit_, "") if returned else None


def _ended_in_a_block(of: Instance, api: Api) -> bool:
    """Tell whether a block of the module ends itself what it is handed, whatever happens.

    `with Shop() as conn: try: … finally: conn.close()`
    """
    names = of.names
    for call, scope in names.calls(of.cls.rpartition(".")[2]):
        for block in own_nodes(names.functions.get(scope, names.module)):
            for item in block.items if isinstance(block, ast.With | ast.AsyncWith) else ():
                match item:
                    case ast.withitem(context_expr=of_block, optional_vars=ast.Name(id=name)):
                        if of_block is call and any(_ends(n, name, api) for n in _finally(block)):
                            return True
    return False


def _finally(block: ast.AST) -> Iterator[ast.AST]:
    for node in walk(block):
        for statement in node.finalbody if isinstance(node, ast.Try) else ():
            yield from walk(statement)


def _ends(node: ast.AST, name: str, api: Api) -> bool:
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Name(id=of), attr=attr), args=args):
            told = any(isinstance(arg, ast.Name) and arg.id == name for arg in args)
            return (of == name and attr in api.released_by) or (told and attr in api.given_back_to)
    return False


class Later(NamedTuple):
    """What entering an object takes, and leaving it gives back.

    ends    the names of all that may do so
    within  whether something in the method that takes it may do so itself
    """

    of: Instance
    left: Left
    ends: frozenset[str]
    within: bool


def given_back_later(line: int, callee: str, api: Api, scope: str, names: Names) -> Later | None:
    """Return what leaving an object gives back that entering it takes.

    None where that is not certain: then nothing is told of what raises before it does.
    """
    of, _, name = scope.rpartition(".")
    owner = Instance(names, of)
    exit_ = method(owner, _EXITS[name])
    if exit_ is None or not in_sight(owner):
        return None
    body, entry = names.functions[scope].body, Member(names, scope)
    call = _always_made(body, line, callee)
    if call is None and api.kind == "acquire":
        call = _made_either_way(body, line, callee, entry)
    attribute = _attribute(names.functions[scope], call) if call is not None else ""
    if not attribute:
        return None
    ends = Ends(owner, attribute, api)
    found = ends.names()
    if _EXITS[name] not in found:
        return None
    within = ends.in_body(entry) or bool(Ends.calls(entry) & found)
    ways = found | {*api.released_by, *api.given_back_to}
    return Later(owner, Left(exit_, attribute), ways, within)


def _always_made(body: list[ast.stmt], line: int, callee: str) -> ast.Call | None:
    """Return the call at a line, where no condition stands around it."""
    for statement in body:
        if isinstance(statement, ast.Try | ast.With | ast.AsyncWith):
            found = _always_made(statement.body, line, callee)
            if found is not None:
                return found
        elif isinstance(statement, ast.Assign | ast.AnnAssign | ast.Return):
            call = _plain(statement.value)
            if isinstance(call, ast.Call) and call.lineno == line:
                return call if dotted(of_ast(call.func)) == callee else None
    return None


def _made_either_way(
    body: list[ast.stmt], line: int, callee: str, entry: Member
) -> ast.Call | None:
    """Return the call at a line of one branch, where the other gives the attribute a value too.

    `if TESTING: self.conn = await connect(…)`, `else: self.conn = await pool.acquire()`.
    """
    node = entry.names.functions[entry.name]
    for statement in body:
        if not isinstance(statement, ast.If) or of_itself(statement.test, entry):
            continue
        one, other = statement.body, statement.orelse
        for branch, beside in ((one, other), (other, one)):
            call = _always_made(branch, line, callee)
            attribute = _attribute(node, call) if call is not None else ""
            if attribute and any(_sets(attribute, inner) for inner in beside):
                return call
    return None


def _sets(attribute: str, statement: ast.stmt) -> bool:
    match statement:
        case ast.Assign(targets=[ast.Attribute(value=ast.Name(id="self"), attr=attr)]):
            return attr == attribute
    return False


def of_itself(test: ast.expr, entry: Member) -> bool:
    """Tell whether a test asks the object that is entered: one may differ from another then."""
    scope = entry.names.scope(entry.name)
    return any(isinstance(n, ast.Name) and scope.holder(n.id) is scope for n in walk(test))


def _plain(value: ast.expr | None) -> ast.expr | None:
    return value.value if isinstance(value, ast.Await) else value


def _attribute(node: FunctionDef, call: ast.Call) -> str:
    """Return the attribute of the object that is given what a call makes, "" for none."""
    local = ""
    statements = (n for n in own_nodes(node) if isinstance(n, ast.stmt))
    for inner in sorted(statements, key=lambda statement: statement.lineno):
        match inner:
            case ast.Assign(targets=targets, value=value):
                if _plain(value) is not call and not (
                    local and isinstance(value, ast.Name) and value.id == local
                ):
                    continue
                for target in targets:
                    match target:
                        case ast.Attribute(value=ast.Name(id="self"), attr=attr):
                            return attr
                        case ast.Name(id=name):
                            local = name
            case ast.AnnAssign(target=ast.Attribute(value=ast.Name(id="self"), attr=attr)):
                if _plain(inner.value) is call:
                    return attr
    return ""


def _known(of: Instance, exit_: Member) -> bool:
    """Tell whether all is known of what leaving does: which methods of the object it calls."""
    own = {name for at in lineage(of) for name in methods_of(at)}
    todo, seen = [exit_], {exit_}
    while todo:
        at = todo.pop()
        for node in walk(at.names.functions[at.name]):
            if not isinstance(node, ast.Call):
                continue
            match node.func:
                case ast.Attribute(value=ast.Name(id="self"), attr=name):
                    if name not in own:
                        return False
                    for one in lineage(of):
                        if name in methods_of(one) and member_of(one, name) not in seen:
                            seen.add(member_of(one, name))
                            todo.append(member_of(one, name))
                case ast.Attribute(value=ast.Call(func=ast.Name(id="super"))):
                    return False
    return True
