"""The catalog's tables hold together, and mean what the drivers do."""

import tomllib
from collections import Counter
from dataclasses import fields
from pathlib import Path
from string import Formatter
from typing import Any

import pytest

from poollint.catalog import load
from poollint.catalog.frameworks import Entry, Lifecycle, frameworks
from poollint.catalog.load import Api, Catalog

HOME = Path(load.__file__).parent
KINDS = frozenset(
    "connect pool engine acquire session session-factory session-registry release close close-pool"
    " transaction cursor query borrow listener prepare execute text closing registration singleton"
    " context-manager".split()
)
ROLES = frozenset(
    "connection cursor pool engine session session-factory session-registry acquire-context raw"
    " stack".split()
)
EXITS = frozenset({"", "transaction", "close", "release", "close-pool", "cursor"})
TAKING = frozenset({"connect", "acquire", "session"})
RATES = frozenset({"request", "event", "task", "call", "item", "field", "tick", "rerun"})


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load.drivers()


@pytest.fixture(scope="module")
def apis() -> list[Api]:
    return [
        load._api(id_, row, table) for id_, table in raw("drivers").items() for row in table["api"]
    ]


def raw(name: str) -> dict[str, Any]:
    with (HOME / f"{name}.toml").open("rb") as file:
        return tomllib.load(file)


def twice(names: list[Any]) -> list[Any]:
    return [name for name, count in Counter(names).items() if count > 1]


def test_no_name_stands_twice(apis: list[Api]) -> None:
    assert not twice([name for api in apis for name in api.names])
    assert not twice([(t, m) for api in apis for t in api.receivers for m in api.methods])
    types = [row for table in raw("drivers").values() for row in table.get("type", ())]
    assert not twice([row["id"] for row in types])
    assert not twice([name for row in types for name in row.get("names", ())])


def test_every_type_that_is_spoken_of_exists(catalog: Catalog, apis: list[Api]) -> None:
    spoken = {t for api in apis for t in (api.returns, api.yields, *api.receivers) if t}
    assert not spoken - set(catalog.types)
    assert {t.driver for t in catalog.types.values()} <= set(catalog.drivers)


def test_every_word_is_of_its_list(catalog: Catalog, apis: list[Api]) -> None:
    assert {api.kind for api in apis} <= KINDS
    assert {t.role for t in catalog.types.values()} <= ROLES
    assert {e for api in apis for e in (api.exit, api.awaited_exit)} <= EXITS - {"cursor"}
    assert {e for t in catalog.types.values() for e in (t.exit, t.async_exit)} <= EXITS
    harms = {"", "refused", "queued", "mixed", "session", "cursor"}
    assert {t.shared for t in catalog.types.values()} == harms
    assert all(bool(t.shared) == bool(t.instead) for t in catalog.types.values())
    consumed = {way for api in apis for way in api.call}
    assert consumed == {"sync", "await", "with", "async-with", "async-for", "attribute"}


def test_an_api_is_a_function_or_a_method(apis: list[Api]) -> None:
    for api in apis:
        assert bool(api.names) != bool(api.receivers), api
        assert bool(api.receivers) == bool(api.methods), api


def test_what_is_taken_can_be_given_back(apis: list[Api]) -> None:
    for api in apis:
        if api.kind in TAKING and api.call & {"sync", "await"}:
            ways = api.released_by or api.given_back_to or api.exit or api.awaited_exit
            assert ways, api
            assert api.release or not (api.released_by or api.given_back_to), api


def test_what_a_template_says_is_what_gives_it_back(apis: list[Api]) -> None:
    for api in apis:
        for template in (api.release, api.guard):
            parts = {name for _, name, _, _ in Formatter().parse(template) if name is not None}
            assert parts <= {"pool", "conn", "call"}, api
        if api.release:
            method = api.release.removeprefix("await ").partition("(")[0].rpartition(".")[2]
            assert method in (*api.released_by, *api.given_back_to), api


def test_a_release_in_a_template_is_awaited_where_the_method_is(catalog: Catalog) -> None:
    for api in [*catalog.functions.values(), *catalog.methods.values()]:
        method = api.release.removeprefix("await ").partition("(")[0].rpartition(".")[2]
        owners = api.receivers if method in api.given_back_to else (api.returns,)
        for owner in owners:
            way = catalog.methods.get((owner, method))
            if way and api.release and way.call in ({"sync"}, {"await"}):
                assert api.release.startswith("await ") == (way.call == {"await"}), api


def test_the_guard_of_a_call_that_is_awaited_only_awaits_it(apis: list[Api]) -> None:
    for api in apis:
        if api.guard == "{call}":
            assert api.exit, f"leaving a block on {api} gives nothing back"


