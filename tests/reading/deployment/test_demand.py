"""What a pooler opens where all of its clients are known: no more than they ask for."""

from __future__ import annotations

import pytest

from poollint.model.figure import Basis
from tests.reading.deployment.arranging import topology

COMPOSE = """
services:
  db:
    image: postgres:16
  pooler:
    image: edoburu/pgbouncer:v1.24.1-p1
    environment:
      DATABASE_URL: postgres://shop@db/shop
      POOL_MODE: transaction
      DEFAULT_POOL_SIZE: 150
  web:
    build: .
    command: gunicorn -w 4 shop.api:app
    environment:
      DATABASE_URL: postgres://shop@pooler/shop
  front:
    image: nginx:1.29
"""
CODE = {
    "shop/api.py": """
        import os
        from sqlalchemy import create_engine
        app = create_engine(os.environ["DATABASE_URL"], pool_size=5, max_overflow=0)
        """
}


def opened(compose: str) -> list[tuple[int | None, Basis, str]]:
    (server,) = topology({"compose.yaml": compose, **CODE}).servers
    return [(c.entry.total.high, c.steady[-1].basis, c.steady[-1].hint) for c in server.clients]


WHOLE = [(150, Basis.STATED, "DEFAULT_POOL_SIZE")]


def test_both_numbers_stand_in_the_line_where_nothing_else_can_connect() -> None:
    hint = "all clients together, of 150 that its pools have room for"
    assert opened(COMPOSE) == [(20, Basis.DERIVED, hint)]


SIZE = "      DEFAULT_POOL_SIZE: 150\n"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (SIZE, f"{SIZE}    ports: ['6432:5432']\n"),
        (SIZE, f"{SIZE}    networks: [shared]\n"),
        (SIZE, f"{SIZE}    network_mode: host\n"),
        ("image: nginx:1.29", "image: metabase/metabase"),
        ("image: nginx:1.29", "image: ours/jobs\n    environment: {PGHOST: pooler}"),
        ("  web:\n", "  web:\n    deploy: {mode: global}\n"),
        ("gunicorn -w 4 shop.api:app", "celery -A shop.api worker"),
    ],
)
def test_all_that_its_pools_hold_counts_where_something_else_may(old: str, new: str) -> None:
    shared = "networks: {shared: {external: true}}\n"
    assert opened(COMPOSE.replace(old, new) + shared) == WHOLE


def test_clients_that_fill_the_pools_change_nothing() -> None:
    assert opened(COMPOSE.replace("-w 4", "-w 40")) == WHOLE


def test_a_new_version_beside_the_old_one_asks_for_twice_as_much() -> None:
    deploy = "    deploy: {replicas: 2, update_config: {order: start-first, parallelism: 2}}\n"
    rolled = COMPOSE.replace("    build: .\n", f"    build: .\n{deploy}")
    assert [most for most, *_ in opened(rolled)] == [80]


POD = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 8
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: web
          command: [gunicorn, "-w2", "shop.api:app"]
          env: [{name: DATABASE_URL, value: "postgresql://shop@localhost:6432/shop"}]
        - name: pgbouncer
          image: bitnami/pgbouncer:1.22.0
          env:
            - {name: POSTGRESQL_HOST, value: pg}
            - {name: PGBOUNCER_DEFAULT_POOL_SIZE, value: "30"}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80, targetPort: 8000}]}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: pg}
spec:
  template:
    metadata: {labels: {app: pg}}
    spec:
      containers: [{name: pg, image: "postgres:16"}]
"""


def pods(text: str) -> list[tuple[int | None, int | None, int | None]]:
    (server,) = topology({"all.yaml": text, **CODE}).servers
    return [
        (c.entry.total.high, c.rollout_entry.total.high, c.ending_entry.total.high)
        for c in server.clients
    ]


def test_a_pooler_in_each_pod_opens_what_the_containers_beside_it_ask_for() -> None:
    assert pods(POD) == [(80, 100, 160)]


PGBOUNCER = "        - name: pgbouncer\n"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("targetPort: 8000", "targetPort: 6432"),  # a Service leads to it
        (PGBOUNCER, f"        - {{name: more, image: ours/more}}\n{PGBOUNCER}"),
    ],
)
def test_a_pooler_to_which_others_may_come_opens_all_that_its_pools_hold(
    old: str, new: str
) -> None:
    assert pods(POD.replace(old, new)) == [(240, 300, 480)]
