"""Argo CD's Applications: charts of the tree with the values of each."""

from __future__ import annotations

from textwrap import dedent, indent

import pytest

from poollint.model.figure import Basis
from poollint.reading import linking
from poollint.reading.deployment.linking import topology as deployed
from poollint.reading.deployment.linking.environments import Environment
from poollint.reading.reader import Options
from tests.reading.deployment.arranging import readings

CHART = {
    "charts/web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
    "charts/web/values.yaml": "replicaCount: 1\nworkers: 2\nextra: {of: here}\n",
    "charts/web/values-live.yaml": "replicaCount: 4\n",
    "charts/web/templates/all.yaml": """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: "{{ .Release.Name }}"}
        spec:
          replicas: {{ .Values.replicaCount }}
          template:
            metadata: {labels: {app: web}}
            spec:
              containers:
                - name: web
                  image: registry.example/shop:1
                  command: [gunicorn, "-w", "{{ .Values.workers }}", "shop.api:app"]
                  env: [{name: DB_HOST, value: "{{ .Release.Name }}-pg.{{ .Release.Namespace }}"}]
        ---
        apiVersion: apps/v1
        kind: StatefulSet
        metadata: {name: "{{ .Release.Name }}-pg"}
        spec:
          template:
            metadata: {labels: {app: pg}}
            spec: {containers: [{name: pg, image: "postgres:16"}]}
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: "{{ .Release.Name }}-pg"}
        spec: {selector: {app: pg}, ports: [{port: 5432}]}
        """,
}
BESIDE = {"live.yaml": "replicaCount: 5\nworkers: 6\n"}


def application(source: str, name: str = "shop", to: str = "namespace: live") -> str:
    """Return an Application of the chart with more of its source."""
    text = f"""
        apiVersion: argoproj.io/v1alpha1
        kind: Application
        metadata: {{name: {name}}}
        spec:
          destination: {{{to}}}
          source:
            repoURL: https://git.example/shop
            path: charts/web
        """
    return dedent(text) + indent(dedent(source).strip(), " " * 4) + "\n"


def described(text: str, **more: str) -> list[Environment]:
    """Return the environments of a tree with the chart and one file of Argo CD."""
    options = Options(beside=lambda path: BESIDE.get(path, ""))
    found = readings({"argo.yaml": text, **CHART, **more}, options)
    return list(deployed.described(found, (), options))


def counted(found: list[Environment]) -> dict[str, tuple[int, int]]:
    """Return instances and processes of each workload that runs gunicorn."""
    return {
        one.workload.name: (one.workload.replicas.low, process.processes.low)
        for e in found
        for one in e.placed
        if (process := one.workload.containers[0].process)
    }


@pytest.mark.parametrize(
    ("source", "numbers"),
    [
        ("", (1, 2)),
        ("helm: {valueFiles: [values-live.yaml]}", (4, 2)),
        ("helm: {valueFiles: [../../live.yaml]}", (5, 6)),
        ("helm: {valueFiles: [/live.yaml, values-live.yaml]}", (4, 6)),
        ("helm: {valueFiles: [/live.yaml], values: 'workers: 7'}", (5, 7)),
        ("helm:\n  values: |\n    workers: 7\n  valuesObject: {workers: 8}", (1, 8)),
        (
            'helm: {valuesObject: {workers: 8}, parameters: [{name: workers, value: "9"}]}',
            (1, 9),
        ),
    ],
)
def test_values_of_a_source_are_laid_over_those_of_the_chart(
    source: str, numbers: tuple[int, int]
) -> None:
    assert counted(described(application(source)))["shop"] == numbers


def test_an_installed_chart_is_not_told_of_by_itself_besides() -> None:
    scopes = [e.scope for e in described(application("helm: {valueFiles: [values-live.yaml]}"))]
    assert scopes == ["Argo CD"]
    other = [e.scope for e in described(application(""))]
    assert other == ["Argo CD", "charts/web/values-live.yaml"]  # which nothing installs here


