"""Values of Terraform's variables as JSON (`prod.tfvars.json`), as the tree that HCL is.

Source: hashicorp/terraform, docs/language/values/variables ("Variable Definitions (.tfvars) Files":
the object at the top has the names of variables; texts are taken as they are).
"""

from __future__ import annotations

from poollint.model.source import SourceFile, Unreadable
from poollint.syntax import yaml
from poollint.syntax.hcl_nodes import Array, Attribute, Body, Constant, Expression, Object
from poollint.syntax.yaml import Mapping, Node, Scalar, Sequence


def read(source: SourceFile) -> Body | Unreadable:
    """Return the values of a file, or why it has none; never raises."""
    stream = yaml.read(source)
    if stream.unread:
        return stream.unread[0]
    root = stream.documents[0] if stream.documents else None
    if not isinstance(root, Mapping):
        return Unreadable(source.span(0, 0), "not an object of values")
    return Body(tuple(Attribute(i.key.text, _value(i.value), i.key.span) for i in root.items), ())


def _value(node: Node) -> Expression:
    if isinstance(node, Mapping):
        pairs = ((Constant(i.key.text, True, i.key.span), _value(i.value)) for i in node.items)
        return Object(tuple(pairs), node.span)
    if isinstance(node, Sequence):
        return Array(tuple(_value(item) for item in node.items), node.span)
    assert isinstance(node, Scalar)
    return Constant(node.text, bool(node.style), node.span)
