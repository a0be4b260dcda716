"""Helmfile's releases: charts of the tree with the values of each."""

from __future__ import annotations

import pytest

from poollint.model.figure import Basis
from poollint.reading import linking
from poollint.reading.deployment.linking import topology as deployed
from poollint.reading.reader import Options
from tests.reading.deployment.arranging import readings

CHART = {
    "charts/web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
    "charts/web/values.yaml": "replicaCount: 1\nworkers: 2\n",
    "charts/web/templates/deployment.yaml": """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: "{{ .Release.Name }}"}
        spec:
          replicas: {{ .Values.replicaCount }}
          template:
            metadata: {labels: {app: web}}
            spec:
              containers:
                - name: web
                  image: registry.example/shop:1
                  command: [gunicorn, "-w", "{{ .Values.workers }}", "shop.api:app"]
        """,
}
HELMFILE = """
releases:
  - name: shop
    chart: ./charts/web
    values:
      - values/shop.yaml
      - replicaCount: 3
    set:
      - {name: workers, value: 5}
"""


def read(text: str, **beside: str) -> tuple[dict[str, tuple[int, int]], tuple[str, ...]]:
    """Return instances and processes of each workload of the helmfile, and what is told."""
    options = Options(beside=lambda path: beside.get(path.replace("/", "_").partition(".")[0], ""))
    found = readings({"helmfile.yaml": text, **CHART}, options)
    described = deployed.described(found, (), options)
    placed = [p for e in described for p in e.placed if e.scope == "helmfile.yaml"]
    told = linking.uncounted(linking.link(found, options))
    counted = {}
    for one in placed:
        process = one.workload.containers[0].process
        assert process is not None
        counted[one.workload.name] = (one.workload.replicas.low, process.processes.low)
    return counted, told


def test_values_of_a_release_are_laid_over_those_of_its_chart() -> None:
    counted, _ = read(HELMFILE, values_shop="replicaCount: 9\n")
    assert counted == {"shop": (3, 5)}


def test_a_file_of_values_counts_where_nothing_behind_it_says_otherwise() -> None:
    text = HELMFILE.replace("      - replicaCount: 3\n", "")
    counted, told = read(text, values_shop="replicaCount: 9\n")
    assert counted == {"shop": (9, 5)}
    assert not any("values" in sentence for sentence in told)


@pytest.mark.parametrize("name", ["values/shop.yaml", "values/shop.yaml.gotmpl"])
def test_values_that_are_not_read_are_told(name: str) -> None:
    _, told = read(HELMFILE.replace("values/shop.yaml", name))
    assert f"what values in `{name}` change, which are not read" in told


def test_releases_of_charts_that_are_not_in_the_tree_are_told_together() -> None:
    more = "  - {name: cache, chart: far/redis}\n  - {name: queue, chart: far/rabbitmq}\n"
    _, told = read(HELMFILE + more)
    text = "what `cache` and `queue` may open, whose charts are not in the tree"
    assert text in told


def test_releases_are_told_where_no_chart_of_any_is_in_the_tree() -> None:
    text = "releases:\n  - {name: cache, chart: far/redis}\n"
    found = linking.link(readings({"helmfile.yaml": text}), Options())
    assert linking.uncounted(found) == ("what `cache` may open, whose charts are not in the tree",)


def test_a_release_that_is_not_installed_runs_nothing() -> None:
    assert read(HELMFILE + "    installed: false\n")[0] == {}


def test_each_of_two_releases_of_a_chart_has_a_server_of_its_own() -> None:
    name = '"{{ .Release.Name }}-pg"'
    server = f"""
        apiVersion: apps/v1
        kind: StatefulSet
        metadata: {{name: {name}}}
        spec:
          template:
            metadata: {{labels: {{app: pg}}}}
            spec: {{containers: [{{name: pg, image: "postgres:16"}}]}}
        ---
        apiVersion: v1
        kind: Service
        metadata: {{name: {name}}}
        spec: {{selector: {{app: pg}}, ports: [{{port: 5432}}]}}
        """
    text = "releases:\n  - {name: eu, chart: ./charts/web}\n  - {name: us, chart: ./charts/web}\n"
    files = {"helmfile.yaml": text, **CHART, "charts/web/templates/pg.yaml": server}
    (found,) = (
        e for e in deployed.described(readings(files), (), Options()) if e.scope == "helmfile.yaml"
    )
    hosts = {one.workload.name: [a.host for a in one.addresses] for one in found.placed}
    assert hosts == {"eu": ["eu"], "eu-pg": ["eu-pg"], "us": ["us"], "us-pg": ["us-pg"]}


