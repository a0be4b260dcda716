"""How many connections a platform's database takes, by its plan (`plans.toml`)."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from poollint.catalog.tables import tables

GIB = 1 << 30
_CUSTOM = re.compile(r"db-(?:custom|perf-optimized-N)-(?P<cores>\d{1,3})(?:-(?P<memory>\d{1,7}))?")
_CLASS = re.compile(r"(?:db\.)?([a-z]\w*)\.(\w+)")
_SKU = re.compile(r"(?:b|gp|mo)_(standard_([bde])(\d{1,3})\w*)")
_RAM = re.compile(r"-(\d{1,4})([gm])b")


@cache
def plans() -> dict[str, Any]:
    """Return the tables of `plans.toml`."""
    return tables("plans.toml")


def rds(instance_class: str) -> tuple[int, int] | None:
    """Return the least and the most that an instance class takes, None for an unknown class."""
    memory = rds_memory(instance_class)
    return None if memory is None else rds_of(int(memory * GIB))


def rds_memory(instance_class: str) -> float | None:
    """Return the memory of an instance class in GiB."""
    known = plans()["rds"]
    found = _CLASS.fullmatch(instance_class.strip().lower())
    if not found:
        return None
    family, size = found.groups()
    if family in known["burstable-families"]:
        burstable: float | None = known["burstable"].get(size)
        return burstable
    large, factor = known["families"].get(family), known["sizes"].get(size)
    return large * factor if large and factor else None


def rds_cores(instance_class: str) -> int | None:
    """Return the vCPUs of an instance class."""
    known = plans()["rds"]
    found = _CLASS.fullmatch(instance_class.strip().lower())
    if not found:
        return None
    family, size = found.groups()
    if family in known["burstable-families"]:
        cores: int | None = known["cores-of-burstable"].get(family, {}).get(size)
        return cores
    factor = known["sizes"].get(size)
    return int(known["cores-of-large"] * factor) if family in known["families"] and factor else None


def rds_of(memory: int, divisor: int = 0) -> tuple[int, int]:
    """Return the least and the most that RDS's formula makes of memory in bytes."""
    known = plans()["rds"]
    most = int(memory // (divisor or known["bytes-a-connection"]))
    least = most * known["least-part"] // 100
    return (least, most) if divisor else (min(least, known["most"]), min(most, known["most"]))


def cloud_sql(tier: str) -> int | None:
    """Return what a machine type of Cloud SQL takes where no flag says so."""
    known = plans()["cloud-sql"]
    if tier in known["tiers"]:
        number: int = known["tiers"][tier]
        return number
    found = _CUSTOM.fullmatch(tier)
    if not found or not found["memory"]:
        return None
    return _by_memory(known, int(found["memory"]) / 1024)


def cloud_sql_cores(tier: str) -> int | None:
    """Return the vCPUs of a machine type of Cloud SQL, None for those that share one."""
    found = _CUSTOM.fullmatch(tier)
    return int(found["cores"]) if found else None


def azure(sku: str) -> int | None:
    """Return what a SKU of Azure's flexible server takes where no parameter says so."""
    known = plans()["azure"]
    found = _SKU.fullmatch(sku.strip().lower())
    if not found:
        return None
    name, family, cores = found[1], found[2], int(found[3])
    if family == "b":
        number: int | None = known["skus"].get(name)
        return number
    memory = cores * (4 if family == "d" else 8)
    by_memory: int | None = known["memory"].get(str(memory))
    return by_memory or (known["most"] if memory >= 48 else None)


def azure_cores(sku: str) -> int | None:
    """Return the vCPUs of a SKU of Azure's flexible server, which its name tells."""
    found = _SKU.fullmatch(sku.strip().lower())
    return int(found[3]) if found else None


def render(plan: str) -> int | None:
    """Return what a plan of Render's PostgreSQL takes, as far as its name tells its memory."""
    found = _RAM.search(plan)
    if not found:
        return None
    size = int(found[1])
    return _by_memory(plans()["render"], size if found[2] == "g" else size / 1024)


def heroku(plan: str) -> int | None:
    """Return what a plan of Heroku Postgres takes ("essential-0")."""
    name = plan.partition(":")[2] or plan
    number: int | None = plans()["heroku"]["plans"].get(name)
    return number


def _by_memory(known: dict[str, Any], memory: float) -> int:
    for below, number in known["memory"]:
        if memory < below:
            return int(number)
    return int(known["most"])
