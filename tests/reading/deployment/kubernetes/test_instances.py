"""How many instances of a workload run, where another object says it."""

from __future__ import annotations

from poollint.facts.infrastructure import Workload
from poollint.model.figure import Basis
from poollint.reading import linking
from poollint.reading.deployment.kubernetes.instances import Cluster
from poollint.reading.deployment.linking import topology as deployed
from poollint.reading.deployment.linking.documents import Manifest
from poollint.reading.reader import Options
from tests.reading.deployment.arranging import readings, topologies

PODS = "template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, image: shop}]}}"


def workloads(*objects: str) -> dict[str, Workload]:
    found = readings({f"{at}.yaml": text for at, text in enumerate(objects)})
    described = deployed.described(found, (), Options())
    return {workload.name: workload for workload in deployed.workloads(described)}


def scaled_job(spec: str) -> Workload:
    text = "apiVersion: keda.sh/v1alpha1\nkind: ScaledJob\nmetadata: {name: web}\nspec:\n"
    return workloads(f"{text}  jobTargetRef: {{{spec}{PODS}}}\n")["web"]


def test_a_scaled_job_runs_as_many_jobs_as_keda_lets_it() -> None:
    text = (
        "apiVersion: keda.sh/v1alpha1\nkind: ScaledJob\nmetadata: {name: web}\n"
        f"spec: {{maxReplicaCount: 7, jobTargetRef: {{parallelism: 2, {PODS}}}}}\n"
    )
    found = workloads(text)["web"]
    assert (found.replicas.low, found.replicas.basis, found.autoscaled) == (14, Basis.STATED, True)


def test_a_scaled_job_of_which_nothing_says_so_runs_a_hundred() -> None:
    found = scaled_job("")
    assert (found.replicas.high, found.replicas.basis) == (100, Basis.DEFAULTED)
    assert found.floor is not None
    assert (found.floor.low, found.floor.basis) == (0, Basis.DEFAULTED)


def test_a_rollout_runs_the_pods_of_the_deployment_that_it_names() -> None:
    rollout = (
        "apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: {name: shop}\n"
        "spec: {replicas: 3, workloadRef: {apiVersion: apps/v1, kind: Deployment, name: web}}\n"
    )
    deployment = (
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n"
        f"spec: {{replicas: 0, {PODS}}}\n"
    )
    found = workloads(rollout, deployment)
    assert {name: w.replicas.high for name, w in found.items()} == {"shop": 3, "web": 0}
    assert [c.image for c in found["shop"].containers] == ["shop"]


def test_a_rollout_of_a_deployment_that_is_not_there_is_told() -> None:
    rollout = (
        "apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: {name: shop}\n"
        "spec: {replicas: 3, workloadRef: {apiVersion: apps/v1, kind: Deployment, name: far}}\n"
    )
    assert workloads(rollout) == {}
    found = linking.link(readings({"web.yaml": rollout}), Options())
    assert linking.uncounted(found) == ("what Rollout `shop` runs, for `far` is not in the tree",)


def test_a_service_of_knative_reaches_what_is_applied_with_it() -> None:
    database = (
        "apiVersion: postgresql.cnpg.io/v1\nkind: Cluster\nmetadata: {name: main}\n"
        "spec: {postgresql: {parameters: {max_connections: '50'}}}\n"
    )
    service = (
        "apiVersion: serving.knative.dev/v1\nkind: Service\nmetadata: {name: web}\n"
        "spec:\n  template:\n"
        "    metadata: {annotations: {autoscaling.knative.dev/max-scale: '6'}}\n"
        "    spec:\n      containers:\n        - image: shop\n          env:\n"
        "            - {name: DATABASE_URL, value: 'postgresql://shop@main-rw/shop'}\n"
        "            - {name: DB_POOL_SIZE, value: '5'}\n"
    )
    (found,) = topologies({"k8s/db.yaml": database, "k8s/web.yaml": service})
    ((server,),) = (found.servers,)
    assert [client.entry.total.high for client in server.clients] == [30]


def test_services_of_knative_of_one_name_are_environments_of_their_own() -> None:
    service = (
        "apiVersion: serving.knative.dev/v1\nkind: Service\nmetadata: {name: web}\n"
        "spec: {template: {spec: {containers: [{image: shop}]}}}\n"
    )
    found = readings({"web/blue.yaml": service, "web/green.yaml": service})
    described = deployed.described(found, (), Options())
    assert [e.scope for e in described] == ["blue.yaml", "green.yaml"]


def test_what_shares_a_secret_is_found_in_order_and_each_object_is_asked_once() -> None:
    text = "\n---\n".join(f"apiVersion: v1\nkind: Pod\nmetadata: {{name: {n}}}" for n in "abc")
    found = [d for r in readings({"k8s.yaml": text}) for d in r.documents]
    cluster = Cluster(one for one in found if isinstance(one, Manifest))
    asked: list[str] = []

    def secrets(manifest: Manifest) -> tuple[str, ...]:
        asked.append(manifest.name)
        return ("b", "x") if manifest.name == "b" else ("x",) if manifest.name == "c" else ()

    assert [m.name for m in cluster.sharing(("x", "b"), secrets)] == ["b", "c"]
    assert [m.name for m in cluster.sharing(("b", "none"), secrets)] == ["b"]
    assert asked == ["a", "b", "c"]
