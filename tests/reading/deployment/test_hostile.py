"""Files of deployments that are broken, endless or at odds with themselves never stop a run."""

from __future__ import annotations

import pytest

from poollint.facts.topology import Topology
from poollint.model.source import SourceFile
from poollint.reading import linking, project
from poollint.reading.reader import FileReading, Options

DEEP = "{{ if .Values.a }}" * 3000
CHART = {"c/Chart.yaml": "apiVersion: v2\nname: c\n"}


def linked(files: dict[str, str]) -> tuple[tuple[Topology, ...], tuple[FileReading, ...]]:
    found = []
    for path, text in files.items():
        reader = project.reader_of(path)
        if reader and reader.screen(text.encode(), Options()):
            found.append(reader.read(SourceFile(path, text), Options()))
    return linking.link(found, Options()).topologies, tuple(found)


@pytest.mark.parametrize(
    "files",
    [
        {**CHART, "c/values.yaml": "a: [", "c/templates/a.yaml": "kind: Deployment\n{{ range"},
        {**CHART, "c/values.yaml": "a: &x [*x]\n", "c/templates/a.yaml": "{{ end }}{{ end }}"},
        {**CHART, "c/values.yaml": "a: {b: 1}\n", "c/templates/a.yaml": f"kind: Job\n{DEEP}"},
        {
            "c/Chart.yaml": "name: c\ndependencies:\n  - {name: c, repository: 'file://.'}\n",
            "c/templates/a.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n",
        },
        {
            "a/Chart.yaml": "name: a\ndependencies: [{name: b, repository: 'file://../b'}]\n",
            "b/Chart.yaml": "name: b\ndependencies: [{name: a, repository: 'file://../a'}]\n",
        },
        {"c/Chart.yaml": "dependencies: 7\nname: [a]\n", "c/values.yaml": "- a\n"},
        {
            "a.tf": 'module "a" {\n source = "./b"\n}\n',
            "b/b.tf": 'module "b" {\n source = "../"\n}\n',
        },
        {"a.tf": 'module "db" {\n source = "terraform-aws-modules/rds/aws"\n parameters = 7\n}\n'},
        {"a.tf": 'module "e" {\n source = "terraform-aws-modules/ecs/aws"\n services = "x"\n}\n'},
        {"a.tf": 'resource "helm_release" "x" {\n chart = "./x"\n values = 7\n set = 1\n}\n'},
        {"a.tf": 'locals {\n a = local.b\n b = local.a\n}\nmodule "x" {\n source = local.a\n}\n'},
        {"kustomization.yaml": "resources: [.]\ncomponents: [.]\npatches: [{path: .}]\n"},
        {
            "a/kustomization.yaml": "resources: [../b]\n",
            "b/kustomization.yaml": "resources: [../a]\npatches: 9\n",
        },
        {
            "compose.yaml": "include: [other.yaml]\nservices: {a: {extends: b}, b: {extends: a}}\n",
            "other.yaml": "include: [compose.yaml]\nservices: {c: {extends: c, image: x}}\n",
        },
        {".github/workflows/a.yml": "jobs: {a: {strategy: {matrix: 1}, steps: [docker build]}}\n"},
        {"Makefile": "a:\n\tdocker build -t $(A) -f\n\tdocker build -t '\n"},
        {"deploy.sh": "A=gcloud\n" + 'A="$A$A"\n' * 60 + "gcloud run deploy $A --source '\n"},
        {
            "Makefile": "A = $(A)$(A)\n" * 60 + "a: b\nb:\n\tmake a; python $(A)\n",
            "compose.yaml": "services: {x: {build: ., command: make a}}\n",
        },
        {"cloudbuild.yaml": "steps: [{name: cloudsdktool, args: [gcloud, run, deploy, '${']}]\n"},
        {"lib/a/repo.ex": "defmodule A.Repo do\n" * 50 + "use Ecto.Repo, adapter: \n"},
        {"docker-bake.hcl": 'target "a" {\n tags = ["${"]\n context = target.a\n}\n'},
        {"skaffold.yaml": "apiVersion: skaffold/v4\nbuild: {artifacts: {image: a}}\n"},
        {"a.yaml": "apiVersion: apps/v9\nkind: Deployment\nspec: {replicas: many, template: 1}\n"},
    ],
    ids=lambda files: "+".join(files),
)
def test_nothing_that_is_read_stops_a_run_or_makes_up_a_client(files: dict[str, str]) -> None:
    topologies, _ = linked(files)
    assert not any(budget.clients for topology in topologies for budget in topology.servers)


def test_a_broken_manifest_is_told_with_its_place() -> None:
    _, (reading,) = linked({"a.yaml": "kind: Deployment\napiVersion: v1\nspec: {replicas: [\n"})
    (unread,) = reading.unread
    assert unread.broken
    assert unread.span.path == "a.yaml"
    assert unread.span.start.line >= 3
