"""Every format of one report, word for word: `pytest --update` writes the files anew."""

from __future__ import annotations

from pathlib import Path

import pytest

from poollint.report import sarif
from poollint.report.formats import FORMATS
from poollint.report.palette import Palette
from poollint.report.summary import summary
from tests.report.example import CLEAN, REPORT, sources

OUTPUT = Path(__file__).parents[1] / "fixtures" / "output"
SUFFIX = {"html": "html", "json": "json", "markdown": "md", "mermaid": "mmd", "sarif": "sarif"}


def compare(name: str, text: str, request: pytest.FixtureRequest) -> None:
    """Hold `text` against a golden file, or write it there."""
    path = OUTPUT / name
    if request.config.getoption("--update"):
        path.write_bytes(text.encode())
    assert text == path.read_bytes().decode()


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_is_as_its_golden_file_says(
    name: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sarif, "__version__", "0.0.0")
    text = FORMATS[name](REPORT, sources, Palette())
    compare(f"{name}.{SUFFIX.get(name, 'txt')}", text, request)


def test_the_summary_is_as_its_golden_file_says(request: pytest.FixtureRequest) -> None:
    compare("summary.txt", summary(REPORT), request)


def test_the_summary_of_a_clean_run_is_as_its_golden_file_says(
    request: pytest.FixtureRequest,
) -> None:
    compare("clean.txt", summary(CLEAN), request)


def test_every_golden_file_belongs_to_a_test() -> None:
    formats = {f"{name}.{SUFFIX.get(name, 'txt')}" for name in FORMATS}
    assert {path.name for path in OUTPUT.iterdir()} == formats | {"summary.txt", "clean.txt"}
