"""The joining of whole trees: what no document may do to it, and which sums it shows."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from poollint.reading import linking, project
from poollint.reading.reader import Options
from tests.reading.deployment.arranging import readings, topology

COMPOSE: dict[str, Any] = {
    "services": {
        "db": {
            "image": "postgres:16",
            "command": ["postgres", "-c", "max_connections=50"],
            "volumes": ["./conf:/etc/conf", {"type": "bind", "source": "x", "target": "/x"}],
            "networks": {"inner": {"aliases": ["main"]}},
        },
        "pooler": {
            "image": "edoburu/pgbouncer",
            "environment": ["DB_HOST=db", "DEFAULT_POOL_SIZE=9"],
            "configs": [{"source": "ini", "target": "/ini"}],
        },
        "web": {
            "build": {"context": ".", "target": "prod"},
            "environment": {"DATABASE_URL": "postgresql://shop@pooler/orders", "DB_POOL_SIZE": 4},
            "env_file": [{"path": "web.env"}],
            "depends_on": {"db": {"condition": "service_healthy"}},
            "deploy": {"replicas": 2, "update_config": {"order": "start-first"}},
        },
        "old": {"extends": {"service": "web"}, "links": ["db:base"], "profiles": ["x"]},
    },
    "configs": {"ini": {"file": "pgbouncer.ini"}},
}
OBJECTS = [
    {
        "apiVersion": "postgresql.cnpg.io/v1",
        "kind": "Cluster",
        "metadata": {"name": "main"},
        "spec": {"postgresql": {"parameters": {"max_connections": "50"}}},
    },
    {
        "apiVersion": "postgresql.cnpg.io/v1",
        "kind": "Pooler",
        "metadata": {"name": "pooler"},
        "spec": {"cluster": {"name": "main"}, "instances": 2, "pgbouncer": {"poolMode": "session"}},
    },
    {
        "apiVersion": "acid.zalan.do/v1",
        "kind": "postgresql",
        "metadata": {"name": "other"},
        "spec": {"connectionPooler": {"numberOfInstances": 2, "maxDBConnections": 60}},
    },
    {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {
            "replicas": 3,
            "strategy": {"rollingUpdate": {"maxSurge": "25%"}},
            "template": {
                "metadata": {"labels": {"app": "web"}},
                "spec": {
                    "containers": [
                        {
                            "name": "web",
                            "image": "shop",
                            "command": ["gunicorn", "-w", "2", "a:b"],
                            "env": [{"name": "DB_HOST", "value": "main-rw"}],
                            "volumeMounts": [{"name": "c", "mountPath": "/etc/pgbouncer"}],
                        }
                    ],
                    "volumes": [{"name": "c", "configMap": {"name": "c"}}],
                },
            },
        },
    },
]
JUNK: tuple[object, ...] = (
    None,
    "",
    "x",
    "${X:-3}",
    0,
    True,
    [],
    {},
    [[1]],
    ["a", {"b": None}],
    {"a": ["b"]},
)


def _text(document: object) -> str:
    """Return a document in YAML's flow style, its keys as people write them."""
    return re.sub(r'"(\w+)": ', r"\1: ", json.dumps(document)) + "\n"


def _changed(node: Any, junk: object) -> Iterator[Any]:
    """Yield the document once for every node of it, with `junk` in that node's place."""
    yield junk
    entries = node.items() if isinstance(node, dict) else ()
    for key, value in entries:
        yield from ({**node, key: other} for other in _changed(value, junk))
    for index, value in enumerate(node if isinstance(node, list) else ()):
        for other in _changed(value, junk):
            yield [*node[:index], other, *node[index + 1 :]]


@pytest.mark.parametrize("junk", JUNK, ids=repr)
def test_no_document_whatever_stands_in_it_stops_the_joining(junk: object) -> None:
    joined = 0
    objects = {"kind": "List", "items": OBJECTS}
    for path, whole in (("compose.yaml", COMPOSE), ("k8s/all.yaml", objects)):
        reader = project.reader_of(path)
        assert reader is not None
        for document in _changed(whole, junk):
            text = _text(document)
            if reader.screen(text.encode(), Options()):
                found = linking.link(readings({path: text}), Options())
                linking.budgets(found)
                joined += bool(found.topologies)
    assert joined > 100


def test_a_pooler_has_a_sum_of_what_comes_in() -> None:
    found = linking.link(readings({"compose.yaml": _text(COMPOSE)}), Options())
    (clients, server) = linking.budgets(found)
    assert (clients.server, clients.ledger.demanded.high, clients.ledger.supplied.low) == (
        "pooler",
        8,
        100,
    )
    assert (server.server, server.ledger.demanded.high) == ("db", 9)


def test_a_pooler_that_nothing_known_uses_has_no_sum() -> None:
    services = {name: COMPOSE["services"][name] for name in ("db", "pooler")}
    found = linking.link(readings({"compose.yaml": _text({"services": services})}), Options())
    assert [budget.server for budget in linking.budgets(found)] == ["db"]


def test_a_file_of_a_server_seen_by_no_server_is_still_free() -> None:
    files = {
        "compose.yaml": """
            services:
              web:
                image: shop
                environment: {DATABASE_URL: "postgresql://shop@main.example/orders"}
                volumes: ["./postgresql.conf:/etc/postgresql.conf"]
            """,
        "postgresql.conf": "max_connections = 60\n",
    }
    (server,) = topology(files).servers
    assert (server.server.name, server.server.max_connections.low) == ("main.example", 60)
