"""Pools that the variables of a container, and files it is given, state by themselves.

A connection string of Npgsql is whole in its variable. Of what Quarkus and Spring Boot are given
the size is certain where a variable says it, or a file beside its archive: these go before the
files that lie in the image.
"""

from __future__ import annotations

from collections.abc import Iterator

from poollint.reading.deployment.ecosystems import dotnet, quarkus, spring
from poollint.reading.deployment.ecosystems.stating import StatedFile, StatedPool
from poollint.reading.deployment.linking.reach import is_other
from poollint.reading.deployment.linking.variables import Variables


def pools(
    language: str, variables: Variables, outside: tuple[StatedFile, ...] = (), *, whole: bool
) -> tuple[str, tuple[StatedPool, ...]]:
    """Return the pools, and the language of what opens them.

    `language` is that of what the container runs, "" where nothing tells; `whole` tells that
    all of its code is in the tree, and sets no size: what a variable leaves open is the default.
    """
    for known, every in _READERS:
        found = tuple(every(variables, outside)) if language in ("", known) else ()
        found = tuple(p for p in found if p.address and not is_other(p.address))
        if found and (whole or all(pool.size for pool in found)):
            return known, found
    return language, ()


def _of_java(variables: Variables, outside: tuple[StatedFile, ...]) -> Iterator[StatedPool]:
    of_spring = spring.pools((), variables, (), True, outside)
    found = (*quarkus.pools(outside, variables), *of_spring)
    yield from (pool for pool in found if pool.size)


def _of_dotnet(variables: Variables, _: tuple[StatedFile, ...]) -> Iterator[StatedPool]:
    yield from dotnet.pools((), variables)


_READERS = ((dotnet.LANGUAGE, _of_dotnet), (spring.LANGUAGE, _of_java))
