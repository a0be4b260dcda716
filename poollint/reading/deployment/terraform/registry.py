"""Modules of the registry that are not in the tree: what they are described to make.

`catalog/registry.toml` holds for each a short module that stands in for it: the resources that
decide how many connections there are, made of the arguments that callers give.

Source: developer.hashicorp.com/terraform/language/modules/sources, for how a source is written.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import cache

from poollint.catalog.registry import modules
from poollint.model.figure import Figure
from poollint.model.source import SourceFile, Span
from poollint.reading.deployment.terraform.files import TerraformFile
from poollint.reading.deployment.terraform.scalars import is_unknown
from poollint.syntax import hcl
from poollint.syntax.yaml import Item, Node, Scalar, Sequence
from poollint.syntax.yaml import Mapping as Fields

_HEAD = "registry:"  # how the path of a description begins
_REPOSITORY = re.compile(
    r"(?:git::)?(?:https://|ssh://|git@)?(?:[\w.-]+@)?github\.com[/:]"
    r"(?P<owner>[\w.-]+)/terraform-(?P<provider>[a-z]+)-(?P<name>[\w-]+?)(?:\.git)?"
    r"(?P<inside>//[\w/.-]+)?(?:\?.*)?"
)


def address(source: str) -> str:
    """Return how the registry calls a module, of its address there or of its repository."""
    found = _REPOSITORY.fullmatch(source)
    if found:
        name = f"{found['owner']}/{found['name']}/{found['provider']}"
        source = f"{name}{found['inside'] or ''}"
    source = source.removeprefix("registry.terraform.io/").partition("?")[0]
    return modules().aliases.get(source, source)


@cache
def files(name: str) -> Mapping[str, tuple[TerraformFile, ...]]:
    """Return the description of a module, and of those it calls, by their addresses."""
    if name not in modules().texts:
        return {}
    return {known: _file(known) for known in modules().texts}


@cache
def _file(name: str) -> tuple[TerraformFile, ...]:
    source = SourceFile(f"{_HEAD}{name}", modules().texts[name])
    body = hcl.read(source)
    return (TerraformFile(source, body),) if isinstance(body, hcl.Body) else ()


def placed(body: Fields, call: Span) -> Fields:
    """Return what a description makes, with what it leaves unknown at the place of the call."""
    items = (Item(item.key, _placed(item.value, call)) for item in body.items)
    return replace(body, items=tuple(items))


def _placed(node: Node, call: Span) -> Node:
    if isinstance(node, Scalar):
        ours = is_unknown(node) and node.span.path.startswith(_HEAD)
        return replace(node, span=call) if ours else node
    if isinstance(node, Sequence):
        return replace(node, items=tuple(_placed(item, call) for item in node.items))
    return placed(node, call)


def default(figure: Figure) -> Figure:
    """Return a number that a module has where its caller gives none as such a default."""
    path = figure.origin.path if isinstance(figure.origin, Span) else ""
    if not path.startswith(_HEAD):
        return figure
    return Figure.defaulted(figure.low, figure.name, f"default of {path.removeprefix(_HEAD)}")
