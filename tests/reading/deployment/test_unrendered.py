"""Templates of what describes deployments are told, all others leave no trace."""

from __future__ import annotations

import pytest

from poollint.model.source import SourceFile
from poollint.reading import project
from poollint.reading.reader import FileReading, Options

COMPOSE = "services:\n  {{ name }}:\n    image: shop:{{ tag }}\n"


def reading(path: str, text: str) -> FileReading | None:
    reader = project.reader_of(path)
    if reader is None or not reader.screen(text.encode(), Options()):
        return None
    return reader.read(SourceFile(path, text), Options())


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("templates/docker-compose.yml.j2", COMPOSE),
        (
            "k8s/web.yaml.jinja2",
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: {{ n }}}\n",
        ),
        ("k8s/db.yml.tmpl", "kind: Cluster\nspec: {{ spec }}\n"),
        ("helmfile.yaml.gotmpl", "releases:\n  - name: {{ n }}\n    chart: ./web\n"),
        ("manifest.yml.erb", "applications:\n- name: <%= n %>\n  memory: 1G\n"),
    ],
)
def test_a_template_of_a_deployment_is_told(path: str, text: str) -> None:
    found = reading(path, text)
    assert found is not None
    assert [(u.span.path, u.reason, u.broken) for u in found.unread] == [
        (path, "a template: render it first", False)
    ]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("templates/config.yml.j2", "services:\n  - name: {{ x }}\n"),
        ("k8s/service.yaml.j2", "apiVersion: v1\nkind: Service\nmetadata: {name: {{ n }}}\n"),
        ("compose.yml.bak", COMPOSE),
        ("values.yaml.gotmpl", "image: {{ x }}\n"),
    ],
)
def test_any_other_is_not(path: str, text: str) -> None:
    found = reading(path, text)
    assert found is None or found.unread == ()
