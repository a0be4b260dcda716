from __future__ import annotations

from textwrap import dedent

import pytest

from poollint.facts.infrastructure import Flaw
from poollint.model.source import SourceFile, Span
from poollint.reading.deployment.linking.documents import Manifest
from poollint.reading.deployment.manifest import READER
from poollint.reading.reader import FileReading, Options


def read(text: str, path: str = "x.yaml") -> FileReading:
    return READER.read(SourceFile(path, dedent(text).lstrip("\n")), Options())


def kinds(reading: FileReading) -> list[str]:
    return [document.kind for document in reading.documents if isinstance(document, Manifest)]


COMPOSE = "services:\n  web:\n    image: x\n"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n", ["Pod"]),
        ("apiVersion: v1\nkind: Pod\n---\napiVersion: v1\nkind: Service\n", ["Pod", "Service"]),
        ("apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Pod}\n", ["Pod"]),
        ("apiVersion: x/v1\nkind: Certificate\n", []),
        ("kind: Deployment\n", []),
        ("services: {web: {scale: 4}}\n", ["Compose"]),
        (COMPOSE, ["Compose"]),
        ("version: '3'\nx-base: &b {}\n" + COMPOSE, ["Compose"]),
        ("include: [a/compose.yaml]\n", ["Compose"]),
        ("image: python\nservices:\n  - postgres\n", []),
        ("jobs: {}\n" + COMPOSE, []),
        ("services:\n  web: {port: 80}\n", []),
        ("- hosts: all\n", []),
        ("just text\n", []),
    ],
)
def test_content_decides_what_a_file_is(text: str, found: list[str]) -> None:
    assert kinds(read(text)) == found


def test_kustomizations_are_told_from_objects_of_flux() -> None:
    assert kinds(read("resources: [a.yaml]\n", "k8s/kustomization.yaml")) == ["Kustomization"]
    assert kinds(read("resources: [a.yaml]\n", "k8s/other.yaml")) == []
    flux = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\n"
    assert kinds(read(flux, "flux/kustomization.yaml")) == []


@pytest.mark.parametrize(
    ("text", "passes"),
    [
        (b"kind: Deployment\n", True),
        (b'"kind": "Deployment"\n', True),
        (b"kind: Certificate\n", False),
        (b"services:\n  a:\n    image: x\n", True),
        (b"web:\n  services:\n    a:\n      image: x\n", False),
        (b"kind: Certificate\nmetadata:\n  kind: Deployment\n", False),
        (b"kind: CustomResourceDefinition\ndescription: of a Deployment\n", False),
        (b"kind: CustomResourceDefinition\n---\nkind: Deployment\n", True),
        (b"resources:\n- a.yaml\n", True),
        (b"hello: world\n", False),
        (b'{{ include "shop.all" . }}\n', True),
        (b"{{- range .Values.extra }}\n---\n{{ tpl (toYaml .) $ }}\n{{- end }}\n", True),
        (b'labels:\n  {{- include "shop.labels" . | nindent 2 }}\n', False),
    ],
)
def test_bytes_tell_what_cannot_matter(text: bytes, passes: bool) -> None:
    assert READER.screen(text, Options()) is passes


def test_texts_within_a_configmap_are_read_where_they_stand() -> None:
    reading = read(
        """
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: pgbouncer}
        data:
          pgbouncer.ini: |
            [databases]
            orders = host=db user=shop

            [pgbouncer]
            pool_mode = transaction
            default_pool_size = 30
            max_clients = 5
          postgresql.conf: |
            max_connections = 250
        """,
        "k8s/pgbouncer.yaml",
    )
    (pooler,) = reading.poolers
    assert pooler.default_pool_size.low == 30
    assert pooler.default_pool_size.origin == Span.at("k8s/pgbouncer.yaml", 11, 25, 2)
    assert pooler.databases[0].host == "db"
    (server,) = reading.servers
    assert server.max_connections.origin == Span.at("k8s/pgbouncer.yaml", 14, 23, 3)
    unknown = [s for s in reading.settings if s.flaw is Flaw.UNKNOWN]
    assert [(s.name, s.span.path, s.span.start.line) for s in unknown] == [
        ("max_clients", "k8s/pgbouncer.yaml", 12)
    ]


def test_templates_count_where_they_would_make_a_workload() -> None:
    text = "kind: {}\nmetadata:\n  name: {{{{ .Release.Name }}}}\n"
    path = "deploy/x.yaml"
    (unread,) = read(text.format("Deployment"), path).unread
    assert not unread.broken
    assert read(text.format("Service"), path).unread == ()


def test_a_broken_file_is_said_to_be_one() -> None:
    (unread,) = read("apiVersion: v1\nkind: Pod\n}\n").unread
    assert unread.broken
    assert unread.span.start.line == 3


def test_what_an_editor_writes_for_itself_describes_nothing() -> None:
    assert READER.claims("deploy/compose.yaml")
    for folder in (".idea/.idea.Shop/Docker", "src/.vs/docker"):
        assert not READER.claims(f"{folder}/docker-compose.generated.override.yml")


@pytest.mark.parametrize(
    ("kind", "told"), [("Application", True), ("Deployment", True), ("ConfigMap", False)]
)
def test_a_template_that_would_name_a_chart_is_told(kind: str, told: bool) -> None:
    text = f"apiVersion: argoproj.io/v1alpha1\nkind: {kind}\nmetadata:\n  name: {{{{ .name }}}}\n"
    assert bool(read(text).unread) is told
