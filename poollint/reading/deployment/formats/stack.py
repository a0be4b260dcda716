"""The resources of a CloudFormation stack, in the words of Terraform's.

Both describe the same services with the same numbers under other names, so what they mean is
written down once (`terraform.aws_services`, `terraform.aws_databases`).

Source: AWS CloudFormation, resource type and intrinsic function references; AWS::ECS::Service
starts one task where no DesiredCount is given.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from poollint.model.source import SourceFile, Span
from poollint.reading.deployment.terraform.modules import Resource
from poollint.reading.deployment.terraform.scalars import UNKNOWN, unknown
from poollint.syntax.yaml import Item, Mapping, Node, Scalar, Sequence

KINDS = {
    "AWS::ECS::Service": "aws_ecs_service",
    "AWS::ECS::TaskDefinition": "aws_ecs_task_definition",
    "AWS::ApplicationAutoScaling::ScalableTarget": "aws_appautoscaling_target",
    "AWS::Lambda::Function": "aws_lambda_function",
    "AWS::Serverless::Function": "aws_lambda_function",
    "AWS::RDS::DBInstance": "aws_db_instance",
    "AWS::RDS::DBCluster": "aws_rds_cluster",
    "AWS::RDS::DBParameterGroup": "aws_db_parameter_group",
    "AWS::RDS::DBClusterParameterGroup": "aws_rds_cluster_parameter_group",
    "AWS::RDS::DBProxy": "aws_db_proxy",
    "AWS::RDS::DBProxyTargetGroup": "aws_db_proxy_default_target_group",
    "AWS::Events::Rule": "aws_cloudwatch_event_rule",
    "AWS::Scheduler::Schedule": "aws_scheduler_schedule",
}
# Names that differ by more than their case.
_NAMES = {
    "DBInstanceClass": "instance_class",
    "DBParameterGroupName": "parameter_group_name",
    "DBClusterParameterGroupName": "db_cluster_parameter_group_name",
    "DBInstanceIdentifier": "identifier",
    "DBClusterIdentifier": "cluster_identifier",
    "DBProxyName": "db_proxy_name",
    "ServerlessV2ScalingConfiguration": "serverlessv2_scaling_configuration",
    "ConnectionPoolConfigurationInfo": "connection_pool_config",
    "ServiceName": "name",
    "ImageUri": "image_uri",
}
_BLOCKS = frozenset(
    ("ServerlessV2ScalingConfiguration", "ConnectionPoolConfigurationInfo", "Environment")
)
_ATTRIBUTES = {"Endpoint.Address": "address", "Endpoint.Port": "port", "Endpoint": "endpoint"}
_CLUSTER = "DBClusterIdentifier"
"""Of an instance: it is a member of a cluster, and no server by itself (Aurora, Multi-AZ)."""
_MEMBER = "aws_rds_cluster_instance"
_SUBSTITUTE = re.compile(r"\$\{([A-Za-z][\w:.]*)\}")


@dataclass(frozen=True, slots=True)
class Stack:
    """A template: its resources by their logical names, and what its parameters hold."""

    root: Mapping
    source: SourceFile

    @property
    def made(self) -> dict[str, Mapping]:
        """Return the resources that are understood, by their logical names."""
        found = self.root.mapping("Resources").items
        return {
            item.key.text: item.value
            for item in found
            if isinstance(item.value, Mapping) and item.value.text("Type") in KINDS
        }

    def resources(self) -> Iterator[Resource]:
        """Yield the resources in Terraform's words."""
        for item in self.root.mapping("Resources").items:
            body = item.value
            kind = KINDS.get(body.text("Type")) if isinstance(body, Mapping) else None
            if kind and isinstance(body, Mapping):
                member = kind == "aws_db_instance" and body.get("Properties", _CLUSTER)
                kind = _MEMBER if member else kind
                sure = body.get("Condition") is None
                yield Resource(
                    kind,
                    item.key.text,
                    f"{kind}.{item.key.text}",
                    self._body(kind, body),
                    item.key.span,
                    self.source,
                    sure,
                )
                yield from self._targets(kind, item.key, body)

    def _targets(self, kind: str, key: Scalar, body: Mapping) -> Iterator[Resource]:
        """Yield what Terraform has as resources of their own: what a proxy leads to, or a rule."""
        if kind == "aws_cloudwatch_event_rule":
            yield from self._started(key, body)
        if kind != "aws_db_proxy_default_target_group":
            return
        properties = body.mapping("Properties")
        items = [entry("db_proxy_name", self.value(properties.get("DBProxyName")), key.span)]
        for name, field in (
            ("DBInstanceIdentifiers", "db_instance_identifier"),
            ("DBClusterIdentifiers", "db_cluster_identifier"),
        ):
            first = properties.sequence(name)[:1]
            items += (entry(field, self.value(node), key.span) for node in first)
        made = Mapping(tuple(items), "", key.span)
        name = f"aws_db_proxy_target.{key.text}"
        yield Resource("aws_db_proxy_target", key.text, name, made, key.span, self.source)

    def _started(self, key: Scalar, body: Mapping) -> Iterator[Resource]:
        """Yield the tasks that a rule starts, each with the settings that it has in Terraform."""
        for at, target in enumerate(body.mapping("Properties").mappings("Targets")):
            asked = self.value(target.get("EcsParameters"))
            if isinstance(asked, Mapping):
                items = (Item(_named(i.key, _snake(i.key.text)), i.value) for i in asked.items)
                block = Sequence((Mapping(tuple(items), "", asked.span),), "", asked.span)
                made = Mapping((entry("ecs_target", block, key.span),), "", key.span)
                name = f"aws_cloudwatch_event_target.{key.text}{at or ''}"
                span = key.span
                yield Resource(
                    "aws_cloudwatch_event_target", key.text, name, made, span, self.source
                )

    # --- Fields ---

    def _body(self, kind: str, body: Mapping) -> Mapping:
        items: list[Item] = []
        for item in (*self._globals(body), *body.mapping("Properties").items):
            name, value = item.key.text, self.value(item.value)
            if name == "DeploymentConfiguration" and isinstance(value, Mapping):
                items += _percent(value)
            elif name == "ContainerDefinitions":
                items.append(Item(_named(item.key, "container_definitions"), _lowered(value)))
            elif name == "Parameters" and isinstance(value, Mapping):
                items.append(Item(_named(item.key, "parameter"), _pairs(value)))
            elif name == "Target" and isinstance(value, Mapping):
                asked = value.mapping("EcsParameters")
                inner = Sequence((_snaked(asked),), "", value.span)
                target = Mapping((entry("ecs_parameters", inner, value.span),), "", value.span)
                block = Sequence((target,), "", value.span)
                items.append(Item(_named(item.key, "target"), block))
            elif name in _BLOCKS and isinstance(value, Mapping):
                inner = Sequence((_snaked(value),), "", value.span)
                items.append(Item(_named(item.key, _NAMES.get(name) or _snake(name)), inner))
            else:
                items.append(Item(_named(item.key, _NAMES.get(name) or _snake(name)), value))
        made = body.mapping("Metadata")  # of what an image is built (SAM, `sam build`)
        for name in ("DockerContext", "Dockerfile"):
            node = made.get(name)
            items += [entry(_snake(name), node, node.span)] if node else []
        names = {item.key.text for item in items}
        if kind == "aws_ecs_service" and not names & {"desired_count", "scheduling_strategy"}:
            one = Scalar("1", "", "", body.span)
            items.append(Item(Scalar("desired_count", "", "", body.span), one))
        return Mapping(tuple(items), "", body.span)

    def _globals(self, body: Mapping) -> tuple[Item, ...]:
        """Return what a SAM template sets for all of its functions, variables taken apart."""
        if body.text("Type") != "AWS::Serverless::Function":
            return ()
        shared = self.root.mapping("Globals", "Function")
        own = {item.key.text for item in body.mapping("Properties").items}
        return tuple(item for item in shared.items if item.key.text not in own)

    # --- Values ---

    def value(self, node: Node | None, depth: int = 0) -> Node:
        """Return a value with what functions make of it: references as Terraform writes them."""
        if node is None or depth > 30:
            return unknown("…", node.span if node else self.root.span)
        if node.tag.startswith("!"):
            return self._function(node.tag[1:], node, depth)
        if isinstance(node, Mapping):
            if len(node.items) == 1:
                name = node.items[0].key.text
                if name == "Ref" or name.startswith("Fn::"):
                    argument = node.items[0].value
                    return self._function(name.removeprefix("Fn::"), argument, depth)
            items = (Item(i.key, self.value(i.value, depth + 1)) for i in node.items)
            return replace(node, items=tuple(items))
        if isinstance(node, Sequence):
            return replace(node, items=tuple(self.value(i, depth + 1) for i in node.items))
        return node

    def _function(self, name: str, argument: Node, depth: int) -> Node:
        text = argument.text if isinstance(argument, Scalar) else ""
        match name:
            case "Ref" if text:
                return self._reference(text, argument.span)
            case "GetAtt":
                path = text.split(".", 1)
                if isinstance(argument, Sequence):
                    path = [i.text for i in argument.items if isinstance(i, Scalar)]
                return self._attribute(path, argument.span)
            case "Sub":
                return self._substituted(argument)
            case "Join":
                return self._joined(argument, depth)
        return unknown(name, argument.span)

    def _reference(self, name: str, span: Span) -> Node:
        default = self.root.get("Parameters", name, "Default")
        if isinstance(default, Scalar):
            return default
        address = self._address(name)
        return unknown(f"{address}.id" if address else name, span)

    def _attribute(self, path: list[str], span: Span) -> Node:
        address = self._address(path[0]) if len(path) == 2 else ""
        if not address:
            return unknown(".".join(path), span)
        return unknown(f"{address}.{_ATTRIBUTES.get(path[1], 'id')}", span)

    def _address(self, name: str) -> str:
        """Return what Terraform calls a resource, "" where it is none of these.

        Who connects to a member of a cluster connects to the cluster.
        """
        body = self.made.get(name)
        if body is None:
            return ""
        node = body.get("Properties", _CLUSTER)
        node = node.get("Ref") if isinstance(node, Mapping) else node
        around = node.text if isinstance(node, Scalar) else ""
        whole = self.made.get(around) if body.text("Type") == "AWS::RDS::DBInstance" else None
        if whole is not None and whole.text("Type") == "AWS::RDS::DBCluster":
            return f"aws_rds_cluster.{around}"
        return f"{KINDS[body.text('Type')]}.{name}"

    def _substituted(self, argument: Node) -> Node:
        own: Mapping | None = None
        node = argument
        if isinstance(argument, Sequence) and argument.items:
            node = argument.items[0]
            second = argument.items[1] if len(argument.items) > 1 else None
            own = second if isinstance(second, Mapping) else None
        if not isinstance(node, Scalar):
            return unknown("Sub", argument.span)
        known = True

        def put_in(match: re.Match[str]) -> str:
            nonlocal known
            given = own.get(match[1]) if own else None
            path = match[1].split(".", 1)
            value = self.value(given) if given is not None else (
                self._attribute(path, node.span) if len(path) == 2
                else self._reference(path[0], node.span)
            )  # fmt: skip
            if not isinstance(value, Scalar):
                known = False
                return match[0]
            known = known and value.tag != UNKNOWN
            return value.text

        text = _SUBSTITUTE.sub(put_in, node.text)
        return Scalar(text, node.style, "" if known else UNKNOWN, node.span)

    def _joined(self, argument: Node, depth: int) -> Node:
        if not isinstance(argument, Sequence) or len(argument.items) != 2:
            return unknown("Join", argument.span)
        sign, parts = argument.items[0], self.value(argument.items[1], depth + 1)
        if not isinstance(sign, Scalar) or not isinstance(parts, Sequence):
            return unknown("Join", argument.span)
        texts = [part for part in parts.items if isinstance(part, Scalar)]
        if len(texts) != len(parts.items):
            return unknown("Join", argument.span)
        doubt = UNKNOWN if any(part.tag == UNKNOWN for part in texts) else ""
        text = sign.text.join(part.text for part in texts)
        return Scalar(text, "", doubt, argument.span)