def test_a_release_reaches_the_server_of_its_own_namespace() -> None:
    text = application("", "eu", "namespace: eu") + "---" + application("", "us", "namespace: us")
    found = readings({"argo.yaml": text, **CHART})
    (topology, *_) = linking.link(found, Options()).topologies
    assert sorted(s.server.name for s in topology.servers) == ["eu-pg", "us-pg"]
    (argo, *_) = deployed.described(found, (), Options())
    spaces = {one.workload.name: one.namespace for one in argo.placed}
    assert spaces == {"eu": "eu", "eu-pg": "eu", "us": "us", "us-pg": "us"}


def test_clusters_are_budgets_of_their_own() -> None:
    text = application("", to="name: first") + "---" + application("", to="name: second")
    assert [e.scope for e in described(text)][:2] == ["first", "second"]


def test_what_would_overwrite_each_other_is_not_installed_together() -> None:
    release = "helm: {releaseName: shop}"
    text = application(release, "one") + "---" + application(release, "two")
    assert [e.scope for e in described(text)][:2] == ["one", "two"]


SET = """
apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {name: shops}
spec:
  generators: GENERATORS
  template:
    metadata: {name: 'shop-NAME'}
    spec:
      destination: {namespace: 'NAME'}
      source:
        path: PATH
        helm: {parameters: [{name: replicaCount, value: 'SIZE'}]}
"""


def of_set(generators: str, name: str, path: str = "charts/web", size: str = "3") -> str:
    text = SET.replace("GENERATORS", generators).replace("NAME", name)
    return text.replace("PATH", path).replace("SIZE", size)


@pytest.mark.parametrize(("name", "size"), [("{{name}}", "{{of.size}}"),
                                            ("{{ .name }}", "{{ .of.size }}")])  # fmt: skip
def test_a_set_of_a_list_makes_an_application_of_each_element(name: str, size: str) -> None:
    generators = "[{list: {elements: [{name: eu, of: {size: 3}}, {name: us, of: {size: 4}}]}}]"
    found = described(of_set(generators, name, size=f'"{size}"'.strip('"')))
    assert counted(found) | {"shop-eu": (3, 2), "shop-us": (4, 2)} == counted(found)


def test_a_set_of_folders_makes_an_application_of_each() -> None:
    generators = "[{git: {directories: [{path: charts/*}]}}]"
    found = described(of_set(generators, "{{path.basename}}", "'{{path}}'"))
    assert counted(found)["shop-web"] == (3, 2)


def test_a_set_whose_generators_are_not_followed_is_told_of() -> None:
    text = of_set("[{clusters: {}}]", "{{name}}")
    told = [sentence for e in described(text) for sentence in e.unseen]
    assert told == ["what `shops` may install, whose generators are not followed"]
    assert described(of_set("[{clusters: {}}]", "{{name}}", "elsewhere"))[0].unseen == ()


def test_values_that_are_not_read_and_charts_elsewhere_are_told_of() -> None:
    far = """
        apiVersion: argoproj.io/v1alpha1
        kind: Application
        metadata: {name: queue}
        spec: {source: {repoURL: https://charts.example, chart: queue}}
        """
    text = application("helm: {valueFiles: [values-lost.yaml]}") + "---" + dedent(far)
    (first, *_) = described(text)
    assert first.unseen == (
        "what `queue` may open, which installs what is not in the tree",
        "what values in `values-lost.yaml` change, which are not read",
    )


@pytest.mark.parametrize("base", ["", "work/shop/"])
def test_paths_are_those_of_the_repository_wherever_that_lies(base: str) -> None:
    source = application("helm: {valueFiles: [/live.yaml]}")
    generators = "[{git: {directories: [{path: charts/*}]}}]"
    several = of_set(generators, "{{path.basename}}", "'{{path}}'")
    files = {f"{base}{path}": text for path, text in CHART.items()}
    files[f"{base}argo/all.yaml"] = source + "---" + several
    options = Options(beside=lambda path: BESIDE.get(path.removeprefix(base), ""))
    found = list(deployed.described(readings(files, options), (), options))
    numbers = counted([e for e in found if e.scope == "Argo CD"])
    assert numbers == {"shop": (5, 6), "shop-web": (3, 2)}


