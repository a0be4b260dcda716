"""Servers of PostgreSQL that a workload is let in to, though no variable says where they are.

It takes user or password from a Secret that the server itself is set up with, or is given a
Service Binding (servicebinding.io, spec 1.1: a Secret of type `servicebinding.io/postgresql`, whose
files say `host` and `port`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from poollint.reading.deployment.kubernetes.instances import Cluster
from poollint.reading.deployment.linking.documents import Manifest
from poollint.syntax.yaml import Mapping

_CREDENTIAL = re.compile(
    r"(?:.*[_-])?(?:POSTGRES(?:QL)?|PG|PGSQL|DB|DATABASE|SQL)[_-]?(?:USER(?:NAME)?|PASS(?:WORD)?)",
    re.I,
)
_BINDING = "servicebinding.io/postgresql"


def taken(containers: tuple[Mapping, ...]) -> frozenset[str]:
    """Return the Secrets from which containers take what lets them in to a database."""
    found: set[str] = set()
    for container in containers:
        for entry in container.mappings("env"):
            reference = entry.mapping("valueFrom", "secretKeyRef")
            names = (entry.text("name"), reference.text("key"))
            if any(_CREDENTIAL.fullmatch(name) for name in names):
                found.add(reference.text("name"))
    return frozenset(found - {""})


def whole(containers: tuple[Mapping, ...]) -> frozenset[str]:
    """Return the Secrets of which containers take all."""
    sources = (source for one in containers for source in one.mappings("envFrom"))
    return frozenset(source.text("secretRef", "name") for source in sources) - {""}


def bound(pod: Mapping, namespace: str, cluster: Cluster) -> Iterator[str]:
    """Yield the hosts of the Service Bindings that a pod has as volumes."""
    for volume in pod.mappings("volumes"):
        for source in (volume, *volume.mappings("projected", "sources")):
            name = source.text("secret", "secretName") or source.text("secret", "name")
            holder = cluster.named("Secret", namespace, name) if name else None
            if holder and _is_binding(holder):
                host = holder.root.text("stringData", "host")
                yield from (host.lower(),) if host else ()


def _is_binding(secret: Manifest) -> bool:
    return secret.root.text("type") == _BINDING
