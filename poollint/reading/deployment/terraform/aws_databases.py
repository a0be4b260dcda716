"""Amazon's databases as Terraform makes them: RDS, Aurora, and RDS Proxy in front of them.

Source: AmazonRDS UserGuide and AuroraUserGuide (max_connections, parameter groups, RDS Proxy's
ConnectionPoolConfiguration); AWS re:Post, "remaining connection slots are reserved" (what RDS keeps
back besides for `rds_superuser`: 2); hashicorp/terraform-provider-aws, website/docs/r.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from poollint.catalog import plans
from poollint.facts.infrastructure import Server
from poollint.model.figure import Basis, Figure, Word
from poollint.model.source import Span
from poollint.reading.deployment.formats import hosting
from poollint.reading.deployment.linking.environments import Operated
from poollint.reading.deployment.linking.reach import AMAZON
from poollint.reading.deployment.terraform.modules import Resource
from poollint.reading.deployment.terraform.plan import PORT, Plan, blocks, first, host
from poollint.reading.deployment.terraform.scalars import decimal, is_unknown
from poollint.syntax.yaml import Mapping, Node, Scalar

_MEMORY = re.compile(r"\{\s*DBInstanceClassMemory\s*/\s*(\d{4,12})\s*\}", re.I)
_LEAST = re.compile(r"LEAST\(\s*(.+?)\s*,\s*(\d+)\s*\)", re.I)
_NAME = "max_connections"
_ADMINISTRATORS = "rds.rds_superuser_reserved_connections"
_KEPT = 2  # of them, where no group says otherwise
SERVERS = ("aws_db_instance", "aws_rds_cluster")
PROXY = "aws_db_proxy"
# What holds the name of a server, and what follows it: no proxy's, and no reader's, address.
_ENDPOINTS = {
    "aws_db_instance": ("identifier", "[!p]*"),
    "aws_rds_cluster": ("cluster_identifier", "cluster-[!r]*"),
}


def is_postgresql(resource: Resource) -> bool:
    """Tell whether an instance or cluster is known to be PostgreSQL; a replica of one may be."""
    engine = resource.body.text("engine")
    return engine in ("postgres", "aurora-postgresql")


def port(resource: Resource) -> int:
    """Return the port that an instance, cluster or proxy listens on."""
    number = decimal(resource.body.get("port"))
    return int(number) if number and 0 < number < 65536 else PORT


def servers(plan: Plan) -> Iterator[Operated]:
    """Yield the instances and clusters."""
    for resource in plan.of(*SERVERS):
        if is_postgresql(resource):
            yield hosting.server(
                hosting.Database(
                    name=resource.address.removeprefix("aws_"),
                    span=resource.span,
                    hosts=(host(resource.address), *_endpoint(resource)),
                    max_connections=_limit(resource, plan),
                    port=port(resource),
                    cores=_cores(resource, plan),
                    superuser_reserved=_parameter("superuser_reserved_connections", resource, plan),
                    reserved=_reserved(resource, plan),
                ),
                plan.platform,
                plan.scope,
            )


def _endpoint(resource: Resource) -> Iterator[str]:
    """Yield the host of an instance, or of a cluster's writer, with `*` for what Amazon adds.

    Source: AWS RDS User Guide, "Connecting to a DB instance"; Aurora, "Amazon Aurora endpoints".
    """
    key, part = _ENDPOINTS[resource.kind]
    name = resource.body.get(key)
    text = name.text.lower() if isinstance(name, Scalar) and not is_unknown(name) else ""
    if re.fullmatch(r"[a-z][a-z0-9-]{1,62}", text):
        yield f"{text}.{part}{AMAZON}"


def _limit(resource: Resource, plan: Plan) -> Figure:
    """Return `max_connections`: of the parameter group, else what the machine's memory makes."""
    return _parameter(_NAME, resource, plan) or _by_class(resource, plan)


