"""Receivers of Django's signals that saving a row runs, where its model's own file has them.

`@receiver(post_save, sender=Order)`: `order.save()` runs the function before it returns (6.0,
`db/models/base.py`). Those in other files are not looked for.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from poollint.reading.naming.objects.instances import Instance, Member, project_class
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import of_ast

_RECEIVER = "django.dispatch.receiver"
_SIGNALS = "django.db.models.signals."
_SAVING = frozenset({f"{_SIGNALS}{name}" for name in ("pre_save", "post_save")})


def receivers(model: Instance) -> Iterator[Member]:
    """Yield the functions of a model's file that saving one of its rows runs."""
    names = model.names
    memory: dict[str, list[tuple[str, Instance]]] = names.memory.setdefault("receivers", {})
    if "" not in memory:
        memory[""] = list(_of_file(names))
    yield from (Member(names, name) for name, sender in memory[""] if sender == model)


def _of_file(names: Names) -> Iterator[tuple[str, Instance]]:
    if _RECEIVER not in names.imports.values() and "django.dispatch" not in names.imports.values():
        return
    for name, node in names.functions.items():
        for decorator in node.decorator_list:
            match decorator:
                case ast.Call(func=func, args=[signal, *_], keywords=[ast.keyword("sender", of)]):
                    sender = project_class(of_ast(of), "", names)
                    named = names.qualified(of_ast(func), "") == _RECEIVER
                    if sender is not None and named and _is_saving(signal, names):
                        yield name, sender


def _is_saving(signal: ast.expr, names: Names) -> bool:
    several = signal.elts if isinstance(signal, ast.List | ast.Tuple) else [signal]
    return any(names.qualified(of_ast(one), "") in _SAVING for one in several)
