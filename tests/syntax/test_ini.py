"""PgBouncer's ini files: where things stand, and what breaks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poollint.model.source import Position, SourceFile, Span
from poollint.syntax import ini


def _parse(text: str) -> ini.Document:
    return ini.parse(SourceFile("pgbouncer.ini", text))


def _text(text: str, span: Span) -> str:
    source = SourceFile("pgbouncer.ini", text)
    return text[source.offset(span.start) : source.offset(span.end)]


def test_keys_and_values_know_their_places() -> None:
    text = "[pgbouncer]\n  max_client_conn \t=  100  \r\n"
    entry = _parse(text).entries[0]
    assert (entry.key, entry.value) == ("max_client_conn", "100")
    assert entry.section is not None
    assert entry.section.name == "pgbouncer"
    assert _text(text, entry.span) == "max_client_conn \t=  100"
    assert _text(text, entry.key_span) == "max_client_conn"
    assert entry.value_span == Span("pgbouncer.ini", Position(2, 23), Position(2, 26))


def test_a_section_is_not_trimmed_and_may_be_followed_by_an_entry() -> None:
    document = _parse("[ databases ] a = host=x\n[users]; none\n")
    assert [section.name for section in document.sections] == [" databases ", "users"]
    assert [entry.key for entry in document.entries] == ["a"]
    assert [comment.text for comment in document.comments] == ["; none"]
    assert not document.comments[0].own_line


def test_only_a_line_that_begins_with_the_sign_is_a_comment() -> None:
    text = "; one\n  # two\r\n[pgbouncer]\nadmin_users = postgres # boss\n"
    document = _parse(text)
    assert [(c.text, c.own_line) for c in document.comments] == [("; one", True), ("# two", True)]
    assert [_text(text, c.span) for c in document.comments] == ["; one", "# two"]
    assert document.entries[0].value == "postgres # boss"


def test_an_empty_value_has_an_empty_span_behind_the_sign() -> None:
    text = "[pgbouncer]\nlogfile =\npidfile = \nuser="
    document = _parse(text)
    assert [(e.key, e.value) for e in document.entries] == [
        ("logfile", ""),
        ("pidfile", ""),
        ("user", ""),
    ]
    assert [_text(text, e.span) for e in document.entries] == ["logfile =", "pidfile =", "user="]


def test_a_key_in_single_quotes_may_hold_anything() -> None:
    text = "[databases]\n'al ice/ö' = host=x\n"
    entry = _parse(text).entries[0]
    assert (entry.key, entry.quoted) == ("al ice/ö", True)
    assert _text(text, entry.key_span) == "'al ice/ö'"


@pytest.mark.parametrize(
    "line",
    ["// c", "-- c", "key: 1", "key", "my db = x", "a/b = x", '"a" = x', "'' = x", "'a = x", "[a"],
)
def test_a_broken_line_costs_only_itself(line: str) -> None:
    document = _parse(f"[pgbouncer]\nfirst = 1\n{line}\nlast = 2\n")
    assert [entry.key for entry in document.entries] == ["first", "last"]
    assert [error.span.start.line for error in document.errors] == [3]
    assert document.errors[0].broken


def test_includes_are_noted_and_what_follows_may_stand_in_another_section() -> None:
    document = _parse(
        "[databases]\na = host=x\n%include  /etc/more.ini \nb = host=y\n[users]\nc =\n"
    )
    assert [include.path for include in document.includes] == ["/etc/more.ini"]
    assert [(e.key, e.included) for e in document.entries] == [
        ("a", False),
        ("b", True),
        ("c", False),
    ]


def test_a_nul_byte_ends_the_file() -> None:
    document = _parse("[pgbouncer]\na = 1\0\nb = 2\n")
    assert [(entry.key, entry.value) for entry in document.entries] == [("a", "1")]


def _pairs(value: str) -> ini.Connection:
    text = f"[databases]\ndb = {value}\n"
    source = SourceFile("pgbouncer.ini", text)
    return ini.connection(ini.parse(source).entries[0], source)


def test_pairs_know_their_places() -> None:
    value = "host = db.internal  password='it''s; x' port=5433"
    text = f"[databases]\ndb = {value}\n"
    read = _pairs(value)
    assert [(p.key, p.value) for p in read.pairs] == [
        ("host", "db.internal"),
        ("password", "it's; x"),
        ("port", "5433"),
    ]
    assert [_text(text, p.value_span) for p in read.pairs] == [
        "db.internal",
        "'it''s; x'",
        "5433",
    ]
    assert read.error is None


def test_only_a_space_separates_pairs() -> None:
    assert [(p.key, p.value) for p in _pairs("host=a\tport=1").pairs] == [("host", "a\tport=1")]
    assert [(p.key, p.value) for p in _pairs("host=a;port=1").pairs] == [("host", "a;port=1")]


@pytest.mark.parametrize(
    ("value", "pairs"),
    [
        ("host=a x", 1),
        ("host", 0),
        ("host=", 0),
        ("host=''", 0),
        ("host=a password='x", 1),
        ("postgres://u:p@h/d", 0),
        ("=x", 0),
        ("host=a ; note", 1),
    ],
)
def test_a_broken_connection_string_keeps_what_came_before(value: str, pairs: int) -> None:
    read = _pairs(value)
    assert len(read.pairs) == pairs
    assert read.error is not None


def test_an_empty_connection_string_is_none_the_worse() -> None:
    assert _pairs("") == ini.Connection(())


@given(st.text(alphabet="[]%include='\"#;\n\r\t \0aö=1", max_size=60))
def test_no_text_raises_and_spans_lie_within_it(text: str) -> None:
    source = SourceFile("pgbouncer.ini", text)
    document = ini.parse(source)
    for entry in document.entries:
        assert _text(text, entry.value_span) == entry.value
        for pair in ini.connection(entry, source).pairs:
            assert pair.value.replace("'", "") in _text(text, pair.value_span).replace("'", "")
    for comment in ini.comments(source):
        assert _text(text, comment.span) == comment.text
