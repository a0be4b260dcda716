from __future__ import annotations

import pytest

from poollint.facts.infrastructure import Workload
from poollint.model.figure import Basis
from poollint.model.source import Span
from poollint.reading.deployment.images.images import Images
from poollint.reading.deployment.kubernetes import kubernetes
from poollint.reading.deployment.linking.deployed import Placed
from poollint.reading.deployment.linking.documents import Manifest
from poollint.reading.reader import Options
from tests.reading.deployment.arranging import readings


def place(text: str, options: Options | None = None) -> tuple[Placed, ...]:
    manifests = [
        document
        for reading in readings({"k8s/all.yaml": text})
        for document in reading.documents
        if isinstance(document, Manifest)
    ]
    return kubernetes.read(manifests, "prod", Images(()), options or Options())


def one(text: str, options: Options | None = None) -> Workload:
    (placed,) = place(text, options)
    return placed.workload


def workload(kind: str = "Deployment", spec: str = "", container: str = "") -> str:
    return f"""
apiVersion: apps/v1
kind: {kind}
metadata: {{name: web}}
spec:
  {spec or "minReadySeconds: 0"}
  template:
    metadata: {{labels: {{app: web, tier: front}}}}
    spec:
      containers:
        - name: web
          image: registry.example/web:1
          {container or "tty: false"}
"""


AUTOSCALER = """
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec:
  scaleTargetRef: {kind: Deployment, name: web}
  maxReplicas: 12
"""


def test_replicas_are_stated_or_one() -> None:
    stated = one(workload(spec="replicas: 4")).replicas
    assert (stated.low, stated.high, stated.basis) == (4, 4, Basis.STATED)
    assert stated.origin == Span.at("k8s/all.yaml", 5, 13, 1)
    default = one(workload()).replicas
    assert (default.low, default.basis) == (1, Basis.DEFAULTED)
    assert one(workload(spec="replicas: many")).replicas.basis is Basis.UNKNOWN


def test_an_autoscaler_counts_with_its_upper_bound() -> None:
    found = one(workload(spec="replicas: 4") + AUTOSCALER)
    assert (found.replicas.low, found.replicas.high, found.autoscaled) == (12, 12, True)
    assert found.replicas.hint == "maxReplicas of HorizontalPodAutoscaler web"
    other = AUTOSCALER.replace("name: web}\n  maxR", "name: api}\n  maxR")
    assert one(workload(spec="replicas: 4") + other).replicas.low == 4


def test_keda_has_an_upper_bound_of_its_own() -> None:
    scaler = """
---
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata: {name: web}
spec:
  scaleTargetRef: {name: web}
"""
    assert one(workload() + scaler).replicas.low == 100
    assert one(workload() + scaler + "  maxReplicaCount: 7\n").replicas.low == 7


@pytest.mark.parametrize(
    ("spec", "surge"),
    [
        ("replicas: 1", 1),
        ("replicas: 3", 1),
        ("replicas: 5", 2),
        ("replicas: 10", 3),
        ("replicas: 20", 5),
        ("replicas: 10\n  strategy: {rollingUpdate: {maxSurge: 50%}}", 5),
        ("replicas: 10\n  strategy: {rollingUpdate: {maxSurge: 2}}", 2),
        ("replicas: 10\n  strategy: {rollingUpdate: {maxSurge: '3'}}", 3),
        ("replicas: 10\n  strategy: {rollingUpdate: {maxSurge: 0}}", None),
        ("replicas: 10\n  strategy: {type: Recreate}", None),
        ("replicas: 0", None),
    ],
)
def test_surge_is_rounded_up(spec: str, surge: int | None) -> None:
    found = one(workload(spec=spec)).surge
    assert (found and found.high) == surge


@pytest.mark.parametrize(
    ("strategy", "least", "most"),
    [
        ("{canary: {}}", 3, 3),
        ("{canary: {maxSurge: 1}}", 1, 1),
        ("{canary: {trafficRouting: {nginx: {}}}}", 0, 10),
        ("{blueGreen: {activeService: web}}", 10, 10),
        ("{blueGreen: {previewReplicaCount: 2}}", 2, 2),
    ],
)
def test_a_rollout_of_argo_starts_what_its_strategy_says(
    strategy: str, least: int, most: int
) -> None:
    found = one(workload("Rollout", f"replicas: 10\n  strategy: {strategy}"))
    assert found.surge is not None
    assert (found.surge.low, found.surge.high) == (least, most)


