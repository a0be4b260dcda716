"""Tests of `poollint.reading.deployment.linking.remaining`: what is opened beside the pools."""

from __future__ import annotations

import pytest

from tests.reading.deployment.serving import Audited

GET = """
    import os, psycopg
    def get_connection():
        return psycopg.connect(os.environ["DATABASE_URL"])
    """
KEPT = "from shop.db import get_connection\napp = 1\nconn = get_connection()\n"
AGAIN = "def rows():\n    return get_connection().execute('select 1')\n"


@pytest.mark.parametrize(("text", "missing"), [(KEPT, 0), (KEPT + AGAIN, 1)])
def test_a_function_that_is_called_once_opens_nothing_beside_what_it_gave(
    audited: Audited, text: str, missing: int
) -> None:
    found = audited("uvicorn shop.web:app", {"shop/db.py": GET, "shop/web.py": text})
    assert (found.ledger.demanded.high, len(found.missing)) == (1, missing)
