from __future__ import annotations

import pytest

from poollint.model.source import SourceFile, Span
from poollint.reading.deployment.kubernetes.merging import patched, with_value
from poollint.syntax import yaml
from poollint.syntax.yaml import Mapping, Node, Scalar


def node(text: str) -> Node:
    (document,) = yaml.read(SourceFile("x.yaml", text)).documents
    return document


def mapping(text: str) -> Mapping:
    found = node(text)
    assert isinstance(found, Mapping)
    return found


def plain(value: Node | None) -> object:
    if isinstance(value, Mapping):
        return {item.key.text: plain(item.value) for item in value.items}
    if isinstance(value, Scalar):
        return value.text
    return [plain(item) for item in value.items] if value else None


BASE = mapping(
    """
spec:
  replicas: 1
  strategy: {type: RollingUpdate}
  containers:
    - name: a
      image: x
      args: [one, two]
      env: [{name: A, value: "1"}, {name: B, value: "1"}]
    - {name: b, image: y}
"""
)


def test_patches_merge_maps_and_lists_by_their_names() -> None:
    patch = """
spec:
  replicas: 5
  containers:
    - name: a
      args: [three]
      env: [{name: B, value: "2"}, {name: C, value: "2"}]
    - {name: c, image: z}
"""
    assert plain(patched(BASE, node(patch))) == {
        "spec": {
            "replicas": "5",
            "strategy": {"type": "RollingUpdate"},
            "containers": [
                {
                    "name": "a",
                    "image": "x",
                    "args": ["three"],
                    "env": [
                        {"name": "B", "value": "2"},
                        {"name": "C", "value": "2"},
                        {"name": "A", "value": "1"},
                    ],
                },
                {"name": "c", "image": "z"},
                {"name": "b", "image": "y"},
            ],
        }
    }


def test_patches_delete_and_replace() -> None:
    patch = """
spec:
  replicas: null
  strategy: {$patch: replace, type: Recreate}
  containers: [{name: a, $patch: delete}]
"""
    found = patched(BASE, node(patch))
    assert found.get("spec", "replicas") is None
    assert found.text("spec", "strategy", "type") == "Recreate"
    assert [m.text("name") for m in found.mappings("spec", "containers")] == ["b"]


def test_operations_set_values_under_mappings_and_in_lists() -> None:
    patch = """
- {op: replace, path: /spec/replicas, value: 7}
- {op: add, path: /spec/strategy/a~1b, value: z}
- {op: remove, path: /spec/strategy/type}
- {op: replace, path: /spec/containers/0/image, value: other}
- {op: add, path: /spec/containers/0/env/-, value: {name: D}}
- {op: add, path: /spec/containers/0/env/0, value: {name: Z}}
- {op: remove, path: /spec/containers/0/env/1}
- {op: test, path: /spec/replicas, value: 9}
"""
    found = patched(BASE, node(patch))
    assert found.text("spec", "replicas") == "7"
    assert plain(found.get("spec", "strategy")) == {"a/b": "z"}
    (first, _) = found.mappings("spec", "containers")
    assert first.text("image") == "other"
    assert [e.text("name") for e in first.mappings("env")] == ["Z", "B", "D"]


@pytest.mark.parametrize(
    "operation",
    [
        "{op: remove, path: /spec/containers/9}",
        "{op: replace, path: /spec/containers/-1/image, value: x}",
        "{op: add, path: /spec/containers/99999999999999999999, value: x}",
        "{op: remove, path: /spec/nothing/below}",
        "{op: remove, path: ''}",
        "{op: add, path: /spec/replicas/1, value: x}",
        "{op: move, from: /spec, path: /other}",
    ],
)
def test_operations_that_lead_nowhere_change_nothing(operation: str) -> None:
    assert patched(BASE, node(f"- {operation}\n")) == BASE


def test_a_value_keeps_the_place_of_whoever_set_it_last() -> None:
    value = Scalar("3", "", "", Span.at("overlay.yaml", 9, 12, 1))
    found = with_value(BASE, ("spec", "replicas"), value)
    assert found.get("spec", "replicas") is value
    made = with_value(BASE, ("metadata", "namespace"), value)
    assert made.text("metadata", "namespace") == "3"
