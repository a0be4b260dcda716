"""`vars` and `replacements` of kustomizations: the texts that are filled, and those that stay.

The expectations are what `kubectl kustomize` 1.37 prints of the same files.
"""

from __future__ import annotations

import pytest

from poollint.reading.deployment.kubernetes import kustomize
from tests.reading.deployment.arranging import readings, topology
from tests.reading.deployment.kubernetes.test_renaming import SERVER, built

WEB = """
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec:
      template:
        spec:
          containers:
            - name: web
              image: registry.example/shop
              args: ["--db", "$(PG)", "$(NONE)"]
              env: [{name: DB_HOST, value: HOST}, {name: OTHER, value: "$(PG):5432"}]
    """
VARIABLE = "vars: [{name: PG, objref: {kind: Service, name: pg, apiVersion: v1}}]\n"
PLACE = "spec.template.spec.containers.[name=web].env.[name=DB_HOST].value"


def web(kustomization: str, overlay: str = "namePrefix: live-\n") -> tuple[list[str], list[str]]:
    """Return the arguments of the container, and the values of its variables."""
    files = {
        "base/kustomization.yaml": f"resources: [web.yaml, pg.yaml]\n{kustomization}",
        "base/web.yaml": WEB,
        "base/pg.yaml": SERVER,
    }
    found = built(f"resources: [../base]\n{overlay}", files)
    (made,) = (m for (kind, name), m in found.items() if kind == "Deployment")
    (container,) = made.root.mappings("spec", "template", "spec", "containers")
    arguments = [getattr(node, "text", "") for node in container.sequence("args")]
    return arguments, [one.text("value") for one in container.mappings("env")]


def replacement(source: str, more: str = "") -> str:
    target = f"{{select: {{kind: Deployment}}, fieldPaths: ['{PLACE}']{more}}}"
    return f"replacements: [{{{source}, targets: [{target}]}}]\n"


def test_variables_mean_the_names_that_objects_are_applied_with() -> None:
    arguments, values = web(f"{VARIABLE}namePrefix: own-\n")
    assert arguments == ["--db", "live-own-pg", "$(NONE)"]
    assert values == ["HOST", "live-own-pg:5432"]


@pytest.mark.parametrize(
    ("source", "more", "text"),
    [
        ("source: {kind: Service, name: pg}", "", "own-pg"),  # not what is put before it later
        ("source: {kind: StatefulSet, name: pg, fieldPath: spec.serviceName}", "", "pg"),
        ("source: {kind: Deployment, name: web, fieldPath: metadata.none}", "", "HOST"),
        ("source: {kind: Job, name: web}", "", "HOST"),
        ("sourceValue: stated", "", "stated"),
        ("sourceValue: stated", ", options: {delimiter: O, index: 1}", "HOstated"),
        ("sourceValue: stated", ", options: {delimiter: O, index: 5}", "HOSTOstated"),
        ("sourceValue: stated", ", options: {delimiter: O, index: -1}", "statedOHOST"),
        ("sourceValue: stated", ", reject: [{name: web}]", "HOST"),
        ("path: elsewhere.yaml", "", "HOST"),
    ],
)
def test_replacements_are_made_where_they_stand(source: str, more: str, text: str) -> None:
    assert web(f"namePrefix: own-\n{replacement(source, more)}")[1][0] == text


def test_a_path_that_leads_nowhere_changes_nothing() -> None:
    for path in ("a.[", "spec.template.spec.containers.7.image", "kind.x", "spec.template", ""):
        text = replacement("sourceValue: x").replace(PLACE, path)
        assert web(text) == web("")


def test_what_is_put_joins_a_client_with_its_server() -> None:
    files = {
        "base/kustomization.yaml": "resources: [web.yaml, pg.yaml]\n",
        "base/web.yaml": WEB,
        "base/pg.yaml": SERVER,
        "shop/db.py": """
            import os
            from sqlalchemy import create_engine
            engine = create_engine("postgresql://" + os.environ["DB_HOST"] + "/shop")
            """,
        "live/kustomization.yaml": "resources: [../base]\nnamePrefix: live-\n"
        + replacement("source: {kind: Service, name: pg}"),
    }
    (found,) = topology(files).servers
    assert [client.name for client in found.clients] == ["live-web"]


def test_what_is_not_understood_is_told() -> None:
    for told, text in (
        (False, replacement("sourceValue: x")),
        (False, VARIABLE),
        (True, "replacements: [{path: r.yaml}]\n"),
        (True, replacement("sourceValue: x").replace(PLACE, "a.[")),
        (True, replacement("sourceValue: x", ", reject: [{name: (a+)+b}]")),
    ):
        home = "k/kustomization.yaml"
        files = {home: f"resources: [web.yaml]\n{text}", "k/web.yaml": WEB}
        documents = [d for reading in readings(files) for d in reading.documents]
        notes = (f"what `replacements` of {home} changes is not followed",) if told else ()
        assert kustomize.Unfollowed(documents).of([home]) == notes
