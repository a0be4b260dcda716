"""Examples that give their connections back, out of the documentation of installed drivers."""

from __future__ import annotations

import ast
import functools
import importlib.util
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path

DRIVERS = {
    "asyncpg": "import asyncpg\nimport asyncio\n",
    "psycopg": "import psycopg\n",
    "psycopg_pool": "from psycopg_pool import ConnectionPool, AsyncConnectionPool\n",
    "psycopg2": "import psycopg2\n",
    "sqlalchemy": "from sqlalchemy import create_engine, text\n"
    "from sqlalchemy.orm import Session, sessionmaker\n"
    "from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine\n"
    "engine = create_engine('postgresql://localhost/shop')\n",
}
_TAKES = re.compile(r"\b(?:connect|acquire|getconn|connection|Session|begin)\(")


@functools.cache
def examples() -> tuple[tuple[str, str], ...]:
    """Return what `_examples` yields."""
    return tuple(_examples())


def _examples() -> Iterator[tuple[str, str]]:
    """Yield a name and the text of a module for each example that takes a connection."""
    for driver, head in DRIVERS.items():
        spec = importlib.util.find_spec(driver)
        for folder in (spec.submodule_search_locations or ()) if spec else ():
            for file in sorted(Path(folder).rglob("*.py")):
                if "test" in file.parts:
                    continue
                for at, body in enumerate(_blocks(file.read_text("utf-8", errors="replace"))):
                    yield f"{driver}/{file.name}#{at}", head + body


def _blocks(text: str) -> Iterator[str]:
    """Yield the examples in the docstrings of a module, each as a function or as it is."""
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return
    kinds = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    for node in ast.walk(tree):
        docs = ast.get_docstring(node) if isinstance(node, kinds) else None
        for block in _indented(docs or ""):
            if _TAKES.search(block):
                yield from _function(block)


def _indented(docs: str) -> Iterator[str]:
    """Yield the blocks of code of a docstring: indented ones behind `::` and doctests."""
    for found in re.finditer(r"(?:::|code-block:: \w+)[ \t]*\n((?:[ \t]*\n|[ ]{2,}.*\n?)+)", docs):
        yield textwrap.dedent(found[1]).strip() + "\n"
    for found in re.finditer(r"(?:^[ \t]*(?:>>>|\.\.\.)(?: .*)?\n?)+", docs, re.M):
        lines = [line.strip() for line in found[0].splitlines()]
        yield "\n".join(line[4:] for line in lines) + "\n"


def _function(block: str) -> Iterator[str]:
    """Yield an example as a function of its own, unless it is one; nothing if it is no Python."""
    for kind in ("", "def example():\n", "async def example():\n"):
        text = kind + textwrap.indent(block, "    ") if kind else block
        try:
            tree = ast.parse(text)
            compile(text, "example", "exec")
        except SyntaxError:
            continue
        defines = any(isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef) for n in tree.body)
        if kind or defines:
            yield text
            return
