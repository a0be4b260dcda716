"""Which libraries hand out connections at all: most projects of Django's use none of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache

from poollint.catalog.load import Catalog

_KINDS = frozenset(
    "connect acquire session pool engine session-factory session-registry listener".split()
)
_OF_SESSIONS = "sqlalchemy."  # the types of SQLAlchemy's own, which those of others stand for
EXTENSION = "flask_sqlalchemy.extension"
QUERIES = ("aiosql",)  # words of which a file that reads queries for objects to run holds one
_LANGUAGE = "python"  # what stands in drivers.toml for Python's own


@cache
def idle(catalog: Catalog) -> frozenset[str]:
    """Return the ids of the drivers whose imports lead to no connection that is somebody's.

    Nothing that is imported so takes a connection, makes a pool, or may be shared to no good, nor
    gives what another driver has that does.
    """
    lending = _lending(catalog)
    loud = {
        id_ for name, driver in _names(catalog) if driver in lending for id_ in _of(name, catalog)
    }
    return frozenset(catalog.drivers.keys() - loud)


@cache
def strays(catalog: Catalog) -> tuple[str, ...]:
    """Return the packages of what does so and is imported from no driver's own."""
    lending = _lending(catalog)
    names = (name for name, driver in _names(catalog) if driver in lending)
    return tuple(sorted({n.partition(".")[0] for n in names if not any(_of(n, catalog))}))


@cache
def makers(catalog: Catalog) -> tuple[str, ...]:
    """Return words of which a file that makes sessions, or hands them out, holds at least one."""
    types = {id_ for id_ in catalog.types if id_.startswith(_OF_SESSIONS)} | {EXTENSION}
    named = {name for name, of in catalog.type_of_name.items() if of in types}
    made = {name for name, api in catalog.functions.items() if api.returns in types}
    return tuple(sorted({name.partition(".")[0] for name in named | made}))


@cache
def methods(catalog: Catalog) -> frozenset[str] | None:
    """Return the methods of what is imported from idle drivers, by their names.

    None where not every call of one names it: `__call__`, or a pattern.
    """
    types, quiet = catalog.types, idle(catalog)
    found = {method for of, method in catalog.methods if types[of].driver in quiet}
    named = all(name.isidentifier() and name != "__call__" for name in found)
    return frozenset(found) if named else None


def _names(catalog: Catalog) -> Iterator[tuple[str, str]]:
    """Yield every name of the catalog, with the driver that it is of."""
    for name, api in catalog.functions.items():
        yield name, api.driver
    for name, id_ in catalog.type_of_name.items():
        yield name, catalog.types[id_].driver


def _of(name: str, catalog: Catalog) -> Iterator[str]:
    """Yield the drivers from whose packages a name is imported."""
    roots = _roots(catalog)
    package = ""
    for part in name.split("."):
        package = f"{package}.{part}" if package else part
        yield from roots.get(package, ())


@cache
def _roots(catalog: Catalog) -> Mapping[str, Sequence[str]]:
    found: dict[str, list[str]] = {}
    for driver in catalog.drivers.values():
        for root in driver.imports:
            found.setdefault(root, []).append(driver.id)
    return found


def _lending(catalog: Catalog) -> frozenset[str]:
    """Return the drivers of which something is handed out, or leads to what is."""
    apis = (*catalog.functions.values(), *catalog.methods.values())
    found = {api.driver for api in apis if api.kind in _KINDS}
    found |= {type_.driver for type_ in catalog.types.values() if type_.shared}
    types = catalog.types
    leads = {
        (api.driver, types[kind].driver)
        for api in apis
        for kind in (api.returns, api.yields)
        if kind in types
    }
    while more := {one for one, other in leads if other in found} - found:
        found |= more
    return frozenset(found - {_LANGUAGE})
