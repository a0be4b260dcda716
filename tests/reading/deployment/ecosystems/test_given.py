"""Pools that the variables of a container state, where nothing of its code is in the tree."""

from __future__ import annotations

import pytest

from poollint.facts.topology import ServerBudget
from tests.reading.deployment.arranging import topology

STRING = "Host=db;Username=shop;Database=shop"
JDBC = "jdbc:postgresql://db:5432/shop"
QUARKUS = f"QUARKUS_DATASOURCE_JDBC_URL: '{JDBC}'"
SPRING = f"SPRING_DATASOURCE_URL: '{JDBC}'"
UNKNOWN = "`api`: how many connections it opens is not known"


def budget(variables: str, start: str = "image: acme/api", **files: str) -> ServerBudget:
    compose = f"""
        services:
          db: {{image: "postgres:16"}}
          api:
            {start}
            environment: {{{variables}}}
            deploy: {{replicas: 2}}
        """
    (found,) = topology({"compose.yaml": compose, **files}).servers
    return found


@pytest.mark.parametrize(
    ("variables", "each"),
    [
        (f"ConnectionStrings__Shop: '{STRING};Maximum Pool Size=18'", 18),
        (f"{QUARKUS}, QUARKUS_DATASOURCE_JDBC_MAX_SIZE: '3'", 3),
        (f"{SPRING}, SPRING_DATASOURCE_HIKARI_MAXIMUM_POOL_SIZE: '9'", 9),
    ],
)
def test_a_size_that_a_variable_says_goes_before_what_the_image_holds(
    variables: str, each: int
) -> None:
    (client,) = budget(variables).clients
    assert [figure.high for figure in client.steady] == [2, 1, each]


@pytest.mark.parametrize("variables", [f"ConnectionStrings__Shop: '{STRING}'", QUARKUS, SPRING])
def test_what_an_image_may_say_otherwise_is_not_known(variables: str) -> None:
    found = budget(variables)
    assert found.clients == ()
    if variables != f"ConnectionStrings__Shop: '{STRING}'":
        assert found.missing == (UNKNOWN,)


def test_an_application_of_the_tree_that_sets_no_size_has_that_of_npgsql() -> None:
    project = '<Project Sdk="Microsoft.NET.Sdk.Web">\n</Project>\n'
    variables = f"ConnectionStrings__Shop: '{STRING}'"
    (client,) = budget(variables, "build: api", **{"api/api.csproj": project}).clients
    assert client.steady[2].high == 100
    sets = 'var size = "Maximum Pool Size=7";'
    found = budget(variables, "build: .", **{"api/api.csproj": project, "api/Db.cs": sets})
    assert found.clients == ()
    assert found.missing == ("`api`: the size of its pool is not known (compose.yaml:5)",)


def test_the_language_of_what_runs_counts() -> None:
    variables = f"{QUARKUS}, QUARKUS_DATASOURCE_JDBC_MAX_SIZE: '3'"
    found = budget(variables, "command: php -S 0.0.0.0:80")
    assert found.clients == ()
    assert found.missing == (UNKNOWN,)
