"""Commands that install charts of the tree, and the values that these give them."""

from __future__ import annotations

import pytest

from poollint.model.source import SourceFile
from poollint.reading.deployment.helm.commands import read
from poollint.reading.deployment.linking import topology as deployed
from poollint.reading.reader import Options
from tests.reading.deployment.arranging import readings

CHART = {
    "deploy/chart/Chart.yaml": "apiVersion: v2\nname: shop\nversion: 1.0.0\n",
    "deploy/chart/values.yaml": "replicas: 1\nworkers: 2\n",
    "deploy/values-prod.yaml": "replicas: 10\n",
    "deploy/chart/templates/web.yaml": """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web}
        spec:
          replicas: {{ .Values.replicas }}
          template:
            metadata: {labels: {app: web}}
            spec:
              containers:
                - name: web
                  image: registry.example/shop:1
                  command: [gunicorn, "-w", "{{ .Values.workers }}", "shop.api:app"]
        """,
}
PROD = "deploy/values-prod.yaml"
INSTALL = f"helm upgrade --install shop deploy/chart -f {PROD}"

INSIDE = "helm upgrade -i shop chart -f values-prod.yaml --set workers=6"
SEALED = (
    "helm secrets upgrade shop deploy/chart -f deploy/values-prod.yaml"
    " -f secrets://deploy/sealed-values.yaml --set workers=6"
)
BY_NAME = 'helm upgrade -i shop "$HERE/chart" -f "${HERE}/values-prod.yaml" --set workers=6'


def running(files: dict[str, str]) -> dict[str, tuple[int | None, int | None]]:
    """Return by environment how many instances run, and processes in each."""
    found: dict[str, tuple[int | None, int | None]] = {}
    for where in deployed.described(readings(CHART | files), (), Options()):
        for placed in where.placed:
            process = placed.workload.containers[0].process
            workers = process.processes.high if process else None
            found[where.scope] = (placed.workload.replicas.high, workers)
    return found


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("Makefile", f"deploy:\n\t{INSTALL} --set workers=6\n"),
        ("scripts/deploy.sh", f"#!/bin/sh\n{INSTALL} \\\n  --namespace shop --set=workers=6\n"),
        (
            "deploy/up.sh",
            "helm upgrade -i shop ./chart --values values-prod.yaml --set workers=6\n",
        ),
        (
            ".github/workflows/deploy.yml",
            f"jobs:\n  up:\n    steps:\n      - run: |\n          {INSTALL} --set 'workers=6'\n",
        ),
        ("Makefile", f"deploy:\n\tcd deploy && {INSIDE}\n"),
        ("up.sh", f"cd deploy/chart\n{INSIDE.replace('chart', '.').replace('-f ', '-f ../')}\n"),
        ("ci/up.sh", f'HERE=$(dirname "$0")/../deploy\n{BY_NAME}\n'),
        (
            ".github/workflows/deploy.yml",
            f"jobs:\n  up:\n    steps:\n      - run: {INSIDE}\n        working-directory: deploy\n",
        ),
        (
            ".github/workflows/deploy.yml",
            "defaults: {run: {working-directory: deploy}}\n"
            f"jobs:\n  up:\n    steps:\n      - run: {INSIDE}\n",
        ),
        (".gitlab-ci.yml", f"up:\n  script:\n    - cd deploy\n    - {INSIDE}\n"),
    ],
)
def test_what_a_command_gives_is_laid_over_the_values_of_the_chart(path: str, text: str) -> None:
    assert list(running({path: text}).values()) == [(10, 6)]


def test_of_several_files_the_last_counts() -> None:
    more = {"deploy/big-values.yaml": "workers: 9\n", "Makefile": f"up:\n\t{INSTALL} -f "
            "deploy/big-values.yaml\n"}  # fmt: skip
    assert (10, 9) in running(more).values()
    assert (10, 2) not in running(more).values()


@pytest.mark.parametrize(
    "line",
    [
        "helm upgrade shop deploy/chart -f values-$(ENV).yaml",
        f"{INSTALL} --set workers=$(WORKERS)",
        f"{INSTALL} --reuse-values --set workers=6",
        "helm upgrade shop deploy/chart --set workers=6",
        "helm upgrade shop deploy/chart -f deploy/chart/values.yaml",
        f"{INSTALL} --set workers=6 --dry-run",
        f"cd elsewhere && {INSTALL} --set workers=6",
        f"helm upgrade shop other/chart -f {PROD} --set workers=6",
        "helm upgrade shop deploy/chart -f gone.yaml --set workers=6",
    ],
)
def test_what_is_not_known_leaves_the_values_as_their_names_tell(line: str) -> None:
    assert list(running({"Makefile": f"up:\n\t{line}\n"}).values()) == [(10, 2)]


def test_a_value_that_is_put_in_and_counts_nothing_changes_nothing() -> None:
    make = f"up:\n\t{INSTALL} --set image.tag=$(TAG),workers=6\n"
    assert list(running({"Makefile": make}).values()) == [(10, 6)]


def test_single_values_have_their_places() -> None:
    found = read(SourceFile("Makefile", f"up:\n\t{INSTALL} --set a=1,b.c=2\n"))
    assert found is not None
    (command,) = found.commands
    assert (command.chart, command.files) == ("deploy/chart", (PROD,))
    assert [(name, value, span.start.line) for name, value, span in command.values] == [
        ("a", "1", 2),
        ("b.c", "2", 2),
    ]


def test_values_that_are_decrypted_first_are_not_known() -> None:
    more = {
        "Makefile": f"up:\n\t{SEALED}\n",
        "deploy/sealed-values.yaml": "replicas: ENC[AES256_GCM,data:Zm9v,type:int]\n",
    }
    found = running(more)
    assert found["deploy/sealed-values.yaml"] == (1, 6)  # one stands in for what is not known
    assert (10, 6) not in found.values()