def _reserved(resource: Resource, plan: Plan) -> Figure:
    """Return the slots that are neither a superuser's nor an ordinary role's."""
    own = _parameter(_ADMINISTRATORS, resource, plan)
    own = own or Figure.defaulted(_KEPT, _ADMINISTRATORS, "RDS default")
    roles = _parameter("reserved_connections", resource, plan)
    if roles is None or not roles.high or own.high is None:
        return own
    weakest = max((Basis.DERIVED, own.basis, roles.basis), key=lambda basis: basis.strength)
    low, high = own.low + roles.low, own.high + roles.high
    hint = f"{own.low} of {_ADMINISTRATORS} among them"
    return Figure(low, high, roles.name, weakest, roles.origin, hint)


def _parameter(name: str, resource: Resource, plan: Plan) -> Figure | None:
    """Return what the parameter group of an instance or cluster states, None where none does."""
    for key in ("parameter_group_name", "db_cluster_parameter_group_name"):
        group = plan.referred(
            resource.body.get(key), "aws_db_parameter_group", "aws_rds_cluster_parameter_group"
        )
        stated = _of_group(name, group, resource, plan) if group else None
        if stated:
            return stated
    return None


def _of_group(name: str, group: Resource, resource: Resource, plan: Plan) -> Figure | None:
    if is_unknown(group.body.get("parameter")):
        return _unstated(name, group.span, "parameters of the group")
    for parameter in group.body.mappings("parameter"):
        if parameter.text("name") != name:
            continue
        node = parameter.get("value")
        if name == _NAME:
            return _value(node, resource, plan)
        number = plan.figure(node, name, "parameter group")
        return number or _unstated(name, group.span, "parameter group")
    return None


def _unstated(name: str, origin: Span, hint: str) -> Figure:
    if name == _ADMINISTRATORS:
        return Figure(_KEPT, _KEPT, name, Basis.UNKNOWN, origin, hint)
    return hosting.unstated(name, origin, hint)


def _value(node: Node | None, resource: Resource, plan: Plan) -> Figure:
    """Return the number of a parameter, or what its formula makes of the memory."""
    number = plan.figure(node, _NAME, "parameter group")
    if number and number.basis is not Basis.UNKNOWN:
        return number
    text = node.text if isinstance(node, Scalar) else ""
    found, least = _MEMORY.search(text), _LEAST.fullmatch(text.strip())
    of_class = _by_class(resource, plan, int(found[1])) if found else None
    whole = found and (text.strip() == found[0] or (least and least[1] == found[0]))
    if not whole or of_class is None or of_class.basis is Basis.UNKNOWN:
        return hosting.unstated(_NAME, node.span if node else resource.span, "parameter group")
    bound = int(least[2]) if least else of_class.high or 0
    low, high = min(of_class.low, bound), min(of_class.high or 0, bound)
    origin = node.span if node else resource.span
    return replace(of_class, low=low, high=high, origin=origin, hint=text)


def _by_class(resource: Resource, plan: Plan, divisor: int = 0) -> Figure:
    scaling = first(resource.body, "serverlessv2_scaling_configuration")
    if scaling.items and not divisor:
        return _by_capacity(scaling, resource)
    for node in _classes(resource, plan):
        memory = plans.rds_memory(node.text)
        if memory is None:
            return hosting.unstated(_NAME, node.span, f"the memory of {node.text} is not known")
        least, most = plans.rds_of(int(memory * plans.GIB), divisor)
        why = f"{node.text}: LEAST(memory / 9531392, 5000)" if not divisor else node.text
        return Figure(least, most, _NAME, Basis.ASSUMED, node.span, why)
    return hosting.unstated(_NAME, resource.span, "no file states the class of its instances")


def _cores(resource: Resource, plan: Plan) -> Figure | None:
    """Return the vCPUs of an instance, None where they scale or the class is not known."""
    node = next(_classes(resource, plan), None)
    number = plans.rds_cores(node.text) if node else None
    if node is None or number is None:
        return None
    return Figure(number, number, "cores", Basis.DERIVED, node.span, node.text)


