"""What a test says of the database that a URL leads to."""

import ast

import pytest

from poollint.reading.naming.objects.asked_for import means_another


@pytest.mark.parametrize(
    ("text", "where_true", "where_not"),
    [
        ('url.startswith("sqlite")', True, False),
        ('url.startswith("postgresql")', False, True),
        ('url.startswith("postgres://")', False, False),
        ('url.startswith(("postgres", "postgresql"))', False, True),
        ("url.startswith(prefix)", False, False),
        ('"sqlite" in url', True, False),
        ('"sqlite" not in url', False, True),
        ('not "sqlite" in url', False, True),
        ('engine.dialect.name == "mysql"', True, False),
        ('"postgresql" != kind', True, False),
        ('kind in ("mysql", "sqlite")', True, False),
        ("settings.is_sqlite", True, False),
        ("IS_POSTGRES", False, True),
        ("use_pgbouncer", False, False),
        ("IS_SQLITE and url", True, False),
        ("IS_SQLITE or url", False, False),
        ('IS_SQLITE or kind == "mysql"', True, False),
        ("url", False, False),
    ],
)
def test_a_test_that_speaks_of_databases(text: str, where_true: bool, where_not: bool) -> None:
    test = ast.parse(text, mode="eval").body
    assert means_another(test, True) is where_true
    assert means_another(test, False) is where_not
