"""Objects that stand in a chart's values, and values that only a test of it installs it with."""

from __future__ import annotations

import pytest

from poollint.facts.topology import Topology
from tests.reading.deployment.arranging import topologies

CHART = "apiVersion: v2\nname: shop\n"
WEB = """apiVersion: apps/v1
kind: Deployment
metadata: {name: shop}
spec:
  replicas: {{ .Values.replicas }}
  template:
    spec:
      containers:
        - name: web
          image: shop
          env:
            {{- if .Values.secret }}
            - name: SHOP_STORE_URI
              valueFrom: {secretKeyRef: {name: {{ .Values.secret }}, key: uri}}
            {{- end }}
"""
VALUES = """secret: login
extra:
  - apiVersion: v1
    kind: Secret
    metadata: {name: login}
    stringData: {uri: "postgres://shop@pg:5432/orders"}
  - apiVersion: apps/v1
    kind: Deployment
    metadata: {name: pg}
    spec:
      selector: {matchLabels: {app: pg}}
      template:
        metadata: {labels: {app: pg}}
        spec:
          containers:
            - {name: pg, image: "postgres:17"}
  - apiVersion: v1
    kind: Service
    metadata: {name: pg}
    spec: {selector: {app: pg}, ports: [{port: 5432}]}
"""
ONLY = "{{- range .Values.extra }}\n---\n{{ toYaml . }}\n{{- end }}\n"
TEXTS = """{{ range .Values.extra }}
---
{{ if typeIs "string" . }}
    {{- tpl . $ }}
{{- else }}
    {{- tpl (toYaml .) $ }}
{{- end }}
{{ end }}
"""


def served(files: dict[str, str]) -> list[Topology]:
    given = {"Chart.yaml": CHART, "templates/web.yaml": WEB} | files
    return [found for found in topologies(given) if found.servers]


@pytest.mark.parametrize("template", [ONLY, TEXTS])
def test_objects_of_a_list_in_the_values_are_made(template: str) -> None:
    (found,) = served({"templates/extra.yaml": template, "values.yaml": f"replicas: 2\n{VALUES}"})
    (server,) = found.servers
    assert server.server.name == "pg"
    assert (server.server.span.path, server.server.span.start.line) == ("values.yaml", 17)
    told = "how many connections it opens is not known (2 replicas, 3 while rolled out)"
    told += ", for its image is built elsewhere"
    assert server.missing == (f"`shop`: {told}",)


@pytest.mark.parametrize(
    ("path", "text", "places"),
    [
        ("ci/postgres-values.yaml", VALUES, ["ci/postgres-values.yaml"]),
        ("ci/mysql-values.yaml", "secret: login\nengine: mysql\n", []),
        ("docs/postgres-values.yaml", VALUES, []),
    ],
)
def test_values_of_a_test_for_postgresql_are_an_environment(
    path: str, text: str, places: list[str]
) -> None:
    own = {"templates/extra.yaml": ONLY, "values.yaml": "replicas: 2\nextra: []\n"}
    found = served(own | {path: text})
    assert [server.server.span.path for one in found for server in one.servers] == places
