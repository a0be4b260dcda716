"""What Amazon runs, as Terraform makes it: services of ECS, and functions of Lambda.

Source: hashicorp/terraform-provider-aws, website/docs/r/ecs_service (desired_count is 0 where it
is not given, deployment_maximum_percent 200), appautoscaling_target, lambda_function; AWS Lambda
Developer Guide, "Lambda quotas" (1,000 at once in an account and region).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from posixpath import dirname, join, normpath

from poollint.facts.infrastructure import Variable
from poollint.model.figure import Basis, Figure, Word
from poollint.reading.deployment.formats import hosting
from poollint.reading.deployment.linking.deployed import SCHEDULED, UNSTARTED, Placed, Sketch
from poollint.reading.deployment.linking.documents import ImageFile
from poollint.reading.deployment.linking.variables import unknown
from poollint.reading.deployment.terraform.documents import document
from poollint.reading.deployment.terraform.modules import Resource
from poollint.reading.deployment.terraform.plan import Plan, first
from poollint.reading.deployment.terraform.scalars import is_partial, is_unknown
from poollint.syntax.yaml import Item, Mapping, Node, Scalar, Sequence

ACCOUNT = 1000  # functions at once
MAXIMUM_PERCENT = 200
TASK = "aws_ecs_task_definition"
_ENTRYPOINTS = ("entryPoint", "entrypoint", "entry_point")  # ECS's own, and those of modules
_SECRETS = ("aws_ssm_parameter", "aws_secretsmanager_secret_version", "aws_secretsmanager_secret")


def services(plan: Plan) -> Iterator[Placed]:
    """Yield the services and functions, and tasks that no service keeps running."""
    run: list[Resource] = []
    for resource in plan.of("aws_ecs_service"):
        task = plan.referred(resource.body.get("task_definition"), TASK)
        if task:
            run.append(task)
            yield hosting.placed(_service(resource, task, plan), plan.scope, plan.around.options)
    for service in _tasks(plan, run):
        yield hosting.placed(service, plan.scope, plan.around.options)
    for resource in plan.of("aws_lambda_function"):
        yield hosting.placed(_function(resource, plan), plan.scope, plan.around.options)


# --- ECS -------------------------------------------------------------------------------------


def _service(resource: Resource, task: Resource, plan: Plan) -> hosting.Service:
    replicas, floor = _replicas(resource, plan)
    sources = {task.source.path: task.source}
    return hosting.Service(
        name=resource.title,
        span=resource.span,
        platform=plan.platform,
        kind="aws_ecs_service",
        replicas=replicas,
        sketches=tuple(sketches(task, plan)),
        surge=_surge(resource, replicas, plan),
        floor=floor,
        autoscaled=floor is not None,
        sources=sources,
    )


def _tasks(plan: Plan, run: list[Resource]) -> Iterator[hosting.Service]:
    """Yield the tasks that schedules start, and those of which nothing says what starts them.

    Source: website/docs/r/cloudwatch_event_target (`task_count` 1) and scheduler_schedule.
    """
    run = list(run)
    for rule, asked, task in scheduled(plan):
        if task:
            run.append(task)
            count = plan.figure(asked.get("task_count"), "replicas", "task_count")
            one = Figure.defaulted(1, "replicas", "Terraform default: task_count 1")
            yield _task(rule, task, plan, SCHEDULED, count or one)
    for task in plan.of(TASK):
        if task not in run:
            yield _task(task, task, plan, UNSTARTED, unknown("replicas", task.span))


def scheduled(plan: Plan) -> Iterator[tuple[Resource, Mapping, Resource | None]]:
    """Yield what schedules start: each with its settings, and the task where a file holds it."""
    for rule in plan.of("aws_cloudwatch_event_target"):
        asked = first(rule.body, "ecs_target")
        if asked.items:
            yield rule, asked, plan.referred(asked.get("task_definition_arn"), TASK)
    for rule in plan.of("aws_scheduler_schedule"):
        asked = first(rule.body, "target", "ecs_parameters")
        if asked.items:
            yield rule, asked, plan.referred(asked.get("task_definition_arn"), TASK)


def _task(
    resource: Resource, task: Resource, plan: Plan, kind: str, replicas: Figure
) -> hosting.Service:
    return hosting.Service(
        name=resource.title,
        span=resource.span,
        platform=plan.platform,
        kind=kind,
        replicas=replicas,
        sketches=tuple(sketches(task, plan)),
        sources={task.source.path: task.source},
    )


def _replicas(resource: Resource, plan: Plan) -> tuple[Figure, Figure | None]:
    """Return the most tasks of a service, and the least where an autoscaler sets their number."""
    for scaler in plan.of("aws_appautoscaling_target"):
        if _scales(scaler, resource, plan):
            most = plan.figure(scaler.body.get("max_capacity"), "replicas", "max_capacity")
            least = plan.figure(scaler.body.get("min_capacity"), "replicas", "min_capacity")
            return most or unknown("replicas", scaler.span), least
    if resource.body.text("scheduling_strategy") == "DAEMON":
        return unknown("replicas", "one on each instance", "scheduling_strategy DAEMON"), None
    stated = plan.figure(resource.body.get("desired_count"), "replicas", "desired_count")
    if stated:
        return (stated if resource.sure else _unsure(stated, resource)), None
    return Figure.defaulted(0, "replicas", "Terraform default: desired_count 0"), None


def _unsure(figure: Figure, resource: Resource) -> Figure:
    return replace(figure, basis=Basis.UNKNOWN, origin=resource.span, hint="how many are made")


def _scales(scaler: Resource, resource: Resource, plan: Plan) -> bool:
    node = scaler.body.get("resource_id")
    if not isinstance(node, Scalar):
        return False
    if plan.referred(node, "aws_ecs_service") == resource:
        return True
    return node.text.rpartition("/")[2] == resource.body.text("name") and not is_unknown(node)


def _surge(resource: Resource, replicas: Figure, plan: Plan) -> Figure | None:
    """Return the tasks that run besides during a deployment, rounded down."""
    if not replicas.high:
        return None
    stated = plan.figure(resource.body.get("deployment_maximum_percent"), "percent")
    if stated and stated.basis is Basis.UNKNOWN:
        return None
    percent = stated.low if stated else MAXIMUM_PERCENT
    extra = replicas.high * percent // 100 - replicas.high
    if extra <= 0:
        return None
    source = f"maximum percent {percent}"
    if stated is None:
        return Figure.defaulted(extra, "surge", f"ECS default: {source}")
    return Figure(extra, extra, "surge", Basis.DERIVED, stated.origin, source)


def sketches(task: Resource, plan: Plan) -> Iterator[Sketch]:
    """Yield the containers of a task definition."""
    node = task.body.get("container_definitions")
    if isinstance(node, Scalar):  # a text that holds a document
        node = document(node)
    if isinstance(node, Mapping):  # by name, as modules take them
        for item in node.items:
            if isinstance(item.value, Mapping):
                yield _sketch(_named(item.value, item.key), task, plan)
    for container in node.items if isinstance(node, Sequence) else ():
        if isinstance(container, Mapping):
            yield _sketch(container, task, plan)


def _named(container: Mapping, name: Scalar) -> Mapping:
    if container.get("name"):
        return container
    key = Scalar("name", "", "", name.span)
    return replace(container, items=(Item(key, name), *container.items))


def _sketch(container: Mapping, task: Resource, plan: Plan) -> Sketch:
    name = container.get("name")
    image = container.get("image")
    text = plan.image(image)
    build, file = plan.around.images.of(text)
    environment = container.get("environment")
    secrets = container.get("secrets")
    return Sketch(
        name=container.text("name") if not is_unknown(name) else task.name,
        span=name.span if name else task.span,
        image=text,
        variables=(
            *plan.variables(hosting.of_list(container.mappings("environment"))),
            *_secrets(container.mappings("secrets"), plan),
        ),
        entrypoint=hosting.parts(_entrypoint(container)),
        arguments=hosting.parts(container.get("command")),
        build=build,
        file=file,
        complete=not is_partial(environment) and not is_partial(secrets),
    )


def _entrypoint(container: Mapping) -> Node | None:
    return next((container.get(key) for key in _ENTRYPOINTS if container.get(key)), None)


def _secrets(nodes: tuple[Mapping, ...], plan: Plan) -> Iterator[Variable]:
    """Yield the variables whose value is stored elsewhere: known where the tree makes it."""
    for node in nodes:
        holder = plan.referred(node.get("valueFrom"), *_SECRETS)
        value = _stored(holder, plan) if holder else None
        if node.text("name"):
            known = value or Word(None, Basis.STATED, node.span)
            yield Variable(node.text("name"), known, secret=True)


def _stored(holder: Resource, plan: Plan) -> Word | None:
    if holder.kind == "aws_ssm_parameter":
        return plan.word(holder.body.get("value"))
    for version in plan.of("aws_secretsmanager_secret_version"):
        own = version == holder
        if own or plan.referred(version.body.get("secret_id"), *_SECRETS[2:]) == holder:
            return plan.word(version.body.get("secret_string"))
    return None


# --- Lambda ----------------------------------------------------------------------------------


def _function(resource: Resource, plan: Plan) -> hosting.Service:
    body = resource.body
    inner = first(body, "environment").get("variables")
    pairs = hosting.of_mapping(inner) if isinstance(inner, Mapping) else ()
    text = plan.image(body.get("image_uri"))
    build, file = _built(resource, plan) or plan.around.images.of(text)
    sketch = Sketch(
        name=resource.title,
        span=resource.span,
        image=text,
        variables=plan.variables(pairs),
        build=build,
        file=file,
        complete=not is_partial(inner),
        handler=_handler(resource, build, file),
    )
    return hosting.Service(
        name=resource.title,
        span=resource.span,
        platform=plan.platform,
        kind="function",
        replicas=concurrency(body.get("reserved_concurrent_executions"), plan),
        sketches=(sketch,),
        autoscaled=True,
        process=hosting.function(resource.span),
    )


def _built(resource: Resource, plan: Plan) -> tuple[str, ImageFile | None] | None:
    """Return the folder and the Dockerfile of which SAM builds the image of a function.

    Source: AWS SAM Developer Guide, "Building Lambda functions" (`Metadata`, `DockerContext`).
    """
    context = resource.body.text("docker_context")
    if not context:
        return None
    folder = normpath(join(dirname(resource.source.path), context))
    file = resource.body.text("dockerfile") or "Dockerfile"
    return folder, plan.around.images.at(normpath(join(folder, file)))


def _handler(resource: Resource, build: str, file: ImageFile | None) -> str:
    """Return the file that a function is in; of Terraform, which has it packed, its name alone.

    An image has the name of the function as its command.
    """
    if file and file.command and len(file.command) == 1:
        at = file.command[0]
        return hosting.handler(Scalar(at.text, "", "", at.span), build)
    code = resource.body.get("code_uri")
    folder = ""
    if isinstance(code, Scalar) and not is_unknown(code) and ":" not in code.text:
        folder = join(dirname(resource.source.path), code.text)
    return hosting.handler(resource.body.get("handler"), folder)


def concurrency(node: Node | None, plan: Plan) -> Figure:
    """Return how many instances of a function run at once: those reserved, or the account's."""
    name = "reserved concurrency"
    if isinstance(node, Scalar) and not is_unknown(node) and node.text not in ("-1", "null"):
        return plan.figure(node, name) or unknown(name, node.span)
    if isinstance(node, Scalar) and is_unknown(node):
        return unknown(name, node.span)
    source = f"AWS Lambda: no limit of its own, {ACCOUNT} in an account"
    return Figure(1, ACCOUNT, "instances at once", Basis.DEFAULTED, source)
