"""Prisma's schema."""

from __future__ import annotations

import pytest

from poollint.model.source import SourceFile
from poollint.reading.deployment.ecosystems.prisma import read


def schema(provider: str, url: str) -> SourceFile:
    text = f'datasource db {{\n  provider = "{provider}"\n  {url}\n}}\n'
    return SourceFile("prisma/schema.prisma", text)


def test_the_size_is_left_to_the_machine_and_the_url() -> None:
    found = read(schema("postgresql", 'url = env("DATABASE_URL")'))
    assert found is not None
    (pool,) = found.pools
    assert (pool.size, pool.default, pool.option) == (None, None, "connection_limit")
    assert pool.variables == ("DATABASE_URL",)
    assert pool.span.start.line == 3


@pytest.mark.parametrize(
    ("provider", "url"),
    [("mysql", 'url = env("DATABASE_URL")'), ("sqlite", 'url = "file:dev.db"'), ("postgresql", "")],
)
def test_another_database_or_no_url_has_no_pool(provider: str, url: str) -> None:
    assert read(schema(provider, url)) is None
