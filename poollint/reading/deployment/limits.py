"""What a container may use at most: its memory, its processors, and the files it may have open.

Compose: `mem_limit`, `cpus`, `deploy.resources.limits`, `ulimits.nofile` (compose-spec, 05-services
and deploy); Kubernetes: `resources.limits`. What it asks for (`requests`) bounds nothing.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from poollint.model.figure import Figure
from poollint.syntax.yaml import Mapping, Node, Scalar

_AMOUNT = re.compile(r"(\d+(?:\.\d+)?)\s*([a-zA-Z]*)")
_CORES = re.compile(r"(\d{1,6}(?:\.\d{1,6})?)(m?)")
_BYTE = 1
# A unit of Compose is a power of 1024 whatever its letters; Kubernetes tells `M` from `Mi`.
_COMPOSE = {"": _BYTE, "b": _BYTE} | {
    unit: 1024**power
    for power, letter in enumerate("kmgt", start=1)
    for unit in (letter, f"{letter}b", f"{letter}ib")
}
_KUBERNETES = {"": _BYTE} | {
    unit: size
    for power, letter in enumerate("kMGT", start=1)
    for unit, size in ((letter, 1000**power), (f"{letter.upper()}i", 1024**power))
}


@dataclass(frozen=True, slots=True)
class Limits:
    """Bytes of memory, processors and numbers of open files, None where nothing limits them."""

    memory: Figure | None = None
    descriptors: Figure | None = None
    cores: Figure | None = None


NONE = Limits()


def of_compose(service: Mapping) -> Limits:
    """Return the limits of a service."""
    memory = service.get("deploy", "resources", "limits", "memory") or service.get("mem_limit")
    files = service.get("ulimits", "nofile")
    if isinstance(files, Mapping):
        files = files.get("soft")
    processors = service.get("deploy", "resources", "limits", "cpus") or service.get("cpus")
    return Limits(_amount(memory, _COMPOSE, fold=True), _number(files), cores(processors))


def of_kubernetes(container: Mapping) -> Limits:
    """Return the limits of a container of a Pod; no object tells how many files it may open."""
    memory = _amount(container.get("resources", "limits", "memory"), _KUBERNETES, fold=False)
    return Limits(memory, cores=cores(container.get("resources", "limits", "cpu")))


def cores(node: Node | None) -> Figure | None:
    """Return processors; `500m` of Kubernetes is half of one, and a part counts as a whole one."""
    text = node.text.strip() if isinstance(node, Scalar) and not node.is_null else ""
    match = _CORES.fullmatch(text)
    if match is None or node is None:
        return None
    number = math.ceil(float(match[1]) / (1000 if match[2] else 1))
    return Figure.stated(number, "cores", node.span, text) if number else None


def _amount(node: Node | None, units: dict[str, int], *, fold: bool) -> Figure | None:
    text = node.text.strip() if isinstance(node, Scalar) and not node.is_null else ""
    match = _AMOUNT.fullmatch(text)
    if match is None or node is None:
        return None
    unit = units.get(match[2].lower() if fold else match[2])
    if unit is None:
        return None
    return Figure.stated(int(float(match[1]) * unit), "memory", node.span, text)


def _number(node: Node | None) -> Figure | None:
    text = node.text.strip() if isinstance(node, Scalar) else ""
    if node is None or not text.isdecimal() or len(text) > 9:
        return None
    return Figure.stated(int(text), "nofile", node.span, f"nofile {text}")
