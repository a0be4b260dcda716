"""Charts of the tree that Flux installs, with the values of each release."""

from __future__ import annotations

from tests.reading.deployment.arranging import topologies
from tests.reading.deployment.linking.shop import SHOP, uncounted

CHART = {
    "postgresql.conf": "max_connections = 150\n",
    "charts/web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 0.1.0\n",
    "charts/web/values.yaml": "replicas: 2\nhost: orders.internal\nworkers: 3\n",
    "charts/web/templates/web.yaml": """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: "{{ .Release.Name }}"}
        spec:
          replicas: {{ .Values.replicas }}
          template:
            spec:
              containers:
                - name: web
                  image: registry.example/shop:1
                  args: [gunicorn, --workers, "{{ .Values.workers }}", "shop.api:app"]
                  env:
                    - name: DATABASE_URL
                      value: "postgresql://shop@{{ .Values.host }}/orders"
        """,
}
RELEASE = """
    apiVersion: helm.toolkit.fluxcd.io/v2
    kind: HelmRelease
    metadata: {name: shop, namespace: orders}
    spec:
      chart:
        spec: {chart: ./charts/web, sourceRef: {kind: GitRepository, name: all}}
      values: {replicas: 7}
    """


def lines(release: str, more: dict[str, str] | None = None) -> list[tuple[str, list[int | None]]]:
    files = {**SHOP, **CHART, "clusters/prod/shop.yaml": release, **(more or {})}
    return [
        (client.name, [f.high for f in client.steady[:2]])
        for one in topologies(files)
        for server in one.servers
        for client in server.clients
    ]


def test_a_release_lays_its_values_over_the_charts() -> None:
    assert lines(RELEASE) == [("shop", [7, 3])]


def test_files_of_values_come_before_the_values_themselves() -> None:
    named = "valuesFiles: [charts/web/values.yaml, charts/web/values-prod.yaml], "
    more = {"charts/web/values-prod.yaml": "replicas: 5\nworkers: 4\n"}
    assert lines(RELEASE.replace("spec: {chart:", f"spec: {{{named}chart:"), more) == [
        ("shop", [7, 4])
    ]


def test_values_from_elsewhere_are_told() -> None:
    text = RELEASE.replace("values: {", "valuesFrom: [{kind: Secret, name: own}]\n      values: {")
    told = uncounted({**SHOP, **CHART, "clusters/prod/shop.yaml": text})
    assert any("what values in `own` change" in one for one in told)


def test_a_chart_of_another_repository_is_none_of_these() -> None:
    other = RELEASE.replace("GitRepository", "HelmRepository")
    assert [counts for _, counts in lines(other)] == [[2, 3]]  # its own values alone
