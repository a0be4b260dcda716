"""Methods of the project that run without being named where they are called.

`Client(url)` runs its `__init__`, `with Client(url)` its `__enter__` too, `client(url)` its
`__call__`: what they wait for, the call waits for. `Order.objects.create()` runs the `save()` of
the model, as Django's managers do (6.0, `db/models/query.py`); so do serializers that save. A row
that is saved runs the receivers of its signals. A graph of LangGraph runs its nodes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from poollint.reading.connections.waits.reach.graphs import nodes_run
from poollint.reading.connections.waits.reach.rest_saving import saved_by
from poollint.reading.connections.waits.reach.signalled import receivers
from poollint.reading.naming.objects.instances import (
    Instance,
    Member,
    instance,
    is_singleton,
    method,
    project_class,
)
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import Attribute, Called, Shape

_MAKING = ("__init__", "__post_init__")
_ENTERING = {"with": "__enter__", "async-with": "__aenter__"}


class Unnamed(NamedTuple):
    """A method that a call runs, and how what calling it gives is consumed.

    given  it is what is given the arguments of the call
    """

    member: Member
    how: set[str]
    given: bool


def unnamed(callee: Shape, how: set[str], scope: str, names: Names) -> Iterator[Unnamed]:
    """Yield the methods that a call runs which names none of them, in their order.

    `how` is the value of the call consumed.
    """
    made = project_class(callee, scope, names)
    if made is not None:
        if is_singleton(made):  # which one it gives, and what it does for that, is its own matter
            return
        for name in _MAKING:
            yield from _method(made, name, set(), given=name == "__init__")
    else:
        called = instance(callee, scope, names)
        if called is not None:
            yield from _method(called, "__call__", how, given=True)
        nodes = nodes_run(callee, how, scope, names)
        yield from (Unnamed(one, {"await"}, given=False) for one in nodes)
        row = _created(callee, scope, names)
        if row is not None:
            yield from _method(row, "save", set())
        saved = row or _saved(callee, scope, names)
        told = receivers(saved) if saved is not None else ()
        yield from (Unnamed(one, set(), given=False) for one in told)
        yield from (Unnamed(one, set(), given=False) for one in saved_by(callee, scope, names))
    for way, name in _ENTERING.items():
        entered = instance(Called(callee), scope, names) if way in how else None
        if entered is not None:
            yield from _method(entered, name, {"await"} if way == "async-with" else set())


def _created(callee: Shape, scope: str, names: Names) -> Instance | None:
    """Return the model of which a call of its own manager makes a row: `Order.objects.create`."""
    match callee:
        case Attribute(of=Attribute(of=model, name="objects"), name="create"):
            return project_class(model, scope, names)
    return None


def _saved(callee: Shape, scope: str, names: Names) -> Instance | None:
    """Return the class of what a call saves: `order.save()`."""
    match callee:
        case Attribute(of=of, name="save"):
            return instance(of, scope, names)
    return None


def _method(of: Instance, name: str, how: set[str], *, given: bool = False) -> Iterator[Unnamed]:
    member = method(of, name)
    if member is not None:
        yield Unnamed(member, how, given)
