from __future__ import annotations

import pytest

from poollint.reading.deployment.compose.dotenv import READER
from poollint.reading.deployment.linking.documents import EnvironmentFile
from tests.reading.deployment.arranging import readings


@pytest.mark.parametrize(
    ("path", "claimed"),
    [
        (".env", True),
        ("docker/.env.production", True),
        ("config/web.env", True),
        ("dev/environment", True),
        (".envs/.local/.django", True),
        (".envs/.local/.django.example", False),
        ("envs/prod/main.tf", False),
        ("env.d/postgresql", True),
        ("env.d/development/common.local", True),
        (".env.d/web", True),
        ("env.d/postgresql.dist", False),
        ("env.d/notes.md", False),
        (".env.example", False),
        ("sample.env", False),
        ("environment.py", False),
    ],
)
def test_environment_files_are_claimed_but_no_examples(path: str, claimed: bool) -> None:
    assert READER.claims(path) is claimed


def test_what_lies_in_a_folder_of_such_files_is_read_without_an_ending() -> None:
    ((document,),) = (r.documents for r in readings({".envs/.local/.django": "A=1\n"}))
    assert isinstance(document, EnvironmentFile)
    assert document.path == ".envs/.local/.django"


def test_bindings_are_handed_on() -> None:
    (reading,) = readings({".env": "A=1\nB=2\n"})
    (document,) = reading.documents
    assert isinstance(document, EnvironmentFile)
    assert [b.name for b in document.bindings] == ["A", "B"]
