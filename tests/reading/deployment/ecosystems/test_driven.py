"""Applications that need a library of PostgreSQL are told, whether something runs them or not."""

from __future__ import annotations

import pytest

from poollint.model.source import SourceFile
from poollint.reading import linking
from poollint.reading.deployment.ecosystems.drivers import driver_of
from poollint.reading.reader import Options
from tests.reading.deployment.arranging import readings

REDIS = "services: {cache: {image: 'redis:7'}}"
BUILT = """
services:
  web: {build: api}
"""
GO = "module shop\n\nrequire (\n\tgithub.com/jackc/pgx/v5 v5.5.0\n)\n"
DOCKERFILE = 'FROM golang:1.23\nCOPY . .\nCMD ["/shop"]\n'


def uncounted(files: dict[str, str]) -> tuple[str, ...]:
    return linking.uncounted(linking.link(readings(files), Options()))


def test_an_application_that_nothing_runs_is_told_with_its_library() -> None:
    assert uncounted({"compose.yaml": REDIS, "api/go.mod": GO}) == (
        "what the application of api/go.mod opens with `github.com/jackc/pgx/v5`, "
        "for no file that is read says what runs it",
    )


def test_a_container_that_runs_one_is_told_instead() -> None:
    files = {"compose.yaml": BUILT, "api/go.mod": GO, "api/Dockerfile": DOCKERFILE}
    assert uncounted(files) == ("`web`: an unknown number of connections no file says where to",)


def test_one_of_which_a_container_is_given_the_address_is_no_other() -> None:
    given = BUILT.replace("build: api", "build: api, environment: {PGHOST: far.example}")
    files = {"compose.yaml": given, "api/go.mod": GO, "api/Dockerfile": DOCKERFILE}
    assert uncounted(files) == (
        "`web`: an unknown number of connections to `far.example`, which no file describes",
    )


def test_of_several_applications_of_one_image_the_others_are_told() -> None:
    files = {
        "compose.yaml": "services: {web: {build: {context: ., dockerfile: api/Dockerfile}}}",
        "api/Dockerfile": DOCKERFILE,
        "api/go.mod": GO.replace("jackc/pgx/v5", "sirupsen/logrus"),
        "jobs/go.mod": GO,
    }
    assert uncounted(files) == (
        "what the application of jobs/go.mod opens with `github.com/jackc/pgx/v5`, "
        "for no file that is read says what runs it",
    )


def test_a_pool_that_nothing_runs_is_told_with_its_size() -> None:
    pool = 'import { Pool } from "pg";\nexport const pool = new Pool({ max: 12 });\n'
    files = {"compose.yaml": REDIS, "api/db.ts": pool, "api/package.json": NODE}
    assert uncounted(files) == (
        "the pool in api/db.ts:2, up to 12 connections a process, "
        "for no file that is read says what runs it",
    )


def test_what_only_tests_and_examples_need_is_not_told() -> None:
    assert uncounted({"compose.yaml": REDIS, "examples/api/go.mod": GO}) == ()


NODE = '{"dependencies": {"pg": "8"}}'


