"""Quarkus' data sources, in files of properties and in variables."""

from __future__ import annotations

import pytest

from poollint.facts.infrastructure import Variable
from poollint.model.figure import Basis, Word
from poollint.model.source import SourceFile, Span
from poollint.reading.deployment.ecosystems import quarkus, spring
from poollint.reading.deployment.ecosystems.stating import StatedFile

HERE = Span.at("compose.yaml", 7)
URL = "QUARKUS_DATASOURCE_JDBC_URL"
SIZE = "QUARKUS_DATASOURCE_JDBC_MAX_SIZE"
FILE = """
quarkus.datasource.db-kind=postgresql
quarkus.datasource.jdbc.url=jdbc:postgresql://${DB_HOST:localhost}:5432/shop
quarkus.datasource.jdbc.max-size=8
%prod.quarkus.datasource.jdbc.max-size=${POOL:24}
%dev.quarkus.datasource.jdbc.max-size=2
quarkus.datasource."users".jdbc.url=jdbc:postgresql://users/users
"""


def found(text: str = "", **values: str | None) -> list[tuple[str, str, int | None]]:
    file = spring.read(SourceFile("src/main/resources/application.properties", text))
    files = (file,) if isinstance(file, StatedFile) else ()
    variables = {n: Variable(n, Word(v, Basis.STATED, HERE)) for n, v in values.items()}
    pools = quarkus.pools(files, variables)
    assert all(pool.default is None for pool in pools)
    return [(p.driver, p.address, p.size.number if p.size else None) for p in pools]


def test_what_variables_say_alone() -> None:
    url = "jdbc:postgresql://db:5432/shop"
    assert found(**{URL: url, SIZE: "3"}) == [("Agroal", "postgresql://db:5432/shop", 3)]
    assert found(**{URL: url}) == [("Agroal", "postgresql://db:5432/shop", None)]
    assert found(**{SIZE: "3"}) == []


def test_each_data_source_has_a_pool_for_each_sort() -> None:
    told = found(
        QUARKUS_DATASOURCE_USERS_JDBC_URL="jdbc:postgresql://users/u",
        QUARKUS_DATASOURCE_USERS_JDBC_MAX_SIZE="4",
        QUARKUS_DATASOURCE__ORDERS__JDBC_URL="jdbc:postgresql://orders/o",
        QUARKUS_DATASOURCE__ORDERS__JDBC_MAX_SIZE="5",
        QUARKUS_DATASOURCE_REACTIVE_URL="vertx-reactive:postgresql://db/shop",
        QUARKUS_DATASOURCE_REACTIVE_MAX_SIZE="6",
    )
    assert told == [
        ("Agroal", "postgresql://users/u", 4),
        ("Agroal", "postgresql://orders/o", 5),
        ("Vert.x", "postgresql://db/shop", 6),
    ]


@pytest.mark.parametrize(
    ("values", "address", "size"),
    [
        ({}, "postgresql://localhost:5432/shop", 24),
        ({"DB_HOST": "db", "POOL": "9"}, "postgresql://db:5432/shop", 9),
        ({"QUARKUS_PROFILE": "dev"}, "postgresql://localhost:5432/shop", 2),
        ({"QUARKUS_PROFILE": "test"}, "postgresql://localhost:5432/shop", 8),
        ({SIZE: "11"}, "postgresql://localhost:5432/shop", 11),
        ({SIZE: None}, "postgresql://localhost:5432/shop", None),
    ],
)
def test_profiles_and_variables(values: dict[str, str | None], address: str, size: int) -> None:
    main, users = found(FILE, **values)
    assert main == ("Agroal", address, size)
    assert users == ("Agroal", "postgresql://users/users", None)


def test_a_data_source_of_another_database_is_none() -> None:
    assert found(**{URL: "jdbc:mysql://db/shop", SIZE: "3"}) == []
    assert found("quarkus.datasource.db-kind=mysql\nquarkus.datasource.jdbc.max-size=3\n") == []
