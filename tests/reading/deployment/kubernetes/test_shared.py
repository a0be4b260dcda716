"""A server in a namespace of its own, to which others lead by the full name of its Service."""

from __future__ import annotations

from tests.reading.deployment.arranging import topologies

DATA = """
apiVersion: v1
kind: Service
metadata: {name: db, namespace: data}
spec: {selector: {app: db}, ports: [{port: 5432}]}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db, namespace: data}
spec:
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec: {containers: [{name: pg, image: "postgres:16"}]}
"""
API = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: api, namespace: SPACE}
spec:
  replicas: 3
  selector: {matchLabels: {app: api}}
  template:
    metadata: {labels: {app: api}}
    spec:
      containers:
        - name: api
          image: acme/api
          command: [gunicorn, "shop.api:app", -w, "2"]
          env: [{name: DATABASE_URL, value: "postgresql://shop@HOST:5432/shop"}]
"""
CODE = {
    "shop/api.py": "import os\nfrom sqlalchemy import create_engine\n"
    'engine = create_engine(os.environ["DATABASE_URL"], pool_size=5, max_overflow=0)\n'
}
FULL = "db.data.svc.cluster.local"


def api(space: str, host: str = FULL) -> str:
    return API.replace("SPACE", space).replace("HOST", host)


def sums(files: dict[str, str]) -> dict[str, dict[str, int | None]]:
    """Return by environment the servers, each with what may be opened to it."""
    return {
        t.scope: {s.server.name: s.ledger.demanded.high for s in t.servers}
        for t in topologies(CODE | files)
        if t.servers
    }


def test_namespaces_of_the_same_workloads_share_what_both_lead_to() -> None:
    files = {"db.yaml": DATA, "one.yaml": api("one"), "two.yaml": api("two", "db.data")}
    assert sums(files) == {"": {"db": 60}}


def test_a_namespace_that_leads_elsewhere_is_apart() -> None:
    files = {"db.yaml": DATA, "one.yaml": api("one"), "two.yaml": api("two", "db.example.com")}
    assert sums(files) == {"": {"db": 30}}


def test_namespaces_with_servers_of_their_own_stay_apart() -> None:
    own = DATA.replace("namespace: data", "namespace: SPACE")
    files = {
        f"{space}.yaml": own.replace("SPACE", space) + "---" + api(space, f"db.{space}.svc")
        for space in ("one", "two")
    }
    assert sums(files) == {"one": {"db": 30}, "two": {"db": 30}}


def test_environments_lead_to_a_server_that_lies_beside_them() -> None:
    files = {
        "infra/db.yaml": DATA,
        "overlays/dev/api.yaml": api("shop").replace("replicas: 3", "replicas: 1"),
        "overlays/prod/api.yaml": api("shop"),
    }
    assert sums(files) == {"overlays/dev": {"db": 10}, "overlays/prod": {"db": 30}}


def test_what_lies_beside_such_a_server_is_not_lost() -> None:
    other = DATA.replace("namespace: data", "labels: {}").replace("name: db", "name: other")
    files = {
        "infra/db.yaml": DATA,
        "infra/other.yaml": other,
        "overlays/prod/api.yaml": api("shop"),
    }
    assert sums(files) == {"infra": {"db": 0, "other": 0}, "overlays/prod": {"db": 30}}


def test_what_else_is_beside_a_shared_server_is_not_of_each_environment() -> None:
    files = {
        "infra/db.yaml": DATA,
        "infra/jobs.yaml": api("data", "db").replace("name: api", "name: jobs"),
        "overlays/dev/api.yaml": api("shop").replace("replicas: 3", "replicas: 1"),
        "overlays/prod/api.yaml": api("shop"),
    }
    assert sums(files) == {
        "infra": {"db": 30},
        "overlays/dev": {"db": 10},
        "overlays/prod": {"db": 30},
    }


def test_a_namespace_without_a_server_is_shared_by_none() -> None:
    other = api("queues", "elsewhere.example.com").replace("name: api", "name: queue")
    own = DATA.replace("namespace: data", "namespace: SPACE")
    files = {
        f"{space}.yaml": own.replace("SPACE", space)
        + "---"
        + api(space, "db").replace("-w,", "--log-config=x.queues.svc, -w,")
        for space in ("one", "two")
    }
    assert sums({"queues.yaml": other, **files}) == {"one": {"db": 30}, "two": {"db": 30}}


def test_what_no_environment_leads_to_stays_by_itself() -> None:
    files = {"infra/db.yaml": DATA, "overlays/prod/api.yaml": api("shop", "other.example.com")}
    assert sums(files) == {"": {"db": 0}}
