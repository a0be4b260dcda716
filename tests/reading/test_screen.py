"""The byte screen lets nothing go that matters, and most of the rest."""

import ast
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poollint.catalog.load import drivers
from poollint.catalog.merged import drivers as merged
from poollint.catalog.own import Additions, Package
from poollint.reading import screen

FIXTURES = Path(__file__).parents[2] / "fixtures"
ACME = Package(
    "acme.db",
    names=(("acquire", ("acme.db.get_conn", "acme.db.Pool.take")), ("pool", ("acme.db.Pool",))),
)
_WANT = re.compile(rb"#\s*want[+-]?\d*\s")


def may_matter(data: bytes) -> bool:
    return screen.may_matter(data, drivers())


def uses_driver(data: bytes) -> tuple[str, ...]:
    return screen.uses_driver(data, drivers())


def wanting() -> list[Path]:
    """Return the fixtures that are read by themselves; others follow from what they import."""
    whole = [mark.parent for mark in FIXTURES.rglob(".case")]
    return [
        path
        for path in sorted(FIXTURES.rglob("*.py"))
        if _WANT.search(path.read_bytes()) and not any(path.is_relative_to(w) for w in whole)
    ]


def test_no_fixture_that_wants_a_finding_is_screened_out() -> None:
    assert wanting(), "there are fixtures"
    assert [str(path) for path in wanting() if not may_matter(path.read_bytes())] == []


ROOTS = sorted((root, d.id) for d in drivers().drivers.values() for root in d.imports)


@pytest.mark.parametrize(("root", "driver"), ROOTS)
@pytest.mark.parametrize(
    "form",
    [
        "import {root}\n",
        "import {root} as x",
        "import {root}.inner\n",
        "import os, {root}, sys\n",
        "from {root} import *\n",
        "from {root}.inner import (\n    x,\n)\n",
        "from {root} \\\n    import x\n",
        "import os, \\\n    {root}\n",
        "try:\n    import {root}\nexcept ImportError:\n    pass\n",
        "try: import {root}\nexcept ImportError: pass\n",
        "import os; import {root}\r\n",
        "x = 1\rfrom {root} import y\r",
        "def f():\n\timport\t{root}\n",
        "import {root}\t# why\n",
        "import {root}#why\n",
        "import os, {root}\tas\tx  # a, b\n",
    ],
)
def test_every_form_of_import_is_seen(root: str, driver: str, form: str) -> None:
    text = form.format(root=root)
    ast.parse(text)
    assert driver in uses_driver(text.encode())


def test_a_submodule_imported_by_name_is_seen() -> None:
    assert uses_driver(b"from django import db\n") == ("django",)
    assert uses_driver(b"from django import (\n    db,\n)\n") == ("django",)
    assert uses_driver(b"from langgraph.checkpoint import postgres\n") == ("langgraph",)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "import os\n",
        "from sqlalchemy_utils import x\n",
        "import psycopg2_extra\n",
        "from shop.psycopg2 import x\n",
        "from .asyncpg import connect\n",
        "from django.http import HttpResponse\n",
        "from shop import asyncpg\n",
        "connect = 'psycopg2'\n",
    ],
)
def test_what_imports_no_driver_is_none(text: str) -> None:
    assert uses_driver(text.encode()) == ()


def test_drivers_come_in_the_catalog_s_order_once_each() -> None:
    text = b"import asyncpg\nimport psycopg2.pool\nimport psycopg2\nfrom asyncpg import Pool\n"
    assert uses_driver(text) == ("psycopg2", "asyncpg")


def test_an_import_alone_does_not_matter() -> None:
    assert not may_matter(b"import psycopg2\n\n\ndef retry(error: psycopg2.Error) -> bool: ...\n")
    assert not may_matter(b"from django.db import models\n\n\nclass A(models.Model): ...\n")
    assert may_matter(b"import psycopg2\n\n\nc = psycopg2.connect('')\n")


