"""Options of the test run."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare `--update`, which writes golden files anew instead of comparing with them."""
    parser.addoption("--update", action="store_true", help="write fixtures/output/ anew")
