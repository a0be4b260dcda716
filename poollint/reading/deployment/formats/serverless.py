"""The Serverless Framework's `serverless.yml`: functions, and resources of CloudFormation.

Source: serverless/serverless docs, providers/aws/guide/functions: `reservedConcurrency` bounds a
function, `provisionedConcurrency` only keeps some of its instances ready; functions may be a list,
and lie in other files (`${file(./functions.yml)}`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from posixpath import basename, dirname, join, normpath

from poollint.facts.infrastructure import Variable
from poollint.reading.deployment.formats import hosting
from poollint.reading.deployment.formats import stack as stacks
from poollint.reading.deployment.kubernetes.scopes import below
from poollint.reading.deployment.linking.deployed import Placed, Sketch
from poollint.reading.deployment.linking.documents import Manifest
from poollint.reading.deployment.linking.environments import Around, Environment, Format
from poollint.reading.deployment.linking.wording import quoted
from poollint.reading.deployment.screening import Root
from poollint.reading.deployment.terraform import amazon, aws_databases, aws_services, scalars
from poollint.reading.deployment.terraform import plan as plans
from poollint.syntax.yaml import Item, Mapping, Node, Scalar, Sequence

NAME = "Serverless"
PART = "Serverless functions"
_FILE = re.compile(r"\$\{file\(([^${}()]+)\)\}")
_SELF = re.compile(r"\$\{self:([\w.-]+)\}")


def _suits(root: Mapping, path: str) -> bool:
    return _claims(path) and root.text("provider", "name") == "aws"


def _claims(path: str) -> bool:
    return re.fullmatch(r"serverless[\w.-]*\.ya?ml", basename(path)) is not None


def _read(manifest: Manifest, around: Around) -> Environment:
    source, root = manifest.source, manifest.root
    scope = below(source.path, around.top)
    stack = stacks.Stack(root.mapping("resources"), source)
    plan = plans.Plan(tuple(stack.resources()), scope, around, {}, "serverless")
    amazon.learn(plan)
    servers = tuple(aws_databases.servers(plan))
    poolers = tuple(aws_databases.proxies(plan, servers))
    lists = tuple(_lists(root.get("functions"), source.path, around))
    items = tuple(i for one in lists if isinstance(one, Mapping) for i in one.items)
    placed = tuple(_functions(items, manifest, stack, plan))
    lost = tuple(
        f"what functions in {quoted(_FILE.findall(one.text) or [one.text])} open: no such file was"
        " read" for one in lists if isinstance(one, Scalar)
    )  # fmt: skip
    return Environment(scope, source.path, placed, (), (*servers, *poolers), unseen=lost)


FORMAT = Format(NAME, Root(("provider",), claims=_claims), _suits, _read)


# --- Functions in other files ----------------------------------------------------------------


def _holds_functions(root: Mapping, path: str) -> bool:
    return bool(root.items) and all(
        isinstance(item.value, Mapping) and item.value.text("handler") for item in root.items
    )


def _nothing(manifest: Manifest, around: Around) -> Environment | None:
    return None  # the file that names it says what provides for its functions


FUNCTIONS = Format(PART, Root(marks=(b"handler:",)), _holds_functions, _nothing)


def _lists(node: Node | None, path: str, around: Around) -> Iterator[Mapping | Scalar]:
    """Yield what holds functions: here, or in a file of the tree; a text where it is in none."""
    if isinstance(node, Sequence):
        for one in node.items:
            yield from _lists(one, path, around)
    elif isinstance(node, Mapping):
        yield node
    elif isinstance(node, Scalar) and node.text:
        named = _FILE.fullmatch(node.text)
        at = normpath(join(dirname(path), named[1].strip())) if named else ""
        found = (d for d in around.documents if isinstance(d, Manifest) and d.kind == PART)
        yield next((d.root for d in found if normpath(d.source.path) == at), node)


def _functions(
    items: tuple[Item, ...], manifest: Manifest, stack: stacks.Stack, plan: plans.Plan
) -> Iterator[Placed]:
    root = manifest.root
    shared = root.mapping("provider", "environment").items
    for item in items:
        if not isinstance(item.value, Mapping):
            continue
        own = item.value.mapping("environment").items
        sketch = Sketch(
            name=item.key.text,
            span=item.key.span,
            image="",
            variables=tuple(_variables((*shared, *own), root, stack, plan)),
            build=dirname(manifest.source.path) or ".",
            handler=hosting.handler(item.value.get("handler"), dirname(manifest.source.path)),
            complete=all(map(_is_here, (root.get("provider", "environment"),
                                        item.value.get("environment")))),
        )  # fmt: skip
        reserved = item.value.get("reservedConcurrency")
        if isinstance(reserved, Scalar):
            reserved = _settled(reserved, root)
        service = hosting.Service(
            name=item.key.text,
            span=item.key.span,
            platform="serverless",
            kind="function",
            replicas=aws_services.concurrency(reserved, plan),
            sketches=(sketch,),
            autoscaled=True,
            process=hosting.function(item.key.span),
        )
        yield hosting.placed(service, plan.scope, plan.around.options)


def _is_here(variables: Node | None) -> bool:
    """Tell whether variables are in this file: `environment: ${file(env.yml)}` says none."""
    return variables is None or isinstance(variables, Mapping)


def _variables(
    items: tuple[Item, ...], root: Mapping, stack: stacks.Stack, plan: plans.Plan
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
    return Scalar(text, node.style, scalars.UNKNOWN if "${" in text else node.tag, node.span)
