"""What reading an attribute waits for: `Ticker("A").info` sends a request."""

from __future__ import annotations

import ast
from collections.abc import Mapping

import libcst as cst

from poollint.reading.connections.waits.calls.sites import waited_on
from poollint.reading.connections.waits.calls.waited import Waiting, of_row
from poollint.reading.connections.waits.reach.attributes import READ, is_read_at
from poollint.reading.connections.waits.reach.consuming import runs_later
from poollint.reading.connections.waits.reach.inherited import meaning
from poollint.reading.connections.waits.reach.known import Argument, Value
from poollint.reading.naming.objects.instances import Member
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import Shape, of_ast, of_cst
from poollint.reading.paths.walk import Place


def asked_at(place: Place, names: Names) -> Waiting | None:
    """Return what reading the attribute at a place waits for, None for nothing."""
    node, above = place.node, [around.node for around in place.ancestors()]
    if not isinstance(node, cst.Attribute) or not is_read_at(node, above) or runs_later(above):
        return None
    shape = of_cst(node)
    return _asked(shape, Argument(shape, place.scope, names))


def asked_in(node: ast.Attribute, member: Member, given: Mapping[str, Value]) -> Waiting | None:
    """Return the same of one in a function of the project that is `given` so much."""
    shape = of_ast(node)
    return _asked(shape, meaning(shape, member, given))


def _asked(shape: Shape, meant: Argument) -> Waiting | None:
    api = waited_on(*meant)
    return of_row(api, shape, {READ}, ()) if api is not None and READ in api.call else None
