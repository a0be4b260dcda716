"""Charts, read without rendering them."""

from __future__ import annotations

import pytest

from poollint.facts.infrastructure import Workload
from poollint.model.figure import Basis
from poollint.model.source import Span
from poollint.reading.deployment.helm.charts import is_chart_file, laid_over
from poollint.reading.deployment.linking import topology as linking
from poollint.reading.reader import Options
from tests.reading.deployment.arranging import readings, topologies, topology

CHART = "apiVersion: v2\nname: shop\nappVersion: 1\n"
DEPLOYMENT = """
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "shop.fullname" . }}
  labels:
    {{- include "shop.labels" . | nindent 4 }}
spec:
  {{- if not .Values.autoscaling.enabled }}
  replicas: {{ .Values.replicaCount }}
  {{- end }}
  strategy:
    rollingUpdate:
      maxSurge: {{ .Values.surge | default "50%" }}
  template:
    metadata:
      labels:
        {{- include "shop.selectorLabels" . | nindent 8 }}
    spec:
      {{- with .Values.imagePullSecrets }}
      imagePullSecrets:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      containers:
        - name: {{ .Chart.Name }}
          image: "{{ .Values.image.repository }}:{{ .Values.tag | default .Chart.AppVersion }}"
          command: ["gunicorn", "-w", "{{ .Values.workers }}", "shop.api:app"]
          env:
            - name: DATABASE_URL
              value: postgresql://shop@{{ .Values.database.host }}/orders
            - name: DB_POOL_SIZE
              value: {{ .Values.poolSize | quote }}
"""
SCALER = """
{{- if .Values.autoscaling.enabled }}
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: {{ include "shop.fullname" . }}
spec:
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: {{ include "shop.fullname" . }}
  minReplicas: {{ .Values.autoscaling.minReplicas }}
  maxReplicas: {{ .Values.autoscaling.maxReplicas }}
{{- end }}
"""
ORDERS_DB = """
apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: orders-db
spec:
  template:
    spec:
      containers:
        - name: db
          image: postgres:17
          args: ["-c", "max_connections={{ .Values.database.connections }}"]
"""
VALUES = """
replicaCount: 3
workers: 2
poolSize: 5
image: {repository: registry.example/shop}
database: {host: orders-db}
autoscaling:
  enabled: false
  minReplicas: 2
  maxReplicas: 9
"""


def chart(values: str = VALUES, **more: str) -> dict[str, str]:
    return {
        "chart/Chart.yaml": CHART,
        "chart/values.yaml": values,
        "chart/templates/deployment.yaml": DEPLOYMENT,
        "chart/templates/hpa.yaml": SCALER,
        **more,
    }


def running(files: dict[str, str]) -> tuple[Workload, ...]:
    return linking.workloads(linking.described(readings(files), (), Options()))


def test_replicas_are_those_of_the_values_with_their_line() -> None:
    (found,) = running(chart())
    assert (found.name, found.replicas.high) == ("shop", 3)
    assert isinstance(found.replicas.origin, Span)
    assert found.replicas.origin.path == "chart/values.yaml"
    assert found.replicas.origin.start.line == 1
    assert found.surge is not None
    assert found.surge.high == 2


def test_the_command_and_the_environment_take_their_values() -> None:
    (found,) = running(chart())
    (container,) = found.containers
    assert container.process is not None
    assert container.process.processes.high == 2
    url, size = container.variable("DATABASE_URL"), container.variable("DB_POOL_SIZE")
    assert url is not None
    assert url.value.value == "postgresql://shop@orders-db/orders"
    assert size is not None
    assert size.value.value == "5"


def test_an_autoscaler_counts_only_where_it_is_switched_on() -> None:
    (found,) = running(chart(VALUES.replace("enabled: false", "enabled: true")))
    assert found.replicas.high == 9
    assert found.floor is not None
    assert found.floor.high == 2