def test_another_kind_of_application_is_none_of_argo_cd() -> None:
    text = "apiVersion: app.k8s.io/v1beta1\nkind: Application\nmetadata: {name: shop}\n"
    assert [e.scope for e in described(text)] == ["charts/web/values-live.yaml"]


PLAIN = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: jobs}
spec:
  template:
    metadata: {labels: {app: jobs}}
    spec:
      containers:
        - name: jobs
          image: registry.example/jobs:1
          env: [{name: DB_HOST, value: shop-pg.live.svc}]
"""


@pytest.mark.parametrize("folder", ["jobs", "jobs/inner"])
def test_what_lies_plainly_in_the_tree_is_installed_beside_charts(folder: str) -> None:
    beside = application("", "jobs", "namespace: work").replace("path: charts/web", "path: jobs")
    text = application("") + "---" + beside + "    directory: {recurse: true}\n"
    (first, *others) = described(text, **{f"{folder}/all.yaml": PLAIN})
    spaces = {one.workload.name: one.namespace for one in first.placed}
    assert spaces == {"shop": "live", "shop-pg": "live", "jobs": "work"}
    assert all(one.workload.name != "jobs" for e in others for one in e.placed)


def test_without_a_chart_what_lies_in_the_tree_is_read_as_it_lies() -> None:
    text = application("", "jobs").replace("path: charts/web", "path: jobs")
    found = described(text, **{"jobs/all.yaml": PLAIN})
    plain = (e for e in found if e.scope != "Argo CD")
    assert "jobs" in {one.workload.name for e in plain for one in e.placed}


def test_what_an_application_changes_itself_is_told() -> None:
    text = application("kustomize: {replicas: [{name: jobs, count: 9}]}", "jobs")
    text = text.replace("path: charts/web", "path: jobs")
    found = described(text, **{"jobs/all.yaml": PLAIN})
    told = "what `kustomize` of `jobs` changes, which is not followed"
    assert [sentence for e in found for sentence in e.unseen] == [told]
    assert described(text)[0].unseen == ()


def test_a_chart_elsewhere_asks_a_server_that_lies_plainly_in_the_tree() -> None:
    server = CHART["charts/web/templates/all.yaml"].partition("---")[2]
    plain = dedent(server).replace("{{ .Release.Name }}-pg", "pg")
    far = """
        apiVersion: argoproj.io/v1alpha1
        kind: Application
        metadata: {name: far}
        spec:
          source:
            chart: far
            helm: {valuesObject: {database: {url: "postgresql://far@pg.data.svc/far"}}}
        """
    beside = application("", "data", "namespace: data").replace("charts/web", "data")
    found = readings({"argo.yaml": dedent(far) + "---" + beside, "data/pg.yaml": plain})
    ((server_,),) = (topology.servers for topology in linking.link(found, Options()).topologies)
    assert server_.missing == (
        "`far`: how many connections it opens is not known, for no chart of it is here",
    )


def test_values_that_are_encrypted_are_not_known() -> None:
    sealed = "replicaCount: ENC[AES256_GCM,data:Zm9v,type:int]\nsops: {version: 3.9.0}\n"
    path = "charts/web/secret.yaml"
    options = Options(beside=lambda asked: sealed if asked == path else "")
    text = application("helm: {valueFiles: ['secrets+age-import:///k/key.txt?secret.yaml']}")
    found = deployed.described(readings({"argo.yaml": text, **CHART}, options), (), options)
    (where,) = (one for one in found if one.scope == "Argo CD")
    assert f"`{path}` is encrypted: its values are not known" in where.notes
    (web,) = (one.workload for one in where.placed if one.workload.name == "shop")
    assert web.replicas.basis is Basis.UNKNOWN
