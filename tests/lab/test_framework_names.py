"""The catalog's names of frameworks exist in those that are installed."""

import importlib
import importlib.util
import inspect
from typing import Any

import pytest

from poollint.catalog.frameworks import Entry, Lifecycle, frameworks
from tests.lab.test_driver_names import found, is_proven

KNOWN = frameworks()
ROWS: tuple[Entry | Lifecycle, ...] = (*KNOWN.entries, *KNOWN.lifecycles)

# Names that a fresh install does not have, each with who has it.
ELSEWHERE = {
    "celery.task": "Celery 4",
    "django.conf.urls.url": "Django 3",
    "langchain.agents.tool": "LangChain 0.2",
    "discord.Bot": "py-cord, which takes the place of discord.py",
    "mcp.server.fastmcp.FastMCP": "mcp 1",
}
ATTRS_ELSEWHERE = {
    "before_first_request": "Flask 2.2",
    "slash_command": "py-cord, disnake, nextcord",
    "before_app_first_request": "Flask 2.2",
    "long_callback": "Dash 2",
    "message_handler": "aiogram 2",
    "callback_query_handler": "aiogram 2",
    "register_message_handler": "aiogram 2",
    "register_callback_query_handler": "aiogram 2",
    "call_tool": "mcp 1",
    "list_resources": "mcp 1",
    "read_resource": "mcp 1",
    "get_prompt": "mcp 1",
}
RECEIVERS_ELSEWHERE = {"fastapi.FastAPI.add_event_handler": "FastAPI 0.1xx with Starlette 0"}
NEEDED = {  # settings of Django without which its extensions cannot be imported
    "HUEY": {"huey_class": "huey.MemoryHuey", "name": "x", "immediate": True},
    "RQ_QUEUES": {"default": {"HOST": "localhost", "PORT": 6379, "DB": 0}},
}


@pytest.fixture(scope="module", autouse=True)
def _django() -> None:
    if importlib.util.find_spec("django"):
        importlib.import_module("django.conf").settings.configure(**NEEDED)


def exact(names: tuple[str, ...]) -> list[str]:
    told = [n for n in names if "." in n and not n.endswith(".*") and n not in ELSEWHERE]
    return [name for name in told if is_proven(name)]


ITERATED = tuple(n for row in ROWS if row.shape == "stream" for n in row.receivers)
NAMES = sorted({*exact(ITERATED), *(n for r in ROWS for n in exact((*r.names, *r.bases)))})
MODULES = sorted(
    {n[:-2] for r in ROWS for n in (*r.receivers, *r.bases) if n.endswith(".*") and is_proven(n)}
)
CALLED = [row for row in ROWS if exact(row.receivers) and not {*row.attrs} <= {*ATTRS_ELSEWHERE}]


@pytest.mark.parametrize("name", NAMES)
def test_the_name_exists(name: str) -> None:
    assert found(name) is not None


@pytest.mark.parametrize("name", MODULES)
def test_the_module_of_any_name_exists(name: str) -> None:
    assert pytest.importorskip(name, exc_type=ImportError)


@pytest.mark.parametrize("row", CALLED, ids=lambda row: f"{row.receivers[0]}.{row.attrs[0]}")
def test_every_attribute_is_of_some_receiver_and_every_receiver_has_one(
    row: Entry | Lifecycle,
) -> None:
    told = [n for n in exact(row.receivers) if f"{n}.{row.attrs[0]}" not in RECEIVERS_ELSEWHERE]
    receivers = {name: value for name in told if (value := there(name)) is not None}
    if not receivers:
        pytest.skip("made by an object of the library only")
    attrs = [attr for attr in row.attrs if attr not in ATTRS_ELSEWHERE]
    has = {(name, attr): offers(of, attr) for name, of in receivers.items() for attr in attrs}
    if len(receivers) == len(told):
        assert [attr for attr in attrs if not any(has[name, attr] for name in receivers)] == []
    assert [name for name in receivers if not any(has[name, attr] for attr in attrs)] == []


def there(name: str) -> Any:
    """Return what a receiver names, None for what only an object of the library has."""
    try:
        value = found(name)
    except AttributeError:
        return None
    return None if inspect.isdatadescriptor(value) else value


def offers(of: Any, attr: str) -> bool:
    """Tell whether an object or a class has an attribute, or sets it when it is made."""
    if inspect.isfunction(of):
        return True  # what it makes is known when it is called
    first = attr.partition(".")[0]
    if hasattr(of, first):
        return True
    lineage = (
        [cls for cls in inspect.getmro(of) if cls is not object] if inspect.isclass(of) else []
    )
    return any(f"self.{first}" in _source(cls) for cls in lineage)


def _source(cls: type) -> str:
    try:
        return inspect.getsource(cls)
    except OSError:
        return ""  # compiled
