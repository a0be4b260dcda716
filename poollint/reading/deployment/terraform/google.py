"""What Google runs, as Terraform makes it: Cloud SQL, and services and jobs of Cloud Run.

Source: hashicorp/terraform-provider-google, website/docs/r; Cloud Run Admin API v2,
RevisionScaling (100 instances of a revision where nothing says otherwise).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from poollint.catalog import plans
from poollint.facts.infrastructure import Variable
from poollint.model.figure import Basis, Figure
from poollint.reading.deployment.formats import hosting
from poollint.reading.deployment.gcloud import renewals
from poollint.reading.deployment.gcloud.calls import UNKNOWN
from poollint.reading.deployment.gcloud.renewals import Made
from poollint.reading.deployment.linking.deployed import TASK, Placed, Sketch
from poollint.reading.deployment.linking.documents import Part
from poollint.reading.deployment.linking.environments import Operated
from poollint.reading.deployment.linking.variables import unknown
from poollint.reading.deployment.terraform.modules import Resource
from poollint.reading.deployment.terraform.plan import PORT, Plan, blocks, first, host
from poollint.reading.deployment.terraform.scalars import is_partial, is_unknown
from poollint.syntax.yaml import Mapping, Node, Scalar

MAXIMUM = 100  # instances of a revision
SERVERS = ("google_sql_database_instance",)
_V2 = ("google_cloud_run_v2_service",)
_V1 = ("google_cloud_run_service",)
_JOB, _POOL = "google_cloud_run_v2_job", "google_cloud_run_v2_worker_pool"
_NAME = "max_connections"
_SECRET_KINDS = ("google_secret_manager_secret", "google_secret_manager_secret_version")


def servers(plan: Plan) -> Iterator[Operated]:
    """Yield the instances of Cloud SQL that are PostgreSQL."""
    for resource in plan.of(*SERVERS):
        if resource.body.text("database_version").startswith("POSTGRES"):
            yield hosting.server(
                hosting.Database(
                    name=resource.address.removeprefix("google_"),
                    span=resource.span,
                    hosts=(host(resource.address), *_connection_name(resource)),
                    max_connections=_limit(resource, plan),
                    port=PORT,
                    cores=_cores(resource),
                ),
                "terraform",
                plan.scope,
            )


def _connection_name(resource: Resource) -> Iterator[str]:
    """Yield `project:region:name`, with `*` for a project or region that is not known.

    Source: cloud.google.com/sql/docs/postgres/instance-settings, "Connection name".
    """
    name = resource.body.get("name")
    if not isinstance(name, Scalar) or is_unknown(name) or not name.text:
        return
    parts = []
    for key in ("project", "region"):
        node = resource.body.get(key)
        known = isinstance(node, Scalar) and not is_unknown(node) and node.text
        parts.append(known or "*")
    yield ":".join((*parts, name.text)).lower()


def _limit(resource: Resource, plan: Plan) -> Figure:
    settings = first(resource.body, "settings")
    for flag in settings.mappings("database_flags"):
        if flag.text("name") == _NAME:
            stated = plan.figure(flag.get("value"), _NAME, "database_flags")
            if stated:
                return stated
    tier = settings.get("tier")
    if is_unknown(settings.get("database_flags")) or not isinstance(tier, Scalar):
        return hosting.unstated(_NAME, resource.span, "database_flags")
    number = plans.cloud_sql(tier.text)
    if number is None:
        return hosting.unstated(_NAME, tier.span, f"what {tier.text} takes is not known")
    return Figure(number, number, _NAME, Basis.ASSUMED, tier.span, f"Cloud SQL: {tier.text}")


def _cores(resource: Resource) -> Figure | None:
    tier = first(resource.body, "settings").get("tier")
    if not isinstance(tier, Scalar):
        return None
    number = plans.cloud_sql_cores(tier.text)
    if number is None:
        return None
    return Figure(number, number, "cores", Basis.DERIVED, tier.span, tier.text)


# --- Cloud Run -------------------------------------------------------------------------------


def services(plan: Plan) -> Iterator[Placed]:
    """Yield the services of Cloud Run."""
    every = tuple(plan.of(*_V2, *_V1))
    renewed = renewals.by_name(plan.around) if every else {}
    for resource in every:
        name = resource.body.get("name")
        called = name.text if isinstance(name, Scalar) and not is_unknown(name) else ""
        service = _service(resource, plan, renewed.get(called))
        found = hosting.placed(service, plan.scope, plan.around.options)
        yield replace(found, called=called)
    for resource in plan.of(_JOB, _POOL):
        yield hosting.placed(_other(resource, plan), plan.scope, plan.around.options)


def _other(resource: Resource, plan: Plan) -> hosting.Service:
    """Return a job, which ends, or a pool of workers, which nothing scales by itself."""
    template = first(resource.body, "template")
    inside = first(template, "template") if resource.kind == _JOB else template
    scaling = first(resource.body, "scaling")
    count = plan.figure(scaling.get("manual_instance_count"), "replicas", "manual_instance_count")
    most = plan.figure(scaling.get("max_instance_count"), "replicas", "max_instance_count")
    return hosting.Service(
        name=resource.name,
        span=resource.span,
        platform="terraform",
        kind=TASK if resource.kind == _JOB else "cloud run worker pool",
        replicas=count or most or unknown("replicas", resource.span),
        sketches=tuple(_sketch(c, resource, plan) for c in inside.mappings("containers")),
        needs=tuple(_needs(inside, plan)),
        sources={resource.source.path: resource.source},
    )


def _service(resource: Resource, plan: Plan, new: Made | None) -> hosting.Service:
    template = first(resource.body, "template")
    most, least = _scaling(resource, template, plan)
    inside = template if resource.kind in _V2 else first(template, "spec")
    replicas = most or Figure.defaulted(MAXIMUM, "replicas", "Cloud Run default: 100 instances")
    return hosting.Service(
        name=resource.name,
        span=resource.span,
        platform="terraform",
        kind="cloud run service",
        replicas=replicas,
        sketches=_renewed(
            tuple(_sketch(c, resource, plan) for c in inside.mappings("containers")), new
        ),
        surge=revisions(replicas),
        floor=least or Figure.defaulted(0, "replicas", "Cloud Run default: none kept"),
        autoscaled=True,
        needs=tuple(_needs(template, plan)),
        sources={resource.source.path: resource.source},
    )


def _needs(template: Mapping, plan: Plan) -> Iterator[str]:
    """Yield the databases whose socket a service has, whatever its variables say."""
    key = "run.googleapis.com/cloudsql-instances"
    annotations = first(template, "metadata").get("annotations")
    nodes = [annotations.get(key)] if isinstance(annotations, Mapping) else []
    for volume in template.mappings("volumes"):
        nodes += first(volume, "cloud_sql_instance").sequence("instances")
    for node in nodes:
        server = plan.referred(node, *SERVERS)
        if server:
            yield host(server.address)


def revisions(replicas: Figure) -> Figure | None:
    """Return the instances of the revision before, while traffic moves: none, or as many."""
    if not replicas.high or replicas.basis is Basis.UNKNOWN:
        return None
    source = "Cloud Run: the revision before runs until traffic has moved"
    return Figure(0, replicas.high, "surge", Basis.DEFAULTED, source)


def _scaling(
    resource: Resource, template: Mapping, plan: Plan
) -> tuple[Figure | None, Figure | None]:
    if resource.kind in _V2:
        scaling = first(template, "scaling")
        whole = first(resource.body, "scaling")
        own = plan.figure(scaling.get("max_instance_count"), "replicas", "max_instance_count")
        all_ = plan.figure(whole.get("max_instance_count"), "replicas", "max_instance_count")
        known = [f for f in (own, all_) if f]
        least = plan.figure(scaling.get("min_instance_count"), "replicas", "min_instance_count")
        return (min(known, key=lambda f: f.low) if known else None), least
    annotations = first(template, "metadata").get("annotations")
    if annotations is not None and not isinstance(annotations, Mapping):
        return unknown("replicas", annotations.span, "annotations"), None
    key = "autoscaling.knative.dev/"
    inside = annotations if isinstance(annotations, Mapping) else template
    return (
        plan.figure(inside.get(f"{key}maxScale"), "replicas", "maxScale"),
        plan.figure(inside.get(f"{key}minScale"), "replicas", "minScale"),
    )


def _sketch(container: Mapping, resource: Resource, plan: Plan) -> Sketch:
    image = container.get("image")
    text = plan.image(image)
    build, file = plan.around.images.of(text)
    name = container.text("name")
    return Sketch(
        name=name or resource.name,
        span=image.span if image else resource.span,
        image=text,
        variables=tuple(_variables(container, plan)),
        entrypoint=_words(container, "command"),
        arguments=_words(container, "args"),
        build=build,
        file=file,
        complete=not is_partial(container.get("env")),
    )


def _renewed(sketches: tuple[Sketch, ...], new: Made | None) -> tuple[Sketch, ...]:
    """Return the only container with the image that a command gives it, if its own is not known."""
    if new is None or len(sketches) != 1 or sketches[0].file:
        return sketches
    image, build, file = new
    return (replace(sketches[0], image=image.replace(UNKNOWN, "_"), build=build, file=file),)


def _words(container: Mapping, name: str) -> tuple[Part, ...] | None:
    return hosting.parts(container.get(name)) if container.sequence(name) else None


def _variables(container: Mapping, plan: Plan) -> Iterator[Variable]:
    for entry in container.mappings("env"):
        node: Node | None = entry.get("value")
        if node is None:
            node = _secret(entry, plan)
        yield from plan.variables([(entry.text("name"), node or entry)])


def _secret(entry: Mapping, plan: Plan) -> Node | None:
    """Return what a secret holds, where the tree makes it."""
    for source in (*blocks(entry, "value_source", "secret_key_ref"),
                   *blocks(entry, "value_from", "secret_key_ref")):  # fmt: skip
        holder = plan.referred(source.get("secret") or source.get("name"), *_SECRET_KINDS)
        for version in plan.of("google_secret_manager_secret_version"):
            if holder and plan.referred(version.body.get("secret"), *_SECRET_KINDS) == holder:
                return version.body.get("secret_data")
    return None
