from __future__ import annotations

from collections.abc import Mapping

from poollint.reading.deployment.kubernetes import kustomize
from poollint.reading.deployment.linking import topology as linking
from poollint.reading.deployment.linking.documents import Manifest
from poollint.reading.reader import Options
from tests.reading.deployment.arranging import readings

BASE = {
    "base/kustomization.yaml": "resources: [web.yaml]\n",
    "base/web.yaml": """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web}
        spec:
          replicas: 1
          template: {spec: {containers: [{name: web, image: x}]}}
        """,
}


def built(files: Mapping[str, str]) -> dict[tuple[str, str, str], Manifest]:
    documents = [d for reading in readings({**BASE, **files}) for d in reading.documents]
    return {(m.home, m.kind, m.name): m for m in kustomize.built(documents)}


def test_a_base_is_applied_by_its_overlays_only() -> None:
    found = built(
        {
            "dev/kustomization.yaml": "resources: [../base]\nnamespace: dev\n",
            "prod/kustomization.yml": "bases: [../base]\nreplicas: [{name: web, count: 9}]\n",
        }
    )
    dev = found["dev/kustomization.yaml", "Deployment", "web"]
    prod = found["prod/kustomization.yml", "Deployment", "web"]
    assert len(found) == 2
    assert (dev.namespace, dev.root.text("spec", "replicas")) == ("dev", "1")
    assert (prod.namespace, prod.root.text("spec", "replicas")) == ("", "9")
    node = prod.root.get("spec", "replicas")
    assert node is not None
    assert node.span.path == "prod/kustomization.yml"


def test_replicas_are_stronger_than_patches() -> None:
    found = built(
        {
            "prod/kustomization.yaml": """
                resources: [../base]
                patchesStrategicMerge: [web.yaml]
                patches:
                  - patch: |-
                      apiVersion: apps/v1
                      kind: Deployment
                      metadata: {name: web}
                      spec: {minReadySeconds: 5}
                  - target: {kind: Deployment}
                    path: operations.yaml
                replicas: [{name: web, count: 4}]
                """,
            "prod/web.yaml": """
                apiVersion: apps/v1
                kind: Deployment
                metadata: {name: web}
                spec: {replicas: 50, paused: false}
                """,
            "prod/operations.yaml": "- {op: add, path: /spec/revisionHistoryLimit, value: 2}\n",
        }
    )
    ((_, web),) = found.items()
    assert web.root.text("spec", "replicas") == "4"
    assert web.root.text("spec", "paused") == "false"
    assert web.root.text("spec", "minReadySeconds") == "5"
    assert web.root.text("spec", "revisionHistoryLimit") == "2"


def test_generators_make_configmaps_and_overlays_merge_them() -> None:
    found = built(
        {
            "base/kustomization.yaml": """
                resources: [web.yaml]
                configMapGenerator: [{name: web, literals: [A=1, B=x=y], envs: [web.env]}]
                secretGenerator: [{name: keys, literals: [K=hush]}]
                """,
            "base/web.env": "C=file\n",
            "prod/kustomization.yaml": """
                resources: [../base]
                configMapGenerator: [{name: web, behavior: merge, literals: [A=2]}]
                """,
        }
    )
    home = "prod/kustomization.yaml"
    data = found[home, "ConfigMap", "web"].root
    assert [data.text("data", name) for name in "ABC"] == ["2", "x=y", "file"]
    assert found[home, "Secret", "keys"].root.text("stringData", "K") == "hush"


def test_components_add_resources_and_patches() -> None:
    found = built(
        {
            "prod/kustomization.yaml": "resources: [../base]\ncomponents: [../part]\n",
            "part/kustomization.yaml": """
                apiVersion: kustomize.config.k8s.io/v1alpha1
                kind: Component
                resources: [service.yaml]
                patches:
                  - target: {name: web}
                    patch: "[{op: add, path: /spec/paused, value: true}]"
                """,
            "part/service.yaml": "apiVersion: v1\nkind: Service\nmetadata: {name: web}\n",
        }
    )
    assert {kind for _, kind, _ in found} == {"Deployment", "Service"}
    assert len(found) == 2
    web = found["prod/kustomization.yaml", "Deployment", "web"]
    assert web.root.text("spec", "paused") == "true"


def test_manifests_that_no_kustomization_names_are_applied_by_themselves() -> None:
    found = built({"other/pod.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n"})
    assert ("", "Pod", "a") in found
    assert ("base/kustomization.yaml", "Deployment", "web") in found


def test_remote_resources_and_circles_end() -> None:
    found = built(
        {
            "a/kustomization.yaml": """
                resources: ["https://example.org/x.yaml", ../b, ../base, ../nowhere]
                """,
            "b/kustomization.yaml": "resources: [../a]\n",
        }
    )
    assert set(found) == {("a/kustomization.yaml", "Deployment", "web")}


def test_a_patch_may_take_an_object_away() -> None:
    found = built(
        {
            "a/kustomization.yaml": "resources: [../base]\npatches:\n  - patch: |\n"
            "      apiVersion: apps/v1\n      kind: Deployment\n      metadata: {name: web}\n"
            "      $patch: delete\n",
            "b/kustomization.yaml": "resources: [../base]\npatches:\n"
            "  - target: {kind: Service}\n    patch: '$patch: delete'\n",
        }
    )
    assert set(found) == {("b/kustomization.yaml", "Deployment", "web")}


def test_a_patch_gives_no_other_name() -> None:
    files = {
        "k/kustomization.yaml": "resources: [web.yaml]\npatches:\n"
        "  - target: {kind: Deployment}\n    patch: |\n"
        "      kind: Deployment\n      metadata: {name: ignored}\n      spec: {replicas: 6}\n",
        "k/web.yaml": WEB_OF_TWO,
    }
    (found,) = linking.workloads(linking.described(readings(files), (), Options()))
    assert (found.name, found.replicas.high) == ("web", 6)


def test_what_is_not_followed_is_told() -> None:
    files = {
        "k/kustomization.yaml": "resources: [web.yaml, 'https://example.org/x?ref=1']\n"
        "replacements: [{path: r.yaml}]\n",
        "k/web.yaml": WEB_OF_TWO,
    }
    (found,) = linking.described(readings(files), (), Options())
    assert found.notes == (
        "what `replacements` of k/kustomization.yaml changes is not followed",
        "k/kustomization.yaml takes in https://example.org/x?ref=1, which is not in the tree",
    )


WEB_OF_TWO = """
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec:
      replicas: 2
      template:
        spec:
          containers: [{name: web, image: registry.example/web}]
    """


def test_a_patch_is_laid_over_all_that_its_target_means() -> None:
    overlay = """
        resources: [../base]
        patches:
          - patch: '[{"op": "replace", "path": "/spec/replicas", "value": 7}]'
            target: {kind: Deployment, name: "w.*"}
        """
    found = built({"live/kustomization.yaml": overlay})
    web = found["live/kustomization.yaml", "Deployment", "web"]
    assert web.root.text("spec", "replicas") == "7"
