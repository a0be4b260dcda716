"""Compose files of real trees: what Docker Compose's own `config` makes of them, and poollint.

`deploy.replicas` or `scale`, the environment, entrypoint and command of every service that starts.
"""

from __future__ import annotations

import os
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from poollint.reading.deployment.compose import compose, projects
from poollint.reading.deployment.images.images import Images
from poollint.reading.deployment.linking.deployed import Placed
from poollint.reading.deployment.linking.documents import Manifest
from poollint.reading.reader import Options
from tests.lab.renderers import Comparison, documents, loaded, program, run, trees

_SAMPLE = """
    x-web: &web
      image: registry.example/web
      environment: {A: 1, B: "$$x", C: "${C:-${D-four}}", E: "${E+set}"}
    services:
      web:
        <<: *web
        command: gunicorn --workers 3 "shop api:app"
        deploy: {replicas: "${N:-4}"}
      batch:
        extends: {service: web}
        environment: [B=2, "F=a=b"]
        entrypoint: ["nice"]
        command: ["celery", "-c", "${C:-2}"]
        scale: 3
        deploy: !reset null
      cut:
        image: x
        entrypoint: nice "a;b" -n 3
        command: gunicorn 'x|y' $$(a;b) -w 2 2>&1 | tee log
      list:
        image: x
        env_file: [one.env]
        environment: {A: False, B: 010, C: 1e3, D: 5.0, E: 22:22, F: yes}
"""
_FILE = "ONE=1\nTWO='$ONE'\nTHREE=\"${ONE}x\"\n# four\nexport FIVE=5 # five\n"


def compared(tree: Path, found: Comparison) -> None:
    """Compare every project of a tree."""
    known = documents(tree)
    manifests = [d for d in known if isinstance(d, Manifest) and d.kind == "Compose"]
    for one in projects.projects(manifests):
        files = [m.source.path for m in one.files]
        words = [w for path in files for w in ("-f", str(tree / path))]
        text = run(
            program("docker-compose"), "--project-directory", str(tree / one.folder), *words,
            "config", "--format", "json", "--no-path-resolution", folder=tree / one.folder,
        )  # fmt: skip
        found.files += len(files)
        if text is None:
            found.refused += 1
            continue
        placed, *_ = compose.read(one, known, Images(()), Options())
        theirs = loaded(text)["services"]
        where = f"{tree.name}/{files[-1]}"
        found.take("services", where, sorted(p.workload.name for p in placed), sorted(theirs))
        for service in placed:
            if service.workload.name in theirs:
                _service(service, theirs[service.workload.name], where, found)


def _service(placed: Placed, theirs: dict[str, Any], where: str, found: Comparison) -> None:
    where = f"{where} {placed.workload.name}"
    replicas = placed.workload.replicas
    deploy = theirs.get("deploy") or {}
    if not str(deploy.get("mode", "")).startswith("global"):
        count = deploy.get("replicas", theirs.get("scale", 1))
        ours = None if replicas.basis.value == "unknown" else replicas.low
        found.take("replicas", where, ours, count)
    unit = placed.units[0]
    words = [*(theirs.get("entrypoint") or ()), *(theirs.get("command") or ())]
    argv = [part.text for part in unit.argv or ()]
    # What no file states, Compose takes as empty, and poollint as unknown.
    known = None if any("`" in word or "$" in word for word in argv) else argv
    found.take("command", where, known, [word.replace("$$", "$") for word in words])
    given: dict[str, Any] = theirs.get("environment") or {}
    told = {v.name: v.value.value for v in unit.container.variables}
    for name in sorted(given.keys() | told.keys()):
        value, text = told.get(name, "<none>"), given.get(name, "<none>")
        if value is None or "${" in value or (value == "<none>" and not unit.complete):
            value = None
        text = text.replace("$$", "$") if isinstance(text, str) else text
        if not (value is None and text is None):
            found.take("variable", f"{where} {name}", value, text)


def test_a_file_with_all_of_it_is_read_as_compose_does(tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_text(dedent(_SAMPLE))
    (tmp_path / "one.env").write_text(_FILE)
    found = Comparison()
    compared(tmp_path, found)
    assert not found.refused
    assert not found.unequal, found.report()
    assert found.equal["variable"] > 10


@pytest.mark.opt_in
@pytest.mark.skipif("POOLLINT_TREES" not in os.environ, reason="no real trees are named")
def test_real_files_are_read_as_compose_does(capsys: pytest.CaptureFixture[str]) -> None:
    found = Comparison()
    for tree in trees():
        compared(tree, found)
    with capsys.disabled():
        print(f"\n{found.report()}")
    assert not found.unequal
