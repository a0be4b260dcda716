"""Applications of Argo CD that a chart makes."""

from __future__ import annotations

from typing import Any

import pytest

from poollint.model.source import SourceFile
from poollint.reading.deployment.helm import charts
from poollint.reading.deployment.helm.charts import Built, built_of
from poollint.reading.deployment.linking import topology as deployed
from poollint.reading.reader import Options
from tests.reading.deployment.arranging import readings

WEB = {
    "charts/web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
    "charts/web/values.yaml": "replicas: 1\nworkers: 2\n",
    "charts/web/values-live.yaml": "workers: 4\n",
    "charts/web/templates/web.yaml": """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: "{{ .Release.Name }}"}
        spec:
          replicas: {{ .Values.replicas }}
          template:
            metadata: {labels: {app: web}}
            spec:
              containers:
                - name: web
                  image: registry.example/shop:1
                  command: [gunicorn, "-w", "{{ .Values.workers }}", "shop.api:app"]
        """,
}
APPS = {
    "apps/Chart.yaml": "apiVersion: v2\nname: apps\nversion: 1.0.0\n",
    "apps/values.yaml": "env: live\nweb: {replicas: 12}\n",
    "apps/templates/web.yaml": """
        apiVersion: argoproj.io/v1alpha1
        kind: Application
        metadata: {name: shop}
        spec:
          destination: {namespace: shop}
          source:
            repoURL: https://git.example/shop
            path: charts/web
            helm:
              valueFiles: ["values-{{ .Values.env }}.yaml"]
              parameters: [{name: replicas, value: "{{ .Values.web.replicas }}"}]
        """,
}
ROOT = """
    apiVersion: argoproj.io/v1alpha1
    kind: Application
    metadata: {name: root}
    spec:
      destination: {namespace: argocd}
      source:
        repoURL: https://git.example/shop
        path: apps
        helm: {parameters: [{name: web.replicas, value: "7"}]}
    """


def running(*files: dict[str, str]) -> dict[str, tuple[int | None, int]]:
    """Return by environment and workload how many instances run, and processes in each."""
    every = {path: text for part in files for path, text in part.items()}
    found: dict[str, tuple[int | None, int]] = {}
    for where in deployed.described(readings(every), (), Options()):
        for placed in where.placed:
            process = placed.workload.containers[0].process
            workers = process.processes.high if process else None
            name = f"{where.scope} {placed.workload.name}".strip()
            found[name] = (placed.workload.replicas.high, workers or 0)
    return found


def test_what_a_chart_makes_is_installed_with_the_values_that_it_gives() -> None:
    assert running(WEB, APPS, {"root.yaml": ROOT}) == {"Argo CD shop": (7, 4)}


def test_a_chart_that_nothing_installs_is_installed_with_its_own_values() -> None:
    assert running(WEB, APPS) == {"apps shop": (12, 4)}


def test_each_set_of_values_that_lies_beside_it_is_a_cluster_of_its_own() -> None:
    more = {
        "apps/values-prod.yaml": "web: {replicas: 20}\n",
        "apps/values-stage.yaml": "web: {replicas: 2}\n",
    }
    assert running(WEB, APPS, more) == {
        "apps/values-prod.yaml shop": (20, 4),
        "apps/values-stage.yaml shop": (2, 4),
    }


def test_values_within_an_application_are_those_that_the_chart_writes() -> None:
    inner = APPS["apps/templates/web.yaml"].replace(
        "parameters: [{name",
        "values: |\n                workers: {{ .Values.web.replicas }}\n"
        "              parameters: [{name",
    )
    assert running(WEB, APPS, {"apps/templates/web.yaml": inner}) == {"apps shop": (12, 12)}


def test_a_chart_of_examples_installs_nothing() -> None:
    examples = {f"examples/{path}": text for path, text in APPS.items()}
    assert "Argo CD shop" not in running(WEB, examples)
    assert not any(name.startswith("examples") for name in running(WEB, examples))


def test_charts_that_make_themselves_come_to_an_end() -> None:
    itself = APPS["apps/templates/web.yaml"].replace("charts/web", "apps")
    assert running({**APPS, "apps/templates/web.yaml": itself}) == {}


BOOT = {
    "boot/Chart.yaml": "apiVersion: v2\nname: boot\nversion: 1.0.0\n",
    "boot/templates/apps.yaml": """
        apiVersion: argoproj.io/v1alpha1
        kind: Application
        metadata: {name: apps}
        spec:
          source: {repoURL: https://git.example/shop, path: apps, helm: {valueFiles: [FILE]}}
        """,
}


def test_a_chart_whose_values_for_another_are_not_known_leaves_that_to_its_own() -> None:
    lost = BOOT["boot/templates/apps.yaml"].replace("FILE", '"values-{{ .Values.env }}.yaml"')
    assert running(WEB, APPS, BOOT, {"boot/templates/apps.yaml": lost}) == {"apps shop": (12, 4)}
    known = BOOT["boot/templates/apps.yaml"].replace("FILE", "more.yaml")
    more = {"boot/templates/apps.yaml": known, "apps/values-more.yaml": "web: {replicas: 3}\n"}
    more["boot/templates/apps.yaml"] = known.replace("more.yaml", "values-more.yaml")
    assert running(WEB, APPS, BOOT, more) == {"boot shop": (3, 4)}


def test_values_that_are_not_known_leave_what_an_application_runs_itself() -> None:
    lost = APPS["apps/templates/web.yaml"].replace("values-{{ .Values.env }}", "gone")
    assert running(WEB, APPS, {"apps/templates/web.yaml": lost})["apps shop"] == (12, 2)


def test_a_file_of_nothing_but_remarks_is_read() -> None:
    empty = {"charts/web/values-live.yaml": "# later: more\n\n"}
    every = {path: text for part in (WEB, APPS, empty) for path, text in part.items()}
    described = deployed.described(readings(every), (), Options())
    assert not any("are not read" in text for where in described for text in where.unseen)


def test_a_chart_of_applications_is_worked_out_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = list[str]()

    def noting(chart: SourceFile, *given: Any) -> Built:
        asked.append(chart.path)
        return built_of(chart, *given)

    monkeypatch.setattr(charts, "built_of", noting)
    assert running(WEB, APPS, {"root.yaml": ROOT}) == {"Argo CD shop": (7, 4)}
    assert asked == ["apps/Chart.yaml"]


def test_an_application_of_an_example_leaves_the_values_that_it_names_to_others() -> None:
    example = ROOT.replace("path: apps", "path: charts/web").replace(
        "parameters: [{name: web.replicas", "valueFiles: [values-live.yaml], parameters: [{name: x"
    )
    found = running(WEB, {"examples/shop.yaml": example})
    assert found["charts/web/values-live.yaml web"] == (1, 4)
    assert "charts/web/values-live.yaml web" not in running(WEB, {"shop.yaml": example})
