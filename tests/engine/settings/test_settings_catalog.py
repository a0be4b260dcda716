"""What settings add to the catalog, and what they may not say."""

from __future__ import annotations

import pytest

from poollint.catalog.own import Additions, Package
from poollint.engine.settings.settings_catalog import additions
from poollint.engine.settings.settings_table import Table
from poollint.model.source import SourceFile
from poollint.model.usage import UsageError
from poollint.syntax import toml


def read(text: str) -> Additions:
    source = SourceFile("poollint.toml", text)
    document = toml.parse(source)
    assert isinstance(document, toml.Node)
    return additions(Table(source, document))


def test_a_package_is_described_in_the_words_of_the_catalog() -> None:
    found = read("""
        [drivers."acme.db"]
        like = "psycopg2"
        acquire = ["acme.db.get_conn", "acme.db.Pool.take"]
        release = ["acme.db.put_conn", "putback"]
        pool = ["acme.db.Pool"]
        defaults = { max_size = 10 }
        """)
    names = (
        ("acquire", ("acme.db.get_conn", "acme.db.Pool.take")),
        ("release", ("acme.db.put_conn", "putback")),
        ("pool", ("acme.db.Pool",)),
    )
    package = Package("acme.db", "psycopg2", (), names, (("max_size", 10),))
    assert found == Additions((package,))


def test_names_may_each_be_like_a_known_one() -> None:
    found = read("""
        [drivers."acme.db".like]
        "acme.db.Pool" = "psycopg2.pool.ThreadedConnectionPool"
        """)
    same = (("acme.db.Pool", "psycopg2.pool.ThreadedConnectionPool"),)
    assert found == Additions((Package("acme.db", same=same),))


def test_handlers_say_how_often_they_are_called() -> None:
    found = read("""
        [handlers]
        decorators = ["acme.web.endpoint"]
        task = ["acme.jobs.task"]
        once = ["acme.web.on_startup"]
        """)
    assert found.handlers == (
        ("request", ("acme.web.endpoint",)),
        ("task", ("acme.jobs.task",)),
        ("once", ("acme.web.on_startup",)),
    )


def test_without_the_tables_nothing_is_added() -> None:
    assert read("select = []") == Additions()


KNOWN = "known here: like, connect, acquire, session, guard, release, pool, engine, execute, "


@pytest.mark.parametrize(
    ("text", "message", "hint", "place"),
    [
        ("x = 1", "`acme.db` takes a table", "", (1, 24)),
        ("", "nothing is said of `acme.db`", "say what it offers: `like`, `connect`", (1, 10)),
        ("connect = []", "nothing is said of `acme.db`", "say what it offers", (1, 10)),
        ("get = []", "unknown setting `get`", "", (2, 1)),
        ("zzz = []", "unknown setting `zzz`", KNOWN, (2, 1)),
        ("conect = []", "unknown setting `conect`", "there is a setting `connect`", (2, 1)),
        ('connect = "acme.db.a"', "`connect` takes a list", "this is a string", (2, 11)),
        ("connect = [1]", "`connect` takes a string", "this is the number 1", (2, 12)),
        ('connect = ["open"]', "`open` is no name in `acme.db`", "`acme.db.open`", (2, 13)),
        ('connect = ["acme.dbx.open"]', "`acme.dbx.open` is no name", "`acme.db.open`", (2, 13)),
        ('connect = ["acme.db.o-p"]', "`acme.db.o-p` is no name", "`acme.db.connect`", (2, 13)),
        ('release = ["a b"]', "`a b` is no name in `acme.db`", "", (2, 13)),
        ('like = "psycopg9"', "poollint knows no `psycopg9`", "there is `psycopg", (2, 9)),
        ('like = "zzz"', "poollint knows no `zzz`", "a library (`psycopg2`, `psycopg`,", (2, 9)),
        ("like = 2", "`like` takes a string", "this is the number 2", (2, 8)),
        ('like = {"b.x" = "psycopg2.connect"}', "`b.x` is no name in `acme.db`", "", (2, 9)),
        ('like = {"acme.db.x" = "psycopg2"}', "poollint knows no `psycopg2`", "", (2, 24)),
        (
            'pool = ["acme.db.x"]\nacquire = ["acme.db.x"]',
            "`acme.db.x` stands under `acquire` and under `pool`",
            "it can be one",
            (2, 10),
        ),
        (
            'pool = ["acme.db.P"]\ndefaults = {max = 1}',
            "unknown setting `max`",
            "",
            (3, 13),
        ),
        (
            'pool = ["acme.db.P"]\ndefaults = {max_size = -1}',
            "`max_size` takes a whole number from 0",
            "",
            (3, 24),
        ),
    ],
)
def test_fault_of_a_package_points_at_its_place(
    text: str, message: str, hint: str, place: tuple[int, int]
) -> None:
    whole = f'[drivers."acme.db"]\n{text}' if text != "x = 1" else 'drivers = {"acme.db" = 1}'
    with pytest.raises(UsageError) as found:
        read(whole)
    assert found.value.message.startswith(message)
    assert hint in found.value.hint
    assert found.value.span is not None
    start = found.value.span.start
    assert (start.line, start.column) == place


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[drivers."acme db"]\nlike = "psycopg2"', "`acme db` is no name of a package"),
        ("[drivers]\nlike = 1", "`like` takes a table"),
        ("[handlers]\nrequests = []", "unknown setting `requests`"),
        ('[handlers]\nrequest = ["a-b"]', "`a-b` is no qualified name"),
        ("[handlers]\nrequest = 1", "`request` takes a list"),
    ],
)
def test_fault_of_the_tables_is_told(text: str, message: str) -> None:
    with pytest.raises(UsageError) as found:
        read(text)
    assert found.value.message == message
    assert found.value.span is not None


def test_a_guard_may_be_taken_without_with() -> None:
    text = '[drivers."acme.db"]\nacquire = ["acme.db.conn"]\nguard = ["acme.db.conn"]'
    (package,) = read(text).packages
    assert package.of("guard") == package.of("acquire") == ("acme.db.conn",)
    assert package.of("pool") == ()
