"""What a name was given last, where that is certain."""

import ast

import pytest

from poollint.reading.naming.scopes.given_above import given_above


@pytest.mark.parametrize(
    ("text", "line", "value"),
    [
        ("url = 1\nurl = 2\nurl", 3, "2"),
        ("url = 1\nif a:\n    url = 2\nurl", 4, None),
        ("url = 1\nif a:\n    url = 2\n    url\n", 4, "2"),
        ("url = 1\nif a:\n    if b:\n        url\n    url = 2\n", 4, "1"),
        ("if a:\n    url = 1\nelse:\n    url = 2\n    url\n", 5, "2"),
        ("url = 1\nwhile a:\n    url\n    url = 2\n", 3, None),
        ("url = 1\nfor a in b:\n    url\n", 3, "1"),
        ("url = 1\ntry:\n    url = 2\nexcept E:\n    url\n", 5, None),
        ("url: str = 1\nurl: str\nurl", 3, "1"),
        ("url = 1\nurl += 2\nurl", 3, None),
        ("url = 1\ndel url\nurl", 3, None),
        ("with a as url:\n    url\n", 2, None),
        ("url = 1\nmatch a:\n    case 1:\n        url = 2\n        url\n", 5, "2"),
    ],
)
def test_the_value_a_name_has_on_a_line(text: str, line: int, value: str | None) -> None:
    found = given_above(ast.parse(text).body, "url", line)
    assert (ast.unparse(found) if found is not None else None) == value
