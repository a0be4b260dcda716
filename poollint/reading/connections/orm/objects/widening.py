"""What a function calls the session, and the objects that keep it, under names of its own."""

from __future__ import annotations

import ast

from poollint.reading.connections.orm.objects.keeping import Keeper, Mark, Meant, View, made
from poollint.reading.connections.orm.objects.putting import put
from poollint.reading.naming.objects.instances import Member


def widened(view: View, here: Member) -> View:
    """Return what a function has of the session under names of its own, too."""
    node = here.names.functions[here.name]
    own, kept = set(view.own), dict(view.keepers)
    told: set[str] = set()
    for name, value in put(node, own=False):
        if name in view.own or name in view.keepers:
            continue
        seen = View(frozenset(own), kept)
        meant = seen.meant(value) or made(value, seen, here)
        meant = meant or _transaction(value, seen) or cursor(value, seen)
        was = name in own or name in kept
        if (meant is None and not was) or (meant is Mark.ITSELF and name in own):
            told.add(name)
        elif meant is Mark.ITSELF and name not in told and not was:
            own.add(name)
        else:
            kept[name] = meant if isinstance(meant, Keeper) and not was else None
            own.discard(name)
    return View(frozenset(own), kept)


def _transaction(value: ast.expr, view: View) -> Meant:
    """Tell of `tx = session.begin()` that `tx.commit()` ends what the session has begun."""
    match value.value if isinstance(value, ast.Await) else value:
        case ast.Call(func=ast.Attribute(value=of, attr="begin" | "get_transaction")):
            return Mark.UNSURE if view.meant(of) is Mark.ITSELF else None
    return None


def cursor(value: ast.expr, view: View) -> Meant:
    """Tell of `cur = conn.cursor()` that what the cursor does, it does on the connection."""
    match value.value if isinstance(value, ast.Await) else value:
        case ast.Call(func=ast.Attribute(value=of, attr="cursor")):
            return Mark.ITSELF if view.meant(of) is Mark.ITSELF else None
        case ast.Call(func=ast.Name(id="closing"), args=[inner]):
            return cursor(inner, view)
    return None
