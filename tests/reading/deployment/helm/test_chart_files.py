"""Files of charts are found by the folder of their chart, in the order they are given."""

from __future__ import annotations

from poollint.model.source import SourceFile
from poollint.reading.deployment.helm.chart_files import ChartFiles

_PATHS = (
    "shop/values.yaml",
    "shop/templates/web.yaml",
    "shop-next/Chart.yaml",
    "shop/Chart.yaml",
    "shop/charts/worker/Chart.yaml",
    "shop/charts/worker/templates/worker.yaml",
)


def _files() -> ChartFiles:
    return ChartFiles(SourceFile(path, "") for path in _PATHS)


def test_a_folder_holds_what_lies_below_it_and_not_beside_it() -> None:
    assert [f.path for f in _files().below("shop")] == [p for p in _PATHS if p[4] == "/"]
    assert [f.path for f in _files().below("shop/charts/worker/templates")] == [_PATHS[5]]
    assert [f.path for f in _files().below("")] == list(_PATHS)
    assert _files().below("sho") == []


def test_the_first_of_several_names_counts() -> None:
    found = _files().first("shop/values.yml", "shop/values.yaml")
    assert found is not None
    assert found.path == "shop/values.yaml"
    assert _files().first("shop/values.yml") is None


def test_inner_charts_are_those_of_one_folder() -> None:
    inner = _files().within("shop/charts")
    assert [(folder, chart.path) for folder, chart in inner] == [
        ("shop/charts/worker", "shop/charts/worker/Chart.yaml")
    ]
    assert set(_files().charts) == {"shop", "shop-next", "shop/charts/worker"}


def test_what_is_one_already_is_not_made_again() -> None:
    files = _files()
    assert ChartFiles.of(files) is files
    assert ChartFiles.of(files.every).every == files.every
