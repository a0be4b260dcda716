"""What Compose and Kustomize refuse is told at its place, and nothing is lost for it.

What docker-compose 5.6.1 and kustomize 5.8.1 do with these files was seen.
"""

from __future__ import annotations

import pytest

from poollint.reading import linking
from poollint.reading.reader import Options
from tests.reading.deployment.arranging import readings, topologies

WEB = "  web: {image: shop, command: gunicorn -w 2 shop:app}\n"
OBJECTS = (
    "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: db}\nspec: {template: {spec: "
    "{containers: [{name: db, image: postgres}]}}}\n"
)


def _told(**files: str) -> list[tuple[str, int, str, bool]]:
    """Return path, line, reason and whether it is a fault; files are named without `.yaml`."""
    texts = {f"{name}.yaml": text for name, text in files.items()}
    project = linking.link(readings(texts), Options())
    return [(u.span.path, u.span.start.line, u.reason, u.broken) for u in project.refused]


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("include: [compose.yaml]\nservices:\n" + WEB, 1, "the file includes itself"),
        ("services:\n  a: {extends: b, image: x}\n  b: {extends: a, image: x}\n", 2,
         "the service extends itself"),
        ("services:\n  a: {extends: {service: a}, image: x}\n", 2, "the service extends itself"),
        ("services:\n  a: {extends: {service: no}, image: x}\n", 2,
         "there is no service `no` to extend"),
        ("services:\n" + WEB + WEB, 3, "the service `web` is stated twice"),
        ("services:\n  web:\n    image: x\n    scale: 3\n    deploy: {replicas: 5}\n", 4,
         "`scale` is 3, `deploy.replicas` 5"),
    ],
)  # fmt: skip
def test_what_compose_refuses_is_a_fault_at_its_place(text: str, line: int, reason: str) -> None:
    first, *_ = _told(compose=text)
    assert first == ("compose.yaml", line, f"Compose refuses it: {reason}", True)


@pytest.mark.parametrize(
    "text",
    [
        "include: [nowhere.yaml]\nservices:\n" + WEB,
        "include: ['https://example.org/c.yaml']\nservices:\n" + WEB,
        "services:\n  a: {extends: {service: a, file: nowhere.yaml}, image: x}\n",
    ],
)
def test_what_is_not_in_the_tree_is_told_and_is_no_fault(text: str) -> None:
    assert [broken for *_, broken in _told(compose=text)] == [False]


@pytest.mark.parametrize(
    "text",
    [
        "services:\n  web:\n    image: x\n    scale: 3\n    deploy: {replicas: 3}\n",
        "include: [b.yaml]\nservices:\n  a: {extends: {service: c}, image: x}\n",
    ],
)
def test_what_compose_takes_is_not_told(text: str) -> None:
    assert _told(compose=text, b="services:\n  c: {image: z}\n") == []


def test_files_that_include_each_other_are_counted_once() -> None:
    server = "  db: {image: postgres}\n"
    files = {
        "compose.yaml": "include: [b.yaml]\nservices:\n" + server,
        "b.yaml": "include: [compose.yaml]\nservices:\n" + WEB,
    }
    (found,) = topologies(files)
    assert sorted(workload.name for workload in found.workloads) == ["db", "web"]


def test_kustomizations_that_take_in_each_other_lose_nothing() -> None:
    files = {
        "a/kustomization.yaml": "resources: [../b]\n",
        "b/kustomization.yaml": "resources: [../a, db.yaml]\n",
        "b/db.yaml": OBJECTS,
    }
    project = linking.link(readings(files), Options())
    assert {u.reason for u in project.refused} == {"Kustomize refuses it: it takes in itself"}
    (topology,) = project.topologies
    assert [server.server.name for server in topology.servers] == ["db"]


def test_a_base_at_the_top_of_the_tree_is_no_environment_of_its_own() -> None:
    files = {
        "kustomization.yaml": "resources: [db.yaml]\n",
        "db.yaml": OBJECTS,
        "overlays/prod/kustomization.yaml": "resources: [../..]\n",
        "overlays/test/kustomization.yaml": "resources: [../..]\nnamespace: test\n",
    }
    workloads = [w for topology in topologies(files) for w in topology.workloads]
    assert {w.scope for w in workloads} <= {"overlays/prod", "overlays/test"}


def _beside(path: str) -> str:
    return {"base/plain.yaml": "kind: Namespace\n"}.get(path, "")


def test_what_kustomize_takes_in_and_is_nowhere_is_told() -> None:
    text = (
        "resources:\n- db.yaml\n- gone.yaml\n- plain.yaml\n- ../lost\n- ../other\n"
        "- https://example.org/a.yaml\n- github.com/acme/base?ref=v1\n"
    )
    files = {
        "base/kustomization.yaml": text,
        "base/db.yaml": OBJECTS,
        "other/kustomization.yaml": "resources: []\n",
    }
    refused = linking.link(readings(files), Options(beside=_beside)).refused
    assert [(u.span.start.line, u.reason, u.broken) for u in refused] == [
        (3, "Kustomize takes in `gone.yaml`, which is not in the tree, or is not read", False),
        (5, "Kustomize takes in `../lost`, which is not in the tree", False),
    ]
    assert linking.link(readings(files), Options()).refused == ()  # nothing may be asked for


def test_services_without_names_are_told() -> None:
    (reading,) = readings({"compose.yaml": "services:\n  - image: postgres:16\n    ports: [x]\n"})
    ((found),) = reading.unread
    assert (found.reason, found.broken) == ("Compose refuses it: `services` is a list", True)
    (other,) = readings({"render.yaml": "services:\n  - type: web\n    image: {url: x}\n"})
    assert other.unread == ()


def test_a_service_extends_one_that_its_file_includes() -> None:
    inner = (
        "services:\n  db: {image: 'postgres:16'}\n  c: {image: z, command: gunicorn -w 3 s:a,"
        " environment: {DB_POOL_SIZE: '4', DATABASE_URL: 'postgresql://db/x'}}\n"
    )
    texts = {
        "compose.yaml": "include: [b.yaml]\nservices:\n  a: {extends: {service: c}, image: x}\n",
        "b.yaml": inner,
    }
    (found,) = topologies(texts)
    assert [(c.name, c.entry.total.high) for c in found.servers[0].clients] == [
        ("c", 12),
        ("a", 12),
    ]
