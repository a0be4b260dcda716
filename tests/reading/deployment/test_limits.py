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