def test_a_method_that_gives_back_exists_where_the_type_has_methods(catalog: Catalog) -> None:
    known = {t for t, _ in catalog.methods}
    for api in {id(a): a for a in catalog.methods.values()}.values():
        for receiver in api.receivers:
            for method in api.given_back_to:
                assert catalog.methods[receiver, method].kind == "release"
        if api.kind in TAKING and api.returns in known and len(api.released_by) == 1:
            assert (api.returns, api.released_by[0]) in catalog.methods, api


def test_the_call_itself_and_its_value_agree_on_leaving_a_block(catalog: Catalog) -> None:
    for api in [*catalog.functions.values(), *catalog.methods.values()]:
        if api.kind not in TAKING or "sync" not in api.call or not api.returns:
            continue
        type_ = catalog.types[api.returns]
        assert api.exit == (type_.exit or type_.async_exit), api


def test_settings_of_an_alias_are_those_of_the_name(catalog: Catalog) -> None:
    def told(name: str) -> list[tuple[object, ...]]:
        return [(p.role, p.name, p.position, p.default, p.text) for p in catalog.params[name]]

    assert told("sqlmodel.create_engine") == told("sqlalchemy.create_engine")
    assert told("psycopg2cffi.pool.ThreadedConnectionPool") == told(
        "psycopg2.pool.ThreadedConnectionPool"
    )
    assert all(p.api == name for name, params in catalog.params.items() for p in params)


def test_no_group_of_settings_is_left_over() -> None:
    for id_, table in raw("drivers").items():
        used = {row["params"] for row in table["api"] if "params" in row}
        assert used == set(table.get("params", {})), id_


def test_a_setting_s_default_is_a_number_or_said_in_words(catalog: Catalog) -> None:
    pool = {p.role: p for p in catalog.params["psycopg_pool.ConnectionPool"]}
    assert (pool["min_size"].default, pool["min_size"].text) == (4, "4")
    assert (pool["max_size"].default, pool["max_size"].text) == (None, "min_size")
    assert (pool["max_lifetime"].default, pool["max_lifetime"].text) == (3600, "1 h")
    assert all(p.text for params in catalog.params.values() for p in params)


@pytest.mark.parametrize(
    ("name", "driver", "kind"),
    [
        ("psycopg2cffi.connect", "psycopg2", "connect"),
        ("sqlalchemy.engine.create_engine", "sqlalchemy", "engine"),
        ("sqlalchemy.orm.session.Session", "sqlalchemy", "session"),
        ("sqlmodel.Session", "sqlalchemy", "session"),
        ("flask_sqlalchemy.SQLAlchemy", "flask_sqlalchemy", "engine"),
        ("psycopg_pool.pool.ConnectionPool", "psycopg_pool", "pool"),
    ],
)
def test_names_by_which_code_refers_to_a_call_resolve(
    catalog: Catalog, name: str, driver: str, kind: str
) -> None:
    api = catalog.functions[name]
    assert (api.driver, api.kind) == (driver, kind)


def method(catalog: Catalog, name: str, method_name: str) -> Api:
    return catalog.methods[catalog.type_of_name[name], method_name]


def test_leaving_with_on_a_psycopg2_connection_only_ends_the_transaction(catalog: Catalog) -> None:
    assert catalog.functions["psycopg2.connect"].exit == "transaction"
    taken = method(catalog, "psycopg2.pool.ThreadedConnectionPool", "getconn")
    assert (taken.exit, taken.released_by, taken.given_back_to) == ("transaction", (), ("putconn",))
    assert method(catalog, "psycopg2.pool.SimpleConnectionPool", "putconn").position == 0


def test_leaving_with_on_a_psycopg_3_connection_closes_it_unless_it_is_pooled(
    catalog: Catalog,
) -> None:
    assert catalog.functions["psycopg.connect"].exit == "close"
    taken = method(catalog, "psycopg_pool.ConnectionPool", "getconn")
    assert (taken.exit, catalog.types[taken.returns].exit) == ("transaction", "transaction")
    assert method(catalog, "psycopg_pool.ConnectionPool", "connection").exit == "release"
    assert catalog.functions["psycopg.AsyncConnection.connect"].awaited_exit == "close"


def test_asyncpg_gives_back_by_async_with_but_not_on_the_awaited_connection(
    catalog: Catalog,
) -> None:
    taken = method(catalog, "asyncpg.Pool", "acquire")
    assert taken.call == {"await", "async-with"}
    assert (taken.exit, taken.awaited_exit) == ("release", "")
    assert "close" in taken.released_by
    assert method(catalog, "asyncpg.Pool", "release").call == {"await"}
    assert catalog.functions["asyncpg.connect"].awaited_exit == ""


