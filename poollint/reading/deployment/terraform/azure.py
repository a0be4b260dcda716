"""What Azure runs, as Terraform makes it: PostgreSQL flexible servers and Container Apps.

Source: learn.microsoft.com, flexible-server/concepts-limits and concepts-pgbouncer;
hashicorp/terraform-provider-azurerm, website/docs/r.
"""

from __future__ import annotations

from collections.abc import Iterator

from poollint.catalog import plans
from poollint.model.figure import Basis, Figure, Word
from poollint.reading.deployment.formats import hosting
from poollint.reading.deployment.linking.deployed import Placed, Sketch
from poollint.reading.deployment.linking.environments import Operated
from poollint.reading.deployment.terraform.modules import Resource
from poollint.reading.deployment.terraform.plan import Plan, first, host
from poollint.reading.deployment.terraform.scalars import is_partial
from poollint.syntax.yaml import Mapping, Node, Scalar

SERVERS = ("azurerm_postgresql_flexible_server",)
_APP = "azurerm_container_app"
_CONFIGURATION = "azurerm_postgresql_flexible_server_configuration"
_NAME = "max_connections"
_MODES = ("session", "transaction", "statement")
MAXIMUM = 10  # azurerm_container_app, template.max_replicas


def servers(plan: Plan) -> Iterator[Operated]:
    """Yield the flexible servers; where its PgBouncer is on, it listens at the same host."""
    for resource in plan.of(*SERVERS):
        database = hosting.Database(
            name=resource.address.removeprefix("azurerm_"),
            span=resource.span,
            hosts=(host(resource.address),),
            max_connections=_limit(resource, plan),
            reserved=_reserved(),
            cores=_cores(resource),
        )
        yield hosting.server(database, "terraform", plan.scope)
        enabled = _setting(resource, "pgbouncer.enabled", plan)
        if isinstance(enabled, Scalar) and enabled.text.lower() == "true":
            yield _pooler(resource, enabled, plan)


def _reserved() -> Figure:
    """Return the slots of the system, less the three of PostgreSQL's own default."""
    kept = plans.plans()["azure"]["reserved"]
    own = hosting.default("superuser_reserved_connections")
    source = f"Azure keeps {kept} connections"
    return Figure.defaulted(kept - own.low, "kept for Azure", source)


def _cores(resource: Resource) -> Figure | None:
    sku = resource.body.get("sku_name")
    number = plans.azure_cores(sku.text) if isinstance(sku, Scalar) else None
    if sku is None or number is None:
        return None
    return Figure(number, number, "cores", Basis.DERIVED, sku.span, "sku_name")


def _setting(resource: Resource, name: str, plan: Plan) -> Node | None:
    for other in plan.of(_CONFIGURATION):
        same = plan.referred(other.body.get("server_id"), *SERVERS) == resource
        if same and other.body.text("name").lower() == name:
            return other.body.get("value")
    return None


def _limit(resource: Resource, plan: Plan) -> Figure:
    stated = plan.figure(_setting(resource, _NAME, plan), _NAME, _NAME)
    if stated:
        return stated
    sku = resource.body.get("sku_name")
    if not isinstance(sku, Scalar):
        return hosting.unstated(_NAME, resource.span, "no file states its SKU")
    number = plans.azure(sku.text)
    if number is None:
        return hosting.unstated(_NAME, sku.span, f"what {sku.text} takes is not known")
    return Figure(number, number, _NAME, Basis.ASSUMED, sku.span, f"Azure: {sku.text}")


def _pooler(resource: Resource, enabled: Scalar, plan: Plan) -> Operated:
    known = plans.plans()["azure"]
    home = host(resource.address)
    clients = plan.figure(
        _setting(resource, "pgbouncer.max_client_conn", plan), "max_client_conn"
    ) or Figure.defaulted(known["clients"], "max_client_conn", "Azure default")
    size = plan.figure(
        _setting(resource, "pgbouncer.default_pool_size", plan), "default_pool_size"
    ) or Figure.defaulted(known["pool"], "default_pool_size", "Azure default")
    entrance = hosting.Entrance(
        name=f"{resource.address.removeprefix('azurerm_')} (PgBouncer)",
        product="PgBouncer",
        span=enabled.span,
        hosts=(home,),
        port=known["port"],
        leads=(home, hosting.PORT),
        opens=size,
        clients=clients,
        mode=_mode(resource, enabled, plan),
        pools=True,
    )
    return hosting.pooler(entrance, "terraform", plan.scope)


def _mode(resource: Resource, enabled: Scalar, plan: Plan) -> Word:
    """Return the mode of the pooler, "transaction" where nothing says otherwise (its manual)."""
    stated = _setting(resource, "pgbouncer.pool_mode", plan)
    if isinstance(stated, Scalar):
        mode = stated.text.lower()
        return Word(mode if mode in _MODES else None, Basis.STATED, stated.span)
    return Word("transaction" if stated is None else None, Basis.DEFAULTED, enabled.span)


# --- Container Apps --------------------------------------------------------------------------


def services(plan: Plan) -> Iterator[Placed]:
    """Yield the container apps."""
    for resource in plan.of(_APP):
        template = first(resource.body, "template")
        most = plan.figure(template.get("max_replicas"), "replicas", "max_replicas")
        least = plan.figure(template.get("min_replicas"), "replicas", "min_replicas")
        source = f"Azure default: max_replicas {MAXIMUM}"
        service = hosting.Service(
            name=resource.name,
            span=resource.span,
            platform="terraform",
            kind="container app",
            replicas=most or Figure.defaulted(MAXIMUM, "replicas", source),
            sketches=tuple(_sketch(c, resource, plan) for c in template.mappings("container")),
            floor=least or Figure.defaulted(0, "replicas", "Azure default: min_replicas 0"),
            autoscaled=True,
            sources={resource.source.path: resource.source},
        )
        yield hosting.placed(service, plan.scope, plan.around.options)


def _sketch(container: Mapping, resource: Resource, plan: Plan) -> Sketch:
    image = container.get("image")
    text = plan.image(image)
    build, file = plan.around.images.of(text)
    return Sketch(
        name=container.text("name") or resource.name,
        span=image.span if image else resource.span,
        image=text,
        variables=plan.variables(
            (e.text("name"), e.get("value") or _secret(e, resource) or e)
            for e in container.mappings("env")
        ),
        entrypoint=hosting.parts(container.get("command")),
        arguments=hosting.parts(container.get("args")),
        build=build,
        file=file,
        complete=not is_partial(container.get("env")),
    )


def _secret(entry: Mapping, resource: Resource) -> Node | None:
    """Return what a secret of the app holds."""
    name = entry.text("secret_name")
    for secret in resource.body.mappings("secret"):
        if name and secret.text("name") == name:
            return secret.get("value")
    return None
