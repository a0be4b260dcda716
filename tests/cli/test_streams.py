"""Where the files of a report are on the web, as GitHub Actions says."""

from __future__ import annotations

from pathlib import Path

import pytest

from poollint.cli.streams import web_root
from tests.cli.conftest import Shell

COMPOSE = """\
services:
  db:
    image: postgres:16
  web:
    image: registry.example/shop:1
    command: uvicorn shop.api:app
    environment:
      DATABASE_URL: postgresql://shop@db/orders
      DB_POOL_SIZE: 200
"""


def actions(top: Path) -> dict[str, str]:
    return {
        "GITHUB_SERVER_URL": "https://github.example",
        "GITHUB_REPOSITORY": "acme/shop",
        "GITHUB_SHA": "0123abc",
        "GITHUB_WORKSPACE": str(top),
    }


def test_a_folder_is_where_its_commit_is(tmp_path: Path) -> None:
    inner = tmp_path / "deploy" / "a b"
    inner.mkdir(parents=True)
    root = "https://github.example/acme/shop/blob/0123abc"
    assert web_root(actions(tmp_path), tmp_path) == root
    assert web_root(actions(tmp_path), inner) == f"{root}/deploy/a%20b"


def test_elsewhere_nothing_is_known(tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    assert web_root(actions(inner), tmp_path) == ""
    assert web_root({}, tmp_path) == ""
    for name in actions(tmp_path):
        assert web_root(actions(tmp_path) | {name: ""}, tmp_path) == ""
    assert web_root(actions(tmp_path) | {"GITHUB_SERVER_URL": "javascript:x"}, tmp_path) == ""


@pytest.mark.parametrize("form", ["markdown", "html"])
def test_reports_for_the_web_lead_to_the_lines(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    shell.write("compose.yaml", COMPOSE)
    line = "https://github.example/acme/shop/blob/0123abc/compose.yaml#L9"
    arguments = ("audit", "--no-cache", "--format", form, "--output", f"{form}=report")
    for name in actions(shell.path):
        monkeypatch.delenv(name, raising=False)
    assert line not in shell(*arguments).stdout
    for name, value in actions(shell.path).items():
        monkeypatch.setenv(name, value)
    assert line in shell(*arguments).stdout
    assert line in (shell.path / "report").read_text()
