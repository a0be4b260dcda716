"""Loops of templates over values, written out turn by turn."""

from __future__ import annotations

from poollint.facts.infrastructure import Workload
from poollint.model.source import Span
from poollint.reading.deployment.linking import topology as linking
from poollint.reading.reader import Options
from tests.reading.deployment.arranging import readings

CHART = "apiVersion: v2\nname: shop\nappVersion: 1\n"
WORKERS = """
{{- range $name, $worker := .Values.workers }}
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ $.Release.Name }}-{{ $name }}
spec:
  replicas: {{ $worker.replicas }}
  template:
    spec:
      containers:
        - name: {{ $name }}
          image: registry.example/shop
          args: ["celery", "worker", "-c", "{{ .concurrency }}"]
          env:
            {{- range $key, $value := $.Values.env }}
            - name: {{ $key }}
              value: {{ $value | quote }}
            {{- end }}
            {{- range .more }}
            - name: {{ .name }}
              value: {{ .value | quote }}
            {{- end }}
{{- end }}
"""
VALUES = """replicas: 1
workers:
  slow: {replicas: 2, concurrency: 3}
  fast:
    replicas: 5
    concurrency: 7
    more:
      - {name: QUEUE, value: mail}
env:
  DB_POOL_SIZE: 4
"""


def running(values: str = VALUES) -> dict[str, Workload]:
    files = {
        "chart/Chart.yaml": CHART,
        "chart/values.yaml": values,
        "chart/templates/workers.yaml": WORKERS,
    }
    return {w.name: w for w in linking.workloads(linking.described(readings(files), (), Options()))}


def test_each_turn_makes_a_workload_of_its_own() -> None:
    found = running()
    assert {name: w.replicas.high for name, w in found.items()} == {"shop-fast": 5, "shop-slow": 2}


def test_numbers_stand_where_the_values_state_them() -> None:
    origin = running()["shop-fast"].replicas.origin
    assert isinstance(origin, Span)
    assert (origin.path, origin.start.line) == ("chart/values.yaml", 5)


def test_a_workload_stands_in_the_line_of_its_template() -> None:
    span = running()["shop-slow"].span
    assert (span.path, span.start.line) == ("chart/templates/workers.yaml", 6)


def test_loops_within_loops_are_written_out_too() -> None:
    (fast,) = running()["shop-fast"].containers
    (slow,) = running()["shop-slow"].containers
    assert {v.name: v.value.value for v in fast.variables} == {"DB_POOL_SIZE": "4", "QUEUE": "mail"}
    assert [v.name for v in slow.variables] == ["DB_POOL_SIZE"]


def test_a_loop_over_nothing_makes_nothing() -> None:
    assert running("replicas: 1\nworkers: {}\n") == {}
