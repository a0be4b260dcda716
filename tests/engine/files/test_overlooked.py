"""Files that may say what runs and that nothing was taken from are told, and no others."""

from __future__ import annotations

from pathlib import Path

import pytest

from poollint.engine.files.overlooked import is_of_a_kind, makes_it, speaks_of_it
from poollint.engine.request import Mode, Request
from poollint.engine.session import run
from poollint.model.report import Coverage, Report
from poollint.model.source import OVERLOOKED, Span, Unreadable
from poollint.report.markdown import markdown
from poollint.report.palette import Palette
from poollint.report.summary import summary

JSONNET = """
{ replicas: 4, image: 'shop:1', env: { DATABASE_URL: 'postgresql://u@pg.example/shop' } }
"""
COMPOSE = """
services:
  web: {image: shop, environment: {DATABASE_URL: postgresql://db/shop}, scale: 2}
"""


def overlooked(root: Path, mode: Mode = Mode.AUDIT, cache: str = "") -> list[str]:
    now = 1 << 62 if cache else 0
    report = run(Request((str(root),), mode, cwd=str(root), cache=cache, now=now)).report
    return [u.span.path for u in report.coverage.unread if u.reason == OVERLOOKED]


def write(root: Path, files: dict[str, str]) -> None:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)


def test_a_form_that_is_not_read_is_told(tmp_path: Path) -> None:
    write(tmp_path, {"deploy/shop.jsonnet": JSONNET, "deploy/app.cue": JSONNET})
    assert overlooked(tmp_path) == ["deploy/app.cue", "deploy/shop.jsonnet"]
    assert overlooked(tmp_path, Mode.CHECK) == []


CLUSTER = """
apiVersion: postgresql.cnpg.io/v1
kind: Cluster
metadata: {name: {{ .Values.name }}}
spec: {instances: 3}
"""
CLOWD = """
kind: Template
objects:
  - apiVersion: cloud.redhat.com/v1alpha1
    kind: ClowdApp
    spec: {database: {name: shop}, deployments: [{name: api, minReplicas: 6}]}
"""


def test_resources_that_make_a_database_are_told_where_they_are_not_read(tmp_path: Path) -> None:
    chart = {"chart/Chart.yaml": "name: shop\nversion: 0.1.0\n", "chart/admin/db.yaml": CLUSTER}
    write(tmp_path, {**chart, "deploy/clowdapp.yml": CLOWD})
    assert overlooked(tmp_path) == ["chart/admin/db.yaml", "deploy/clowdapp.yml"]


def test_what_was_read_is_not_told(tmp_path: Path) -> None:
    write(tmp_path, {"compose.yaml": COMPOSE, "db.service.j2": "ExecStart=postgres\\n:5432"})
    assert overlooked(tmp_path) == []


def test_what_a_file_said_is_known_from_before(tmp_path: Path) -> None:
    write(tmp_path / "shop", {"deploy/shop.jsonnet": JSONNET, "a.jsonnet": "{}"})
    found = [overlooked(tmp_path / "shop", cache=str(tmp_path / "cache")) for _ in range(2)]
    assert found == [["deploy/shop.jsonnet"]] * 2


@pytest.mark.parametrize(
    "path",
    [
        "docs/deploy.yaml", "tests/compose.jsonnet", "k8s/test/x.jsonnet", ".gitlab-ci.yml",
        ".github/workflows/a.yml", "config/locales/en.yml", "package-lock.json", "poetry.lock",
        "README.md",
        "deploy/app.example.yaml", "src/shop.py", "openapi.yaml", "examples/a/x.tmpl",
    ],
)  # fmt: skip
def test_what_describes_no_deployment_is_of_no_such_kind(path: str) -> None:
    assert not is_of_a_kind(path)


@pytest.mark.parametrize(
    "path",
    ["deploy/app.libsonnet", "run.sh", "infra/main.bicep", "x/latest.yaml", "Dockerfile.web",
     "ops/app.conf.j2", "contest/deploy.yaml", "Procfile.web"],
)  # fmt: skip
def test_what_may_describe_one_is(path: str) -> None:
    assert is_of_a_kind(path)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"DATABASE_URL=x\nexec gunicorn app", True),
        (b"PGHOST: pg\nreplicas: 3", True),
        (b"host=pg dbname=x\nmaxReplicas = 4", True),
        (b"postgresql+asyncpg://pg/x\npool_size: 3", True),
        (b'PGHOST=pg\n"image": "shop"', True),
        (b"DATABASE_URL=x\nexec echo", False),
        (b"redis://pg:6379\nexec gunicorn app", False),
        (b"POSTGRES_DB=x\nthe workers are well", False),
        (b"$ANSIBLE_VAULT;1.1;AES256\nDATABASE_URL replicas: 3", False),
        (b"DATABASE_URL=x\nreplicas: 3" + b" " * 300_000, False),
    ],
)
def test_a_file_speaks_of_both(data: bytes, told: bool) -> None:
    assert speaks_of_it(data) is told


STACK = b"""
from aws_cdk import aws_rds as rds
db = rds.DatabaseInstance(self, "Db", engine=rds.DatabaseInstanceEngine.postgres(version=V16))
"""


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (STACK, True),
        (STACK.replace(b".postgres(", b".mysql("), False),
        (STACK.replace(b"from aws_cdk import aws_rds as rds", b""), False),
        (b'import * as ecs from "aws-cdk-lib/aws-ecs"\nnew ecs.FargateService(a)', False),
        (
            b'import * as ecs from "aws-cdk-lib/aws-ecs"\nnew ecs.FargateService(a)\nDATABASE_URL',
            True,
        ),
        (b'from troposphere.rds import DBInstance\nDBInstance("a", Engine="postgres")', True),
        (
            b'import * as aws from "@pulumi/aws"\nnew aws.rds.Instance("a", {engine: "postgres"})',
            True,
        ),
        (STACK + b" " * 300_000, False),
    ],
)
def test_code_makes_a_server_or_what_connects_to_one(data: bytes, told: bool) -> None:
    assert makes_it(data) is told


def test_code_that_makes_a_deployment_is_told(tmp_path: Path) -> None:
    files = {"infra/app.py": STACK.decode(), "shop/models.py": STACK.decode()}
    write(tmp_path, {**files, "lib/db-stack.ts": STACK.decode(), "compose.yaml": COMPOSE})
    assert overlooked(tmp_path) == ["infra/app.py", "lib/db-stack.ts"]


def test_they_are_told_in_one_line() -> None:
    files = tuple(Unreadable(Span.at(f"{name}.cue"), OVERLOOKED, broken=False) for name in "abcde")
    report = Report((), Coverage(5, unread=files))
    assert f"Not read: a.cue, b.cue, c.cue and 2 more ({OVERLOOKED})\n" in summary(report)
    assert f"<code>c.cue</code> and 2 more {OVERLOOKED}\n" in markdown(
        report, lambda path: None, Palette()
    )
    alone = Report((), Coverage(5, unread=files[:1]))
    assert f"Not read: a.cue ({OVERLOOKED})\n" in summary(alone)
