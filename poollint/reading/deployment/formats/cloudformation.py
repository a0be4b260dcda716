"""CloudFormation's templates, those of SAM among them."""

from __future__ import annotations

import re

from poollint.reading.deployment.formats import stack
from poollint.reading.deployment.kubernetes.scopes import below
from poollint.reading.deployment.linking.documents import Manifest
from poollint.reading.deployment.linking.environments import Around, Environment, Format
from poollint.reading.deployment.screening import Root
from poollint.reading.deployment.terraform import amazon
from poollint.syntax.yaml import Mapping

NAME = "CloudFormation"
_ADDON = re.compile(r"(?:^|/)copilot/[^/]+/addons/[^/]+$")


def _suits(root: Mapping, path: str) -> bool:
    ours = root.text("AWSTemplateFormatVersion") or root.text("Transform")
    resources = root.mapping("Resources").items
    return bool(ours or resources) and any(
        isinstance(item.value, Mapping) and item.value.text("Type") in stack.KINDS
        for item in resources
    )


def _read(manifest: Manifest, around: Around) -> Environment | None:
    path = manifest.source.path
    if _ADDON.search(path):  # part of what Copilot describes
        return None
    resources = stack.Stack(manifest.root, manifest.source).resources()
    return amazon.environment(tuple(resources), below(path, around.top), path, around)


FORMAT = Format(NAME, Root(("Resources",), (b"AWS::",)), _suits, _read)
