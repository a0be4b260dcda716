"""What a class is given when an object is made, where `__init__` hands on whatever it is given.

`class Orders(Service): def __init__(self, *args, **kwargs): super().__init__(*args, **kwargs)` is
given what `Service` is.
"""

from __future__ import annotations

import ast

from poollint.reading.naming.objects.handed_up import above, calling_up
from poollint.reading.naming.objects.instances import Instance, Member
from poollint.reading.naming.scopes.bindings import parameters
from poollint.syntax.nodes import walk

_UP = 4  # classes, of which each hands on what it is given


def taker(of: Member, levels: int = _UP) -> Member:
    """Return the `__init__` that says what a function is given: itself, or one above it."""
    up = _handed_on_to(of) if levels else None
    return of if up is None else taker(up, levels - 1)


def names_given(to: Member) -> tuple[list[str], set[str]]:
    """Return the names of what a function is given by position, and of all that it is given.

    Those of the `__init__` above are among them where all else is handed on to that.
    """
    told = to.names.functions[to.name].args
    plain = [a.arg for a in (*told.posonlyargs, *told.args)][to.bound :]
    known = {a.arg for a in parameters(told)}
    last = taker(to)
    if last is to:
        return plain, known
    further, above_known = names_given(last)
    return plain + (further if told.vararg else []), known | above_known


def hands_on(keyword: str, value: ast.expr, here: Member) -> bool:
    """Tell whether an argument is all else that the function `here` is given."""
    told = here.names.functions[here.name].args if here.name in here.names.functions else None
    match value:
        case ast.Starred(value=ast.Name(id=name)):
            return bool(told and told.vararg and told.vararg.arg == name)
        case ast.Name(id=name) if keyword == "**":
            return bool(told and told.kwarg and told.kwarg.arg == name)
    return False


def _handed_on_to(start: Member) -> Member | None:
    """Return the `__init__` above to which another hands all else that it is given."""
    owner, _, method = start.name.rpartition(".")
    node = start.names.functions.get(start.name)
    if node is None or method != "__init__" or node.args.kwarg is None:
        return None
    calls = list(calling_up(start))
    if len(calls) != 1 or not any(
        hands_on("**", keyword.value, start) for keyword in calls[0].keywords if not keyword.arg
    ):
        return None
    rest = {arg.arg for arg in (node.args.vararg, node.args.kwarg) if arg is not None}
    named = [n.id for n in walk(node) if isinstance(n, ast.Name) and n.id in rest]
    once = len(named) == len(rest)  # `kwargs.pop("session")` hands on something else
    return above(start, Instance(start.names, owner)) if once else None
