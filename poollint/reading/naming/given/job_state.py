"""What the start of a worker keeps for its jobs: `ctx["pool"] = await create_pool(dsn)`.

arq and SAQ hand one dictionary to the hook that runs when a worker starts and to each job after
that, as their first parameter (arq's documentation, "Startup & Shutdown coroutines"; README of
SAQ). The jobs read it by name, `ctx["pool"]` or `ctx.get("pool")`, in whatever file.
A place is "job.pool".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from poollint.reading.naming.given.application_state import IS_SET, Places, nearest
from poollint.reading.naming.scopes.shapes import Item, Name, Shape

if TYPE_CHECKING:
    from poollint.reading.naming.scopes.names import Names

_CONTEXT = re.compile(r"(?:\w*_)?ctx\Z")
_MAY = (b"ctx[", b"ctx.get(")
_NAMED = re.compile(rb"(?<![^\W_])ctx(?:\[|\.get\()[ \t]*[\"']([\w.-]+)[\"'](?:[ \t]*\])?" + IS_SET)


def place(shape: Shape) -> str:
    """Return the place that an expression reads ("job.pool"), "" where it is none."""
    match shape:
        case Item(of=Name(text=text), key=key, named=False) if _CONTEXT.match(text):
            return f"job.{key}"
    return ""


def places_in(data: bytes) -> Places:
    """Return the places that the text of a file speaks of."""
    if not any(word in data for word in _MAY):  # many times as fast as the test
        return Places((), ())
    found = {(f"job.{name.decode()}", bool(sets)) for name, sets in _NAMED.findall(data)}
    reads = tuple(sorted({place for place, _ in found}))
    return Places(reads, tuple(sorted(place for place, is_set in found if is_set)))


def kept(names: Names, shape: Shape, scope: str) -> tuple[tuple[tuple[Names, str], ...], ...]:
    """Return the files that set what a worker keeps and `shape` reads, and its place.

    All of them, then those that stand nearest above this module: a project may have several
    workers. Only what a function is handed as its first parameter is such a dictionary.
    """
    found = place(shape)
    if not found or not _is_handed(shape, scope, names):
        return ()
    here = (names,) if found in names.state else ()
    every = tuple((one, found) for one in (*here, *names.outside.keeping(found)))
    if not every:
        return ()
    above = nearest(names.outside.path, [one.outside.path for one, _ in every])
    return every, tuple(one for one in every if one[0].outside.path in above)


def _is_handed(shape: Shape, scope: str, names: Names) -> bool:
    """Tell whether what is looked into is the first parameter of a function, and nothing else."""
    of = shape.of.text if isinstance(shape, Item) and isinstance(shape.of, Name) else ""
    holder = names.scope(scope).holder(of) if of else None
    node = names.functions.get(holder.name) if holder is not None else None
    if node is None or holder is None:
        return False
    first = [*node.args.posonlyargs, *node.args.args]
    own = [a.arg for a in first if a.arg not in ("self", "cls")][:1]
    return own == [of] and [b.how for b in holder.bound[of]] == [":"]
