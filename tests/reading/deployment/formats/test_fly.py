"""Files of Fly that are not called `fly.toml`, and what their images are built from."""

from __future__ import annotations

import pytest

from poollint.facts.infrastructure import Workload
from poollint.model.figure import Basis
from poollint.reading import project
from poollint.reading.deployment.linking import topology as linking
from poollint.reading.reader import Options
from tests.reading.deployment.arranging import readings

LISTENS = "[http_service]\ninternal_port = 8080\n"
IMAGE = "FROM python:3.12\nCOPY . .\nCMD gunicorn -w 3 shop.api:app\n"


def running(files: dict[str, str]) -> tuple[Workload, ...]:
    return linking.workloads(linking.described(readings(files), (), Options()))


@pytest.mark.parametrize(
    "rest",
    [
        LISTENS,
        "[[services]]\ninternal_port = 4000\n",
        "primary_region = 'ams'\n",
        "[[services]]\n  protocol = 'tcp'\n[[services]]\n  internal_port = 4000\n",
    ],
)
@pytest.mark.parametrize("path", ["fly.staging.toml", "deploy/fly/prod.toml", "production.toml"])
def test_what_a_file_says_tells_that_it_is_one(path: str, rest: str) -> None:
    (found,) = running({path: f'app = "shop"\n{rest}'})
    assert (found.name, found.platform) == ("shop", "fly")
    assert found.replicas.basis is Basis.UNKNOWN


@pytest.mark.parametrize(
    "text",
    [
        f'name = "shop"\n{LISTENS}',
        'app = "shop"\n[processes]\nweb = "x"\n',
        'app = "shop"\n[[services]]\nport = 1\n',
        'app = ["shop"]\n[http_service]\nport = 8080\n',
    ],
)
def test_settings_of_something_else_are_none(text: str) -> None:
    assert running({"deploy/prod.toml": text}) == ()


def test_files_of_python_and_rust_are_never_asked() -> None:
    described = project.reader_of("fly.toml")
    for path in ("pyproject.toml", "lib/pyproject.toml", "Cargo.toml"):
        assert project.reader_of(path) is not described


@pytest.mark.parametrize(
    ("path", "build", "folder"),
    [
        ("deploy/fly/prod.toml", "", "."),
        ("deploy/fly/prod.toml", "[build]\ndockerfile = '../../Dockerfile'\n", "."),
        ("shop/fly.toml", "[build]\ndockerfile = '../Dockerfile'\n", "."),
        ("shop/fly.toml", "", "shop"),
        ("prod.toml", "", "."),
    ],
)
def test_an_image_is_built_from_the_folder_of_its_dockerfile(
    path: str, build: str, folder: str
) -> None:
    (found,) = running({path: f'app = "shop"\n{build}{LISTENS}', "Dockerfile": IMAGE})
    (container,) = found.containers
    assert container.build == folder
    workers = container.process.processes.high if container.process else None
    assert workers == (3 if folder == "." else None)