def entry(name: str, value: Node, at: Span) -> Item:
    """Return a field, which stands at `at`."""
    return Item(Scalar(name, "", "", at), value)


def _named(key: Scalar, name: str) -> Scalar:
    return replace(key, text=name)


def _percent(value: Mapping) -> list[Item]:
    node = value.get("MaximumPercent")
    return [entry("deployment_maximum_percent", node, node.span)] if node else []


def _pairs(value: Mapping) -> Node:
    """Return a mapping from names to values as the list of blocks that Terraform has."""
    blocks = tuple(
        Mapping(
            (
                entry("name", replace(i.key, style='"'), i.key.span),
                entry("value", i.value, i.key.span),
            ),
            "",
            i.key.span,
        )
        for i in value.items
    )
    return Sequence(blocks, "", value.span)


def _lowered(node: Node) -> Node:
    """Return container definitions with the names that their JSON has (`Image`: `image`)."""
    if isinstance(node, Sequence):
        return replace(node, items=tuple(_lowered(item) for item in node.items))
    if isinstance(node, Mapping):
        items = (
            Item(_named(i.key, i.key.text[:1].lower() + i.key.text[1:]), _lowered(i.value))
            for i in node.items
        )
        return replace(node, items=tuple(items))
    return node


def _snaked(node: Mapping) -> Mapping:
    return replace(
        node, items=tuple(Item(_named(i.key, _snake(i.key.text)), i.value) for i in node.items)
    )


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