@pytest.mark.parametrize(
    ("path", "text", "driver"),
    [
        ("package.json", NODE, "pg"),
        ("package.json", '{"devDependencies": {"pg": "8"}}', ""),
        ("package.json", '{"dependencies": "pg"', ""),
        ("go.mod", GO, "github.com/jackc/pgx/v5"),
        ("go.mod", "require github.com/lib/pq v1.10.9 // indirect\n", ""),
        ("go.mod", "require gorm.io/driver/postgres v1.5.7\n", "gorm.io/driver/postgres"),
        ("Cargo.toml", 'tokio-postgres = "0.7"\n', "tokio-postgres"),
        ("Cargo.toml", 'sqlx = { version = "0.8", features = ["postgres"] }\n', "sqlx"),
        ("Cargo.toml", 'sqlx = { version = "0.8", features = ["mysql"] }\n', ""),
        ("composer.json", '{"require": {"ext-pdo_pgsql": "*"}}', "ext-pdo_pgsql"),
        ("Gemfile", 'gem "pg", "~> 1.5"\n', "pg"),
        ("Gemfile", '# gem "pg"\ngem "pghero"\n', ""),
        ("mix.exs", '      {:postgrex, ">= 0.0.0"},\n', "postgrex"),
        (
            "pom.xml",
            "<dependency><groupId>org.postgresql</groupId><artifactId>postgresql</artifactId>"
            "</dependency>",
            "postgresql",
        ),
        (
            "pom.xml",
            "<dependency><groupId>org.postgresql</groupId><artifactId>postgresql</artifactId>"
            "<scope>test</scope></dependency>",
            "",
        ),
        ("pom.xml", "<artifactId>postgresql</artifactId>", ""),
        ("build.gradle", "    runtimeOnly 'org.postgresql:postgresql:42.7.3'\n", "postgresql"),
        ("build.gradle", "    testImplementation 'org.postgresql:postgresql'\n", ""),
        ("build.gradle.kts", '  runtimeOnly("org.postgresql:postgresql")\n', "postgresql"),
        ("Shop.csproj", '<PackageReference Include="Npgsql" Version="8" />', "Npgsql"),
    ],
)
def test_a_library_that_is_needed_where_it_runs_is_named(path: str, text: str, driver: str) -> None:
    assert driver_of(SourceFile(path, text))[1] == driver


def test_files_that_only_name_libraries_are_read_where_they_name_one() -> None:
    text = "<dependency><groupId>org.postgresql</groupId><artifactId>postgresql</artifactId>"
    assert "what the application of pom.xml opens with `postgresql`, " in "".join(
        uncounted({"compose.yaml": REDIS, "pom.xml": text})
    )


def test_pools_of_frameworks_that_nothing_runs_are_told_with_their_size() -> None:
    text = """
        spring:
          datasource:
            url: jdbc:postgresql://pg/shop
            hikari:
              maximum-pool-size: 7
        """
    path = "src/main/resources/application.yml"
    whose = "for no file that is read says what runs it"
    told = f"the pool in {path}:5, up to 7 connections a process, {whose}"
    assert uncounted({"compose.yaml": REDIS, path: text}) == (told,)
    other = text.replace("jdbc:postgresql", "jdbc:mysql")
    assert uncounted({"compose.yaml": REDIS, path: other}) == ()


def test_of_a_file_for_several_environments_the_deployed_one_is_told() -> None:
    text = """
        test:
          adapter: postgresql
          pool: 3
        production:
          adapter: postgresql
          pool: 8
        """
    (told,) = uncounted({"compose.yaml": REDIS, "config/database.yml": text})
    assert told.endswith(
        ", up to 8 connections a process, for no file that is read says what runs it"
    )


LIBRARY = '<Project Sdk="Microsoft.NET.Sdk"><PackageReference Include="Npgsql" /></Project>'
PROGRAM = '<Project Sdk="%s"><ProjectReference Include="..\\Shared\\Shared.csproj" />%s</Project>'


@pytest.mark.parametrize(
    ("sdk", "more", "told"),
    [
        ("Microsoft.NET.Sdk.Web", "", True),
        ("Microsoft.NET.Sdk.Worker", "", True),
        ("Microsoft.NET.Sdk", "<OutputType>Exe</OutputType>", True),
        ("Microsoft.NET.Sdk", "<OutputType>Library</OutputType>", False),
    ],
)
def test_a_program_needs_what_the_projects_that_it_takes_in_need(
    sdk: str, more: str, told: bool
) -> None:
    files = {
        "compose.yaml": REDIS,
        "src/Data/Data.csproj": LIBRARY,
        "src/Shared/Shared.csproj": LIBRARY.replace("Npgsql", "Other").replace(
            "</Project>", '<ProjectReference Include="..\\Data\\Data.csproj" /></Project>'
        ),
        "src/Api/Api.csproj": PROGRAM % (sdk, more),
    }
    whole = (
        "what the application of src/Api/Api.csproj opens with `Npgsql`, "
        "for no file that is read says what runs it",
    )
    assert uncounted(files) == (whole if told else ())
