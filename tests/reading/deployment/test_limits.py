"""What a container may use at most."""

import pytest

from poollint.model.source import SourceFile
from poollint.reading.deployment import limits
from poollint.syntax import yaml
from poollint.syntax.yaml import Mapping


def _mapping(text: str) -> Mapping:
    (document,) = yaml.read(SourceFile("compose.yaml", text)).documents
    assert isinstance(document, Mapping)
    return document


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("mem_limit: 512m", 512 * 2**20), ("mem_limit: 1GB", 2**30), ("mem_limit: 1.5g", 3 * 2**29),
        ("mem_limit: 1048576", 2**20), ("mem_limit: 2gib", 2**31), ("mem_limit: ${M}", None),
        ("mem_limit: lots", None), ("mem_limit: 1x", None), ("image: x", None),
        ("mem_limit: 1g\ndeploy: {resources: {limits: {memory: 2g}}}", 2**31),
        ("deploy: {resources: {reservations: {memory: 2g}}}", None),
    ],
)  # fmt: skip
def test_memory_of_a_service(text: str, size: int | None) -> None:
    found = limits.of_compose(_mapping(text)).memory
    assert (found.low if found else None) == size


@pytest.mark.parametrize(
    ("amount", "size"),
    [("512Mi", 2**29), ("1Gi", 2**30), ("1G", 10**9), ("500M", 5 * 10**8), ("64Ki", 2**16),
     ("1048576", 2**20), ("1gi", None), ("1GB", None)],
)  # fmt: skip
def test_memory_of_a_container(amount: str, size: int | None) -> None:
    found = limits.of_kubernetes(_mapping(f"resources: {{limits: {{memory: {amount}}}}}")).memory
    assert (found.low if found else None) == size


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("ulimits: {nofile: 1024}", 1024),
        ("ulimits: {nofile: {soft: 1024, hard: 4096}}", 1024),
        ("ulimits: {nofile: {hard: 4096}}", None),
        ("ulimits: {nproc: 5}", None),
        ("ulimits: {nofile: -1}", None),
    ],
)
def test_open_files_of_a_service(text: str, number: int | None) -> None:
    found = limits.of_compose(_mapping(text)).descriptors
    assert (found.low if found else None) == number


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("cpus: 2", 2), ('cpus: "0.5"', 1), ("deploy: {resources: {limits: {cpus: '2.5'}}}", 3),
        ("cpus: ${CPUS}", None), ("cpus: many", None), ("cpus: 0", None), ("image: x", None),
        ("deploy: {resources: {reservations: {cpus: '2'}}}", None),
    ],
)  # fmt: skip
def test_processors_of_a_service(text: str, number: int | None) -> None:
    found = limits.of_compose(_mapping(text)).cores
    assert (found.low if found else None) == number


@pytest.mark.parametrize(
    ("amount", "number"), [("2", 2), ("500m", 1), ("2500m", 3), ("1.5", 2), ("x", None)]
)
def test_processors_of_a_container(amount: str, number: int | None) -> None:
    found = limits.of_kubernetes(_mapping(f"resources: {{limits: {{cpu: {amount}}}}}")).cores
    assert (found.low if found else None) == number


def test_what_a_container_asks_for_bounds_nothing() -> None:
    assert limits.of_kubernetes(_mapping("resources: {requests: {cpu: 2}}")).cores is None