def test_values_of_an_environment_are_laid_over_the_chart() -> None:
    found = running(
        chart(
            **{
                "chart/values-dev.yaml": "replicaCount: 1\n",
                "chart/values-prod.yaml": "replicaCount: 8\ndatabase: {host: prod-db}\n",
            }
        )
    )
    assert {w.scope: w.replicas.high for w in found} == {
        "values-dev.yaml": 1,
        "values-prod.yaml": 8,
    }


def test_a_value_that_no_file_states_is_unknown() -> None:
    (found,) = running(chart(VALUES.replace("replicaCount: 3\n", "")))
    assert found.replicas.basis is Basis.UNKNOWN


def test_a_chart_joins_the_server_beside_it() -> None:
    values = VALUES.replace("{host: orders-db}", "{host: orders-db, connections: 40}")
    found = topology(chart(values, **{"chart/templates/db.yaml": ORDERS_DB}))
    (budget,) = found.servers
    assert budget.server.max_connections.high == 40
    assert [f.high for f in budget.clients[0].steady] == [3, 2, 5]
    assert any("without rendering" in text for text in found.assumed)


def test_a_template_that_stays_unreadable_is_said() -> None:
    files = {"chart/templates/x.yaml": "kind: Deployment\n{{ x }}: [\n"}
    (reading,) = readings(files)
    assert reading.unread


def test_a_block_at_the_start_of_its_line_stands_where_it_is_indented_to() -> None:
    block = "          resources:\n{{ toYaml .Values.resources | nindent 12 }}\n          command:"
    files = chart(VALUES + "resources: {limits: {memory: 1Gi}}\n")
    files["chart/templates/deployment.yaml"] = DEPLOYMENT.replace("          command:", block)
    (found,) = running(files)
    assert found.containers[0].memory
    assert found.containers[0].memory.high == 1 << 30


def test_what_a_test_of_the_chart_makes_does_not_run() -> None:
    pod = """
        apiVersion: v1
        kind: Pod
        metadata:
          name: {{ include "shop.fullname" . }}-test
          annotations: {"helm.sh/hook": test}
        spec: {containers: [{name: wget, image: busybox}]}
        """
    assert len(running(chart(**{"chart/templates/tests/connection.yaml": pod}))) == 1


def test_variables_that_a_template_includes_are_not_all_known() -> None:
    more = '          env:\n            {{- include "shop.env" . | nindent 12 }}\n'
    files = chart()
    files["chart/templates/deployment.yaml"] = DEPLOYMENT.replace("          env:\n", more)
    (found,) = linking.described(readings(files), (), Options())
    (placed,) = found.placed
    assert not placed.units[0].complete
    assert placed.units[0].container.variable("DB_POOL_SIZE")


def test_values_alone_are_an_environment_where_no_file_is_for_production() -> None:
    over = {"chart/values-staging.yaml": "replicaCount: 1\n"}
    found = linking.described(readings(chart(VALUES, **over)), (), Options())
    assert [e.placed[0].workload.replicas.high for e in found] == [1, 3]
    over["chart/values-prod.yaml"] = "replicaCount: 9\n"
    found = linking.described(readings(chart(VALUES, **over)), (), Options())
    assert sorted(e.placed[0].workload.replicas.high or 0 for e in found) == [1, 9]


def _scopes(*paths: str) -> set[str]:
    """Return the environments of a chart with such files of values."""
    files = {
        "compose.yaml": "services: {cache: {image: redis}}\n",  # at the top of the tree
        "chart/Chart.yaml": "name: shop\n",
        "chart/values.yaml": "most: 90\n",
        "chart/templates/web.yaml": (
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n"
            "spec: {template: {spec: {containers: [{name: web, image: postgres, "
            'args: [-c, "max_connections={{ .Values.most }}"]}]}}}\n'
        ),
        **{path: f"most: {number}\n" for number, path in enumerate(paths, 50)},
    }
    return {topology.scope for topology in topologies(files)}


@pytest.mark.parametrize(
    "path",
    [
        "chart/values-prod.yaml",
        "chart/profiles/prod.yaml",
        "chart/values/shop-production.yml",
        "chart/environments/prod/values.yaml",
        "envs/values-prod.yaml",
        "deploy/prod/values.yaml",
    ],
)
def test_values_of_an_environment_lie_where_people_put_them(path: str) -> None:
    assert _scopes(path, "chart/values-staging.yaml") == {path, "chart/values-staging.yaml"}


