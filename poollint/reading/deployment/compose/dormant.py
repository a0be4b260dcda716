"""What nothing starts but a profile that someone asks for (`docker compose --profile worker up`).

No file says which profiles are used together, so it is in no sum; it is told where it may open
connections, or serves them.

Source: compose-spec 170098b, 15-profiles.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from poollint.catalog.platforms import platforms
from poollint.reading.deployment.images import images
from poollint.reading.deployment.linking.deployed import Placed, Unit
from poollint.reading.deployment.linking.environments import Environment
from poollint.reading.deployment.linking.opening import Programs
from poollint.reading.deployment.linking.reach import endpoints, hidden
from poollint.reading.deployment.linking.wording import quoted
from poollint.reading.deployment.servers import poolers
from poollint.reading.deployment.servers.databases import serves


def told(environment: Environment, known: Programs) -> Iterator[str]:
    """Yield what each profile starts that has to do with a database, in words."""
    found: dict[tuple[str, ...], list[str]] = {}
    for profiles, placed in environment.dormant:
        matter = [_matters(unit, placed, known) for unit in placed.units]
        if any(matter):
            found.setdefault(profiles, []).append(placed.workload.name)
    for profiles, names in found.items():
        which = " or ".join(f"`{profile}`" for profile in profiles)
        yield f"{quoted(names)}, which only profile {which} starts"


def _matters(unit: Unit, placed: Placed, known: Programs) -> bool:
    container = unit.container
    if poolers.runs_pooler(unit):
        return True
    if images.is_server(container.image) or images.is_server(unit.base):
        return serves(placed, unit)
    if platforms().is_idle(images.reference(container.image)[1]):
        return False
    applications = known.code.applications
    if applications:
        process = applications.process(container)
        unit = replace(unit, container=replace(container, process=process))
    joined = known.opened(unit, placed)  # what it runs is known to be run by something
    given = endpoints(container.variables) or hidden(container.variables)
    return bool(given or joined.groups or joined.django)
