"""What frameworks call again and again, and what they call once: frameworks.toml, read once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from poollint.catalog.load import row_of
from poollint.catalog.tables import tables


@dataclass(frozen=True, slots=True)
class Entry:
    """A way in which a framework calls user code again and again.

    shape      what to look for; frameworks.toml has the list and which fields each needs
    rate       "request", "event", "task", "call", "item", "field", "tick" or "rerun"
    names      qualified names (decorators, functions that take the callable, annotations)
    receivers  qualified names of the classes whose instances have `attrs`
    bases      qualified names of base classes, `methods` those the framework calls
    position   where the callable stands among the arguments, -1 nowhere; `keyword` its name, or
               "*" where any argument may be one
    params     names of parameters that give the function away
    files      globs of the paths it is restricted to, () anywhere
    alone      it needs no import of the framework
    web        the decorator's first argument is a path ("/orders")
    relative   the last parts of a name are enough: what code of the same project imports from
               `.web` may be `shop.web`
    """

    framework: str
    shape: str
    rate: str
    names: tuple[str, ...] = ()
    receivers: tuple[str, ...] = ()
    attrs: tuple[str, ...] = ()
    bases: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    position: int = -1
    keyword: str = ""
    params: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    alone: bool = False
    web: bool = False
    relative: bool = False


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """A place that runs once; fields as those of `Entry`.

    when     why it runs once: "lifespan", "startup hook", "management command", "test"
    args     constants of which the decorator must be given one ("startup"), () any
    pool_ok  building a pool here is right
    """

    framework: str
    shape: str
    when: str
    names: tuple[str, ...] = ()
    receivers: tuple[str, ...] = ()
    attrs: tuple[str, ...] = ()
    bases: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    position: int = -1
    keyword: str = ""
    params: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    alone: bool = False
    web: bool = False
    relative: bool = False
    args: tuple[str, ...] = ()
    pool_ok: bool = True


@dataclass(frozen=True, slots=True)
class Framework:
    """A framework: what people call it and what code imports to use it.

    serverless  an instance serves one event at a time, and is frozen between two
    plain       how calls of a plain function run at the same time: "threads", "served" (threads,
                where the server it is run by has several) or "", one after another or not known
    coroutines  the same for a coroutine: "tasks" or ""
    """

    id: str
    title: str
    imports: tuple[str, ...]
    serverless: bool = False
    plain: str = ""
    coroutines: str = ""


@dataclass(frozen=True, slots=True)
class Frameworks:
    """The frameworks, with what they call again and again and what they call once."""

    frameworks: Mapping[str, Framework]
    entries: tuple[Entry, ...]
    lifecycles: tuple[Lifecycle, ...]


@cache
def frameworks() -> Frameworks:
    """Return the frameworks and what they call."""
    found = tables("frameworks.toml")
    return Frameworks(
        {
            id_: Framework(
                id_,
                table["title"],
                tuple(table["imports"]),
                table.get("serverless", False),
                table.get("plain", ""),
                table.get("coroutines", ""),
            )
            for id_, table in found.items()
        },
        tuple(
            Entry(id_, **row_of(r)) for id_, table in found.items() for r in table.get("entry", ())
        ),
        tuple(
            Lifecycle(id_, **row_of(r))
            for id_, table in found.items()
            for r in table.get("once", ())
        ),
    )