@pytest.mark.parametrize(("least", "expected"), [("minReplicas: 2", 2), ("", 1)])
def test_an_autoscaler_keeps_its_least(least: str, expected: int) -> None:
    scaler = f"""
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {{name: web}}
spec:
  scaleTargetRef: {{apiVersion: apps/v1, kind: Deployment, name: web}}
  {least}
  maxReplicas: 9
"""
    found = one(workload() + scaler)
    assert found.floor is not None
    assert (found.replicas.high, found.floor.high) == (9, expected)


@pytest.mark.parametrize(
    ("kind", "fields", "stated", "most"),
    [
        ("HorizontalPodAutoscaler", "minReplicas: 2, maxReplicas: 9", 0, 0),
        ("HorizontalPodAutoscaler", "maxReplicas: 9", 0, 0),
        ("HorizontalPodAutoscaler", "minReplicas: 0, maxReplicas: 9", 0, 9),
        ("HorizontalPodAutoscaler", "minReplicas: 2, maxReplicas: 9", 1, 9),
        ("ScaledObject", "maxReplicaCount: 9", 0, 9),
    ],
)
def test_an_autoscaler_leaves_alone_what_asks_for_no_instance(
    kind: str, fields: str, stated: int, most: int
) -> None:
    scaler = f"""
---
apiVersion: {"keda.sh/v1alpha1" if kind == "ScaledObject" else "autoscaling/v2"}
kind: {kind}
metadata: {{name: web}}
spec: {{scaleTargetRef: {{kind: Deployment, name: web}}, {fields}}}
"""
    found = one(workload("Deployment", f"replicas: {stated}") + scaler)
    assert found.replicas.high == most
    assert (found.floor is not None) is found.autoscaled is (most > 0)


@pytest.mark.parametrize("kind", ["StatefulSet", "DaemonSet", "ReplicaSet"])
def test_only_deployments_surge(kind: str) -> None:
    assert one(workload(kind, "replicas: 4")).surge is None


def test_daemons_run_on_an_unknown_number_of_nodes() -> None:
    assert one(workload("DaemonSet")).replicas.basis is Basis.UNKNOWN
    told = one(workload("DaemonSet"), Options(assume=(("web.replicas", 5, 5),)))
    assert (told.replicas.low, told.replicas.basis) == (5, Basis.ASSUMED)


def test_jobs_run_in_parallel_as_stated() -> None:
    assert one(workload("Job", "parallelism: 3")).replicas.low == 3
    assert one(workload("Job", "parallelism: 3\n  completions: 2")).replicas.low == 2
    assert one(workload("Job", "parallelism: 3\n  completions: 8")).replicas.low == 3
    assert one(workload("Job", "completions: 8")).replicas.low == 1
    assert one(workload("Job")).replicas.low == 1
    cron = """
apiVersion: batch/v1
kind: CronJob
metadata: {name: nightly}
spec:
  schedule: "0 3 * * *"
  jobTemplate:
    spec:
      parallelism: 2
      template:
        spec:
          containers: [{name: nightly, image: x}]
"""
    assert (one(cron).replicas.low, one(cron).replicas.hint) == (2, "one run")
    assert one(cron.replace("schedule", "suspend: true\n  schedule")).replicas.low == 0


ENVIRONMENT = workload(
    container="""envFrom:
            - configMapRef: {name: settings}
            - {secretRef: {name: keys}, prefix: S_}
          env:
            - {name: PLAIN, value: "1"}
            - {name: OVER, value: mine}
            - {name: HOST, valueFrom: {configMapKeyRef: {name: settings, key: host}}}
            - {name: PW, valueFrom: {secretKeyRef: {name: keys, key: pw}}}
            - {name: URL, value: "postgresql://u:$(PW)@$(HOST)/x$(NONE)"}
            - {name: GONE, valueFrom: {secretKeyRef: {name: elsewhere, key: pw}}}"""
)
HOLDERS = """
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {host: db, OVER: theirs}
---
apiVersion: v1
kind: Secret
metadata: {name: keys}
data: {pw: aHVzaA==, bad: "***"}
stringData: {plain: text, sealed: "ENC[AES256_GCM,data:Zm9v,type:str]"}
"""


