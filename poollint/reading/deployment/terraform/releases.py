"""Releases of Helm's charts that Terraform makes: what the chart makes with their values.

Source: hashicorp/terraform-provider-helm, docs/resources/release (chart, values, set; a path is
one from where Terraform is applied).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from posixpath import basename, dirname, join, normpath

from poollint.model.source import SourceFile
from poollint.reading.deployment.helm import fetched
from poollint.reading.deployment.helm.charts import ChartFile, built_of
from poollint.reading.deployment.helm.filling import Names, merged
from poollint.reading.deployment.helm.releases import speak_of_database
from poollint.reading.deployment.linking.documents import Manifest
from poollint.reading.deployment.terraform.documents import document
from poollint.reading.deployment.terraform.modules import Resource
from poollint.reading.deployment.terraform.plan import Plan
from poollint.reading.deployment.terraform.scalars import UNKNOWN, is_unknown
from poollint.syntax.yaml import Item, Mapping, Node, Scalar, Sequence

KIND = "helm_release"
_SETS = ("set", "set_sensitive")
_STEP = re.compile(r"((?:[^.\\]|\\.)+)")


def made(resource: Resource, plan: Plan) -> Iterator[Manifest]:
    """Yield the objects of one release, nothing where its chart is not known."""
    files = tuple(d.source for d in plan.around.documents if isinstance(d, ChartFile))
    chart = _chart(resource, files)
    name = resource.body.text("chart")
    release = resource.body.get("name")
    title = release.text if isinstance(release, Scalar) and not is_unknown(release) else name
    given = _values(resource, plan)
    if chart:
        yield from built_of(chart, files, given, title).manifests
    elif fetched.is_described(basename(name)) and not is_unknown(resource.body.get("chart")):
        names = Names(title, "", basename(name))
        yield from fetched.made(basename(name), given, names, resource.span)


def elsewhere(plan: Plan) -> Iterator[str]:
    """Yield the names of releases whose values speak of a database, and whose chart is not known.

    Such a chart may make a server besides, as many do for themselves.
    """
    files = tuple(d.source for d in plan.around.documents if isinstance(d, ChartFile))
    for resource in plan.of(KIND):
        chart = resource.body.text("chart")
        known = _chart(resource, files) or fetched.is_described(basename(chart))
        if not known and speak_of_database(_values(resource, plan)):
            yield resource.body.text("name") or chart or resource.name


def _chart(resource: Resource, files: tuple[SourceFile, ...]) -> SourceFile | None:
    node = resource.body.get("chart")
    if not isinstance(node, Scalar) or is_unknown(node) or not node.text:
        return None
    home = "" if node.text.startswith("/") else dirname(resource.source.path)
    folder = normpath(join(home, node.text.lstrip("/")))
    return next((f for f in files if f.path == join(folder, "Chart.yaml")), None)


def _values(resource: Resource, plan: Plan) -> Mapping:
    """Return the values of a release: its texts in order, what is set one by one over them."""
    whole = Mapping((), "", resource.span)
    texts = resource.body.get("values")
    for node in texts.items if isinstance(texts, Sequence) else ():
        inner = document(node) if isinstance(node, Scalar) else node
        if isinstance(inner, Mapping):
            whole = merged(whole, _resolved(inner, plan))
    for key in _SETS:
        for one in resource.body.mappings(key):
            value = one.get("value")
            path = [m.replace("\\.", ".") for m in _STEP.findall(one.text("name"))]
            if isinstance(value, Scalar) and path and "[" not in one.text("name"):
                whole = merged(whole, _nested(path, _text(value, plan)))
    return whole


def _nested(path: list[str], value: Scalar) -> Mapping:
    node: Node = value
    for name in reversed(path):
        node = Mapping((Item(Scalar(name, "", "", value.span), node),), "", value.span)
    assert isinstance(node, Mapping)
    return node


def _resolved(node: Mapping, plan: Plan) -> Mapping:
    """Return values with the hosts of databases put in."""
    items: list[Item] = []
    for item in node.items:
        value = item.value
        if isinstance(value, Mapping):
            value = _resolved(value, plan)
        elif isinstance(value, Scalar):
            value = _text(value, plan)
        items.append(Item(item.key, value))
    return Mapping(tuple(items), "", node.span)


def _text(node: Scalar, plan: Plan) -> Scalar:
    if not is_unknown(node):
        return node
    word = plan.word(node)
    if word is None or word.value is None or "${" in word.value:
        return Scalar(node.text, '"', UNKNOWN, node.span)
    return Scalar(word.value, '"', "", node.span)
