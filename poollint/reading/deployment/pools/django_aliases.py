"""The databases that a Django project's settings name: each is connections of its own.

A thread has one connection for each alias that it uses (docs.djangoproject.com, ref/databases and
topics/db/multi-db). The default is used by all that says nothing else, another one by code that
names it, or by what a router chooses.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from poollint.facts.code import Database, Module, Pool
from poollint.facts.infrastructure import Container
from poollint.reading.deployment.pools import django_branches

if TYPE_CHECKING:
    from poollint.reading.naming.files.exports import Exports

DEFAULT = "default"
DRIVER = "django"
_ROUTERS = "DATABASE_ROUTERS"
_NO_ALIAS = (" ", ".")  # what other programs call theirs, among the same facts


@dataclass(frozen=True, slots=True)
class Alias:
    """A database of a project's settings.

    pool  where it leads, as of a pool that keeps nothing; nowhere where settings contradict
          each other
    sure  every process that uses a database at all uses this one
    """

    name: str
    pool: Pool
    sure: bool


def stated(modules: Iterable[Module]) -> tuple[Database, ...]:
    """Return the databases that settings of Django name in these modules."""
    found = (database for module in modules for database in module.databases)
    return tuple(d for d in found if d.alias and not any(sign in d.alias for sign in _NO_ALIAS))


def known(modules: Sequence[Module]) -> tuple[Module, ...]:
    """Return the modules, without copies of databases that none of them says are PostgreSQL's.

    What has the settings of another is of the same sort, and of another sort none is told.
    """
    whole = {d.alias for module in modules for d in module.databases if not d.copies}
    return tuple(
        replace(m, databases=tuple(d for d in m.databases if d.copies in ("", *whole)))
        if any(d.copies for d in m.databases)
        else m
        for m in modules
    )


def used(
    exports: Exports, modules: Iterable[Module], aside: Callable[[str], bool]
) -> frozenset[str]:
    """Return the aliases beside the default that code names; all, where a router chooses."""
    names = {d.alias for d in stated(modules) if d.alias != DEFAULT}
    if not names:
        return frozenset()
    routed = exports.files.passing("has routers of Django", lambda text: _ROUTERS in text)
    if any(not aside(path) for path in routed):
        return frozenset(names)
    return frozenset(name for name in names if _is_named(name, exports, aside))


def _is_named(name: str, exports: Exports, aside: Callable[[str], bool]) -> bool:
    words = (f'"{name}"', f"'{name}'")

    def test(text: str) -> bool:
        return "DATABASES" not in text and any(word in text for word in words)

    found = exports.files.passing(f"names the database {name} outside of settings", test)
    return any(not aside(path) for path in found)


def aliases(
    databases: Iterable[Database],
    container: Container,
    used: frozenset[str],
    guards: django_branches.Guards = (),
) -> tuple[Alias, ...]:
    """Return what a process of a container connects to by its settings, the default first.

    Settings that `guards` say are for another environment tell nothing of where one leads. Beside
    the default, one that stands under a condition (`if REPLICA:`) counts where that is known to
    hold.
    """
    stated_ = tuple(databases)
    here = django_branches.holding(stated_, container, guards)
    known = {
        d.alias
        for d in stated_
        if d.alias in used and django_branches.certain(d, container, guards)
    }
    names = dict.fromkeys((DEFAULT, *(d.alias for d in stated_)))
    groups = {name: [d for d in stated_ if d.alias == name] for name in names}
    return tuple(
        Alias(name, _one(groups[name], here), name == DEFAULT)
        for name in names
        if groups[name] and (name == DEFAULT or name in known)
    )


def chosen(databases: Iterable[Database], settings: str) -> tuple[Database, ...]:
    """Return the databases that a module of settings names, all where it names none itself.

    It is that which a process is told to take ("shop.settings.live"), "" where none is known. One
    that names no default adds to what it takes in, of which the rest is.
    """
    module = settings.replace(".", "/")
    endings = (f"/{module}.py", f"/{module}/__init__.py")
    every = tuple(databases)
    own = tuple(d for d in every if module and f"/{d.span.path}".endswith(endings))
    names = {d.alias for d in own}
    found = own if DEFAULT in names else (*own, *(d for d in every if d.alias not in names))
    return tuple(_copying(d, found) for d in found)


def _copying(database: Database, every: tuple[Database, ...]) -> Database:
    """Return a database that has the settings of another, leading where that is known to."""
    if not database.copies or database.url or database.variable:
        return database
    copied = [d for d in every if d.alias == database.copies]
    if len({(d.url.value if d.url else None, d.variable) for d in copied}) != 1:
        return database
    return replace(database, url=copied[0].url, variable=copied[0].variable)


def _one(databases: list[Database], here: tuple[Database, ...]) -> Pool:
    """Return where an alias leads, nowhere where several settings say several things.

    `here` are the settings that may count in a container.
    """
    own = [database for database in databases if database in here]
    one = (own or databases)[0]
    agreed = len({(d.url.value if d.url else None, d.variable) for d in own}) == 1
    url, variable = (one.url, one.variable) if agreed else (None, "")
    return Pool(
        one.span, DRIVER, "DATABASES", (), (), eager=False, pooled=False, once="", function="",
        url=url, variable=variable,
    )  # fmt: skip
