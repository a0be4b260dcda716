"""Kustomizations of real trees: what `kubectl kustomize` builds of them, and poollint.

Which workloads and autoscalers there are, their replicas, commands and literal variables.
"""

from __future__ import annotations

import os
from pathlib import Path
from textwrap import dedent

import pytest
import yaml

from poollint.reading.deployment.kubernetes import kustomize
from poollint.reading.deployment.linking.documents import Manifest
from tests.lab.objects import compared_objects
from tests.lab.renderers import Comparison, documents, program, run, trees

_TREE = {
    "base/kustomization.yaml": "resources: [web.yaml]\nconfigMapGenerator:\n"
    "  - {name: settings, literals: [A=1]}\n",
    "base/web.yaml": """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web}
        spec:
          replicas: 2
          template:
            metadata: {labels: {app: web}}
            spec:
              containers:
                - name: web
                  image: registry.example/web
                  command: [gunicorn, -w, "2"]
                  env: [{name: A, value: "1"}, {name: B, value: "2"}]
        """,
    "part/kustomization.yaml": "kind: Component\napiVersion: kustomize.config.k8s.io/v1alpha1\n"
    "patches:\n  - target: {kind: Deployment}\n    patch: |\n"
    "      - {op: replace, path: /spec/template/spec/containers/0/env/1/value, value: '9'}\n"
    "      - {op: add, path: /spec/template/spec/containers/0/env/-, value: {name: D, value: x}}\n",
    "prod/kustomization.yaml": """
        resources: [../base]
        components: [../part]
        namePrefix: prod-
        replicas: [{name: web, count: 7}]
        patches:
          - path: more.yaml
          - target: {kind: Deployment, name: web}
            patch: |
              - {op: remove, path: /spec/template/spec/containers/0/env/0}
        """,
    "prod/more.yaml": """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web}
        spec:
          template:
            spec:
              containers:
                - name: web
                  args: [shop.api:app]
                  env: [{name: C, value: "3"}]
                - name: proxy
                  image: registry.example/proxy
        """,
}
_FILLED = {
    "base/kustomization.yaml": """
        resources: [web.yaml]
        namePrefix: b-
        vars:
          - {name: PG, objref: {kind: Service, name: pg, apiVersion: v1}}
          - name: COUNT
            objref: {kind: Deployment, name: web, apiVersion: apps/v1}
            fieldref: {fieldpath: spec.replicas}
        replacements:
          - source: {kind: Service, name: pg}
            targets:
              - select: {kind: Deployment}
                reject: [{name: oth.*}]
                fieldPaths: ["spec.template.spec.containers.[name=web].env.[name=PUT].value"]
              - select: {name: web}
                fieldPaths: [spec.template.spec.containers.0.env.5.value]
                options: {delimiter: "/", index: 2}
          - source: {kind: Service, name: pg, fieldPath: spec.externalName,
                     options: {delimiter: ., index: 1}}
            targets:
              - select: {kind: Deployment, name: "w.*|oth.*"}
                fieldPaths: ["spec.template.spec.containers.*.env.[name=DOMAIN].value"]
                options: {delimiter: ".", index: -1}
        """,
    "base/web.yaml": """
        apiVersion: v1
        kind: Service
        metadata: {name: pg}
        spec: {externalName: pg.example.org}
        ---
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web}
        spec:
          replicas: 2
          template:
            metadata: {labels: {app: web}}
            spec:
              containers:
                - name: web
                  image: registry.example/web
                  command: [run, "--db=$(PG)", "$(NONE)"]
                  args: ["$(COUNT)"]
                  env:
                    - {name: HOST, value: "$(PG):5432"}
                    - {name: PUT, value: pg}
                    - {name: DOMAIN, value: d}
                    - {name: SAME, value: pg}
                    - {name: EMPTY}
                    - {name: URL, value: postgres://HOST/shop}
        ---
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: other}
        spec:
          replicas: 2
          template:
            metadata: {labels: {app: web}}
            spec:
              containers:
                - name: web
                  image: registry.example/web
                  env: [{name: PUT, value: pg}, {name: DOMAIN, value: x}]
        """,
    "live/kustomization.yaml": "resources: [../base]\nnamePrefix: live-\n",
}


def written(tree: dict[str, str], folder: Path) -> Path:
    for name, text in tree.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(dedent(text))
    return folder


def compared(tree: Path, found: Comparison) -> None:
    """Compare what every leaf kustomization of a tree builds."""
    known = documents(tree, ".yaml", ".yml", ".env")
    built, unfollowed = kustomize.built(known), kustomize.Unfollowed(known)
    homes: dict[str, list[Manifest]] = {}
    for manifest in built:
        if manifest.home:
            homes.setdefault(manifest.home, []).append(manifest)
    for home, manifests in sorted(homes.items()):
        found.files += 1
        text = run(program("kubectl"), "kustomize", str((tree / home).parent), folder=tree)
        if text is None:
            found.refused += 1
            continue
        objects = [o for o in yaml.safe_load_all(text) if isinstance(o, dict)]
        # What poollint says that it does not follow, it does not claim to know.
        if unfollowed.of([home]):
            found.unknown["kustomization"] += 1
        else:
            compared_objects(manifests, objects, f"{tree.name}/{home}", found)


def test_a_tree_with_all_of_it_is_built_as_kustomize_does(tmp_path: Path) -> None:
    found = Comparison()
    compared(written(_TREE, tmp_path), found)
    assert not found.refused
    assert not found.unequal, found.report()
    assert found.equal["variable"] == 3


def test_texts_are_filled_as_kustomize_does(tmp_path: Path) -> None:
    found = Comparison()
    compared(written(_FILLED, tmp_path), found)
    assert not found.refused
    assert not found.unequal, found.report()
    assert (found.equal["variable"], found.equal["command"]) == (8, 2)


@pytest.mark.opt_in
@pytest.mark.skipif("POOLLINT_TREES" not in os.environ, reason="no real trees are named")
def test_real_trees_are_built_as_kustomize_does(capsys: pytest.CaptureFixture[str]) -> None:
    found = Comparison()
    for tree in trees():
        compared(tree, found)
    with capsys.disabled():
        print(f"\n{found.report()}")
    assert not found.unequal
