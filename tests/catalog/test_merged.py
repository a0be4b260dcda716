"""What is added to the catalog means what it says, and leaves the rest as it was."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from poollint.catalog import load
from poollint.catalog.frameworks import frameworks as built_in
from poollint.catalog.load import Api, Catalog
from poollint.catalog.merged import drivers, frameworks
from poollint.catalog.own import NOTHING, Additions, Package


def own(
    like: str = "", defaults: tuple[tuple[str, int], ...] = (), **names: tuple[str, ...]
) -> Any:
    package = Package("acme.db", like, names=tuple(names.items()), defaults=defaults)
    return drivers(Additions((package,)))


def api(catalog: Catalog, name: str = "acme.db.get") -> Api:
    return catalog.functions[name]


def test_nothing_added_is_the_catalog_itself() -> None:
    assert drivers(NOTHING) is load.drivers()
    assert frameworks(NOTHING) is built_in()


def test_equal_additions_are_merged_once() -> None:
    assert own(connect=("acme.db.get",)) is own(connect=("acme.db.get",))


def test_what_is_built_in_stays_as_it_was() -> None:
    before, after = load.drivers(), own("psycopg2", acquire=("acme.db.Pool.take",))
    for field in fields(Catalog):
        known = getattr(before, field.name)
        merged = getattr(after, field.name)
        assert {key: merged[key] for key in known} == known, field.name
    assert after.drivers["acme.db"].imports == ("acme.db",)
    assert "acme.db" not in before.drivers


def test_every_merged_name_leads_to_a_type_that_exists() -> None:
    for like in ("", "psycopg2", "asyncpg", "sqlalchemy", "django", "asyncpg.Connection"):
        catalog = own(
            like,
            connect=("acme.db.a",),
            acquire=("acme.db.b", "acme.db.Pool.c"),
            session=("acme.db.d",),
            guard=("acme.db.e",),
            release=("acme.db.Pool.f", "back"),
            pool=("acme.db.Pool",),
            engine=("acme.db.g",),
            execute=("acme.db.h",),
        )
        for one in (*catalog.functions.values(), *catalog.methods.values()):
            assert {t for t in (one.returns, one.yields, *one.receivers) if t} <= set(catalog.types)
        assert {"a", "b", "d", "e", "g", "h"} <= {
            n.rpartition(".")[2] for n in catalog.functions if n.startswith("acme.db.")
        }


def test_a_function_without_more_is_given_back_by_close_or_with() -> None:
    found = api(own(acquire=("acme.db.get",)))
    assert (found.kind, found.released_by, found.exit) == ("acquire", ("close",), "close")
    assert {"sync", "await"} <= found.call
    assert found.release == "{conn}.close()"


def test_what_is_said_to_give_back_is_all_that_does_for_a_pool_s_connection() -> None:
    found = api(own(acquire=("acme.db.get",), release=("acme.db.put", "putback")))
    assert (found.released_by, found.given_back_to) == (("putback",), ("put",))
    assert found.release == "acme.db.put({conn})"
    connect = api(own(connect=("acme.db.get",), release=("acme.db.put",)))
    assert connect.released_by == ("close",)


def test_like_a_library_it_hands_out_that_library_s_connections() -> None:
    found = api(own("psycopg2", acquire=("acme.db.get",)))
    assert (found.returns, found.exit) == ("psycopg2.connection", "transaction")
    assert found.given_back_to == ()
    pooled = api(own("asyncpg", acquire=("acme.db.get",), release=("acme.db.put",)))
    assert pooled.call == {"await", "async-with"}
    assert pooled.release == "await acme.db.put({conn})"


def test_like_a_class_it_hands_out_objects_of_that_class() -> None:
    session = api(own("sqlalchemy.ext.asyncio.AsyncSession", session=("acme.db.get",)))
    assert session.returns == "sqlalchemy.async_session"
    guard = api(own("sqlalchemy.orm.Session", guard=("acme.db.get",)))
    assert (guard.kind, guard.yields) == ("session", "sqlalchemy.session")


def test_like_a_library_it_offers_that_library_s_names() -> None:
    catalog = own("psycopg2")
    assert api(catalog, "acme.db.connect").returns == "psycopg2.connection"
    assert catalog.type_of_name["acme.db.pool.SimpleConnectionPool"] == "psycopg2.pool"
    assert {p.name for p in catalog.params["acme.db.pool.SimpleConnectionPool"]} >= {"maxconn"}


def test_a_method_can_be_called_on_an_object_or_on_its_class() -> None:
    catalog = own(pool=("acme.db.Pool",), acquire=("acme.db.Pool.take",))
    type_ = catalog.type_of_name["acme.db.Pool"]
    assert catalog.methods[type_, "take"].kind == "acquire"
    assert api(catalog, "acme.db.Pool.take").kind == "acquire"
    assert api(catalog, "acme.db.Pool").returns == type_


def test_defaults_hold_for_the_package_s_pools() -> None:
    catalog = own(pool=("acme.db.Pool",), defaults=(("max_size", 9),))
    (param,) = catalog.params["acme.db.Pool"]
    assert (param.role, param.name, param.default, param.text) == ("max_size", "max_size", 9, "9")


def test_more_can_be_said_of_a_library_that_is_known() -> None:
    package = Package("psycopg2", names=(("acquire", ("psycopg2.extras.take",)),))
    catalog = drivers(Additions((package,)))
    assert catalog.drivers["psycopg2"] == load.drivers().drivers["psycopg2"]
    assert api(catalog, "psycopg2.extras.take").driver == "psycopg2"


def test_handlers_become_rows_of_frameworks() -> None:
    told = (("task", ("acme.jobs.Job.run",)), ("once", ("acme.web.start",)))
    found = frameworks(Additions(handlers=told))
    assert [row.shape for row in found.entries[:5]] == [
        "decorator", "argument", "decorator-method", "registration", "base",
    ]  # fmt: skip
    assert [row.shape for row in found.lifecycles[:2]] == ["decorator", "argument"]
    assert found.entries[5:] == built_in().entries
    assert {f.title for f in found.frameworks.values()} >= {"acme.jobs.Job.run", "acme.web.start"}
