"""A file of variables that a service names counts, whatever it is called."""

from __future__ import annotations

import pytest

from poollint.model.source import Span
from poollint.reading.reader import Options
from tests.reading.deployment.arranging import topology

COMPOSE = """
services:
  db: {image: "postgres:16", env_file: %s}
  web: {image: shop, environment: {DATABASE_URL: "postgres://u@db/shop"}, env_file: %s}
"""
SET = "# of the shop\nDB_POOL_SIZE=7\n"


@pytest.mark.parametrize(
    ("home", "named", "path"),
    [
        ("", "conf/web.vars", "conf/web.vars"),
        ("", "[conf/web.env.example]", "conf/web.env.example"),
        ("", "[{path: ./conf/web, required: false}]", "conf/web"),
        ("deploy/", "../settings/web.conf", "settings/web.conf"),
    ],
)
def test_a_file_of_any_name_is_read_where_its_path_leads(home: str, named: str, path: str) -> None:
    files = {f"{home}compose.yaml": COMPOSE % ("[]", named)}
    found = topology(files, Options(tracked=lambda asked: {path: SET}.get(asked, "")))
    (web,) = (w for w in found.workloads if w.name == "web")
    (size,) = (v for v in web.containers[0].variables if v.name == "DB_POOL_SIZE")
    assert (size.value.value, size.value.origin) == ("7", Span.at(path, 2, 14, 1))
    assert not any("is not read" in told for told in found.assumed)


@pytest.mark.parametrize("named", ["/etc/shop/web.vars", "conf/web.vars"])
def test_what_is_not_in_the_tree_is_named(named: str) -> None:
    def text(path: str) -> str:
        return SET if path.startswith("/") else ""

    found = topology({"compose.yaml": COMPOSE % ("[]", named)}, Options(tracked=text))
    assert f"`{named}`, with variables of `web`, is not read" in found.assumed


def test_one_that_holds_nothing_is_read_all_the_same() -> None:
    files = {"compose.yaml": COMPOSE % ("db.vars", "[]")}
    found = topology(files, Options(tracked=lambda path: "# nothing yet\n"))
    assert not any("is not read" in told for told in found.assumed)
