"""Prefixes and suffixes of kustomizations: what is renamed, what names it, and what stays."""

from __future__ import annotations

from poollint.reading.deployment.kubernetes import kustomize
from poollint.reading.deployment.linking.documents import Manifest
from tests.reading.deployment.arranging import readings, topology

SYSTEM = """
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec:
      template:
        spec:
          containers:
            - name: web
              image: registry.example/shop
              env:
                - name: DB_HOST
                  valueFrom: {configMapKeyRef: {name: settings, key: DB_HOST}}
                - name: OTHER
                  valueFrom: {secretKeyRef: {name: elsewhere, key: OTHER}}
    ---
    apiVersion: autoscaling/v2
    kind: HorizontalPodAutoscaler
    metadata: {name: web}
    spec: {scaleTargetRef: {kind: Deployment, name: web}, maxReplicas: 4}
    """
SERVER = """
    apiVersion: apps/v1
    kind: StatefulSet
    metadata: {name: pg}
    spec:
      serviceName: pg
      template:
        metadata: {labels: {app: pg}}
        spec: {containers: [{name: pg, image: "postgres:16"}]}
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: pg}
    spec: {selector: {app: pg}, ports: [{port: 5432}]}
    """
BASE = {
    "base/kustomization.yaml": "resources: [web.yaml]\nconfigMapGenerator:\n"
    "  - {name: settings, literals: [DB_HOST=live-pg-2]}\n",
    "base/web.yaml": SYSTEM,
}


def built(overlay: str, files: dict[str, str] | None = None) -> dict[tuple[str, str], Manifest]:
    whole = {**BASE, **(files or {}), "live/kustomization.yaml": overlay}
    documents = [d for reading in readings(whole) for d in reading.documents]
    return {(m.kind, m.name): m for m in kustomize.built(documents)}


def variable(manifest: Manifest, index: int, field: str) -> str:
    (container,) = manifest.root.mappings("spec", "template", "spec", "containers")
    return container.mappings("env")[index].text("valueFrom", field, "name")


def test_objects_are_renamed_with_what_names_them() -> None:
    found = built("resources: [../base]\nnamePrefix: live-\nnameSuffix: -2\n")
    assert sorted(found) == [
        ("ConfigMap", "live-settings-2"),
        ("Deployment", "live-web-2"),
        ("HorizontalPodAutoscaler", "live-web-2"),
    ]
    web, scaler = found["Deployment", "live-web-2"], found["HorizontalPodAutoscaler", "live-web-2"]
    assert variable(web, 0, "configMapKeyRef") == "live-settings-2"
    assert variable(web, 1, "secretKeyRef") == "elsewhere"  # no object of the tree
    assert scaler.root.text("spec", "scaleTargetRef", "name") == "live-web-2"
    name = web.root.get("metadata", "name")
    assert name is not None
    assert (name.span.path, name.span.start.line) == ("base/web.yaml", 3)


def test_a_patch_goes_by_the_name_of_its_base() -> None:
    files = {
        "base/kustomization.yaml": "resources: [web.yaml]\nnamePrefix: own-\n",
        "old/kustomization.yaml": "resources: [../base]\nnamePrefix: old-\n",
    }
    for name in ("web", "own-web"):
        overlay = (
            f"resources: [../base]\nnamePrefix: live-\nreplicas: [{{name: {name}, count: 7}}]\n"
        )
        web = built(overlay, files)["Deployment", "live-own-web"]
        assert web.root.text("spec", "replicas") == "7"


def test_a_client_finds_the_server_under_its_new_name_alone() -> None:
    files = {
        **BASE,
        "base/kustomization.yaml": BASE["base/kustomization.yaml"].replace(
            "web.yaml", "web.yaml, pg.yaml"
        ),
        "base/pg.yaml": SERVER,
        "shop/db.py": """
            import os
            from sqlalchemy import create_engine
            engine = create_engine("postgresql://" + os.environ["DB_HOST"] + "/shop")
            """,
    }
    live = "resources: [../base]\nnamePrefix: live-\nnameSuffix: -2\n"
    (found,) = topology({**files, "live/kustomization.yaml": live}).servers
    assert found.server.hosts == ("live-pg-2",)
    assert [client.name for client in found.clients] == ["live-web-2"]
    other = live.replace("live-", "next-")
    (alone,) = topology({**files, "live/kustomization.yaml": other}).servers
    assert (alone.server.hosts, alone.clients) == (("next-pg-2",), ())
