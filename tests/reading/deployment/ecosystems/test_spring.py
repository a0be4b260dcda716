"""Spring Boot's properties, profiles and variables."""

from __future__ import annotations

import pytest

from poollint.facts.infrastructure import Variable
from poollint.model.figure import Basis, Word
from poollint.model.source import SourceFile, Span
from poollint.reading.deployment.ecosystems.spring import claims, pools, read
from poollint.reading.deployment.ecosystems.stating import StatedFile, StatedPool
from poollint.reading.deployment.linking.documents import Part

HOME = "src/main/resources/"
BASE = """spring:
  datasource:
    url: jdbc:postgresql://${DB_HOST:localhost}:5432/shop
    hikari:
      maximum-pool-size: ${DB_POOL:15}
---
spring:
  config.activate.on-profile: prod
  datasource:
    hikari:
      maximumPoolSize: 40
      minimum-idle: 5
"""


def stated_pools(
    files: dict[str, str],
    words: tuple[str, ...] = (),
    complete: bool = True,
    variables: dict[str, str] | None = None,
) -> tuple[StatedPool, ...]:
    stated = tuple(
        found
        for path, text in files.items()
        if isinstance(found := read(SourceFile(HOME + path, text)), StatedFile)
    )
    told = {
        n: Variable(n, Word(v, Basis.STATED, Span.at(".env"))) for n, v in (variables or {}).items()
    }
    parts = tuple(Part(word, Span.at("Dockerfile")) for word in words)
    return pools(stated, told, parts, complete)


def sizes(
    files: dict[str, str],
    words: tuple[str, ...] = (),
    complete: bool = True,
    variables: dict[str, str] | None = None,
) -> list[tuple[str, int | None]]:
    found = stated_pools(files, words, complete, variables)
    return [(p.driver, p.size.number if p.size else p.default) for p in found]


@pytest.mark.parametrize(
    ("variables", "found"),
    [
        ({}, 15),
        ({"DB_POOL": "22"}, 22),
        ({"SPRING_PROFILES_ACTIVE": "prod"}, 40),
        ({"SPRING_PROFILES_ACTIVE": "other"}, 15),
        ({"SPRING_DATASOURCE_HIKARI_MAXIMUM_POOL_SIZE": "7"}, 7),
        ({"SPRING_DATASOURCE_HIKARI_MAXIMUMPOOLSIZE": "8"}, 8),
        ({"JAVA_OPTS": "-Xmx1g -Dspring.profiles.active=prod"}, 40),
    ],
)
def test_variables_and_profiles(variables: dict[str, str], found: int) -> None:
    assert sizes({"application.yml": BASE}, variables=variables) == [("HikariCP", found)]


def test_arguments_count_before_variables() -> None:
    words = ("--spring.datasource.hikari.maximum-pool-size=99",)
    told = sizes(
        {"application.yml": BASE},
        words,
        variables={"SPRING_DATASOURCE_HIKARI_MAXIMUM_POOL_SIZE": "7"},
    )
    assert told == [("HikariCP", 99)]


SIZE = "spring.datasource.hikari.maximum-pool-size"


@pytest.mark.parametrize(
    ("command", "found", "place"),
    [
        (f"java -D{SIZE}=6 -jar app.jar", 6, "Dockerfile"),
        (f"java -jar app.jar --{SIZE}=6", 6, "Dockerfile"),
        (f"java -jar app.jar -D{SIZE}=6", 15, f"{HOME}application.yml"),
        (f"java -D{SIZE}=5 -jar app.jar --{SIZE}=6", 6, "Dockerfile"),
    ],
)
def test_what_follows_the_archive_is_no_property_of_java(
    command: str, found: int, place: str
) -> None:
    (pool,) = stated_pools({"application.yml": BASE}, tuple(command.split()))
    assert pool.size
    assert (pool.size.number, pool.size.span.path) == (found, place)


@pytest.mark.parametrize(
    ("document", "found"),
    [
        ('{"spring":{"datasource":{"hikari":{"maximum-pool-size":3}}}}', 3),
        (f'{{"{SIZE}": "3"}}', 3),
        ('{"server": {"port": 80}}', 7),
        ("{", None),
    ],
)
def test_a_document_in_a_variable_counts_before_other_variables(
    document: str, found: int | None
) -> None:
    told = {
        "SPRING_APPLICATION_JSON": document,
        "SPRING_DATASOURCE_HIKARI_MAXIMUM_POOL_SIZE": "7",
    }
    assert sizes({"application.yml": BASE}, variables=told) == [("HikariCP", found)]
    (pool,) = stated_pools({"application.yml": BASE}, variables=told)
    assert pool.size
    assert pool.size.span.path == ".env"


