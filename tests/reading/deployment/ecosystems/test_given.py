"""Pools that the variables of a container state, where nothing of its code is in the tree."""

from __future__ import annotations

import pytest

from poollint.facts.topology import ServerBudget
from poollint.reading import linking
from poollint.reading.reader import Options
from tests.reading.deployment.arranging import readings, topology

STRING = "Host=db;Username=shop;Database=shop"
JDBC = "jdbc:postgresql://db:5432/shop"
QUARKUS = f"QUARKUS_DATASOURCE_JDBC_URL: '{JDBC}'"
SPRING = f"SPRING_DATASOURCE_URL: '{JDBC}'"
UNKNOWN = "`api`: how many connections it opens is not known, for its image is built elsewhere"


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
    (text,) = found.missing
    assert text.startswith("`api`: the size of its pool is not known (compose.yaml:5), for what")


def test_the_language_of_what_runs_counts() -> None:
    variables = f"{QUARKUS}, QUARKUS_DATASOURCE_JDBC_MAX_SIZE: '3'"
    found = budget(variables, "command: php -S 0.0.0.0:80")
    assert found.clients == ()
    assert [text.partition(",")[0] for text in found.missing] == [UNKNOWN.partition(",")[0]]


def test_a_pool_that_a_variable_sizes_is_not_told_again_as_one_that_nothing_runs() -> None:
    own = "src/main/resources/application.yml"
    size = "SPRING_DATASOURCE_HIKARI_MAXIMUMPOOLSIZE: '9'"
    yml = f"spring: {{datasource: {{url: '{JDBC}', hikari: {{maximum-pool-size: 15}}}}}}\n"
    manifest = "<dependency><groupId>org.postgresql</groupId></dependency>\n"
    compose = """
        services:
          db: {image: "postgres:16"}
          api: {image: acme/api, environment: {VARIABLES}}
        """
    several = {own: yml, "pom.xml": manifest}

    def told(variables: str, files: dict[str, str]) -> list[str]:
        tree = {"compose.yaml": compose.replace("VARIABLES", variables), **files}
        found = linking.uncounted(linking.link(readings(tree), Options()))
        return [text for text in found if "what runs it" in text]

    assert told(f"{SPRING}, {size}", several) == []
    assert len(told("A: b", several)) == 1
    two = {f"{name}/{path}": text for name in ("one", "two") for path, text in several.items()}
    assert len(told(f"{SPRING}, {size}", two)) == 2
