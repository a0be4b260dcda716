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


DEPLOYMENT = """apiVersion: apps/v1
kind: Deployment
metadata:
  name: shop
spec:
  replicas: 3
  template:
    spec:
      containers:
        - name: shop
          image: shop:__TAG__
"""


@pytest.mark.parametrize("path", ["k8s/staging.tmpl", "k8s/shop.yaml.tmpl"])
def test_one_with_nothing_but_words_to_replace_is_read(path: str) -> None:
    found = reading(path, DEPLOYMENT)
    assert found is not None
    assert found.unread == ()
    assert [type(document).__name__ for document in found.documents] == ["Manifest"]


def test_one_without_an_ending_of_yaml_is_told() -> None:
    found = reading("k8s/staging.tmpl", DEPLOYMENT.replace("3", "{{ replicas }}"))
    assert found is not None
    assert [u.reason for u in found.unread] == ["a template: render it first"]


@pytest.mark.parametrize("path", ["Procfile.tmpl", "Dockerfile.tmpl", ".env.tmpl", "x.ini.tmpl"])
def test_templates_of_other_formats_are_left_to_theirs(path: str) -> None:
    reader = project.reader_of(path)
    assert reader is None or reader.name != "unrendered"
