"""Who may log in, and whose passwords are written down: pg_hba.conf and userlist.txt."""

import pytest

from poollint.model.source import SourceFile
from poollint.reading.reader import FileReading, Options
from poollint.reading.settings import hba, secrets, userlist


def _hba(text: str, path: str = "db/pg_hba.conf") -> FileReading:
    return hba.READER.read(SourceFile(path, text), Options())


def _users(text: str) -> FileReading:
    return userlist.READER.read(SourceFile("userlist.txt", text), Options())


def test_a_mask_in_a_field_of_its_own_belongs_to_the_address() -> None:
    (told,) = _hba(
        "host all all 10.0.0.0 255.0.0.0 md5\nhost all all ::1/128 trust a=b\n"
    ).configurations
    assert [(a.address, a.method, a.options) for a in told.accesses] == [
        ("10.0.0.0/255.0.0.0", "md5", ()),
        ("::1/128", "trust", ("a=b",)),
    ]


def test_the_file_of_a_pooler_is_the_poolers() -> None:
    (told,) = _hba("local all all md5\n", "etc/pgbouncer_hba.conf").configurations
    assert told.program == "PgBouncer"


@pytest.mark.parametrize("text", ["nothing here\n", "host all\n", "local all all\n", ""])
def test_what_is_no_line_of_access_says_nothing(text: str) -> None:
    assert _hba(text).configurations == ()


def test_an_include_leaves_the_rest_open() -> None:
    (told,) = _hba("local all all md5\ninclude more.conf\n").configurations
    assert not told.complete


def test_passwords_of_a_userlist_are_never_facts() -> None:
    reading = _users('"a" "Kx7-paternoster"\n"b" "SCRAM-SHA-256$4096:c2E=$x:y"\n"c" "postgres"\n')
    assert [s.exposed for s in reading.settings] == ["password", "", "dummy"]
    assert "paternoster" not in repr(reading)


def test_where_a_userlist_breaks_off_is_told() -> None:
    reading = _users('"a" "b"\n# c\n"d" "e"\n')
    (unread,) = reading.unread
    assert unread.broken
    assert unread.reason.startswith("PgBouncer stops reading here")


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("Kx7-paternoster", "password"),
        ("app_password", "dummy"),
        ("change-me-in-production", "dummy"),
        ("${DB_PASSWORD}", ""),
        ("<your password>", ""),
        ("****", ""),
        ("", ""),
        ("md5of-it", "dummy"),
    ],
)
def test_words_that_protect_nothing_are_told_apart(text: str, what: str) -> None:
    assert secrets.of_password(text) == what


def test_the_name_of_the_user_is_no_secret() -> None:
    assert secrets.of_pgbouncer("password", "orders", frozenset({"orders"})) == "dummy"
    assert secrets.of_pgbouncer("connect_query", "select 1") == ""