def test_the_environment_comes_from_everywhere_it_is_stated() -> None:
    (container,) = one(ENVIRONMENT + HOLDERS).containers
    values = {v.name: v.value.value for v in container.variables}
    assert values == {
        "host": "db",
        "OVER": "mine",
        "S_pw": "hush",
        "S_bad": None,
        "S_plain": "text",
        "S_sealed": None,
        "PLAIN": "1",
        "HOST": "db",
        "PW": "hush",
        "URL": "postgresql://u:hush@db/x$(NONE)",
        "GONE": None,
    }
    assert {v.name for v in container.variables if v.secret} >= {"PW", "S_pw", "GONE", "URL"}


def test_what_is_missing_leaves_the_environment_open() -> None:
    (whole,) = place(ENVIRONMENT + HOLDERS)
    (part,) = place(ENVIRONMENT)
    assert whole.units[0].complete
    assert not part.units[0].complete


def test_sidecars_count_and_initial_containers_do_not() -> None:
    text = workload().replace(
        "      containers:",
        "      initContainers:\n"
        "        - {name: migrate, image: x}\n"
        "        - {name: proxy, image: y, restartPolicy: Always}\n"
        "      containers:",
    )
    assert [c.name for c in one(text).containers] == ["web", "proxy"]


def test_a_patch_without_images_is_no_workload() -> None:
    assert place(workload().replace("image: registry.example/web:1", "tty: true")) == ()


def test_services_give_names_and_ports() -> None:
    service = """
---
apiVersion: v1
kind: Service
metadata: {name: front, namespace: shop}
spec:
  selector: {app: web}
  ports: [{port: 80, targetPort: http}, {port: 6000}]
---
apiVersion: v1
kind: Service
metadata: {name: other}
spec:
  selector: {app: other}
"""
    ports = "ports: [{name: http, containerPort: 8080}]"
    (placed,) = place(workload(container=ports) + service)
    (address,) = placed.addresses
    assert (address.host, address.namespace) == ("front", "shop")
    assert (address.target(80), address.target(6000), address.target(1)) == (8080, 6000, 1)


def test_without_a_service_the_workload_is_called_by_its_name() -> None:
    (placed,) = place(workload())
    assert [a.host for a in placed.addresses] == ["web"]


def test_command_and_arguments_make_the_process() -> None:
    text = workload(container='command: [gunicorn]\n          args: ["-w", "3", "a:b"]')
    (container,) = one(text).containers
    assert container.process is not None
    assert container.process.processes.low == 3
    assert container.process.processes.origin == Span.at("k8s/all.yaml", 13, 24, 3)
    (container,) = one(workload(container='args: ["--port", "80"]')).containers
    assert container.process is None


def test_a_value_of_null_gives_way_to_where_the_value_comes_from() -> None:
    text = workload(
        container="""env:
            - name: PGHOST
              value: null
              valueFrom: {secretKeyRef: {name: database, key: host}}
            - name: EMPTY
              value: null"""
    )
    (container,) = one(text).containers
    values = {variable.name: variable.value.value for variable in container.variables}
    assert values == {"PGHOST": None, "EMPTY": ""}


PRIMARY = """
---
apiVersion: v1
kind: Service
metadata: {name: pg-primary}
spec: {ports: [{port: 6543}, {port: 9187}], selector: {app: pg}}
"""


def test_what_kubernetes_sets_for_a_service_is_its_address() -> None:
    url = "postgresql://u@$(PG_PRIMARY_SERVICE_HOST):$(PG_PRIMARY_SERVICE_PORT)/x"
    container = f'env: [{{name: DATABASE_URL, value: "{url}"}}]'
    variable = one(workload(container=container) + PRIMARY).containers[0].variables[0]
    assert variable.value.value == "postgresql://u@pg-primary:6543/x"


def test_a_variable_of_the_container_is_stronger_than_that_of_a_service() -> None:
    host = "{name: PG_PRIMARY_SERVICE_HOST, value: far}"
    container = f'env: [{host}, {{name: PGHOST, value: "$(PG_PRIMARY_SERVICE_HOST)"}}]'
    _, found = one(workload(container=container) + PRIMARY).containers[0].variables
    assert found.value.value == "far"
