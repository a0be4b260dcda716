"""userlist.txt, as real PgBouncers load it (1.18, 1.25.2 and 1.26.1 were asked)."""

import pytest

from poollint.model.source import SourceFile
from poollint.syntax import userlist


def _document(text: str) -> userlist.Document:
    return userlist.parse(SourceFile("userlist.txt", text))


@pytest.mark.parametrize(
    ("text", "loaded"),
    [
        ('"alice" "pw"\n"bob" "md5abcdef"\n', ["alice", "bob"]),
        ('; hello\n"alice" "pw"\n', ["alice"]),
        ('"alice" "pw"\n# hello\n"bob" "pw"\n', ["alice"]),
        ('# hello\n"alice" "pw"\n', []),
        ("alice pw\n", []),
        ('"alice" "pw"\nbob pw\n"carol" "pw"\n', ["alice"]),
        ("'alice' 'pw'\n", []),
        ('"alice"\n"bob" "pw"\n', ["alice"]),
        ('"alice" "pw" "x"\n"bob" "pw" trailing words\n', ["alice", "bob"]),
        ('"al""ice" "p""w"\n', ['al"ice']),
        ('"alice" "p\\"w"\n"bob" "pw"\n', ["alice", "bob"]),
        ('"alice" "pw"\r\n"bob" "pw"\r\n', ["alice", "bob"]),
        ('\n\n"alice" "pw"\n\n   "bob" "pw"\n', ["alice", "bob"]),
        ('"alice" ""\n', ["alice"]),
        ('"alice" = "pw"\n"bob":"pw"\n', ["alice", "bob"]),
        ('"alice" "pw"', ["alice"]),
        ('\ufeff"alice" "pw"\n', []),
    ],
)
def test_users_are_those_that_pgbouncer_loads(text: str, loaded: list[str]) -> None:
    assert [user.name for user in _document(text).users] == loaded


@pytest.mark.parametrize(
    ("text", "line"), [('"a" "b"\n# no\n', 2), ('"a" "b"\n\nbob pw\n', 3), ('"a"\n', 1)]
)
def test_the_place_where_the_reading_stops_is_told(text: str, line: int) -> None:
    error = _document(text).error
    assert error is not None
    assert error.span.start.line == line


def test_a_password_has_its_place_and_no_quotes() -> None:
    (user,) = _document('"a" "b""c"\n').users
    assert user.password == 'b"c'
    assert (user.password_span.start.column, user.password_span.end.column) == (5, 11)
