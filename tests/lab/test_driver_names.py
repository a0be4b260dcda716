"""The catalog's names exist in the libraries that are installed, with the settings it says."""

import importlib
import importlib.util
import inspect
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from poollint.catalog import load
from poollint.catalog.load import Api

CATALOG = load.drivers()

# Names, and packages of names, that a fresh install does not have, each with who has it.
ELSEWHERE = {
    "DBUtils": "DBUtils 1",
    "gino": "with SQLAlchemy 1.3",
    "psycopg2cffi": "takes the place of psycopg2 where it is installed",
    "psycopg2.pool.PersistentConnectionPool": "psycopg2 2.7",
    "aiopg.sa.create_engine": "with SQLAlchemy 1.4",
    "aiopg.sa.engine.create_engine": "with SQLAlchemy 1.4",
    "aiopg.sa.Engine": "with SQLAlchemy 1.4",
    "aiopg.sa.engine.Engine": "with SQLAlchemy 1.4",
    "aiopg.sa.SAConnection": "with SQLAlchemy 1.4",
    "aiopg.sa.connection.SAConnection": "with SQLAlchemy 1.4",
    "peewee_async.PooledPostgresqlDatabase": "peewee-async 1",
    "playhouse.pool.PooledPostgresqlExtDatabase": "peewee 3",
    "playhouse.pool.PooledPsycopg3Database": "peewee 3",
    "playhouse.psycopg3_ext.Psycopg3Database": "peewee 3",
    "streamlit.experimental_singleton": "Streamlit 1.18",
    "tortoise.connections.get": "tortoise-orm 0.25",
    "tortoise.connections.close_all": "tortoise-orm 0.25",
    "safir": "with FastAPI 0.163, Starlette 0.52 and FastStream 0.5: not beside the others",
    "prisma.Prisma": "a generated client",
    "prisma.Client": "a generated client",
}
METHODS_ELSEWHERE = {
    ("sqlalchemy.engine", "execute"): "SQLAlchemy 1.4",
    ("sqlalchemy.engine", "scalar"): "SQLAlchemy 1.4",
    ("sqlalchemy.async_connection", "stream_scalars"): "SQLAlchemy 2.0",
    ("psqlpy.pool", "execute"): "an older psqlpy",
    ("psqlpy.pool", "fetch"): "an older psqlpy",
    ("flask_sqlalchemy.extension", "get_engine"): "Flask-SQLAlchemy 2",
}

# Set on the object, or found only when a request or an application is under way.
ON_THE_OBJECT = {
    ("fastapi_sqlalchemy.registry", "session"),
    ("flask_sqlalchemy.extension", "session"),
    ("sqlalchemy_helpers.async_manager", "Session"),
    ("sqlalchemy_helpers.manager", "Session"),
    ("sqlalchemy.async_session", "sync_session"),
    ("sqlalchemy.raw_connection", "cursor"),
}


# Packages that the laboratory does not have: very large ones, and those that cannot be installed
# together with the others. Their names are not proven.
UNPROVEN = frozenset(
    """aioboto3 aiodataloader airflow chainlit chromadb dagster disnake eventlet
    fastmcp faust flask_apscheduler flask_openapi3 gevent gradio graphene joblib nextcord
    prefect pymilvus pyrogram safir starlite taskiq_aio_pika taskiq_nats
    taskiq_redis vertexai""".split()
)


def is_proven(name: str) -> bool:
    """Tell whether the laboratory has what a name is of."""
    return name.partition(".")[0] not in UNPROVEN


def found(name: str) -> Any:
    """Return what `name` names; skip where its library is not installed."""
    parts = name.split(".")
    try:
        installed = importlib.util.find_spec(parts[0]) is not None
    except (ImportError, ValueError):
        installed = False
    if not installed:
        pytest.skip(f"{parts[0]} is not installed")
    for cut in range(len(parts), 0, -1):
        try:
            value: Any = importlib.import_module(".".join(parts[:cut]))
        except ModuleNotFoundError as missing:
            if not (missing.name or "").startswith(parts[0]):
                pytest.skip(f"{name} needs {missing.name}")
            continue
        for part in parts[cut:]:
            value = getattr(value, part)
        return value
    raise ModuleNotFoundError(name)


def here(names: Iterable[str]) -> list[str]:
    """Return, sorted, the names that a fresh install has."""
    return sorted(n for n in names if n not in ELSEWHERE and n.partition(".")[0] not in ELSEWHERE)


@pytest.mark.parametrize("name", here({*CATALOG.functions, *CATALOG.type_of_name}))
def test_the_name_exists(name: str) -> None:
    assert found(name) is not None


METHODS = sorted(
    (type_id, method)
    for type_id, method in {*CATALOG.methods} - {*METHODS_ELSEWHERE} - ON_THE_OBJECT
    if here(CATALOG.types[type_id].names) and not type_id.startswith("django.connection")
)


def test_what_is_said_to_be_elsewhere_is_in_the_catalog() -> None:
    names = {*CATALOG.functions, *CATALOG.type_of_name}
    assert ELSEWHERE.keys() <= names | {name.partition(".")[0] for name in names}
    assert {*METHODS_ELSEWHERE, *ON_THE_OBJECT} <= {*CATALOG.methods}


@pytest.mark.parametrize(("type_id", "method"), METHODS)
def test_the_method_exists(type_id: str, method: str) -> None:
    classes = [found(name) for name in here(CATALOG.types[type_id].names)]
    assert any(hasattr(owner, method) or hasattr(owner, "__getattr__") for owner in classes)


@pytest.mark.parametrize("name", here(CATALOG.params))
def test_the_settings_exist_where_the_call_names_them(name: str) -> None:
    named, takes_any = parameters(found(name))
    for param in CATALOG.params[name]:
        if not param.name.isidentifier():
            continue  # what is written at each use, where the pool has no such parameter
        if param.name not in named:
            assert takes_any, (name, param.name)
            continue
        parameter = named[param.name]
        if param.position >= 0:
            assert list(named).index(param.name) == param.position, (name, param.name)
        if param.default is not None and type(parameter.default) in (int, float):
            assert parameter.default == param.default, (name, param.name)


def parameters(call: Callable[..., Any]) -> tuple[dict[str, inspect.Parameter], bool]:
    """Return the parameters of `call` by name, and whether it takes any keyword besides.

    A call that tells nothing of them takes any.
    """
    try:
        signature = inspect.signature(call)
    except (TypeError, ValueError):
        return {}, True
    kinds = inspect.Parameter
    named = {
        name: parameter
        for name, parameter in signature.parameters.items()
        if parameter.kind not in (kinds.VAR_KEYWORD, kinds.VAR_POSITIONAL) and name != "self"
    }
    every = [parameter.kind for parameter in signature.parameters.values()]
    return named, kinds.VAR_KEYWORD in every or kinds.VAR_POSITIONAL in every


WAYS = {
    (api.driver, name): api
    for name, api in CATALOG.functions.items()
    if api.kind in ("connect", "pool", "engine")
}


@pytest.mark.parametrize(("driver", "name"), sorted(way for way in WAYS if here([way[1]])))
def test_a_coroutine_function_is_awaited_and_a_plain_one_is_not(driver: str, name: str) -> None:
    api: Api = WAYS[driver, name]
    if inspect.iscoroutinefunction(found(name)):
        assert "await" in api.call
    elif inspect.isclass(found(name)):
        assert "sync" in api.call
