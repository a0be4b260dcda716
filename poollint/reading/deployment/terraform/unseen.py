"""What Terraform makes that may be a database, or connect to one, and is in no sum: in words.

Source: hashicorp/terraform-provider-aws, -google and -azurerm, website/docs/r; the registry's
documentation of the other providers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from poollint.catalog.platforms import platforms
from poollint.reading.deployment.linking.deployed import Placed
from poollint.reading.deployment.linking.reach import means_database
from poollint.reading.deployment.linking.wording import quoted
from poollint.reading.deployment.terraform import aws_databases, aws_services, releases
from poollint.reading.deployment.terraform.modules import Lost, Resource
from poollint.reading.deployment.terraform.plan import Plan
from poollint.reading.deployment.terraform.scalars import is_unknown
from poollint.syntax.yaml import Mapping, Node, Scalar

_NO_TASK = "what it runs is not known, for no file holds its task definition"
_NO_CONTAINERS = "what it runs is not known, for no file states its containers"
_DATABASE = re.compile(r"(?:^|[^a-z])(?:rds|aurora|postgres\w*|database|cloud-?sql|sql-db|pg)"
                       r"(?:[^a-z]|$)", re.I)  # fmt: skip
# Words of the source of a module that runs something, unless it is only what that stands on.
_RUNS = re.compile(r"(?:^|[^a-z])(?:ecs|fargate|lambda|cloud-?run|container-?apps?|app-?(?:service"
                   r"|runner)|web-?app|function-?app)(?:-(?:service|task|job|function)s?)?"
                   r"(?![a-z]|-[a-z])", re.I)  # fmt: skip
# What is counted in other modules: machines of a cluster, and servers of another sort.
_ELSE = re.compile(r"eks|gke|aks|kubernetes|node|cache|redis|valkey|dynamo|kafka|msk|kinesis|search"
                   r"|mongo|vpc|autoscaling-group|asg|(?:^|[^a-z])ec2", re.I)  # fmt: skip
_GOOGLE = "google_sql_database_instance"
_AZURE = "azurerm_postgresql_flexible_server"


def told(plan: Plan, placed: Iterable[Placed], lost: Iterable[Lost]) -> tuple[str, ...]:
    """Return what a plan leaves open; `lost` are modules that are not in the tree.

    Of such a module its source tells what it makes, its name only where that is not known.
    """
    found = (*_databases(plan), *_services(plan), *_empty(placed), *_modules(plan, tuple(lost)))
    far = tuple(releases.elsewhere(plan))
    whose = "whose chart is" if len(far) == 1 else "whose charts are"
    charts = (f"what {quoted(far)} may open, {whose} not in the tree",) if far else ()
    return tuple(dict.fromkeys((*found, *charts)))


def _modules(plan: Plan, lost: tuple[Lost, ...]) -> Iterator[str]:
    """Yield modules that make databases; and beside one, those that run what may connect to it.

    What is told how many instances to run is told with these numbers, wherever its database is.
    """
    makes = [one for one in lost if _DATABASE.search(one.source or one.name)]
    for one in makes:
        yield (
            f"what module `{one.name}` ({one.source or 'unknown'}) makes, for it is not in the tree"
        )
    running: dict[str, list[str]] = {}
    for one in (one for one in lost if one not in makes):
        bare = one.source.partition("?")[0]
        if one.counts and not _ELSE.search(bare):
            counts = ", ".join(f"{name} {number}" for name, number in one.counts)
            at = f"{one.span.path}:{one.span.start.line}"
            yield (
                f"what module `{one.name}` ({bare or 'unknown'}) runs, for it is not in the tree"
                f" ({counts} at {at})"
            )
        elif _RUNS.search(bare):
            running.setdefault(bare, []).append(one.name)
    if not makes and not _has_database(plan):
        return
    for source, names in running.items():
        if len(names) == 1:
            yield f"what module `{names[0]}` ({source}) runs, for it is not in the tree"
        else:
            yield f"what modules {quoted(names)} ({source}) run, for they are not in the tree"


def _has_database(plan: Plan) -> bool:
    """Tell whether a plan makes what is PostgreSQL, or may be."""
    for resource in plan.of(*aws_databases.SERVERS, _GOOGLE):
        stated = resource.body.get("engine") or resource.body.get("database_version")
        product = stated.text.lower() if isinstance(stated, Scalar) else ""
        if is_unknown(stated) or "postgres" in product:
            return True
    return any(plan.of(_AZURE))


# --- Databases -------------------------------------------------------------------------------


def _databases(plan: Plan) -> Iterator[str]:
    unread = platforms().unread_databases
    for resource in plan.of(*aws_databases.SERVERS):
        if aws_databases.is_postgresql(resource):
            continue
        if resource.body.get("replicate_source_db"):
            if not _is_other(plan, resource):
                yield f"what connects to `{resource.address}`, a replica"
        elif is_unknown(resource.body.get("engine")):
            yield _doubt(resource, "its engine")
    for resource in plan.of(_GOOGLE):
        if is_unknown(resource.body.get("database_version")):
            yield _doubt(resource, "its version")
    for resource in plan.of(*unread):
        yield f"what connects to `{resource.address}`: databases of this kind are not read"


def _is_other(plan: Plan, replica: Resource) -> bool:
    """Tell whether a replica is known to be one of another product's server."""
    source = plan.referred(replica.body.get("replicate_source_db"), *aws_databases.SERVERS)
    engine = source.body.get("engine") if source else replica.body.get("engine")
    text = engine.text if isinstance(engine, Scalar) and not is_unknown(engine) else "postgres"
    return "postgres" not in text


def _doubt(resource: Resource, what: str) -> str:
    return f"what connects to `{resource.address}`, if it is PostgreSQL: {what} is not known"


# --- What runs -------------------------------------------------------------------------------


def _services(plan: Plan) -> Iterator[str]:
    """Yield services of which no file says what they run, and others that have a database."""
    for resource in plan.of("aws_ecs_service"):
        if plan.referred(resource.body.get("task_definition"), aws_services.TASK) is None:
            yield f"`{resource.name}`: {_NO_TASK}"
    for rule, _, task in aws_services.scheduled(plan):
        if task is None and _has_database(plan):
            yield f"`{rule.name}`: {_NO_TASK}"
    for resource in plan.of(*platforms().unread_services):
        if _connects(resource.body, plan):
            yield f"what `{resource.address}` opens: services of this kind are not read"


def _empty(placed: Iterable[Placed]) -> Iterator[str]:
    for one in placed:
        if one.workload.kind == "aws_ecs_service" and not one.units:
            yield f"`{one.workload.name}`: {_NO_CONTAINERS}"


def _connects(node: Node, plan: Plan) -> bool:
    """Tell whether a resource is given a database: by a variable's name, or one of the plan."""
    if isinstance(node, Scalar):
        return is_unknown(node) and plan.resolved(node.text) != node.text
    if isinstance(node, Mapping):
        named = node.get("name")
        words = [item.key.text for item in node.items]
        words += [named.text] if isinstance(named, Scalar) else []
        return any(map(means_database, words)) or any(
            _connects(item.value, plan) for item in node.items
        )
    return any(_connects(item, plan) for item in node.items)
