from __future__ import annotations

import pytest

from poollint.model.source import SourceFile
from poollint.reading.deployment.images.images import (
    Build,
    Images,
    is_pooler,
    is_server,
    pooler_image,
    reference,
)
from poollint.reading.deployment.linking.documents import ImageFile


@pytest.mark.parametrize(
    ("image", "owner", "name"),
    [
        ("postgres:16", "library", "postgres"),
        ("docker.io/bitnami/pgbouncer:1.23.1", "bitnami", "pgbouncer"),
        ("registry.example:5000/team/web", "team", "web"),
        ("postgres@sha256:0123abcd", "library", "postgres"),
        ("ghcr.io/x/y:${TAG:-latest}", "x", "y"),
        ("", "", ""),
    ],
)
def test_registry_and_tag_are_taken_off(image: str, owner: str, name: str) -> None:
    assert reference(image) == (owner, name)


@pytest.mark.parametrize(
    "image",
    ["postgres", "postgres:16-alpine", "postgis/postgis:16-3.4", "pgvector/pgvector:pg16",
     "timescale/timescaledb:latest-pg16", "bitnami/postgresql:16",
     "quay.io/sclorg/postgresql-15-c9s", "citusdata/citus:12"],
)  # fmt: skip
def test_images_of_servers_are_known(image: str) -> None:
    assert is_server(image)


@pytest.mark.parametrize(
    "image",
    ["redis:7", "prometheuscommunity/postgres-exporter", "dpage/pgadmin4", "mysql",
     "postgrest/postgrest", "team/citus-app", "team/citus", ""],
)  # fmt: skip
def test_images_of_other_programs_are_none(image: str) -> None:
    assert not is_server(image)


def test_images_of_poolers_are_known_by_owner_and_name() -> None:
    edoburu = pooler_image("edoburu/pgbouncer:1.24")
    assert edoburu is not None
    assert (edoburu.prefix, edoburu.port) == ("", 5432)
    assert pooler_image("team/pgbouncer") is None
    assert is_pooler("team/pgbouncer")
    assert not is_pooler("prometheuscommunity/pgbouncer-exporter")


def test_an_image_is_built_where_compose_or_the_name_of_a_folder_says() -> None:
    web = ImageFile(SourceFile("services/web/Dockerfile", ""), "python", None, None)
    api = ImageFile(SourceFile("src/Dockerfile", ""), "python", None, None)
    known = Images((web, api), (("registry/api:dev", "src", "src/Dockerfile"),))
    assert known.of("registry.example/team/web:7") == ("services/web", web)
    assert known.of("bitnami/web:7") == ("", None)  # whose images others publish
    assert known.of("registry.example/api:7") == ("src", api)
    assert known.of("other") == ("", None)


def dockerfile(path: str) -> ImageFile:
    return ImageFile(SourceFile(path, "FROM python\n"), "python", None, None)


def test_an_image_called_after_a_chart_is_made_in_the_folder_around_it() -> None:
    files = (dockerfile("Dockerfile"), dockerfile("tools/Dockerfile"), dockerfile("api/Dockerfile"))
    charts = (("shop", "deploy/charts/shop"), ("api", "charts/api"), ("jobs", "tools/chart"))
    known = Images(files, charts=charts)
    assert known.of("registry.example/team/shop:1") == (".", files[0])
    assert known.of("registry.example/team/jobs:1") == ("tools", files[1])
    assert known.of("registry.example/team/api:1") == ("api", files[2])  # a folder of that name
    assert known.of("registry.example/team/other:1") == ("", None)
    assert (
        known.why("team/shop:1") == "`team/shop:1` is taken to be made of Dockerfile, by its name"
    )


def test_of_several_charts_below_one_dockerfile_none_is_known_to_be_of_it() -> None:
    charts = (("shop", "deploy/shop"), ("maildev", "deploy/maildev"))
    known = Images((dockerfile("Dockerfile"),), charts=charts)
    assert known.of("maildev/maildev:2") == ("", None)


