"""What several tests of deployments ask for."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from poollint.engine.request import Mode, Request
from poollint.engine.session import run
from poollint.model.report import Budget
from tests.reading.deployment.serving import COMPOSE, Audited


@pytest.fixture
def audited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Audited:
    """Audit a project that the test describes by its command and files."""

    def budget(command: str, files: dict[str, str]) -> Budget:
        texts = {"compose.yaml": COMPOSE.replace("COMMAND", command), "Dockerfile": "FROM python\n"}
        for name, text in (texts | files).items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(textwrap.dedent(text).lstrip())
        monkeypatch.chdir(tmp_path)
        (found,) = run(Request(paths=(".",), mode=Mode.AUDIT, isolated=True)).report.budgets
        return found

    return budget
