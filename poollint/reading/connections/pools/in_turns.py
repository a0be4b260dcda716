"""Pools that a loop or a comprehension builds one after another, and that are all kept.

How many turns it takes is not known. A loop that tries again until it has one keeps that alone:
of a loop only what goes into an entry of a mapping, or to the end of a list, is one of several.
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from poollint.reading.paths.walk import Place, places

_COMPREHENSIONS = ("ListComp", "SetComp", "DictComp", "GeneratorExp")
_INNER = ("FunctionDef", "ClassDef", "Lambda")
_ADDING = frozenset({"add", "append"})


def in_turns(place: Place) -> bool:
    """Tell whether the call at `place` builds one of several pools, one in each turn."""
    inner = place.node
    for above in place.ancestors():
        kind = type(above.node).__name__
        if kind in _INNER:
            return False
        if kind in _COMPREHENSIONS and not isinstance(inner, cst.CompFor):
            return True
        if isinstance(above.node, cst.For) and inner is above.node.body:
            return _is_kept(place, above.node)
        inner = above.node
    return False


def _is_kept(place: Place, loop: cst.For) -> bool:
    """Tell whether what a call builds in a loop is put beside what the turns before have built."""
    above = [p.node for p in place.ancestors()]
    around = above[: above.index(loop)]
    if any(_puts(node) for node in around):
        return True
    targets = [target for node in around for target in _targets(node)]
    names = {target.value for target in targets if isinstance(target, cst.Name)}
    return bool(names) and any(_puts_name(p.node, names) for p in places(loop.body))


def _puts(node: cst.CSTNode) -> bool:
    """Tell whether a node that is around a call puts its value among others."""
    adds = isinstance(node, cst.Call) and _adds(node)
    return adds or any(map(_is_entry, _targets(node)))


def _puts_name(node: cst.CSTNode, names: set[str]) -> bool:
    """Tell whether a node puts what one of `names` stands for among others."""
    match node:
        case cst.Assign(value=cst.Name(value=name)):
            return name in names and any(map(_is_entry, _targets(node)))
        case cst.Call(args=[cst.Arg(value=cst.Name(value=name))]):
            return name in names and _adds(node)
    return False


def _adds(call: cst.Call) -> bool:
    func = call.func
    return isinstance(func, cst.Attribute) and func.attr.value in _ADDING


def _targets(node: cst.CSTNode) -> Iterator[cst.BaseExpression]:
    match node:
        case cst.Assign(targets=targets):
            yield from (target.target for target in targets)
        case cst.AnnAssign(target=target):
            yield target


def _is_entry(target: cst.BaseExpression) -> bool:
    """Tell whether a target is an entry of a mapping, of which the key is no constant."""
    match target:
        case cst.Subscript(slice=[cst.SubscriptElement(slice=cst.Index(value=key))]):
            return not isinstance(key, cst.BaseString | cst.BaseNumber)
    return False
