"""What Terraform's root modules run, each an environment of its own."""

from __future__ import annotations

from collections.abc import Iterator
from posixpath import normpath

from poollint.reading.deployment.helm import charts
from poollint.reading.deployment.kubernetes.scopes import below
from poollint.reading.deployment.linking.documents import Manifest
from poollint.reading.deployment.linking.environments import Around, Environment
from poollint.reading.deployment.terraform import (
    amazon,
    aws_databases,
    aws_services,
    azure,
    google,
    kubernetes,
    parameters,
    unseen,
)
from poollint.reading.deployment.terraform.files import TemplateFile, TerraformFile
from poollint.reading.deployment.terraform.plan import PORT, Plan
from poollint.reading.deployment.terraform.roots import Root, is_loaded, roots


def environments(around: Around) -> Iterator[Environment]:
    """Yield what each root module runs, with the values of each environment."""
    files = [d for d in around.documents if isinstance(d, TerraformFile)]
    texts = {
        normpath(d.source.path): d.source
        for d in around.documents
        if isinstance(d, TemplateFile | Manifest | charts.ChartFile)
    }
    for root in roots(files, texts):
        found = _environment(root, around)
        if found.placed or found.operated or found.unseen:
            yield found


def _environment(root: Root, around: Around) -> Environment:
    resources = tuple(root.module.resources())
    scope = below(root.scope, around.top) or "terraform"
    lost_ = frozenset(one.name for one in root.module.lost)
    plan = Plan(resources, scope, around, {}, lost=lost_)
    amazon.learn(plan)
    for resource in plan.of(*google.SERVERS, *azure.SERVERS):
        plan.hosts[resource.address] = PORT
    servers = (*aws_databases.servers(plan), *google.servers(plan), *azure.servers(plan))
    poolers = tuple(aws_databases.proxies(plan, servers))
    objects, run = kubernetes.workloads(plan)
    placed = (
        *aws_services.services(plan),
        *google.services(plan),
        *azure.services(plan),
        *objects,
    )
    notes = tuple(dict.fromkeys((*root.module.notes, *_given(root)))) if placed or servers else ()
    configured = tuple(parameters.configurations(plan))
    operated = (*servers, *poolers, *run)
    lost = unseen.told(plan, placed, root.module.lost)
    return Environment(
        scope, root.path, placed, notes, operated, configured=configured, unseen=lost
    )


def _given(root: Root) -> Iterator[str]:
    """Yield which values are taken that Terraform is told of by whoever applies it."""
    for path in root.given:
        if not is_loaded(path) and path != root.scope:  # else the scope's name says it
            yield f"{path}, which Terraform does not load by itself, gives variables their values"
