"""Where the variables of a container say that its database is."""

from __future__ import annotations

import pytest

from poollint.facts.infrastructure import Variable
from poollint.model.figure import Basis, Word
from poollint.model.source import Span
from poollint.reading.deployment.linking.reach import endpoints
from tests.reading.deployment.arranging import topology
from tests.reading.deployment.linking.shop import SHOP

HERE = Span.at("a.yaml", 1, 1, 1)


@pytest.mark.parametrize(
    ("url", "user"),
    [
        ("postgresql://shop@pool:6432/orders", "shop"),
        ("postgresql://shop:s/e:c@pool:6432/orders", "shop"),
        ("postgresql://pool:6432/orders", ""),
        ("postgresql://@pool:6432/orders", ""),
    ],
)
def test_a_host_without_a_user_before_it_is_no_user(url: str, user: str) -> None:
    (found,) = endpoints([Variable("DATABASE_URL", Word(url, Basis.STATED, HERE))])
    assert (found.host, found.port, found.user) == ("pool", 6432, user)


HOST = """
    services:
      web:
        build: .
        command: uvicorn shop.api:app
        environment: {{DATABASE_URL: "postgresql://shop@{host}/orders"}}
        {client}
      db: {{image: "postgres:16", {server}}}
    """
OWN, NONE = "network_mode: host", "init: true"


@pytest.mark.parametrize(
    ("host", "client", "server", "found"),
    [
        ("localhost:5432", OWN, OWN, True),
        ("localhost", OWN, OWN, True),
        ("localhost:5433", OWN, 'ports: ["5433:5432"]', True),
        ("host.docker.internal:5433", NONE, 'ports: ["127.0.0.1:5433:5432"]', True),
        ("localhost:5433", OWN, 'ports: ["5432:5432"]', False),
        ("localhost:5432", NONE, 'ports: ["5432:5432"]', False),
        ("localhost:5433", OWN, OWN, False),
        ("host.docker.internal", NONE, NONE, False),
    ],
)
def test_what_shares_the_network_of_its_machine_reaches_what_that_publishes(
    host: str, client: str, server: str, found: bool
) -> None:
    text = HOST.format(host=host, client=client, server=server)
    (one,) = topology({"compose.yaml": text, **SHOP}).servers
    assert [each.entry.total.high for each in one.clients] == ([10] if found else [])
