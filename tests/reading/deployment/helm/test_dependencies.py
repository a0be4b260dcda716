"""Charts within charts: switched on or off, with the values of the one around them."""

from __future__ import annotations

import pytest

from poollint.facts.infrastructure import Workload
from poollint.model.source import Span
from poollint.reading import linking as linked
from poollint.reading.deployment.linking import topology as linking
from poollint.reading.reader import Options
from tests.reading.deployment.arranging import readings, topology

WORKER = """
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "worker.fullname" . }}
spec:
  replicas: {{ .Values.replicaCount }}
  template:
    spec:
      containers:
        - name: {{ .Chart.Name }}
          image: registry.example/worker
          args: ["{{ .Values.global.mode }}"]
"""
INNER = {
    "shop/charts/worker/Chart.yaml": "apiVersion: v2\nname: worker\nappVersion: 1\n",
    "shop/charts/worker/values.yaml": "replicaCount: 1\nglobal: {mode: none}\n",
    "shop/charts/worker/templates/deployment.yaml": WORKER,
}
HEAD = "apiVersion: v2\nname: shop\nappVersion: 1\n"
ON = "dependencies:\n  - name: worker\n    condition: worker.enabled\n"
WEB = """
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}-web
spec:
  replicas: 2
  template:
    spec:
      containers:
        - name: web
          image: registry.example/web
          env:
            - name: DATABASE_URL
              value: postgresql://shop@{{ .Release.Name }}-postgresql/shop
            - name: DB_POOL_SIZE
              value: "5"
"""


def running(values: str, head: str = HEAD + ON) -> tuple[Workload, ...]:
    files = {"shop/Chart.yaml": head, "shop/values.yaml": values, **INNER}
    return linking.workloads(linking.described(readings(files), (), Options()))


def test_the_outer_chart_sets_the_values_of_the_inner_one() -> None:
    (found,) = running("replicaCount: 9\nworker:\n  replicaCount: 4\nglobal: {mode: fast}\n")
    assert (found.name, found.replicas.high) == ("shop-worker", 4)
    assert isinstance(found.replicas.origin, Span)
    assert (found.replicas.origin.path, found.replicas.origin.start.line) == ("shop/values.yaml", 3)


def test_values_of_the_inner_chart_count_where_the_outer_one_is_silent() -> None:
    (found,) = running("replicaCount: 9\n")
    assert found.replicas.high == 1


def test_a_condition_that_is_false_keeps_a_chart_out() -> None:
    assert running("replicaCount: 9\nworker:\n  enabled: false\n") == ()


def test_an_alias_names_the_values_and_the_objects() -> None:
    alias = HEAD + "dependencies:\n  - name: worker\n    alias: batch\n"
    (found,) = running("replicaCount: 9\nbatch:\n  replicaCount: 3\n", alias)
    assert (found.name, found.replicas.high) == ("shop-batch", 3)


def test_a_chart_that_lies_inside_is_taken_without_being_listed() -> None:
    (found,) = running("replicaCount: 9\n", HEAD)
    assert found.name == "shop-worker"


def database(values: str) -> dict[str, str]:
    needs = "dependencies:\n  - name: postgresql\n    condition: postgresql.enabled\n"
    return {
        "shop/Chart.yaml": HEAD + needs,
        "shop/values.yaml": "replicas: 1\n" + values,
        "shop/templates/web.yaml": WEB,
    }


def test_a_database_that_a_chart_fetches_is_a_server() -> None:
    found = topology(database("postgresql: {enabled: true}\n"))
    (server,) = found.servers
    assert server.server.max_connections.high == 100
    assert server.server.span.path == "shop/Chart.yaml"
    assert [f.high for f in server.clients[0].steady][::2] == [2, 5]
    told = "the chart `postgresql` is taken to make what it is described to"
    assert told in found.assumed


