"""postgresql.conf: where things stand, and what breaks."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poollint.model.source import SourceFile, Span
from poollint.syntax import pgconf


def _parse(text: str) -> pgconf.Document:
    return pgconf.parse(SourceFile("postgresql.conf", text))


def _text(text: str, span: Span) -> str:
    source = SourceFile("postgresql.conf", text)
    return text[source.offset(span.start) : source.offset(span.end)]


@pytest.mark.parametrize("line", ["work_mem 8MB", "work_mem=8MB", "\twork_mem\t=\t8MB \r"])
def test_the_sign_is_optional(line: str) -> None:
    entry = _parse(line + "\n").entries[0]
    assert (entry.name, entry.value) == ("work_mem", "8MB")


def test_names_and_values_know_their_places() -> None:
    text = "# head\nlog_line_prefix = '%m ''x'' '  # tail\n"
    document = _parse(text)
    entry = document.entries[0]
    assert entry.value == "%m 'x' "
    assert _text(text, entry.span) == "log_line_prefix = '%m ''x'' '"
    assert _text(text, entry.name_span) == "log_line_prefix"
    assert _text(text, entry.value_span) == "'%m ''x'' '"
    assert [(c.text, c.own_line) for c in document.comments] == [
        ("# head", True),
        ("# tail", False),
    ]


def test_a_hash_begins_a_comment_only_outside_quotes() -> None:
    document = _parse("work_mem = 8MB#note\nlog_line_prefix = 'a#b'\n")
    assert [entry.value for entry in document.entries] == ["8MB", "a#b"]
    assert [comment.text for comment in pgconf.comments(document.source)] == ["#note"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (r"'it\'s'", "it's"),
        (r"'a\tb\\'", "a\tb\\"),
        (r"'\101\60'", "A0"),
        (r"'\q'", "q"),
        ("''", ""),
    ],
)
def test_escapes_are_read(value: str, text: str) -> None:
    assert _parse(f"log_line_prefix = {value}").entries[0].value == text


@pytest.mark.parametrize(
    "value", ["scram-sha-256", "Europe/Berlin", "0x64", "-5", "99.6", "on", "1e", "5min"]
)
def test_these_need_no_quotes(value: str) -> None:
    assert [entry.value for entry in _parse(f"x = {value}").entries] == [value]


@pytest.mark.parametrize(
    "line",
    [
        'work_mem = "8MB"',
        "work_mem = 8 MB",
        "work_mem = 1.5MB",
        "listen_addresses = *",
        "listen_addresses = 127.0.0.1",
        "listen_addresses = a,b",
        "search_path = a.b",
        "work_mem = 8MB;",
        "; note",
        "-- note",
        "[section]",
        "work_mem: 8MB",
        "work_mem",
        "work_mem =",
        "log_line_prefix = 'abc",
        "foo.bar.baz = 1",
        "include x.conf",
        "max_connections = 1e2",
        "work_mem = 8MB maintenance_work_mem = 50MB",
    ],
)
def test_a_broken_line_costs_only_itself(line: str) -> None:
    document = _parse(f"port = 5432\n{line}\nfsync = on\n")
    assert [entry.name for entry in document.entries] == ["port", "fsync"]
    assert document.includes == ()
    assert [error.span.start.line for error in document.errors] == [2]


def test_an_error_does_not_repeat_what_stands_there() -> None:
    for line in ("primary_conninfo = host=x password=hunter2", "password = hunter2 hunter3"):
        (error,) = _parse(line).errors
        assert "hunter" not in error.reason


def test_includes_are_noted_in_any_case() -> None:
    document = _parse("INCLUDE 'a.conf'\ninclude_dir = 'conf.d'\ninclude_if_exists 'b.conf'\n")
    assert [(i.kind, i.path) for i in document.includes] == [
        ("include", "a.conf"),
        ("include_dir", "conf.d"),
        ("include_if_exists", "b.conf"),
    ]
    assert document.entries == ()


def test_qualified_names_are_names() -> None:
    assert _parse("auto_explain.log_min_duration = 5").entries[0].name == (
        "auto_explain.log_min_duration"
    )


@given(st.text(alphabet="aZ_ö0x.9+-=#'\\\"\n\r\t *;:/,", max_size=60))
def test_no_text_raises_and_spans_lie_within_it(text: str) -> None:
    document = _parse(text)
    for entry in document.entries:
        raw = _text(text, entry.value_span)
        assert entry.value == raw or raw.startswith("'")
        assert _text(text, entry.name_span) == entry.name
    for comment in document.comments:
        assert _text(text, comment.span) == comment.text


def test_names_are_of_letters_digits_and_all_that_is_no_ascii() -> None:
    letters = set(string.ascii_letters + "_\x80\xb2\u20ac\uffff\U0001f418\U0010ffff")
    for sign in (*map(chr, range(128)), *letters):
        beginning, inner = f"{sign}b = 1\n", f"a{sign} = 1\n"
        named = [entry.name for entry in _parse(beginning).entries if entry.name != "b"]
        assert (named == [f"{sign}b"]) == (sign in letters), sign
        named = [entry.name for entry in _parse(inner).entries if entry.name != "a"]
        assert (named == [f"a{sign}"]) == (sign in letters or sign in string.digits), sign
