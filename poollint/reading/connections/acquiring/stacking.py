"""Blocks that see to the end of what is begun in them: stacks of contexts, and groups of tasks.

`stack.enter_context(pool.connection())` is given back where the block of the stack is left;
`group.create_task(work())` has ended there.
"""

from __future__ import annotations

import libcst as cst

from poollint.reading.connections.acquiring.lending import GIVING_BACK
from poollint.reading.naming.scopes.shapes import Attribute, Name, dotted, of_cst
from poollint.reading.paths.walk import Place, places

_ENTERS = frozenset({"enter_context", "enter_async_context"})
_STACKS = frozenset({"ExitStack", "AsyncExitStack"})
_GROUPS = frozenset({"TaskGroup", "create_task_group"})
_EMPTIES = frozenset({"close", "aclose"})
_MOVES = "pop_all"  # what it holds is given to another stack


def entered(argument: Place, exit_: str) -> str:
    """Return the stack of a block around that an argument is entered on, "" where it is on none.

    `exit_` is what leaving a `with` on the argument does.
    """
    call = argument.above.node if argument.above else None
    shape = of_cst(call.func) if isinstance(call, cst.Call) else None
    if exit_ not in GIVING_BACK or not isinstance(shape, Attribute) or shape.name not in _ENTERS:
        return ""
    stack = shape.of.text if isinstance(shape.of, Name) else ""
    for above in argument.ancestors():
        if isinstance(above.node, cst.FunctionDef | cst.Lambda):
            return ""
        if isinstance(above.node, cst.With) and any(is_stack(i, stack) for i in above.node.items):
            return "" if _emptied(above.node, stack) else stack
    return ""


def is_stack(node: cst.CSTNode, name: str) -> bool:
    """Tell whether a `with` item makes the stack that has a name."""
    return _named(node, name, _STACKS)


def _named(node: cst.CSTNode, name: str, makers: frozenset[str]) -> bool:
    match node:
        case cst.WithItem(item=cst.Call(func=func), asname=cst.AsName(name=cst.Name(value=text))):
            return text == name and dotted(of_cst(func)).rpartition(".")[2] in makers
    return False


def target(argument: Place) -> frozenset[str]:
    """Return the name that `name = await stack.enter_async_context(…)` gives what is entered."""
    above = [a.node for a in argument.ancestors() if not isinstance(a.node, cst.Await)][1:2]
    match above:
        case [cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=name))])]:
            return frozenset({name})
    return frozenset()


def _emptied(block: cst.With, stack: str) -> bool:
    """Tell whether what is on the stack may be given back, or moved, before its block ends."""
    asked = (of_cst(p.node) for p in places(block) if isinstance(p.node, cst.Attribute))
    return any(isinstance(a, Attribute) and (a.name == _MOVES or (
        a.name in _EMPTIES and a.of == Name(stack))) for a in asked)  # fmt: skip


def tasks_of(place: Place) -> cst.With | None:
    """Return the block of a group in which a call is made a task, None where it is in none."""
    above = list(place.ancestors())
    match [a.node for a in above[:2]]:
        case [cst.Arg(), cst.Call(func=cst.Attribute(value=cst.Name(value=group), attr=attr))]:
            if attr.value != "create_task":
                return None
        case _:
            return None
    for up in above:
        if isinstance(up.node, cst.FunctionDef | cst.Lambda):
            return None
        if isinstance(up.node, cst.With) and any(_named(i, group, _GROUPS) for i in up.node.items):
            return up.node
    return None


def begun_within(group: cst.With, call: cst.Call) -> bool:
    """Tell whether what a call takes is given back before the tasks of a group are waited for."""
    makers = [isinstance(i.item, cst.Call) and dotted(of_cst(i.item.func)) for i in group.items]
    at = next((n for n, m in enumerate(makers) if m and m.rpartition(".")[2] in _GROUPS), 0)
    inner = (*group.items[at + 1 :], group.body)
    return any(place.node is call for node in inner for place in places(node))
