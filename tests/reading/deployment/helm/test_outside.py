"""Values that lie outside of charts, and which chart they are for."""

from __future__ import annotations

from poollint.model.source import SourceFile
from poollint.reading import linking
from poollint.reading.deployment.helm.chart_files import ChartFiles
from poollint.reading.deployment.helm.outside import Outside
from poollint.reading.reader import Options
from tests.reading.deployment.arranging import readings

SHOP = {
    "chart/Chart.yaml": "name: shop\n",
    "chart/values.yaml": "account: shop\n",
    "chart/templates/web.yaml": "replicas: {{ .Values.count }}\nx: {{ .Values.image.tag }}\n",
}
JOBS = {
    path.replace("chart/", "jobs/"): text.replace("shop", "jobs") for path, text in SHOP.items()
}
COUNT = "count: 3\nimage: {tag: x}\n"


def found(files: dict[str, str]) -> tuple[dict[str, list[str]], list[str]]:
    """Return the values of each chart, and those that may be of several."""
    known = [SourceFile(path, text) for path, text in files.items()]
    charts = [file for file in known if file.path.endswith("Chart.yaml")]
    outside = Outside(charts, ChartFiles(known))
    told = {chart.path: [file.path for file in outside.of(chart)] for chart in charts}
    return told, outside.doubtful


def test_values_of_other_keys_are_none_of_the_chart() -> None:
    told, _ = found({**SHOP, "envs/values-prod.yaml": "queue: x\n", "envs/values-qa.yaml": ""})
    assert told == {"chart/Chart.yaml": []}


def test_values_of_keys_that_only_templates_ask_for_are_the_chart_s() -> None:
    other = "count: 3\nqueue: {}\n"
    told, _ = found({**SHOP, "values-prod.yaml": COUNT, "values-dev.yaml": other})
    assert told == {"chart/Chart.yaml": ["values-prod.yaml"]}


def test_values_that_no_environment_has_its_name_in_are_none() -> None:
    told, doubtful = found({**SHOP, **JOBS, "more/values-big.yaml": COUNT})
    assert (told, doubtful) == ({"chart/Chart.yaml": [], "jobs/Chart.yaml": []}, [])


def test_of_several_charts_the_keys_tell_whose_values_these_are() -> None:
    jobs = {**JOBS, "jobs/values.yaml": "queue: x\n"}
    told, doubtful = found({**SHOP, **jobs, "k8s/production-values.yaml": "queue: y\ncount: 9\n"})
    assert told == {"chart/Chart.yaml": [], "jobs/Chart.yaml": ["k8s/production-values.yaml"]}
    assert doubtful == []


def test_of_charts_with_the_same_keys_the_path_names_one_or_none_is_known() -> None:
    prod = {"envs/prod/jobs-values.yaml": COUNT, "envs/prod/values.yaml": COUNT}
    told, doubtful = found({**SHOP, **JOBS, **prod})
    assert told["jobs/Chart.yaml"] == ["envs/prod/jobs-values.yaml"]
    assert told["chart/Chart.yaml"] == []
    assert doubtful == ["envs/prod/values.yaml"]


def test_what_is_not_known_is_told() -> None:
    files = {**SHOP, **JOBS, "envs/prod/values.yaml": COUNT}
    project = linking.link(readings(files), Options())
    assert "what values in `envs/prod/values.yaml` change, for no file says of which chart" in (
        project.uncounted or ()
    )
