"""Which objects patches of a kustomization change: verdicts are kubectl's (kustomize 5)."""

from __future__ import annotations

import pytest

from poollint.model.source import SourceFile
from poollint.reading.deployment.kubernetes.selecting import is_followed, of_entry, of_patch
from poollint.reading.deployment.linking.documents import Manifest
from poollint.syntax import yaml
from poollint.syntax.yaml import Mapping

OBJECTS = (
    "{kind: Deployment, metadata: {name: web, namespace: shop, labels: {app: web, tier: front}}}",
    "{kind: Deployment, "
    "metadata: {name: web-api, namespace: shop, labels: {app: api, tier: front}}}",
    "{kind: StatefulSet, metadata: {name: api, labels: {app: api}}}",
)


def parsed(text: str) -> Mapping:
    (document,) = yaml.read(SourceFile("k.yaml", text)).documents
    assert isinstance(document, Mapping)
    return document


def manifests() -> list[Manifest]:
    every = (parsed(text.replace("{kind", "{apiVersion: apps/v1, kind", 1)) for text in OBJECTS)
    return [Manifest(one.text("kind"), one, SourceFile("k.yaml", "")) for one in every]


@pytest.mark.parametrize(
    ("target", "names"),
    [
        ('{kind: Deployment, name: ".*"}', ["web", "web-api"]),
        ("{name: web}", ["web"]),
        ('{name: "web|api"}', ["web", "api"]),
        ('{name: "web-.*"}', ["web-api"]),
        ('{kind: ".*Set"}', ["api"]),
        ('{kind: "Deployment|StatefulSet", name: api}', ["api"]),
        ('{namespace: "sh.*"}', ["web", "web-api"]),
        ("{namespace: default}", ["api"]),
        ('{labelSelector: "app=api"}', ["web-api", "api"]),
        ('{labelSelector: "tier=front,app!=web"}', ["web-api"]),
        ("{group: apps, version: v1, name: web}", ["web"]),
        ("{group: ap}", []),
        ('{version: "v.*"}', ["web", "web-api", "api"]),
        ('{annotationSelector: "x=y"}', []),
    ],
)
def test_a_field_of_a_target_is_a_pattern_of_the_whole_text(target: str, names: list[str]) -> None:
    chosen = parsed(target)
    assert [m.name for m in manifests() if of_entry(chosen)(m)] == names
    assert is_followed(chosen)


@pytest.mark.parametrize(
    "target",
    ['{name: "(a+)+b"}', '{name: "a*a*a*a*b"}', '{name: "we["}', '{labelSelector: "a in (b,c)"}'],
)
def test_what_might_never_end_and_what_is_no_pattern_is_not_followed(target: str) -> None:
    chosen = parsed(target)
    assert not any(of_entry(chosen)(m) for m in manifests())
    assert not is_followed(chosen)


def test_a_patch_without_a_target_is_one_of_the_object_it_names() -> None:
    target = of_patch(parsed('{kind: Deployment, metadata: {name: "web.*"}}'))
    assert not any(target(m) for m in manifests())
    target = of_patch(parsed("{kind: Deployment, metadata: {name: web}}"))
    assert [m.name for m in manifests() if target(m)] == ["web"]
