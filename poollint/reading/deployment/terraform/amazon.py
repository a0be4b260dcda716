"""The environment that resources of Amazon make, whoever describes them."""

from __future__ import annotations

from poollint.reading.deployment.linking.environments import Around, Environment
from poollint.reading.deployment.terraform import aws_databases, aws_services, parameters, unseen
from poollint.reading.deployment.terraform.modules import Resource
from poollint.reading.deployment.terraform.plan import PORT, Plan


def learn(plan: Plan) -> None:
    """Note under which names the databases and proxies of a plan are reached."""
    for resource in plan.of(*aws_databases.SERVERS):
        if aws_databases.is_postgresql(resource):
            plan.hosts[resource.address] = aws_databases.port(resource)
    for resource in plan.of(aws_databases.PROXY):
        plan.hosts[resource.address] = PORT


def environment(
    resources: tuple[Resource, ...], scope: str, path: str, around: Around, platform: str = "aws"
) -> Environment:
    """Return what the resources of one stack run."""
    plan = Plan(resources, scope, around, {}, platform)
    learn(plan)
    servers = tuple(aws_databases.servers(plan))
    poolers = tuple(aws_databases.proxies(plan, servers))
    placed = tuple(aws_services.services(plan))
    configured = tuple(parameters.configurations(plan))
    lost = unseen.told(plan, placed, ())
    return Environment(
        scope, path, placed, (), (*servers, *poolers), configured=configured, unseen=lost
    )
