"""Patroni's own files: the parameters of PostgreSQL that they state.

Source: Patroni, docs/yaml_configuration.rst (`postgresql.parameters`) and
docs/dynamic_configuration.rst (`bootstrap.dcs.postgresql.parameters`); since 2.0 it leaves out what
PostgreSQL would refuse (patroni/postgresql/validator.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from poollint.facts.configuration import Configuration
from poollint.facts.infrastructure import Flaw, Setting
from poollint.model.source import Span
from poollint.reading.deployment.screening import Root
from poollint.reading.settings import single
from poollint.syntax.yaml import Mapping, Scalar

_PLACES = (
    ("bootstrap", "dcs", "postgresql", "parameters"),
    ("postgresql", "parameters"),
)
# What Patroni has besides: a file with one of them and parameters is its own.
_OWN = ("scope", "restapi", "bootstrap", "etcd", "etcd3", "consul", "zookeeper", "raft")
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


def _kept(setting: Setting) -> Setting:
    """Return the setting with what Patroni does about a flaw: the server starts without it."""
    found = replace(setting, keeper="Patroni")
    named = setting.flaw in (Flaw.UNKNOWN, Flaw.MISPLACED, Flaw.REMOVED)
    return replace(found, complaint=_LEFT_OUT) if named else found
