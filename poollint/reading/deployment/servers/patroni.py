"""Patroni's own files: the parameters of PostgreSQL that they state, and the server they set up.

Source: Patroni, docs/yaml_configuration.rst (`postgresql.parameters`, `connect_address`) and
docs/dynamic_configuration.rst (`bootstrap.dcs.postgresql.parameters`; `max_connections` is one of
those that only this place sets); since 2.0 it leaves out what PostgreSQL would refuse
(patroni/postgresql/validator.py).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace

from poollint.catalog import settings as catalog
from poollint.facts.configuration import Configuration
from poollint.facts.infrastructure import Flaw, Server, Setting
from poollint.model.figure import Figure
from poollint.model.source import Span
from poollint.reading.deployment.kubernetes.instances import figure
from poollint.reading.deployment.screening import Root
from poollint.reading.settings import single
from poollint.syntax.yaml import Mapping, Scalar

_PLACES = (
    ("bootstrap", "dcs", "postgresql", "parameters"),
    ("postgresql", "parameters"),
)
# What Patroni has besides: a file with one of them and parameters is its own.
_OWN = ("scope", "restapi", "bootstrap", "etcd", "etcd3", "consul", "zookeeper", "raft")
_TOP = re.compile(r"^(\w+):", re.M)
_LIMIT = re.compile(r"^[ \t]+max_connections:", re.M)
_HOST = re.compile(r"[\w.-]+")
_PORT = re.compile(r"[0-9]{1,5}")
_LEFT_OUT = "Patroni leaves it out, and only logs a warning"


ROOT = Root(_OWN, (b"parameters",))


def configurations(root: Mapping) -> Iterator[Configuration]:
    """Yield what a file of Patroni states, one for each place; nothing for other files.

    What the members hold together (`dcs`) and what one adds count for the same server, and so
    does what an operator changes later: none of them is all of it.
    """
    if root.get("apiVersion") or sum(root.get(name) is not None for name in _OWN) < 2:
        return
    for place in _PLACES:
        mapping = root.mapping(*place)
        settings = []
        for item in mapping.items:
            if isinstance(item.value, Scalar) and not item.value.is_null:
                start = item.key.span.start
                span = Span(item.key.span.path, start, item.value.span.end)
                stated = single.of_postgres(item.key.text, item.value.text, item.value.span)
                settings.append(_kept(replace(stated, span=span)))
        if settings:
            yield Configuration(single.POSTGRES, mapping.span, tuple(settings), complete=False)


def servers(root: Mapping) -> Iterator[Server]:
    """Yield the server that a member's file sets up, where the file says how many it takes."""
    if not any(True for _ in configurations(root)):
        return
    shared, own = (root.mapping(*place) for place in _PLACES)
    if not isinstance(shared.get("max_connections"), Scalar):
        return
    host, _, port = root.text("postgresql", "connect_address").rpartition(":")
    yield Server(
        name=root.text("scope") or "postgresql",
        span=shared.span,
        hosts=(host.lower(),) if _HOST.fullmatch(host) else (),
        port=int(port) if _PORT.fullmatch(port) else 5432,
        max_connections=_parameter("max_connections", shared),
        superuser_reserved=_parameter("superuser_reserved_connections", own, shared),
        reserved=_parameter("reserved_connections", own, shared),
        cluster=root.text("scope"),
    )


def suits(text: str) -> bool:
    """Tell whether the text of a template is to become a file of Patroni that states a limit."""
    own = {match[1] for match in _TOP.finditer(text)} & set(_OWN)
    return len(own) > 1 and _LIMIT.search(text) is not None


def told_apart(servers: Iterable[Server]) -> tuple[Server, ...]:
    """Return servers, the members of a cluster that has several called after their hosts."""
    found = tuple(servers)
    counted = Counter(server.cluster for server in found if server.cluster)
    return tuple(
        replace(server, name=f"{server.name} ({(*server.hosts, server.span.path)[0]})")
        if counted[server.cluster] > 1
        else server
        for server in found
    )


def _parameter(name: str, *places: Mapping) -> Figure:
    """Return what the first of the places that states a parameter says, else its default."""
    for place in places:
        node = place.get(name)
        if isinstance(node, Scalar) and not node.is_null:
            return figure(node, name)
    known = catalog.postgresql()
    entry = known.parameters[name]
    source = f"PostgreSQL default, {entry.since or known.versions[0]} to {known.versions[-1]}"
    return Figure.defaulted(int(entry.default), name, source)


def _kept(setting: Setting) -> Setting:
    """Return the setting with what Patroni does about a flaw: the server starts without it."""
    found = replace(setting, keeper="Patroni")
    named = setting.flaw in (Flaw.UNKNOWN, Flaw.MISPLACED, Flaw.REMOVED)
    return replace(found, complaint=_LEFT_OUT) if named else found
