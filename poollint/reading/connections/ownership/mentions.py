"""What stands around a mention of a connection: where a name is read, what a call is, and keeps."""

from __future__ import annotations

import libcst as cst

from poollint.reading.connections.acquiring.lending import CONCURRENT, KEEPING
from poollint.reading.paths.walk import Place


def last_name(call: cst.Call) -> str:
    """Return the last name of what is called, through a chain of calls too."""
    return name_of(call.func)


def name_of(node: cst.CSTNode) -> str:
    """Return a name, or the last one of a chain; "" of anything else."""
    if isinstance(node, cst.Attribute):
        return node.attr.value
    return node.value if isinstance(node, cst.Name) else ""


def is_read(place: Place) -> bool:
    """Tell whether a name is read: no target, keyword, attribute's own name or parameter."""
    up = place.above.node if place.above else None
    match up:
        case cst.AssignTarget() | cst.AsName() | cst.Param() | cst.Del() | cst.NameItem():
            return False
        case cst.Attribute(attr=attr):
            return attr is not place.node
        case cst.Arg(keyword=keyword):
            return keyword is not place.node
        case cst.AnnAssign(target=target) | cst.NamedExpr(target=target):
            return target is not place.node
        case cst.Element():
            return not any(isinstance(a.node, cst.AssignTarget) for a in place.ancestors())
    return True


def keeps_argument(call: cst.Call, last: str) -> bool:
    """Tell whether a call keeps its arguments: `items.add(conn)`, and not `add(conn, item)`."""
    if isinstance(call.func, cst.Name):
        return last in CONCURRENT or last in {"finalize", "register", "setattr"}
    return last in KEEPING


def is_task(call: Place) -> bool:
    """Tell whether a call makes the coroutine of a task: `create_task(work(conn))`."""
    above = list(call.ancestors())[:2]
    return (
        len(above) == 2
        and isinstance(above[1].node, cst.Call)
        and (last_name(above[1].node) in CONCURRENT)
    )


def handed_on(call: Place) -> bool:
    """Tell whether `closing(conn)` goes somewhere else than into a `with`."""
    return not any(isinstance(above.node, cst.WithItem) for above in call.ancestors())


def in_argument(place: Place) -> bool:
    """Tell whether a node is, or is part of, what a call is given."""
    return any(isinstance(above.node, cst.Arg) for above in place.ancestors())


def bound_names(target: cst.BaseExpression) -> list[str]:
    """Return the plain names that a target binds."""
    if isinstance(target, cst.Tuple | cst.List):
        return [name for e in target.elements for name in bound_names(e.value)]
    return [target.value] if isinstance(target, cst.Name) else []
