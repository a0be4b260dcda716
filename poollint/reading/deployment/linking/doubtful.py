"""Containers of which nothing tells whether they open connections.

Their image, or the code of a function, is made elsewhere, and no variable of theirs speaks of a
database: the address may be in the code, or in a file that it is given.
"""

from __future__ import annotations

import re

from poollint.catalog.platforms import platforms
from poollint.reading.deployment.ecosystems.homes import FUNCTION
from poollint.reading.deployment.images.images import is_server, reference
from poollint.reading.deployment.linking.deployed import Unit

# What watches others, or hands on what they are asked.
_BESIDE = re.compile(
    r"(?:^|[-_])(?:exporter|proxy|metrics|sidecar|agent|router|gateway|ingress|controller"
    r"|operator|csi|cni|dashboard|ui|frontend|docs|backup|init|reloader)(?:[-_]|$)"
)


def is_doubtful(unit: Unit) -> bool:
    """Tell whether a container may connect to a database, for all that the tree says of it."""
    container, known = unit.container, platforms()
    name = reference(container.image)[1].lower()
    process = container.process
    if container.build or unit.file:
        return False
    if process and process.tool == FUNCTION:
        return True
    if process and (
        process.role == "other" if process.tool else known.is_idle(process.application)
    ):
        return False
    if not name:  # which image it is only a variable tells
        return not unit.complete
    foreign = name in known.foreign | known.asked or known.is_idle(name)
    foreign = foreign or is_server(container.image)
    return not foreign and not _BESIDE.search(name)