def test_the_file_of_a_profile_counts_before_the_others() -> None:
    files = {
        "application.properties": "spring.datasource.hikari.maximum-pool-size=3\n",
        "application.yml": BASE,
        "application-prod.yml": "spring.datasource.hikari.maximum-pool-size: 30\n",
    }
    assert sizes(files) == [("HikariCP", 3)]
    assert sizes({**files, "application.yml": BASE.partition("---")[0]},
                 variables={"SPRING_PROFILES_ACTIVE": "prod"}) == [("HikariCP", 30)]  # fmt: skip


def test_each_profile_may_be_active_where_not_all_variables_are_known() -> None:
    found = sizes({"application.yml": BASE}, complete=False)
    assert sorted(n for _, n in found if n) == [15, 40]


def test_the_default_is_of_the_pool_that_is_chosen() -> None:
    url = "spring.datasource.url=jdbc:postgresql://db/shop\n"
    kind = "spring.datasource.type=org.apache.tomcat.jdbc.pool.DataSource\n"
    assert sizes({"application.properties": url}) == [("HikariCP", 10)]
    assert sizes({"application.properties": url + kind}) == [("Tomcat JDBC", 100)]
    assert sizes({"application.properties": url + "spring.datasource.type=a.B\n"}) == [
        ("Spring", None)
    ]
    reactive = "spring.r2dbc.url=r2dbc:postgresql://db/shop\nspring.r2dbc.pool.max-size=4\n"
    assert sizes({"application.properties": reactive}) == [("r2dbc-pool", 4)]


@pytest.mark.parametrize(
    "url", ["jdbc:mysql://db/shop", "jdbc:h2:mem:shop", "jdbc:oracle:thin:@db:1521:shop"]
)
def test_another_database_has_no_pool(url: str) -> None:
    assert sizes({"application.properties": f"spring.datasource.url={url}\n"}) == []


def test_several_data_sources_are_set_up_by_code() -> None:
    text = "spring.datasource.orders.jdbc-url=jdbc:postgresql://db/orders\n"
    assert sizes({"application.properties": text}) == [("Spring", None)]


def test_a_value_that_is_filled_in_elsewhere_is_not_known() -> None:
    text = BASE.replace("${DB_POOL:15}", "${DB_POOL}")
    assert sizes({"application.yml": text}) == [("HikariCP", None)]


def test_which_files_are_read() -> None:
    assert claims("api/src/main/resources/application-prod.yml")
    assert not claims("api/src/test/resources/application.yml")
    assert not claims("k8s/application.yml")


@pytest.mark.parametrize(
    ("host", "given", "named"),
    [
        ("${DB_HOST}", "DB_HOST", "DB_HOST"),
        ("${shop.db-host}", "SHOP_DBHOST", "SHOP_DBHOST"),  # relaxed binding
        ("${shop.db-host}", "SHOP_DB_HOST", "SHOP_DB_HOST"),
        ("${shop.db-host}", "OTHER", "shop.db-host"),
    ],
)
def test_an_address_names_the_variables_that_its_properties_are_taken_from(
    host: str, given: str, named: str
) -> None:
    text = f"spring.datasource.url: jdbc:postgresql://{host}/shop\n"
    stated = read(SourceFile(HOME + "application.yml", text))
    assert isinstance(stated, StatedFile)
    secret = Variable(given, Word(None, Basis.UNKNOWN, Span.at("web.yaml")))
    (pool,) = pools((stated,), {given: secret}, (), True)
    assert pool.variables == (named,)


def test_settings_of_another_pool_leave_the_size_open_unless_hikari_s_stand_beside_them() -> None:
    url = "spring.datasource.url=jdbc:postgresql://db/shop\n"
    other = f"{url}spring.datasource.tomcat.max-active=3\n"
    assert sizes({"application.properties": other}) == [("Spring", None)]
    both = f"{other}spring.datasource.hikari.maximum-pool-size=6\n"
    assert sizes({"application.properties": both}) == [("HikariCP", 6)]


OWN = """
reports:
  datasource:
    jdbc-url: jdbc:postgresql://db:5432/reports
    maximum-pool-size: 6
"""


@pytest.mark.parametrize(
    ("own", "found"),
    [
        (OWN, [("HikariCP", 15), ("HikariCP", 6)]),
        (OWN.replace("    maximum-pool-size: 6\n", ""), [("HikariCP", 15), ("HikariCP", 10)]),
        (OWN.replace("postgresql", "mysql"), [("HikariCP", 15)]),
        (OWN.replace("jdbc-url", "url"), [("HikariCP", 15)]),
    ],
)
def test_a_data_source_that_code_makes_of_its_own_prefix_is_another(
    own: str, found: list[tuple[str, int]]
) -> None:
    first = BASE.partition("---")[0]
    told = stated_pools({"application.yml": first + own.lstrip()})
    assert [(p.driver, p.size.number if p.size else p.default) for p in told] == found
    assert [p.title for p in told] == ["", "reports.datasource"][: len(found)]
