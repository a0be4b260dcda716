"""Services that only a profile starts are in no sum, and are told where they matter."""

from __future__ import annotations

from poollint.reading import linking
from poollint.reading.reader import Options
from tests.reading.deployment.arranging import readings, topology

COMPOSE = """
services:
  db: {image: "postgres:17", profiles: [db]}
  web:
    build: .
    profiles: [web]
    environment: {DATABASE_URL: "postgresql://u:p@db:5432/app"}
    command: gunicorn -w 4 shop.api:app
  mail: {image: mailhog, profiles: [debug]}
  cache: {image: "redis:7", profiles: [web]}
  ping: {image: "postgres:17", command: psql -h db, profiles: [db]}
"""
SHOP = """
import os
from sqlalchemy import create_engine
engine = create_engine(os.environ["DATABASE_URL"], pool_size=4, max_overflow=6)
"""


def uncounted(files: dict[str, str]) -> tuple[str, ...]:
    return linking.uncounted(linking.link(readings(files), Options()))


def test_what_only_a_profile_starts_is_told_where_it_has_to_do_with_a_database() -> None:
    assert uncounted({"compose.yaml": COMPOSE}) == (
        "`db`, which only profile `db` starts",
        "`web`, which only profile `web` starts",
    )


def test_services_of_one_profile_are_told_together_and_of_several_with_all() -> None:
    text = COMPOSE.replace("[db]", "[all]").replace("[web]", "[all]")
    assert uncounted({"compose.yaml": text}) == ("`db` and `web`, which only profile `all` starts",)
    text = COMPOSE.replace("[db]", "[a, b]").replace("profiles: [web]", "profiles: []")
    assert "`db`, which only profile `a` or `b` starts" in uncounted({"compose.yaml": text})


def test_code_of_the_tree_that_a_profile_starts_is_told() -> None:
    text = """
        services:
          db: {image: "postgres:17"}
          web: {build: shop, profiles: [web], command: gunicorn api:app}
        """
    files = {"compose.yaml": text, "shop/api.py": SHOP}
    assert "`web`, which only profile `web` starts" in uncounted(files)


def test_profiles_that_the_project_turns_on_are_counted() -> None:
    for active in ("db,web", "*"):
        files = {"compose.yaml": COMPOSE, ".env": f"COMPOSE_PROFILES={active}\n"}
        (server,) = topology(files).servers
        (text,) = server.missing
        assert text.startswith("`web`: how many connections it opens is not known")


def test_a_client_of_a_server_that_only_a_profile_starts_is_told_so() -> None:
    text = COMPOSE.replace("    profiles: [web]\n", "")
    assert (
        "`web`: an unknown number of connections to `db`, which only a profile starts"
    ) in uncounted({"compose.yaml": text})


def test_what_a_profile_starts_is_not_told_to_be_run_by_nothing_besides() -> None:
    text = """
        services:
          db: {image: "postgres:17"}
          api:
            build: api
            profiles: [api]
            environment: {DATABASE_URL: "postgresql://u:p@db:5432/app"}
        """
    module = "module shop\n\nrequire github.com/jackc/pgx/v5 v5.7.1\n"
    files = {"compose.yaml": text, "api/go.mod": module}
    nobody = "for no file that is read says what runs it"
    told = uncounted(files)
    assert "`api`, which only profile `api` starts" in told
    assert not any(nobody in text for text in told)
    assert any(nobody in text for text in uncounted(files | {"jobs/go.mod": module}))