def test_a_release_is_in_its_namespace_and_its_chart_not_told_of_besides() -> None:
    text = HELMFILE.replace("chart: ./charts/web", "chart: ./charts/web\n    namespace: live")
    found = readings({"helmfile.yaml": text, **CHART}, Options(beside=lambda path: ""))
    (only,) = deployed.described(found, (), Options(beside=lambda path: ""))
    assert [(one.workload.name, one.namespace) for one in only.placed] == [("shop", "live")]


SERVER = """
    apiVersion: apps/v1
    kind: StatefulSet
    metadata: {name: pg}
    spec:
      template:
        metadata: {labels: {app: pg}}
        spec: {containers: [{name: pg, image: "postgres:16"}]}
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: pg}
    spec: {selector: {app: pg}, ports: [{port: 5432}]}
    """
FAR = """
releases:
  - {name: pg, chart: ./charts/pg}
  - name: far
    chart: elsewhere/far
    values:
      - {config: {database: {postgres: {host: HOST, maxOpenConns: 20}}}}
"""


def far(host: str, text: str = FAR) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return what is missing at the server, and what is in no sum."""
    files = {
        "helmfile.yaml": text.replace("HOST", host),
        "charts/pg/Chart.yaml": "apiVersion: v2\nname: pg\nversion: 1.0.0\n",
        "charts/pg/templates/all.yaml": SERVER,
    }
    found = linking.link(readings(files), Options())
    missing = tuple(m for t in found.topologies for s in t.servers for m in s.missing)
    return missing, linking.uncounted(found)


def test_a_release_of_a_chart_elsewhere_asks_the_host_of_its_values() -> None:
    missing, told = far("pg.default.svc.cluster.local")
    assert missing == (
        "`far`: how many connections it opens is not known, for no chart of it is here",
    )
    assert told == ()


def test_a_host_of_values_that_no_file_describes_is_told() -> None:
    text = "`far`: an unknown number of connections to `db.example.net`, which no file describes"
    missing, told = far("db.example.net")
    assert missing == ()
    assert text in told
    alone = FAR.replace("  - {name: pg, chart: ./charts/pg}\n", "")
    found = linking.link(
        readings({"helmfile.yaml": alone.replace("HOST", "db.example.net")}), Options()
    )
    assert linking.uncounted(found) == (text,)


def test_a_list_of_pairs_in_values_is_one_of_variables() -> None:
    pairs = "env: [{name: POSTGRES_SERVER, value: HOST}]"
    text = FAR.replace("config: {database: {postgres: {host: HOST, maxOpenConns: 20}}}", pairs)
    assert far("pg", text)[0] == (
        "`far`: how many connections it opens is not known, for no chart of it is here",
    )


def test_what_an_example_installs_is_told_of_besides() -> None:
    text = "releases:\n  - {name: shop, chart: ../charts/web}\n"
    scopes = []
    for folder in ("live", "examples"):
        found = readings({f"{folder}/helmfile.yaml": text, **CHART})
        scopes.append([e.scope for e in deployed.described(found, (), Options())])
    assert scopes == [["live/helmfile.yaml"], ["examples/helmfile.yaml", "charts/web"]]


SEALED = "workers: ENC[AES256_GCM,data:Zm9v,type:int]\nsops: {version: 3.9.0}\n"


@pytest.mark.parametrize("name", ["values/secret.yaml", "secrets://values/secret.yaml"])
def test_values_that_are_encrypted_are_not_known(name: str) -> None:
    text = HELMFILE.partition("    set:")[0] + f"    secrets: [{name}]\n"
    options = Options(beside=lambda path: SEALED if path == "values/secret.yaml" else "")
    found = deployed.described(readings({"helmfile.yaml": text, **CHART}, options), (), options)
    (where,) = (e for e in found if e.scope == "helmfile.yaml")
    assert "`values/secret.yaml` is encrypted: its values are not known" in where.notes
    process = where.placed[0].workload.containers[0].process
    assert process is not None
    assert process.processes.basis is Basis.UNKNOWN
    assert where.placed[0].workload.replicas.low == 3
