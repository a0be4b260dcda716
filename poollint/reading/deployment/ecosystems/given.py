"""Pools that the variables of a container state by themselves, whatever code it runs.

A connection string of Npgsql is whole in its variable. Of what Quarkus and Spring Boot are given
the size is certain where a variable says it: it goes before the files that lie in the image.
"""

from __future__ import annotations

from collections.abc import Iterator

from poollint.reading.deployment.ecosystems import dotnet, quarkus, spring
from poollint.reading.deployment.ecosystems.stating import StatedPool
from poollint.reading.deployment.linking.reach import is_other
from poollint.reading.deployment.linking.variables import Variables


def pools(
    language: str, variables: Variables, *, whole: bool
) -> tuple[str, tuple[StatedPool, ...]]:
    """Return the pools, and the language of what opens them.

    `language` is that of what the container runs, "" where nothing tells; `whole` tells that
    all of its code is in the tree, and sets no size: what a variable leaves open is the default.
    """
    for known, every in _READERS:
        found = tuple(every(variables)) if language in ("", known) else ()
        found = tuple(p for p in found if p.address and not is_other(p.address))
        if found and (whole or all(pool.size for pool in found)):
            return known, found
    return language, ()


def _of_java(variables: Variables) -> Iterator[StatedPool]:
    found = (*quarkus.pools((), variables), *spring.pools((), variables, (), True))
    yield from (pool for pool in found if pool.size)


def _of_dotnet(variables: Variables) -> Iterator[StatedPool]:
    yield from dotnet.pools((), variables)


_READERS = ((dotnet.LANGUAGE, _of_dotnet), (spring.LANGUAGE, _of_java))
