"""Classes whose `__init__` is written for them: dataclasses, and those of attrs.

`@dataclass class Orders: session: AsyncSession` keeps in `self.session` what it is given for it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from poollint.reading.connections.orm.use.asking import arguments
from poollint.reading.naming.objects.instances import Instance, lineage
from poollint.reading.naming.scopes.shapes import of_annotation, of_ast

_MAKING = frozenset(
    """dataclasses.dataclass attr.s attr.attrs attr.dataclass attr.define attr.frozen attr.mutable
    attrs.define attrs.frozen attrs.mutable""".split()
)


def fields(of: Instance) -> tuple[ast.AnnAssign, ...]:
    """Return what a class's objects are given when they are made, in order.

    None of a class that is made in another way, or inherits from one of the project that is.
    """
    found: dict[str, ast.AnnAssign] = {}
    for at in reversed(lineage(of)):
        if not _is_made(at):
            return ()
        for node in at.names.classes[at.cls].body:
            if not isinstance(node, ast.AnnAssign) or not _is_given(node):
                continue
            if isinstance(node.target, ast.Name):
                found[node.target.id] = node
    return tuple(found.values())


def filled(call: ast.Call, of: Instance) -> Iterator[tuple[str, ast.expr]]:
    """Yield the attributes that a call which makes an object fills, and with what.

    "" of what it is not told which: unpacked, or more than there is room for.
    """
    names = [node.target.id for node in fields(of) if isinstance(node.target, ast.Name)]
    for at, keyword, value in arguments(call):
        if at >= 0:
            sure = at < len(names) and not isinstance(value, ast.Starred)
            yield names[at] if sure else "", value
        else:
            yield keyword if keyword in names else "", value


def _is_made(of: Instance) -> bool:
    names, cls = of
    node = names.classes[cls]
    if f"{cls}.__init__" in names.functions:
        return False
    plain = (d.func if isinstance(d, ast.Call) else d for d in node.decorator_list)
    return any(names.qualified(of_ast(one), "") in _MAKING for one in plain)


def _is_given(node: ast.AnnAssign) -> bool:
    """Tell whether an annotation of a class's body is of what its objects are given."""
    said = node.annotation.value if isinstance(node.annotation, ast.Subscript) else node.annotation
    if isinstance(said, ast.Name | ast.Attribute) and ast.unparse(said).endswith("ClassVar"):
        return False
    told = node.value.keywords if isinstance(node.value, ast.Call) else []
    return of_annotation(node.annotation) is not None and not any(
        k.arg == "init" and isinstance(k.value, ast.Constant) and k.value.value is False
        for k in told
    )