def test_without_values_of_production_those_of_the_chart_are_taken() -> None:
    found = _scopes("chart/values-staging.yaml", "other/values.yaml")
    assert found == {"chart", "chart/values-staging.yaml"}


def test_a_schema_of_values_is_no_values() -> None:
    assert not is_chart_file("chart/values.schema.yaml")
    assert not laid_over("values.schema.yaml")
    assert laid_over("values.staging.yaml")


SERVER = """
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: orders-db}
spec:
  serviceName: orders-db
  template:
    spec:
      containers:
        - name: postgres
          image: postgres:16
          args: ["-c", "max_connections={{ .Values.connections }}"]
---
apiVersion: v1
kind: Service
metadata: {name: orders-db}
spec: {ports: [{port: 5432}]}
"""


def test_a_setting_made_of_a_value_stands_where_the_value_does() -> None:
    files = {
        "shop/Chart.yaml": CHART,
        "shop/templates/db.yaml": SERVER,
        "shop/values.yaml": "other: 1\nconnections: 110\n",
    }
    (server,) = topology(files).servers
    most = server.server.max_connections
    assert isinstance(most.origin, Span)
    assert (most.low, most.origin.path, most.origin.start.line) == (110, "shop/values.yaml", 2)


ASKED = '.Capabilities.APIVersions.Has "acme.example/v1"'


def served(**more: str) -> dict[str, str]:
    return chart() | {"chart/templates/db.yaml": ORDERS_DB} | more


def under(condition: str, template: str) -> str:
    return f"{{{{- if {condition} }}}}\n{template}\n{{{{- end }}}}\n"


def test_what_only_the_cluster_decides_may_not_be_made() -> None:
    files = served(**{"chart/templates/deployment.yaml": under(ASKED, DEPLOYMENT)})
    (found,) = (w for w in running(files) if w.name == "shop")
    assert (found.replicas.low, found.replicas.high) == (0, 3)
    assert found.surge is not None
    assert (found.surge.low, found.surge.high) == (0, 2)
    (told,) = (text for text in topology(files).assumed if "may not be made" in text)
    assert told.startswith("Deployment `shop` may not be made")
    assert f"`{ASKED}`" in told


def test_an_autoscaler_that_only_the_cluster_decides_leaves_the_number_open() -> None:
    scaler = under(ASKED, SCALER.replace(".Values.autoscaling.enabled", "true"))
    (found,) = running(chart() | {"chart/templates/hpa.yaml": scaler})
    assert (found.replicas.low, found.replicas.high) == (3, 9)


@pytest.mark.parametrize(
    "condition",
    ['.Capabilities.APIVersions.Has "apps/v1"',
     'semverCompare ">=1.19-0" .Capabilities.KubeVersion.GitVersion',
     f'or (not .Values.autoscaling.enabled) ({ASKED})'],
)  # fmt: skip
def test_what_every_cluster_answers_alike_is_known(condition: str) -> None:
    files = served(**{"chart/templates/deployment.yaml": under(condition, DEPLOYMENT)})
    (found,) = (w for w in running(files) if w.name == "shop")
    assert found.replicas.exact
    assert not any("may not be made" in text for text in topology(files).assumed)


@pytest.mark.parametrize(
    ("line", "told"),
    [("          args: [--preload]", True), ("          imagePullPolicy: Always", False)],
)
def test_what_a_condition_of_the_cluster_decides_of_a_container_is_told(
    line: str, told: bool
) -> None:
    head = '          command: ["gunicorn"'
    part = under(ASKED, line).rstrip("\n")
    whole = DEPLOYMENT.replace(head, f"{part}\n{head}")
    files = served(**{"chart/templates/deployment.yaml": whole})
    expected = f"Deployment `shop` is taken as it is made where `{ASKED}` holds"
    assert (expected in topology(files).assumed) is told
