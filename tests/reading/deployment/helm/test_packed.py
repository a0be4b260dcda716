"""Packed charts: what is read of them, in memory, and what is not."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from pathlib import Path

import pytest

from poollint.engine.request import Mode, Request
from poollint.engine.session import run
from poollint.model.source import SourceFile
from poollint.reading.deployment.helm import packed
from poollint.reading.reader import Options

DEPLOYMENT = """apiVersion: apps/v1
kind: Deployment
metadata: {name: NAME}
spec:
  replicas: {{ .Values.replicas }}
  selector: {matchLabels: {app: NAME}}
  template:
    metadata: {labels: {app: NAME}}
    spec:
      containers:
        - name: NAME
          image: IMAGE
          env:
            - {name: DATABASE_URL, value: "postgresql://shop@db/shop"}
            - {name: DB_POOL_SIZE, value: "7"}
"""
SERVER = """apiVersion: v1
kind: Service
metadata: {name: db}
spec: {selector: {app: db}, ports: [{port: 5432}]}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
spec:
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec:
      containers: [{name: db, image: "postgres:16"}]
"""
API = {
    "api/Chart.yaml": "apiVersion: v2\nname: api\nversion: 1.0.0\n",
    "api/values.yaml": "replicas: 1\n",
    "api/templates/api.yaml": DEPLOYMENT.replace("NAME", "api").replace("IMAGE", "api:1"),
    "api/README.md": "# what nobody reads\n",
}
DEPENDENCIES = """dependencies:
  - {name: api, version: 1.0.0, repository: "https://charts.example.com"}
"""


def archive(files: dict[str, str], *links: str) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as made:
        for name, text in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(text)
            made.addfile(entry, io.BytesIO(text.encode()))
        for name in links:
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = tarfile.SYMTYPE, "/etc/passwd"
            made.addfile(entry)
    return stream.getvalue()


@pytest.mark.parametrize("dependencies", ["", DEPENDENCIES])
def test_a_packed_chart_runs_with_the_values_of_the_chart_around_it(
    dependencies: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = {
        "chart/Chart.yaml": f"apiVersion: v2\nname: shop\nversion: 1.0.0\n{dependencies}",
        "chart/values.yaml": "api:\n  replicas: 3\n",
        "chart/templates/db.yaml": SERVER,
    }
    for name, text in texts.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    charts = tmp_path / "chart/charts"
    charts.mkdir()
    (charts / "api-1.0.0.tgz").write_bytes(archive(API))
    monkeypatch.chdir(tmp_path)
    (budget,) = run(Request(paths=(".",), mode=Mode.AUDIT, isolated=True)).report.budgets
    (entry,) = budget.ledger.demand
    assert entry.factors[0].low == 3
    assert entry.total.high == 21
    assert sorted(p.name for p in tmp_path.rglob("*") if p.is_file()) == [
        "Chart.yaml", "api-1.0.0.tgz", "db.yaml", "values.yaml"
    ]  # fmt: skip


def test_the_sum_of_a_server_that_lies_in_a_packed_chart_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    charts = tmp_path / "chart/charts"
    charts.mkdir(parents=True)
    (charts.parent / "Chart.yaml").write_text("apiVersion: v2\nname: shop\nversion: 1.0.0\n")
    files = {
        "db/Chart.yaml": "apiVersion: v2\nname: db\nversion: 1.0.0\n",
        "db/values.yaml": "replicas: 1\n",
        "db/templates/db.yaml": SERVER,
        "db/templates/api.yaml": API["api/templates/api.yaml"],
    }
    (charts / "db-1.0.0.tgz").write_bytes(archive(files))
    monkeypatch.chdir(tmp_path)
    (budget,) = run(Request(paths=(".",), mode=Mode.AUDIT, isolated=True)).report.budgets
    assert (budget.server, budget.ledger.demanded.high) == ("db", 7)
    assert (budget.at.path, budget.at.start.line) == (
        "chart/charts/db-1.0.0.tgz/templates/db.yaml", 14
    )  # fmt: skip


def test_files_of_a_chart_are_read_and_no_others() -> None:
    assert sorted(json.loads(packed.text_of(archive(API)))) == [
        "Chart.yaml", "templates/api.yaml", "values.yaml"
    ]  # fmt: skip


def test_nothing_leads_out_of_an_archive() -> None:
    hostile = {**API, "api/../../templates/out.yaml": "a: b", "/templates/root.yaml": "a: b"}
    found = json.loads(packed.text_of(archive(hostile, "api/templates/link.yaml")))
    assert "templates/link.yaml" not in found
    assert all(not path.startswith(("/", "..")) for path in found)


@pytest.mark.parametrize(
    "data",
    [
        b"\x1f\x8bbroken",
        b"",
        b"no archive",
        gzip.compress(b"no tar"),
        archive(API)[:60],
        gzip.compress(bytes(packed.MAX_UNPACKED + 1)),
        archive({"api/values.yaml": "a" * (packed.MAX_FILE + 1)}),
        archive({f"api/templates/{n}.yaml": "" for n in range(packed.MAX_FILES + 1)}),
    ],
    ids=range(8),
)
def test_what_is_broken_or_too_large_is_told(data: bytes) -> None:
    text = packed.text_of(data)
    assert text in ("", "{}")
    reading = packed.READER.read(SourceFile("charts/api-1.0.0.tgz", text), Options())
    reason = "a packed chart that is broken, or larger than is read"
    assert [one.reason for one in reading.unread] == [reason]
    assert reading.documents == ()


def test_which_files_are_read() -> None:
    assert packed.READER.claims("deploy/shop/charts/api-1.0.0.tgz")
    assert not packed.READER.claims("backup/api-1.0.0.tgz")
    assert packed.READER.screen(archive(API), Options())
    assert not packed.READER.screen(b"text", Options())