@pytest.mark.parametrize(
    ("image", "container", "paths", "services", "found"),
    [
        ("ghcr.io/acme/shop-api:1", "", ["docker/Dockerfile.api"], (),
         (".", "docker/Dockerfile.api")),
        ("123.dkr.ecr.eu-west-1.amazonaws.com/acme/api@sha256:ab", "", ["api.Dockerfile"], (),
         (".", "api.Dockerfile")),
        ("shop:worker", "", ["Dockerfile.api", "Dockerfile.worker"], (),
         (".", "Dockerfile.worker")),
        ("api_img:latest", "api", ["Dockerfile.api"], (), (".", "Dockerfile.api")),
        ("ghcr.io/acme/shop-backend:1", "", ["back/Dockerfile"],
         (("backend", "back", "back/Dockerfile"), ("web", "back", "back/Dockerfile")),
         ("back", "back/Dockerfile")),
        # What is published, or fits several, is joined with nothing.
        ("redis:7", "api", ["Dockerfile.api"], (), ("", "")),
        ("postgres:16", "db", ["Dockerfile.db"], (), ("", "")),
        ("acme/shop:1", "api", ["Dockerfile.api"], (), ("", "")),
        ("acme/api:1", "", ["one/Dockerfile.api", "two/Dockerfile.api"], (), ("", "")),
    ],
)  # fmt: skip
def test_an_image_is_joined_with_what_it_is_called_after(
    image: str, container: str, paths: list[str],
    services: tuple[tuple[str, str, str], ...], found: tuple[str, str],
) -> None:  # fmt: skip
    known = Images(tuple(dockerfile(path) for path in paths), (), services)
    folder, file = known.of(image, container)
    assert (folder, file.source.path if file else "") == found


@pytest.mark.parametrize(
    ("image", "path"),
    [
        ("shop_api", "back/Dockerfile"),
        ("shop_api:latest", "back/Dockerfile"),
        ("shop_api:1.2", None),
        ("elsewhere.example/team/shop_api:1.2", "back/Dockerfile"),
    ],
)
def test_an_image_that_nobody_publishes_is_the_one_that_a_service_builds(
    image: str, path: str | None
) -> None:
    services = (("shop_api", "back", "back/Dockerfile"),)
    _, found = Images((dockerfile("back/Dockerfile"),), (), services).of(image)
    assert (found.source.path if found else None) == path


def test_images_of_one_name_are_told_apart_by_their_tags() -> None:
    web = ImageFile(SourceFile("Dockerfile", ""), "python", None, None)
    node = ImageFile(SourceFile("node/Dockerfile", ""), "node", None, None)
    built = (("shop:backend", ".", "Dockerfile"), ("shop:node", ".", "node/Dockerfile"))
    images = Images((web, node), built)
    assert images.of("shop:node") == (".", node)
    assert images.of("registry.example/shop:backend") == (".", web)
    assert images.of("shop:${TAG}") == (".", web)


def test_an_image_that_is_built_of_a_folder_elsewhere_is_told_of_no_dockerfile() -> None:
    known = Images((), services=(("api", "external/shop", "external/shop/Dockerfile"),))
    assert known.of("registry.example/team/shop-api:1") == ("external/shop", None)
    assert known.why("registry.example/team/shop-api:1") == ""


@pytest.mark.parametrize(
    ("copied", "folder"),
    [
        (("src/shop",), "."),
        (("requirements.txt", "apps/api/src"), "apps/api"),
        (("apps",), "apps/api"),
        ((".",), "apps/api"),
        ((), "apps/api"),
    ],
)
@pytest.mark.parametrize("image", ["ghcr.io/acme/api", "ghcr.io/acme/*", "shop-service"])
def test_an_image_holds_the_code_that_it_takes_of_its_context(
    image: str, copied: tuple[str, ...], folder: str
) -> None:
    made = ImageFile(
        SourceFile("apps/api/Dockerfile", ""), "python", None, None,
        copies=tuple((source, "/app/") for source in copied),
    )  # fmt: skip
    name = image.rpartition("/")[2].replace("*", "api")
    build = Build(image.rpartition("/")[2], ".", "apps/api/Dockerfile", "ci.yml")
    known = Images((made,), released=(build,))
    assert known.of(f"ghcr.io/acme/{name}:1") == (folder, made)
