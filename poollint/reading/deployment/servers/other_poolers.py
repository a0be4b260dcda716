"""Poolers other than PgBouncer that run as containers, set up by a file of the tree.

Some images of Pgpool-II make a file of their variables: `pgpool_variables` reads those. Supavisor
has no file, but a database of its own that its variables fill: `supavisor`.
"""

from __future__ import annotations

from dataclasses import replace

from poollint.facts.infrastructure import Pooler
from poollint.reading.deployment.linking.deployed import Placed, Unit
from poollint.reading.deployment.servers import pgpool_variables, supavisor
from poollint.reading.deployment.servers.configured import Configured
from poollint.reading.deployment.servers.poolers import unset
from poollint.reading.deployment.servers.products import product

_PORTS = {"PgCat": 5432, "Odyssey": 6432, "Pgpool-II": 9999, supavisor.PRODUCT: supavisor.PORT}


def pooler(placed: Placed, unit: Unit, configured: Configured) -> Pooler | None:
    """Return the pooler of the file that a container sees, or of what its image makes of it."""
    title = product(unit)
    for found in configured.poolers:
        if found.product == title and placed.sees(found.span):
            hosts = tuple(address.host for address in placed.addresses)
            instances = placed.workload.replicas
            return replace(found, name=placed.workload.name, hosts=hosts, instances=instances)
    if title == supavisor.PRODUCT:
        return supavisor.pooler(placed, unit)
    return pgpool_variables.pooler(placed, unit)


def unknown(placed: Placed, unit: Unit) -> Pooler:
    """Return a pooler of which only is known where it runs, and which it is."""
    title = product(unit)
    port = _PORTS[title]
    return replace(unset(placed, unit), product=title, port=port)
