"""Which versions lists of requirements say, and what a response is streamed past."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from poollint.engine.request import Request
from poollint.engine.session import run
from poollint.reading.running.versions import versions

EARLY = ((0, 115, 11), (0, 115, 11, 0))
APP = """
import requests
from fastapi import Depends, FastAPI
from fastapi.responses import StreamingResponse
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

engine = create_engine("postgresql://db/shop")
app = FastAPI()

def session():
    with Session(engine) as opened:
        yield opened

@app.get("/")
def shop(db: Session = Depends(session)):
    db.execute(text("SELECT name FROM shops"))
    def lines():
        yield requests.get("https://shop.example").content
    return StreamingResponse(lines())
"""


@pytest.mark.parametrize(
    ("folder", "top", "list_"),
    [
        ("", "", "requirements.txt"),
        ("", "..", "../requirements.txt"),
        ("shop/api", "..", "requirements.txt"),
        ("shop/api", "../..", "../requirements.txt"),
        ("../shop", "..", "../requirements.txt"),
    ],
)
def test_folders_above_are_asked_wherever_paths_begin(folder: str, top: str, list_: str) -> None:
    assert said({list_: "fastapi==0.115.11"}, folder, top) == (EARLY,)


def said(files: Mapping[str, str], folder: str = "shop/api", top: str = "") -> object:
    return versions("fastapi", folder, lambda path: files.get(path, ""), top)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("requirements.txt", "uvicorn\nfastapi==0.115.11\n"),
        ("requirements.txt", "FastAPI[standard] == 0.115.11 ; python_version > '3.9'  # pinned\n"),
        ("requirements.txt", "fastapi==0.115.11 \\\n    --hash=sha256:00\n"),
        ("pyproject.toml", '[project]\ndependencies = ["fastapi (==0.115.11)"]\n'),
        ("pyproject.toml", '[tool.poetry.dependencies]\nfastapi = "0.115.11"\n'),
        ("pyproject.toml", '[tool.poetry.dependencies]\nfastapi = {version = "==0.115.11"}\n'),
        ("Pipfile", '[packages]\nfastapi = "==0.115.11"\n'),
        ("Pipfile.lock", '{"default": {"fastapi": {"version": "==0.115.11"}}}'),
        ("uv.lock", '[[package]]\nname = "fastapi"\nversion = "0.115.11"\n'),
        ("poetry.lock", '[[package]]\nname = "fastapi"\nversion = "0.115.11"\ndescription = ""\n'),
    ],
)
def test_exact_version_is_read_in_every_list(name: str, text: str) -> None:
    assert said({f"shop/{name}": text}) == (EARLY,)


@pytest.mark.parametrize(
    ("specifier", "found"),
    [
        ("^0.115.2", ((0, 115, 2), (0, 116))),
        ("^1.2", ((1, 2), (2,))),
        ("~=0.115.2", ((0, 115, 2), (0, 116))),
        ("~=0.115", ((0, 115), (1,))),
        ("==0.115.*", ((0, 115), (0, 116))),
        (">=0.106,<0.118.0", ((0, 106), (0, 118))),
    ],
)
def test_specifiers_leave_a_range(specifier: str, found: object) -> None:
    text = f'[tool.poetry.dependencies]\nfastapi = "{specifier}"\n'
    assert said({"shop/pyproject.toml": text}) == (found,)


@pytest.mark.parametrize("line", ["fastapi", "fastapi-users==0.115.11", "# fastapi==0.115.11"])
def test_nothing_is_said_by_other_lines(line: str) -> None:
    assert said({"requirements.txt": line}) == ()


def test_lock_counts_before_what_it_was_made_from() -> None:
    lock = '[[package]]\nname = "fastapi"\nversion = "0.115.11"\n'
    listed = '[project]\ndependencies = ["fastapi>=0.100"]\n'
    assert said({"shop/uv.lock": lock, "shop/pyproject.toml": listed}) == (EARLY,)


def test_nearest_list_counts_and_none_above_the_project() -> None:
    near = {"shop/requirements.txt": "fastapi==0.115.11", "requirements.txt": "fastapi==0.90.0"}
    assert said(near) == (EARLY,)
    assert said(near, folder="shop/api", top="shop/api") == ()


def test_list_names_another() -> None:
    files = {"requirements.txt": "-r deploy/web.txt\n", "deploy/web.txt": "fastapi==0.115.11\n"}
    assert said(files) == (EARLY,)


@pytest.mark.parametrize("text", ["not = [toml", "[" * 5000, '[project]\ndependencies = "x"\n'])
def test_broken_list_says_nothing(text: str) -> None:
    assert said({"pyproject.toml": text}) == ()


def held(folder: Path, monkeypatch: pytest.MonkeyPatch, **lists: str) -> list[str]:
    (folder / "api").mkdir()
    (folder / "api" / "app.py").write_text(APP)
    for name, text in lists.items():
        (folder / name.replace("_", ".")).write_text(text)
    monkeypatch.chdir(folder)
    found = run(Request(paths=("api/app.py",))).report.findings
    return [one.rule for one in found if one.rule == "connection-held-over-io"]


def test_session_is_closed_before_the_response_by_some_versions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert held(tmp_path, monkeypatch, requirements_txt="fastapi==0.115.11\n") == []


@pytest.mark.parametrize("version", ["0.105.0", "0.118.0"])
def test_session_is_held_while_the_response_is_streamed_by_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    lists = {"requirements_txt": f"fastapi=={version}\n"}
    assert held(tmp_path, monkeypatch, **lists) == ["connection-held-over-io"]


def test_list_outside_of_the_project_is_not_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pins.txt").write_text("fastapi==0.115.11\n")
    project = tmp_path / "project"
    project.mkdir()
    (project / "requirements.txt").symlink_to(tmp_path / "pins.txt")
    found = held(project, monkeypatch, pyproject_toml='[project]\nname = "shop"\n')
    assert found == ["connection-held-over-io"]
