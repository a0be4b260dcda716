"""Which libraries hand out no connection: what is said of them is said of no other."""

from __future__ import annotations

import pytest

from poollint.catalog.lending import idle, methods, strays
from poollint.catalog.load import calls
from poollint.catalog.merged import drivers
from poollint.catalog.own import Additions, Package


def test_only_what_takes_nothing_is_idle() -> None:
    found = idle(drivers())
    assert "django" in found
    # sqlmodel has nothing of its own, and flask_sqlalchemy leads to SQLAlchemy's sessions
    assert found.isdisjoint({"psycopg2", "psycopg_pool", "sqlalchemy", "sqlmodel"})
    assert found.isdisjoint({"flask_sqlalchemy", "tortoise", "databases", "pugsql"})


def test_no_name_of_what_is_idle_takes_or_shares_anything() -> None:
    catalog = drivers()
    for name, api in catalog.functions.items():
        if api.kind in {"connect", "acquire", "session", "pool", "engine"}:
            roots = {r for id_ in idle(catalog) for r in catalog.drivers[id_].imports}
            assert not any(name == root or name.startswith(f"{root}.") for root in roots)
    assert not any(t.shared for t in catalog.types.values() if t.driver in idle(catalog))


def test_what_is_imported_from_no_driver_is_known_by_its_package() -> None:
    assert strays(drivers()) == ("adbc_driver_manager",)


def test_package_of_a_user_that_takes_is_not_idle() -> None:
    package = Package("acme", names=(("acquire", ("acme.db.take",)),))
    assert "acme" not in idle(drivers(Additions((package,))))


@pytest.mark.parametrize("method", ["cursor", "execute", "enter_context"])
def test_methods_of_what_is_idle_are_named(method: str) -> None:
    found = methods(drivers())
    assert found is not None
    assert method in found
    assert "getconn" not in found


def test_methods_by_patterns_are_not_told() -> None:
    assert methods(calls()) is None
