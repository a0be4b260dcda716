"""Where the variables of a container say that its database is."""

from __future__ import annotations

import pytest

from poollint.facts.infrastructure import Variable
from poollint.model.figure import Basis, Word
from poollint.model.source import Span
from poollint.reading.deployment.linking.reach import endpoints

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
