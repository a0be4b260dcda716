"""Charts of real trees: what Helm makes of them with their own values, and poollint unrendered.

What poollint does not know it leaves unknown; where it knows a value, it is Helm's.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
import yaml

from poollint.model.source import SourceFile
from poollint.reading.deployment.helm.charts import ChartFile, built_of
from tests.lab.objects import compared_objects
from tests.lab.renderers import Comparison, documents, library, trees

_SEPARATOR = re.compile(r"^---(?=[^\s-])", re.M)  # where Helm splits, and YAML does not
_TREE = {
    "Chart.yaml": "apiVersion: v2\nname: shop\nversion: 1.0.0\nappVersion: '1'\n"
    "dependencies: [{name: worker, version: 1.0.0, condition: worker.enabled}]\n",
    "values.yaml": "replicas: 3\nworker: {enabled: true, replicaCount: 4}\n"
    "env: {B: two, A: one}\nhosts: [{name: H, value: h}]\nautoscaling: {enabled: false}\n",
    "templates/_helpers.tpl": '{{- define "shop.fullname" -}}shop{{- end }}\n',
    "templates/web.yaml": """
        apiVersion: apps/v1
        kind: Deployment
        metadata:
          name: {{ include "shop.fullname" . }}-web
        spec:
          {{- if not .Values.autoscaling.enabled }}
          replicas: {{ .Values.replicas }}
          {{- end }}
          template:
            spec:
              containers:
                - name: web
                  image: "x:{{ .Chart.AppVersion }}"
                  args: ["-w", "{{ .Values.workers | default 2 }}"]
                  env:
                    {{- range $k, $v := .Values.env }}
                    - name: {{ $k }}
                      value: {{ $v | quote }}
                    {{- end }}
                    {{- range .Values.hosts }}
                    - name: {{ .name }}
                      value: {{ .value | quote }}
                    {{- end }}
        """,
    "charts/worker/Chart.yaml": "apiVersion: v2\nname: worker\nversion: 1.0.0\n",
    "charts/worker/values.yaml": "replicaCount: 1\n",
    "charts/worker/templates/worker.yaml": """
        apiVersion: apps/v1
        kind: Deployment
        metadata:
          name: {{ .Release.Name }}-{{ .Chart.Name }}
        spec:
          replicas: {{ .Values.replicaCount }}
          template:
            spec:
              containers: [{name: worker, image: x}]
        """,
}


def compared(tree: Path, found: Comparison) -> None:
    """Compare every chart of a tree that is within no other."""
    helm = library("helm_python")
    files = [d.source for d in documents(tree, ".yaml", ".yml", ".tpl") if isinstance(d, ChartFile)]
    for chart in files:
        home = Path(chart.path).parent
        if Path(chart.path).name != "Chart.yaml" or _is_inner(home, files):
            continue
        found.files += 1
        title = yaml.safe_load(chart.text).get("name", "chart")
        try:
            with helm.Chart.load(str(tree / home)) as loaded:
                texts = loaded.render(name=title)
        except helm.HelmError:
            found.refused += 1
            continue
        built = built_of(chart, files, None)
        shown = [_SEPARATOR.sub("---\n", text) for name, text in texts.items()
                 if name.endswith((".yaml", ".yml"))]  # fmt: skip
        try:
            every = [o for t in shown for o in yaml.safe_load_all(t) if isinstance(o, dict)]
        except yaml.YAMLError:  # Helm's own parser takes a little more
            found.refused += 1
            continue
        objects = [o for o in every if not _is_of_a_test(o)]
        compared_objects(built.manifests, objects, f"{tree.name}/{chart.path}", found)


def _is_of_a_test(made: dict[str, Any]) -> bool:
    """Tell whether only `helm test` makes an object, which poollint leaves out."""
    hooks = ((made.get("metadata") or {}).get("annotations") or {}).get("helm.sh/hook", "")
    return str(hooks).startswith("test")


def _is_inner(home: Path, files: list[SourceFile]) -> bool:
    """Tell whether a chart lies in the `charts` folder of another."""
    outer = home.parent.parent / "Chart.yaml"
    return home.parent.name == "charts" and any(f.path == outer.as_posix() for f in files)


def test_a_chart_with_all_of_it_is_read_as_helm_makes_it(tmp_path: Path) -> None:
    for name, text in _TREE.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_text(dedent(text))
    found = Comparison()
    compared(tmp_path, found)
    assert not found.refused
    assert not found.unequal, found.report()
    assert found.equal["variable"] == 3
    assert found.equal["replicas"] == 2


@pytest.mark.opt_in
@pytest.mark.skipif("POOLLINT_TREES" not in os.environ, reason="no real trees are named")
def test_real_charts_are_read_as_helm_makes_them(capsys: pytest.CaptureFixture[str]) -> None:
    found = Comparison()
    for tree in trees():
        compared(tree, found)
    with capsys.disabled():
        print(f"\n{found.report()}")
    assert not found.unequal
