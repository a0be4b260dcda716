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
        (".env.example", False),
        ("sample.env", False),
        ("environment.py", False),
    ],
)
def test_environment_files_are_claimed_but_no_examples(path: str, claimed: bool) -> None:
    assert READER.claims(path) is claimed


def test_bindings_are_handed_on() -> None:
    (reading,) = readings({".env": "A=1\nB=2\n"})
    (document,) = reading.documents
    assert isinstance(document, EnvironmentFile)
    assert [b.name for b in document.bindings] == ["A", "B"]
