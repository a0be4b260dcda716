"""Sessions that a provider or a context manager begins itself, to make an object around them.

`async with sessions() as session: yield Orders(session)`: whoever depends on that, or enters it,
uses the session by the object. It is taken back when the request, or the block, is over.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from poollint.catalog.load import Api
from poollint.reading.naming.given.providing import yielded
from poollint.reading.naming.objects.instances import Member
from poollint.reading.naming.objects.managers import is_manager, lent
from poollint.reading.naming.scopes.bindings import Binding, parameters
from poollint.reading.naming.scopes.shapes import Name


def begun_in(of: Member) -> Iterator[tuple[str, ast.expr, Api]]:
    """Yield the names that a function gives sessions which its calls make, with these."""
    names, name = of
    given = {argument.arg for argument in parameters(names.functions[name].args)}
    for text, bound in names.scope(name).bound.items():
        calls = [call for one in bound if (call := _call(one)) is not None]
        if text in given or not calls or len(calls) != len(bound):
            continue
        kind = names.type(Name(text), name)
        known = names.catalog.functions.values()
        api = next((a for a in known if a.kind == "session" and a.returns == kind and kind), None)
        if api is not None:
            yield text, calls[0], api


def given_out(of: Member) -> Sequence[ast.expr]:
    """Return what a function hands to those that depend on it, or to the block that enters it."""
    return lent(of) if is_manager(of) else yielded(of) or of.names.results(of.name) or ()


def _call(bound: Binding) -> ast.Call | None:
    """Return the call that gives a name its value, None where something else does."""
    value = bound.value.value if isinstance(bound.value, ast.Await) else bound.value
    return value if bound.how in ("=", "with") and isinstance(value, ast.Call) else None
