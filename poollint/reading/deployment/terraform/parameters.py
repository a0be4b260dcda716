"""What the clouds' resources set of PostgreSQL, judged as it would be in postgresql.conf.

Parameter groups of RDS and Aurora, flags of Cloud SQL, configurations of Azure's flexible servers.
Each service has names of its own: a name is unknown only where it is a slip of a known one. A
formula (`{DBInstanceClassMemory/32768}`) is worked out by the service, and is not judged.

Source: AmazonRDS UserGuide, "Working with DB parameter groups"; cloud.google.com/sql/docs/postgres/
flags; learn.microsoft.com, flexible-server/concepts-server-parameters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from poollint.facts.configuration import Configuration
from poollint.facts.infrastructure import Flaw, Setting
from poollint.model.source import Span
from poollint.reading.deployment.terraform.modules import Resource
from poollint.reading.deployment.terraform.plan import Plan, first
from poollint.reading.deployment.terraform.scalars import is_unknown
from poollint.reading.settings import single, versions
from poollint.syntax.yaml import Mapping, Node, Scalar

SECTION = "cloud"
_GROUPS = ("aws_db_parameter_group", "aws_rds_cluster_parameter_group")
_INSTANCE = "google_sql_database_instance"
_CONFIGURATION = "azurerm_postgresql_flexible_server_configuration"
_FLEXIBLE = "azurerm_postgresql_flexible_server"
_FAMILY = re.compile(r"(?:aurora-)?postgres(?:ql)?(\d+)(?:\.\d+)?")
_FORMULA = re.compile(r"[{}]|\b(?:GREATEST|LEAST|SUM|LOG)\s*\(", re.I)
_REFUSED = "the service refuses it, and nothing of the change is made"


def configurations(plan: Plan) -> Iterator[Configuration]:
    """Yield what each resource sets."""
    for group in plan.of(*_GROUPS):
        family = _FAMILY.fullmatch(group.body.text("family"))
        if family:
            yield from _of(group, group.body.mappings("parameter"), family[1])
    for instance in plan.of(_INSTANCE):
        version = instance.body.text("database_version")
        if version.startswith("POSTGRES_"):
            flags = first(instance.body, "settings").mappings("database_flags")
            yield from _of(instance, flags, version.removeprefix("POSTGRES_"))
    for one in plan.of(_CONFIGURATION):
        server = plan.referred(one.body.get("server_id"), _FLEXIBLE)
        yield from _of(one, (one.body,), server.body.text("version") if server else "")


def _of(
    resource: Resource, parameters: Iterator[Mapping] | tuple[Mapping, ...], version: str
) -> Iterator[Configuration]:
    found = (_setting(p.get("name"), p.get("value"), resource) for p in parameters)
    settings = tuple(setting for setting in found if setting is not None)
    if settings:
        told = Configuration(single.POSTGRES, resource.span, settings, complete=False)
        judged = versions.judged(told, version, resource.span) if version else told
        known = tuple(_of_service(setting, resource) for setting in judged.settings)
        yield replace(judged, settings=known)


def _setting(name: Node | None, value: Node | None, resource: Resource) -> Setting | None:
    if not isinstance(name, Scalar) or is_unknown(name) or not isinstance(value, Scalar):
        return None
    near = name.span.path == value.span.path and name.span.start <= value.span.end
    span = Span(name.span.path, name.span.start, value.span.end) if near else value.span
    if "." in name.text:  # the service's own, or an extension's
        return None
    if is_unknown(value) or _FORMULA.search(value.text):
        found = single.of_postgres(name.text, "", span)
        return replace(found, value="", open=True, flaw=None, complaint="", expected="")
    return single.of_postgres(name.text, value.text, span)


def _of_service(setting: Setting, resource: Resource) -> Setting:
    """Return a setting as the service takes it; a name that resembles none may be its own."""
    found = replace(setting, section=SECTION, owner=resource.address)
    if setting.flaw is None or setting.flaw is Flaw.INVALID:
        return found
    sure = setting.flaw is Flaw.UNKNOWN and (setting.nearest or setting.version)
    if sure or setting.flaw is Flaw.REMOVED:
        return replace(found, complaint=_REFUSED)
    return replace(found, flaw=None, complaint="", expected="", nearest="", removed="")
