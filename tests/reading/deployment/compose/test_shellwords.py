"""A command that is one text ends where Compose stops reading it."""

import pytest

from poollint.reading.deployment.compose.shellwords import ended


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("gunicorn -w 4 shop:app", "gunicorn -w 4 shop:app"),
        ("flask db upgrade && gunicorn shop:app", "flask db upgrade "),
        ("celery worker 2>&1 | tee log", "celery worker "),
        ("celery -c4 > log", "celery -c4 "),
        ("sh -c 'a; b' ; c", "sh -c 'a; b' "),
        (r'a "b\";c" d|e', r'a "b\";c" d'),
        (r"a b\;c", r"a b\;c"),
        ("a $(b;c) d&", "a $(b;c) d"),
    ],
)
def test_what_stands_behind_a_sign_of_shells_is_no_part_of_it(text: str, expected: str) -> None:
    assert ended(text) == expected
