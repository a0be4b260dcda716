"""Options in the URLs of variables that the driver does not know."""

from __future__ import annotations

import pytest

from poollint.catalog.load import drivers
from poollint.facts.code import Effect, Module, Statement
from poollint.model.source import SourceFile, Span
from poollint.reading.naming.files.exports import Exports
from poollint.reading.naming.files.python_files import PythonFiles
from poollint.reading.project import reader_of
from poollint.reading.reader import Options
from poollint.reading.session.assigned import Assignments
from poollint.reading.session.url_options import attach

ASKED = Statement(
    Effect.URL_OPTION, "asyncpg", "pgbouncer,schema", Span.at("shop/db.py"), "", variable="URL"
)
DB = "from dotenv import load_dotenv\nload_dotenv()\npool = create_pool(os.environ['URL'])\n"


def _told(url: str, **beside: str) -> list[str]:
    """Return the options told of a variable that a file of the tree gives."""
    files = {"shop/db.py": DB} | {name.replace("__", "/") + ".py": t for name, t in beside.items()}
    python = PythonFiles(files, lambda path: SourceFile(path, files[path]))
    options = Options(exports=lambda: Exports(python, drivers()))
    reader = reader_of(".env")
    assert reader is not None
    reading = reader.read(SourceFile(".env", f"DEBUG=1\nURL={url}\n"), options)
    module = Module("shop/db.py", (), (), (ASKED,))
    (found,) = attach((module,), (), options, Assignments([reading], options))
    for statement in found.statements:
        assert statement.url is not None
        assert isinstance(statement.url.origin, Span)
        assert (statement.url.origin.path, statement.url.origin.start.line) == (".env", 2)
        assert not statement.url.value  # the URL itself is nobody's business
    return [statement.subject for statement in found.statements]


@pytest.mark.parametrize(
    ("url", "options"),
    [
        ("postgresql://a:b@c/d?pgbouncer=true", ["pgbouncer"]),
        ("postgresql+asyncpg://a@c/d?ssl=require&schema=x&pgbouncer=1", ["schema,pgbouncer"]),
        ("postgresql+psycopg://a@c/d?pgbouncer=true", []),  # for another driver
        ("postgresql://a@c/d?sslmode=require", []),
        ("postgresql://a@c/d", []),
        ("pgbouncer=true", []),
    ],
)
def test_only_what_the_url_holds_is_told(url: str, options: list[str]) -> None:
    assert _told(url) == options


@pytest.mark.parametrize(
    "text",
    [
        "from urllib.parse import urlsplit\nplain = urlsplit(settings.url)\n",
        "url = os.environ['URL'].split('?')[0]\n",
        "url = os.environ['URL'].replace('?pgbouncer=true', '')\n",
        "url = make_url(os.environ['URL']).difference_update_query(['pgbouncer'])\n",
    ],
)
def test_nothing_is_told_where_code_may_take_options_out(text: str) -> None:
    assert _told("postgresql://a@c/d?pgbouncer=true", shop__plain=text) == []


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("shop__other", "from urllib.parse import urlsplit\nhost = urlsplit(page).netloc\n"),
        ("tests__test_db", "def test_url():\n    assert 'pgbouncer' in os.environ['URL']\n"),
    ],
)
def test_what_other_files_take_apart_is_no_matter(path: str, text: str) -> None:
    assert _told("postgresql://a@c/d?pgbouncer=true", **{path: text}) == ["pgbouncer"]