def _classes(resource: Resource, plan: Plan) -> Iterator[Scalar]:
    """Yield the instance classes of a database, its own or those of its cluster's instances."""
    node = resource.body.get("instance_class")
    if isinstance(node, Scalar):
        yield node
    for instance in plan.of("aws_rds_cluster_instance"):
        if plan.referred(instance.body.get("cluster_identifier"), *SERVERS) == resource:
            node = instance.body.get("instance_class")
            if isinstance(node, Scalar):
                yield node


def _by_capacity(scaling: Mapping, resource: Resource) -> Figure:
    """Return what Aurora Serverless v2 takes at its highest capacity."""
    node = scaling.get("max_capacity")
    most, least = decimal(node), decimal(scaling.get("min_capacity"))
    if most is None or not isinstance(node, Scalar):
        return hosting.unstated(_NAME, resource.span, "its capacity is not known")
    known = plans.plans()["rds"]
    low, high = plans.rds_of(int(most * known["bytes-a-unit"]))
    if least is not None and least < 1:
        bound = known["low-capacity-most"]
        low, high = min(low, bound), min(high, bound)
    return Figure(low, high, _NAME, Basis.ASSUMED, node.span, f"max_capacity {most}")


# --- RDS Proxy -------------------------------------------------------------------------------


def proxies(plan: Plan, known: tuple[Operated, ...]) -> Iterator[Operated]:
    """Yield the proxies, each with the part of its server's connections that it may take."""
    for proxy in plan.of(PROXY):
        target = next((t for t in plan.of("aws_db_proxy_target") if _of(plan, t, proxy)), None)
        leads = _target(plan, target) if target else None
        server = next((what for placed, what in known if leads and what.span == leads.span), None)
        opens = _part(plan, proxy, server if isinstance(server, Server) else None)
        entrance = hosting.Entrance(
            name=proxy.address.removeprefix("aws_"),
            product="RDS Proxy",
            span=proxy.span,
            hosts=(host(proxy.address),),
            port=PORT,
            leads=(host(leads.address), port(leads)) if leads else ("", PORT),
            opens=opens,
            mode=Word("pinning", Basis.DERIVED, proxy.span),
        )
        yield hosting.pooler(entrance, plan.platform, plan.scope)


def _of(plan: Plan, resource: Resource, proxy: Resource) -> bool:
    return plan.referred(resource.body.get("db_proxy_name"), PROXY) == proxy


def _target(plan: Plan, target: Resource) -> Resource | None:
    for key in ("db_instance_identifier", "db_cluster_identifier"):
        found = plan.referred(target.body.get(key), *SERVERS)
        if found:
            return found
    return None


def _part(plan: Plan, proxy: Resource, server: Server | None) -> Figure:
    """Return what a proxy opens: `max_connections_percent` of what its server takes, or all."""
    percent, origin, hint = 100, proxy.span, "RDS Proxy default: 100 % of max_connections"
    basis = Basis.DEFAULTED
    for group in plan.of("aws_db_proxy_default_target_group"):
        pool = blocks(group.body, "connection_pool_config") if _of(plan, group, proxy) else ()
        figure = plan.figure(pool[0].get("max_connections_percent"), "percent") if pool else None
        if figure and isinstance(figure.origin, Span):
            percent, origin, hint = figure.low, figure.origin, f"{figure.low} % of max_connections"
            basis = Basis.DERIVED if figure.basis is Basis.STATED else Basis.UNKNOWN
    limit = server.max_connections if server else None
    kept = server.superuser_reserved.low + server.reserved.low if server else 0
    if limit is None or Basis.UNKNOWN in (limit.basis, basis):
        return Figure(1, 1, "connections", Basis.UNKNOWN, origin, hint)
    # Both come from one number: what the proxy may take follows the server's limit, and least
    # is left where that is lowest.
    if not limit.exact:
        hint += f", where that is the least, {limit.low}"
        if limit.high is not None:  # told, not counted: the server has as many more then
            hint += f"; up to {limit.high * percent // 100} where it is {limit.high}"
    most = min(limit.low * percent // 100, limit.low - kept)
    weakest = max((basis, limit.basis), key=lambda b: b.strength)
    return Figure(0, most, "connections", weakest, origin, hint)
