"""The Serverless Framework's `serverless.yml`: functions, and resources of CloudFormation.

Source: serverless/serverless docs, providers/aws/guide/functions: `reservedConcurrency` bounds a
function, `provisionedConcurrency` only keeps some of its instances ready.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from posixpath import basename, dirname

from poollint.facts.infrastructure import Variable
from poollint.reading.deployment import hosting
from poollint.reading.deployment.deployed import Placed, Sketch
from poollint.reading.deployment.documents import Manifest
from poollint.reading.deployment.environments import Around, Environment, Format
from poollint.reading.deployment.formats.stack import Stack
from poollint.reading.deployment.scopes import below
from poollint.reading.deployment.screening import Root
from poollint.reading.deployment.terraform import amazon, aws_databases
from poollint.reading.deployment.terraform.aws_services import concurrency
from poollint.reading.deployment.terraform.plan import Plan
from poollint.reading.deployment.terraform.scalars import UNKNOWN
from poollint.syntax.yaml import Item, Mapping, Scalar

NAME = "Serverless"
_SELF = re.compile(r"\$\{self:([\w.-]+)\}")


def _suits(root: Mapping, path: str) -> bool:
    return _claims(path) and root.text("provider", "name") == "aws"


def _claims(path: str) -> bool:
    return re.fullmatch(r"serverless[\w.-]*\.ya?ml", basename(path)) is not None


def _read(manifest: Manifest, around: Around) -> Environment:
    source = manifest.source
    scope = below(source.path, around.top)
    stack = Stack(manifest.root.mapping("resources"), source)
    plan = Plan(tuple(stack.resources()), scope, around, {}, "serverless")
    amazon.learn(plan)
    servers = tuple(aws_databases.servers(plan))
    poolers = tuple(aws_databases.proxies(plan, servers))
    placed = tuple(_functions(manifest, stack, plan))
    return Environment(scope, source.path, placed, (), (*servers, *poolers))


FORMAT = Format(NAME, Root(("provider",), claims=_claims), _suits, _read)


def _functions(manifest: Manifest, stack: Stack, plan: Plan) -> Iterator[Placed]:
    root = manifest.root
    shared = root.mapping("provider", "environment").items
    for item in root.mapping("functions").items:
        if not isinstance(item.value, Mapping):
            continue
        own = item.value.mapping("environment").items
        sketch = Sketch(
            name=item.key.text,
            span=item.key.span,
            image="",
            variables=tuple(_variables((*shared, *own), root, stack, plan)),
            build=dirname(manifest.source.path) or ".",
        )
        reserved = item.value.get("reservedConcurrency")
        if isinstance(reserved, Scalar):
            reserved = _settled(reserved, root)
        service = hosting.Service(
            name=item.key.text,
            span=item.key.span,
            platform="serverless",
            kind="function",
            replicas=concurrency(reserved, plan),
            sketches=(sketch,),
            autoscaled=True,
            process=hosting.function(item.key.span),
        )
        yield hosting.placed(service, plan.scope, plan.around.options)


def _variables(
    items: tuple[Item, ...], root: Mapping, stack: Stack, plan: Plan
) -> Iterator[Variable]:
    for item in items:
        value = stack.value(item.value)
        if isinstance(value, Scalar):
            value = _settled(value, root)
        yield from plan.variables([(item.key.text, value)])


def _settled(node: Scalar, root: Mapping) -> Scalar:
    """Return a text with what the file says elsewhere put in (`${self:custom.size}`)."""
    whole = _SELF.fullmatch(node.text)
    if whole:
        found = root.get(*whole[1].split("."))
        if isinstance(found, Scalar) and "${" not in found.text:
            return found

    def put_in(match: re.Match[str]) -> str:
        found = root.get(*match[1].split("."))
        plain = isinstance(found, Scalar) and "${" not in found.text
        return found.text if plain and isinstance(found, Scalar) else match[0]

    text = _SELF.sub(put_in, node.text)
    return Scalar(text, node.style, UNKNOWN if "${" in text else node.tag, node.span)
