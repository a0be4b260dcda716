"""What a file takes as a script, and what its functions share: seen of the file as a whole."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace

from poollint.facts.code import Function
from poollint.facts.connections import Hold, Shared
from poollint.model.source import Span
from poollint.reading.connections.ownership.leaks import of_script
from poollint.reading.connections.shared.sharing import Sharing
from poollint.reading.connections.waits.held.kept_open import left_open
from poollint.reading.file import File
from poollint.reading.found import Found
from poollint.reading.naming.files.exports import Exports
from poollint.reading.naming.objects.instances import Member
from poollint.reading.running.surroundings import Surroundings


def script(file: File) -> Found:
    """Return what the file takes where it is run again and again as a script."""
    taken, lost = of_script(file.tree, file.names, file.around[""], file.runs.get(""))
    if not taken:
        return Found((), (), tuple(lost))
    return Found((file.function("", taken[0].span, is_async=False, taken=taken),), (), tuple(lost))


def with_shared(
    functions: tuple[Function, ...], file: File, exports: Exports | None, top: str
) -> tuple[Function, ...]:
    """Add what functions share with others; a function may do nothing else that matters."""
    names = file.names
    sharing = Sharing(file.tree, names, file.runs, exports, top)
    shared = {name: found for name in names.functions if (found := tuple(sharing.of(name)))}
    if of_module := tuple(sharing.of_module()):
        shared[""] = of_module
    still = {name: tuple(_left_open(name, file)) for name in ("", *names.functions)}
    still = {name: found for name, found in still.items() if found}
    known = {function.name for function in functions}
    more = []
    for name in (shared.keys() | still.keys()) - known:
        node = names.functions.get(name)
        is_async = isinstance(node, ast.AsyncFunctionDef)
        span = file.tree.span(node) if node is not None else _first(name, shared, still)
        more.append(file.function(name, span, is_async))
    more.sort(key=lambda function: function.span.start)
    return tuple(
        replace(
            function,
            shared=shared.get(function.name, ()),
            idle=function.idle or still.get(function.name, ()),
        )
        for function in (*functions, *more)
    )


def _first(
    name: str, shared: dict[str, tuple[Shared, ...]], still: dict[str, tuple[Hold, ...]]
) -> Span:
    """Return where a module itself first does something with what it shares or leaves open."""
    spans = [hold.span for hold in still.get(name, ())]
    return [*spans, *(one.span for one in shared.get(name, ()))][0]


def _left_open(name: str, file: File) -> Iterator[Hold]:
    """Yield what a function waits for with a transaction open on a connection that is kept."""
    quiet = file.around.get(name, Surroundings()).quiet
    return left_open(Member(file.names, name), file.waits, quiet)
