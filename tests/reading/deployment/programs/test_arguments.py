"""What the command of a server sets."""

import pytest

from poollint.model.source import Span
from poollint.reading.deployment.linking.documents import Part
from poollint.reading.deployment.programs.arguments import parameters

PLACE = Span.at("compose.yaml")


def _parameters(*words: str) -> list[tuple[str, str | None]]:
    parts = tuple(Part(word, PLACE) for word in words)
    return [(name, word.value) for name, word in parameters(parts, {})]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (("postgres", "-c", "work_mem=1MB"), [("work_mem", "1MB")]),
        (("-c", "log_line_prefix=%t [%p]: "), [("log_line_prefix", "%t [%p]:")]),
        (("postgres", "-cwork_mem=1MB", "--max-connections=5"),
         [("work_mem", "1MB"), ("max_connections", "5")]),
        (("sh", "-c", "exec postgres -c work_mem=1MB"), [("work_mem", "1MB")]),
        (("sh", "-c", "psql -c a=b && sleep 1"), []),
        (("postgres", "-D", "/data"), []),
        (("postgres", "-c"), []),
        ((), []),
    ],
)  # fmt: skip
def test_parameters_are_those_that_the_server_takes(
    words: tuple[str, ...], found: list[tuple[str, str]]
) -> None:
    assert _parameters(*words) == found
