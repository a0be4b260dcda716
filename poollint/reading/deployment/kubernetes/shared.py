"""Namespaces that objects of other namespaces lead to by the full names of Services.

Source: kubernetes.io, "DNS for Services and Pods": `service.namespace.svc.cluster.local`, of which
what follows the namespace may be left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from poollint.reading.deployment.images.images import is_pooler, is_server
from poollint.reading.deployment.kubernetes.operators import KINDS
from poollint.reading.deployment.linking.documents import Manifest
from poollint.syntax.yaml import Mapping, Node, Scalar

_HOST = re.compile(
    r"(?<![\w.-])[a-z0-9][a-z0-9-]*(?:\.[a-z0-9-]+)?\.(?P<space>[a-z0-9-]+)\.svc(?![\w-])"
    r"|(?:@|//)[a-z0-9][a-z0-9-]*\.(?P<short>[a-z0-9-]+)(?=[:/?]|$)",
    re.I,
)


def serves(manifest: Manifest) -> bool:
    """Tell whether an object is a server or a pooler, by its kind or its images."""
    if manifest.kind in KINDS:
        return True
    containers = manifest.root.mappings("spec", "template", "spec", "containers")
    images = (one.text("image") for one in containers)
    return any(is_server(image) or is_pooler(image) for image in images)


def referred(manifests: Iterable[Manifest], spaces: Iterable[str]) -> dict[str, set[str]]:
    """Return for each namespace of objects those of `spaces` to which their texts lead."""
    known = frozenset(spaces)
    found: dict[str, set[str]] = {}
    for manifest in manifests if known else ():
        for text in _texts(manifest.root):
            if "." in text:
                names = {(m["space"] or m["short"]).lower() for m in _HOST.finditer(text)}
                found.setdefault(manifest.namespace, set()).update(names & known)
    return {space: others - {space} for space, others in found.items()}


def _texts(root: Mapping) -> Iterator[str]:
    waiting: list[Node] = [root]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Scalar):
            yield node.text
        elif isinstance(node, Mapping):
            waiting += (item.value for item in node.items)
        else:
            waiting += node.items
