"""Roles that are fetched and set up a server are told; others are no business of ours."""

from __future__ import annotations

import pytest

from poollint.reading import linking
from poollint.reading.reader import Options
from tests.reading.deployment.arranging import readings

LIST = "---\n- src: geerlingguy.redis\n- src: ANXS.postgresql\n  version: v1\n"
MAPPING = (
    "collections: [community.postgresql]\nroles:\n  - name: vendor.pgbouncer\n"
    "    src: https://git.example/vendor/x.git\n"
)


def told(**files: str) -> tuple[str, ...]:
    texts = {name.replace("__", "/") + ".yml": text for name, text in files.items()}
    return linking.uncounted(linking.link(readings(texts), Options()))


@pytest.mark.parametrize(
    ("text", "name", "line"),
    [
        (LIST, "ANXS.postgresql", 3),
        (MAPPING, "vendor.pgbouncer", 3),
        ("- https://git.example/team/ansible-postgres.git\n", "ansible-postgres", 1),
    ],
)
def test_a_role_that_sets_up_a_server_is_told(text: str, name: str, line: int) -> None:
    at = f"ansible/requirements.yml:{line}"
    expected = f"what role `{name}` sets up ({at}), for it is not in the tree"
    assert told(ansible__requirements=text) == (expected,)


@pytest.mark.parametrize(
    "text",
    [
        "- src: geerlingguy.redis\n",
        "dependencies:\n  - {name: postgresql, version: 1, repository: x}\n",  # of a chart
        "collections: [community.postgresql]\n",
        "[:",
    ],
)
def test_what_sets_up_none_is_not(text: str) -> None:
    assert told(requirements=text) == ()


def test_a_role_that_is_in_the_tree_is_not() -> None:
    defaults = {"roles__ANXS.postgresql__defaults__main": "postgresql_max_connections: 50\n"}
    assert told(requirements=LIST, **defaults) == ()