def test_a_package_of_the_settings_is_screened_for_as_a_driver_is() -> None:
    known = merged(Additions((ACME,)))
    assert screen.may_matter(b"from acme.db import get_conn\n\nc = get_conn()\n", known)
    assert screen.may_matter(b"import acme.db\n\np = acme.db.Pool()\n", known)
    assert screen.may_matter(b"from acme import db\n\ndef f(p: db.Pool):\n    p.take()\n", known)
    assert not screen.may_matter(b"import acme.db\n\nx = acme.db.version\n", known)
    assert not screen.may_matter(b"import acme.web\n\nc = acme.web.get_conn()\n", known)
    assert not may_matter(b"from acme.db import get_conn\n\nc = get_conn()\n")


TAKES = ("connect", "pool", "engine", "acquire", "session", "session-factory")


@pytest.mark.parametrize(
    "name", sorted(name for name, api in drivers().functions.items() if api.kind in TAKES)
)
def test_every_function_that_takes_or_makes_something_passes(name: str) -> None:
    module, _, last = name.rpartition(".")
    assert may_matter(f"from {module} import {last} as make\n\nx = make()\n".encode())


# A factory is called by its own name: what made it is looked for.
@pytest.mark.parametrize(
    ("type_id", "method"),
    sorted(
        key
        for key, api in drivers().methods.items()
        if api.kind in TAKES and not key[1].startswith("__")
    ),
)
def test_every_method_that_takes_something_passes(type_id: str, method: str) -> None:
    for name in drivers().types[type_id].names:
        module, _, last = name.rpartition(".")
        text = f"from {module} import {last}\n\ndef f(x: {last}):\n    y = x.{method}()\n"
        assert may_matter(text.encode()), name


@given(st.binary(max_size=300))
def test_no_bytes_make_it_fail(data: bytes) -> None:
    assert may_matter(data) in (True, False)


@given(st.text("import fro\\\r\n\tpsycg2.,();:*# ", max_size=80))
def test_every_import_that_python_sees_is_seen(text: str) -> None:
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return
    modules = [a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names]
    modules += [
        n.module or "" for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) and not n.level
    ]
    if any(m == "psycopg" or m.startswith("psycopg.") for m in modules):
        assert "psycopg" in uses_driver(text.encode())


def test_a_raw_connection_matters_without_an_import() -> None:
    assert may_matter(b"def f(engine):\n    return engine.raw_connection()\n")
    assert not may_matter(b"def f(engine):\n    return raw_connection(engine)\n")


@pytest.mark.parametrize("folder", ["concurrent/futures", "email", "importlib", "asyncio"])
def test_every_name_that_python_s_own_modules_import_is_yielded(folder: str) -> None:
    modules = sorted((Path(ast.__file__).parent / folder).glob("*.py"))
    assert modules
    for path in modules:
        data = path.read_bytes()
        wanted = {
            f"{start}{alias.name}" if start.endswith(".") else f"{start}.{alias.name}"
            for node in ast.walk(ast.parse(data))
            if isinstance(node, ast.ImportFrom)
            for start in ["." * node.level + (node.module or "")]
            for alias in node.names
            if alias.name != "*"
        }
        assert wanted <= set(screen.imported(data)), path


@pytest.mark.parametrize(
    "text",
    [
        "from a import (\n    b,  # the (only) one\n    c as d,\n)\n",
        "if x:\n    from a import (b,\r\n                   c)\r\n",
        "from a import (  # noqa\n\n    b, c\n)",
    ],
)
def test_a_list_that_goes_on_in_the_next_line_is_read_to_its_end(text: str) -> None:
    assert {"a", "a.b", "a.c"} <= set(screen.imported(text.encode()))


def test_a_list_without_an_end_is_read_in_time() -> None:
    assert set(screen.imported(b"from a import (" + b"#\n x" * 20_000)) == {"a"}
