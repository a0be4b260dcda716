"""Which names of a module mean something to those who import them."""

from __future__ import annotations

from collections.abc import Iterator

from poollint.reading.connections.acquiring.blocks import block, offers
from poollint.reading.connections.acquiring.handing import handed
from poollint.reading.connections.acquiring.provided import hands_in
from poollint.reading.connections.orm.objects.services import hands_out
from poollint.reading.connections.orm.objects.units_of_work import unit_of_work
from poollint.reading.connections.orm.provided.depending import asks
from poollint.reading.connections.orm.registry.registered import asks as asks_registry
from poollint.reading.connections.orm.transactions.blocks import begins
from poollint.reading.naming.given.application_state import word
from poollint.reading.naming.given.decorating import hands
from poollint.reading.naming.given.interfaces import INTERFACES, PLACES, bases
from poollint.reading.naming.given.providing import yielded
from poollint.reading.naming.objects.by_use import takes_session
from poollint.reading.naming.objects.instances import (
    Instance,
    Member,
    function,
    holding,
    instance,
    lineage,
    of_bindings,
)
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import Attribute, Called, Name

_DEPTH = 1  # objects within objects that lead to a pool


def offered(names: Names) -> Iterator[str]:
    """Yield the names of a module that mean something of the catalog to those who import them.

    What an application keeps has a dot in it ("state.pool"), and needs no import.
    """
    for place, bound in names.state.items():
        if any(binding.how == "def" for binding in bound):
            if any(_gives(names, f"{b.where}.{word(place)}") for b in bound if b.how == "def"):
                yield place
            continue
        key = ("", f"~{place}")
        of = of_bindings(names, key, bound)
        if names.of_bindings(key, bound) or (of is not None and _has(of, _DEPTH)):
            yield place
    for cls in names.classes if names.outside.lends() else ():
        if _begins(Instance(names, cls)):  # for who declares what it implements
            yield from (
                f"{PLACES}{base}" for base in sorted(bases(names.classes[cls]) - INTERFACES)
            )
    for name, bound in names.scope("").bound.items():
        shape = Name(name)
        foreign = all(binding.how == "import" for binding in bound)
        if foreign and not names.imports.get(name, "").startswith("."):
            continue
        if names.type(shape, "") or names.type(Called(shape), "") or handed(shape, "", names):
            yield name
            continue
        of = holding(shape, "", names) or instance(Called(shape), "", names)
        told = (of is not None and _has(of, _DEPTH)) or _provides(function(shape, "", names))
        told = told or bool(names.annotated(name)) or begins(name, names)
        if told or (names.outside.lends() and (_lends(name, names) or _begins(of))):
            yield name


def _lends(name: str, names: Names) -> bool:
    """Tell whether what goes by a name takes a connection, or a session, for somebody."""
    if block(Called(Name(name)), "", names) is not None:
        return True
    return any(lent(name, names) for lent in (asks, asks_registry, hands_out, hands_in))


def _begins(of: Instance | None) -> bool:
    """Tell whether objects of a class, or of those that implement it, begin a session."""
    return of is not None and unit_of_work(of) is not None


def _provides(member: Member | None) -> bool:
    """Tell whether a generator, manager or decorator hands out what the catalog knows."""
    if member is None:
        return False
    if yielded(member) and member.names.of_provider(member.name):
        return True
    return offers(member) or hands(member) or takes_session(*member)


def _gives(names: Names, method: str) -> bool:
    """Tell whether a method gives, or lends, something of the catalog."""
    shape = Attribute(Name(method.rpartition(".")[0]), method.rpartition(".")[2])
    if names.of_function(method) or handed(shape, "", names) or offers(Member(names, method)):
        return True
    of = instance(Called(shape), "", names)
    return of is not None and _has(of, _DEPTH)


def _has(of: Instance, depth: int) -> bool:
    """Tell whether objects of a class have something that means something of the catalog."""
    memory: dict[tuple[str, int], bool] = of.names.memory.setdefault("has", {})
    key = (of.cls, depth)
    if key not in memory:
        memory[key] = any(_means(names, cls, depth) for names, cls in lineage(of))
    return memory[key]


def _means(names: Names, cls: str, depth: int) -> bool:
    prefix = f"{cls}."
    for name in names.functions:
        if name.startswith(prefix) and "." not in name[len(prefix) :]:
            shape = Attribute(Name(cls), name[len(prefix) :])
            if names.of_function(name) or handed(shape, "", names):
                return True
            if offers(Member(names, name)) or hands(Member(names, name)):
                return True
    for name in dict.fromkeys(names.attributes_of(cls)):
        shape = Attribute(Name("self"), name)
        if names.type(shape, cls):
            return True
        inner = instance(shape, cls, names) if depth else None
        if inner is not None and _has(inner, depth - 1):
            return True
    return False