def test_a_sqlalchemy_session_gives_back_by_commit_rollback_and_close(catalog: Catalog) -> None:
    session = catalog.functions["sqlalchemy.orm.Session"]
    assert {"close", "commit", "rollback"} <= set(session.released_by)
    assert method(catalog, "sqlalchemy.orm.sessionmaker", "__call__").returns == session.returns
    assert method(catalog, "sqlalchemy.ext.asyncio.AsyncEngine", "connect").awaited_exit == ""


def test_aiopg_s_release_is_a_plain_call(catalog: Catalog) -> None:
    assert "sync" in method(catalog, "aiopg.Pool", "release").call
    assert method(catalog, "aiopg.Pool", "acquire").awaited_exit == ""


def test_closing_a_dbutils_connection_gives_it_back(catalog: Catalog) -> None:
    taken = method(catalog, "dbutils.pooled_db.PooledDB", "connection")
    assert (taken.exit, taken.released_by) == ("release", ("close",))


def test_nothing_takes_django_s_connection(catalog: Catalog) -> None:
    type_id = catalog.type_of_name["django.db.connection"]
    assert catalog.types[type_id].thread_bound
    assert not [a for (t, _), a in catalog.methods.items() if t == type_id and a.kind in TAKING]


def test_a_pool_that_keeps_no_connection_is_known(catalog: Catalog) -> None:
    none = {name for name, api in catalog.functions.items() if not api.pooled}
    assert {"sqlalchemy.pool.NullPool", "psycopg_pool.NullConnectionPool"} <= none
    assert "sqlalchemy.pool.QueuePool" not in none


def test_the_rows_of_the_files_have_no_field_that_is_not_read() -> None:
    known = {field.name for field in fields(Api)} | {"params", "source"}
    for table in raw("drivers").values():
        assert not {key for row in table["api"] for key in row} - known
        assert set(table) <= {"title", "imports", "aliases", "source", "params", "type", "api"}


NEEDS = {
    "decorator": ("names",),
    "decorator-method": ("receivers", "attrs"),
    "argument": ("names", "keyword"),
    "registration": ("attrs",),
    "chain": ("names", "attrs", "position"),
    "append": ("receivers", "attrs"),
    "attribute": ("names", "attrs"),
    "assigned": ("receivers", "attrs"),
    "stream": ("receivers",),
    "base": ("bases", "methods"),
    "suffix": ("bases", "params"),
    "class": ("methods", "params"),
    "signature": (),
    "annotation": ("names",),
    "context": ("names",),
    "calling": ("names", "attrs"),
    "namespace": ("attrs",),
    "named": ("names",),
    "file": ("files",),
    "module": (),
    "script": (),
    "handing": ("names", "attrs"),
}


def rows() -> list[Entry | Lifecycle]:
    known = frameworks()
    return [*known.entries, *known.lifecycles]


def test_a_row_of_a_framework_has_what_its_shape_needs_and_nothing_else() -> None:
    always = {"framework", "shape", "rate", "when", "alone", "args", "pool_ok"}
    always |= {"web", "relative"}
    optional = {"argument": {"position"}, "registration": {"receivers", "position", "keyword"}}
    optional |= {"chain": {"keyword"}, "stream": {"attrs"}}
    optional |= {"signature": {"params", "names"}, "file": {"params"}}
    for row in rows():
        given = {f.name for f in fields(row) if getattr(row, f.name) not in ((), "", -1)}
        assert set(NEEDS[row.shape]) <= given, row
        assert given <= always | set(NEEDS[row.shape]) | optional.get(row.shape, set()), row


def test_every_rate_and_framework_is_known() -> None:
    known = frameworks()
    assert {entry.rate for entry in known.entries} <= RATES
    assert {row.framework for row in rows()} == set(known.frameworks)
    assert all(row.when for row in known.lifecycles)


def test_no_row_of_a_framework_stands_twice() -> None:
    assert not twice(rows())


def test_the_names_of_a_framework_lie_under_its_imports() -> None:
    elsewhere = {"python", "servers", "grpc", "arq"}
    for row in rows():
        if row.framework in elsewhere:
            continue
        roots = frameworks().frameworks[row.framework].imports
        for name in (*row.names, *row.receivers, *row.bases):
            if "." in name:
                first = name.partition(".")[0]
                assert first in {root.partition(".")[0] for root in roots}, name
