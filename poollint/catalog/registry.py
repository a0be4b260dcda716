"""Modules of Terraform's registry, each as a short module that stands in for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from poollint.catalog.tables import tables


@dataclass(frozen=True, slots=True)
class Modules:
    """What is known of them.

    texts    by the address of a module, what stands in for it, in HCL
    aliases  further addresses of modules
    """

    texts: Mapping[str, str]
    aliases: Mapping[str, str]


@cache
def modules() -> Modules:
    """Return the modules of `registry.toml`."""
    known = tables("registry.toml")
    texts = {name: table["text"] for name, table in known.items()}
    aliases = {a: name for name, table in known.items() for a in table.get("aliases", ())}
    return Modules(texts, aliases)