def test_its_number_is_read_where_the_values_state_it() -> None:
    values = """postgresql:
  primary:
    extendedConfiguration: |
      shared_buffers = 1GB
      max_connections = 250
"""
    (server,) = topology(database(values)).servers
    figure = server.server.max_connections
    assert figure.high == 250
    assert isinstance(figure.origin, Span)
    assert (figure.origin.path, figure.origin.start.line) == ("shop/values.yaml", 6)


def test_a_database_that_is_switched_off_is_none() -> None:
    files = database("postgresql: {enabled: false}\n")
    workloads = linking.workloads(linking.described(readings(files), (), Options()))
    assert [w.name for w in workloads] == ["shop-web"]


def test_a_chart_that_nobody_describes_is_told() -> None:
    files = database("postgresql: {enabled: true}\n")
    files["shop/Chart.yaml"] += "  - name: rabbitmq\n    repository: https://charts.example\n"
    told = "the chart `rabbitmq`, on which `shop` depends, is not in the tree"
    assert told in topology(files).assumed


def test_a_chart_in_a_folder_of_charts_is_one_of_its_own() -> None:
    files = {path.replace("shop/charts", "charts"): text for path, text in INNER.items()}
    (found,) = linking.workloads(linking.described(readings(files), (), Options()))
    assert found.name == "worker"


def test_a_chart_that_is_fetched_is_taken_from_beside_the_other() -> None:
    files = {path.replace("shop/charts", "charts"): text for path, text in INNER.items()}
    head = HEAD + "dependencies:\n  - {name: worker, repository: https://charts.example}\n"
    files["charts/shop/Chart.yaml"] = head
    files["charts/shop/values.yaml"] = "worker: {replicaCount: 6}\n"
    found = linking.described(readings(files), (), Options())
    (shop,) = [environment for environment in found if environment.scope.endswith("shop")]
    assert [w.replicas.high for w in linking.workloads((shop,))] == [6]
    assert "the chart `worker` is taken from beside `shop`" in shop.notes


def far(values: str, more: str = "") -> dict[str, str]:
    return {
        "charts/shop/Chart.yaml": "apiVersion: v2\nname: shop\nversion: 1.0.0\ndependencies:\n"
        "- {name: bundle, alias: main, version: 1.0.0, repository: 'https://charts.example'}\n",
        "charts/shop/values.yaml": values,
        "apps.yaml": more,
    }


def told(files: dict[str, str]) -> tuple[str, ...]:
    found = readings({path: text for path, text in files.items() if text})
    return linked.uncounted(linked.link(found, Options()))


@pytest.mark.parametrize(
    ("values", "speaks"),
    [
        ("main: {postgresql: {enabled: true}}\n", True),
        ("main: {type: postgresql, version: {postgresql: '18'}}\n", True),
        ("main: {postgresql: {enabled: false}}\n", False),
        ("main: {externalDatabase: {host: far}}\n", True),
        ("main: {externalDatabase: {host: far}, mariadb: {enabled: false}}\n", False),
        ("main: {database: {type: mysql}}\n", False),
        ("main: {database: {type: postgres}, mysql: {enabled: false}}\n", True),
        ("main: {replicas: 2}\npostgresql: {auth: {}}\n", False),
    ],
)
def test_a_chart_elsewhere_is_told_where_it_is_given_a_database(values: str, speaks: bool) -> None:
    expected = ("what `bundle` may open, which the chart `shop` takes in from elsewhere",)
    assert told(far(values)) == (expected if speaks else ())


def test_whoever_installs_such_a_chart_is_told() -> None:
    values = "main: {postgresql: {enabled: true}}\n"
    application = """
        apiVersion: argoproj.io/v1alpha1
        kind: Application
        metadata: {name: live}
        spec: {destination: {namespace: shop}, source: {repoURL: x, path: charts/shop}}
        """
    expected = ("what `live` may open, which installs what is not in the tree",)
    assert told(far(values, application)) == expected
    assert told(far("main: {}\n", application)) == ()
    files = far(values)
    files["helmfile.yaml"] = "releases: [{name: live, chart: ./charts/shop}]\n"
    assert "what `live` may open, whose charts are not in the tree" in told(files)
