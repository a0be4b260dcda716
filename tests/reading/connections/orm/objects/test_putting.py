"""What a function puts in attributes of its object, and in names of its own."""

import ast

import pytest

from poollint.reading.connections.orm.objects.putting import put, text_of

FUNCTION = ast.parse("""
def f(self, db):
    self.db = db
    self.rows: Rows = Rows(db)
    self.a.b = db
    rows = Rows(db)
    with db.begin() as tx:
        left = right = db
""").body[0]


@pytest.mark.parametrize(
    ("own", "found"),
    [
        (True, [("db", "db"), ("rows", "Rows(db)")]),
        (False, [("rows", "Rows(db)"), ("tx", "db.begin()")]),
    ],
)
def test_what_is_put_goes_by_one_name(own: bool, found: list[tuple[str, str]]) -> None:
    assert [(name, ast.unparse(value)) for name, value in put(FUNCTION, own)] == found


@pytest.mark.parametrize(
    ("text", "found"), [("db", "db"), ("self.db", "self.db"), ("a.db", ""), ("f()", "")]
)
def test_a_name_is_plain_or_of_the_object(text: str, found: str) -> None:
    assert text_of(ast.parse(text, mode="eval").body) == found
