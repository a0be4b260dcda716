"""Images of Pgpool-II write pgpool.conf from their variables."""

import pytest

from poollint.catalog.platforms import platforms
from poollint.facts.infrastructure import Flaw, Pooler
from poollint.model.figure import Basis
from poollint.reading import linking
from poollint.reading.reader import Options
from poollint.reading.settings.pgpool import parameter_of
from tests.reading.deployment.arranging import readings, topology

BITNAMI = """
services:
  pool:
    image: bitnami/pgpool:4
    environment:
      PGPOOL_BACKEND_NODES: 0:first,1:second:5433:2;x:third
      PGPOOL_NUM_INIT_CHILDREN: "200"
      PGPOOL_SR_CHECK_PASSWORD: hunter2hunter2
"""
PARAMS = """
services:
  pool:
    image: pgpool/pgpool:4.4
    environment:
      - PGPOOL_PARAMS_BACKEND_HOSTNAME0=first
      - PGPOOL_PARAMS_MAX_POOL=2
      - PGPOOL_PARAMS_NUM_INIT_CHILDREN=${CHILDREN}
      - PGPOOL_PARAMS_SR_CHECK_PASSWORD=hunter2hunter2
      - PGPOOL_PCP_USER=operator
"""


def _pooler(text: str) -> Pooler:
    (found,) = topology({"compose.yaml": text}).poolers
    return found.pooler


def test_a_list_of_nodes_is_the_backends_of_bitnamis_image() -> None:
    pooler = _pooler(BITNAMI)
    told = [(entry.host, entry.port) for entry in pooler.databases]
    assert told == [("first", 5432), ("second", 5433)]
    assert (pooler.product, pooler.port, pooler.default_pool_size.low) == ("Pgpool-II", 5432, 200)


def test_what_the_image_sets_itself_is_its_default() -> None:
    (entry, _) = _pooler(BITNAMI).databases
    assert [figure.high for figure in entry.most] == [200, 15]


def test_a_number_that_no_file_states_is_unknown() -> None:
    pooler = _pooler(PARAMS)
    assert pooler.default_pool_size.basis is Basis.UNKNOWN
    assert pooler.port == 9999
    assert [entry.host for entry in pooler.databases] == ["first"]


@pytest.mark.parametrize(
    ("name", "value", "flaw"),
    [
        ("MAX_POOL", "ten", Flaw.INVALID),
        ("MAX_POOOL", "3", Flaw.UNKNOWN),
        ("MAX_POOL", "3", None),
        ("LOAD_BALANCE_MODE", "maybe", Flaw.INVALID),
    ],
)
def test_variables_are_judged_as_settings(name: str, value: str, flaw: Flaw | None) -> None:
    text = PARAMS.replace("MAX_POOL=2", f"{name}={value}")
    found = linking.link(readings({"compose.yaml": text}), Options())
    (told,) = (c for c in found.configurations if c.program == "Pgpool-II")
    (setting,) = (s for s in told.settings if s.name == name.lower())
    assert (setting.flaw, setting.span.start.line, setting.sole) == (flaw, 6, False)
    assert "hunter2" not in repr(told)


@pytest.mark.parametrize(
    "text",
    [
        BITNAMI + "    volumes: ['./conf:/config']\n",
        BITNAMI + "    command: ['pgpool', '-n']\n",
        BITNAMI + "      PGPOOL_USER_CONF_FILE: /conf/more.conf\n",
        BITNAMI.replace("bitnami/", "shop/"),
    ],
)
def test_another_file_or_image_may_say_something_else(text: str) -> None:
    pooler = _pooler(text)
    assert pooler.databases == ()
    assert pooler.default_pool_size.basis is Basis.UNKNOWN


def test_images_write_settings_that_the_program_knows() -> None:
    for image in platforms().pgpool_images:
        assert image.owners
        assert image.source
        for name in (*dict(image.names).values(), *dict(image.defaults)):
            assert parameter_of(name) is not None, name
