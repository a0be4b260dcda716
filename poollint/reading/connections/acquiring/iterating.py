"""Connections that a loop has of a generator: `async for session in get_session(): …`.

The generator takes one, hands it to the body of the loop, and gives it back when the loop goes on
or is left: a plain one at once, an asynchronous one that is left by `break` in the next turns of
the event loop. What stands after the loop is run without it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

import libcst as cst

from poollint.catalog.load import Api
from poollint.facts.connections import Acquisition
from poollint.reading.connections.acquiring.blocks import taken_for
from poollint.reading.connections.acquiring.handing import TAKING
from poollint.reading.connections.acquiring.taking import Form, Taken
from poollint.reading.connections.waits.held.connection import Held
from poollint.reading.naming.given.providing import yielded
from poollint.reading.naming.objects.instances import function
from poollint.reading.naming.scopes.bindings import FunctionDef
from poollint.reading.naming.scopes.bodies import own_nodes
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import Called, Shape, dotted, of_ast, of_cst
from poollint.reading.paths.walk import places
from poollint.syntax.python import Unit


def iterated(unit: Unit, node: cst.FunctionDef, name: str, names: Names) -> Iterator[Held]:
    """Yield the connections that the loops of a function have of generators of the project."""
    for place in places(node, name.rpartition(".")[0]):
        loop = place.node
        if not isinstance(loop, cst.For) or place.scope != name:
            continue
        api = of_generator(of_cst(loop.iter), loop.asynchronous is not None, name, names)
        if api is None or not (
            isinstance(loop.iter, cst.Call) and isinstance(loop.target, cst.Name)
        ):
            continue
        target = loop.target.value
        taken = Taken(
            loop.iter, api, Form.BOUND, frozenset({target}), awaited=False, through="generator"
        )  # fmt: skip
        fact = Acquisition(
            span=unit.span(loop.iter),
            taking=TAKING[api.kind],
            driver=api.driver,
            call=dotted(of_cst(loop.iter.func)),
            target=target,
            release=api.release.format(conn=target, pool="", call=""),
            guard="",
            note=api.note,
        )
        yield Held(taken, fact, loop=loop)


def iterates(node: ast.AST, name: str, names: Names) -> bool:
    """Tell whether a function has such a loop: asked of each, so it is quick."""
    if not isinstance(node, FunctionDef) or not names.outside.lends():
        return False
    return any(
        isinstance(loop, ast.For | ast.AsyncFor)
        and of_generator(of_ast(loop.iter), isinstance(loop, ast.AsyncFor), name, names) is not None
        for loop in own_nodes(node)
    )


def of_generator(shape: Shape, asynchronous: bool, scope: str, names: Names) -> Api | None:
    """Return what takes the connection that going through a call's generator gives; else None."""
    if not isinstance(shape, Called):
        return None
    api = names.api(shape.callee, scope)
    if api is not None:
        return api if asynchronous and "async-for" in api.call else None
    member = function(shape.callee, scope, names)
    if member is None or len(yielded(member)) != 1:
        return None
    generator = member.names.functions[member.name]
    if isinstance(generator, ast.AsyncFunctionDef) is not asynchronous or _repeats(generator):
        return None
    found = taken_for(member)
    return found.api if found is not None and found.api.kind in TAKING else None


def _repeats(generator: FunctionDef) -> bool:
    """Tell whether a generator yields in a loop: it may hand out more than one."""
    return any(
        isinstance(node, ast.For | ast.AsyncFor | ast.While) for node in own_nodes(generator)
    )
