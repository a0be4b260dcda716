"""Comments of every language, of Python also in files that do not parse."""

from __future__ import annotations

import timeit
from time import process_time

import pytest

from poollint.model.source import SourceFile
from poollint.syntax.comments import comments


def texts(path: str, text: str) -> list[str]:
    return [comment.text for comment in comments(SourceFile(path, text))]


def test_python_comment_knows_its_place_in_characters() -> None:
    (found,) = comments(SourceFile("x.py", 's = "äöü"  # ünd\n'))
    assert (found.span.start.line, found.span.start.column, found.span.end.column) == (1, 12, 17)
    assert not found.own_line


def test_comment_on_a_line_of_its_own_says_so() -> None:
    first, second = comments(SourceFile("x.py", "if x:\n    # one\n    y()  # two\n"))
    assert (first.own_line, second.own_line) == (True, False)


def test_string_that_looks_like_a_comment_is_none() -> None:
    text = 's = "# no"\nt = """\n# no\n"""\nu = f"{x} # no"\nv = "\\"" + "#"  # yes\n'
    assert texts("x.py", text) == ["# yes"]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_end_as_python_ends_them(end: str) -> None:
    found = comments(SourceFile("x.py", f"a = 1{end}b = 2  # here{end}c = 3{end}"))
    assert [(c.text, c.span.start.line, c.span.start.column) for c in found] == [("# here", 2, 8)]


def test_form_feed_ends_no_line() -> None:
    found = comments(SourceFile("x.py", "a = 1\n\x0cb = 2  # here\n"))
    assert [c.span.start.line for c in found] == [2]


@pytest.mark.parametrize(
    "broken",
    [
        "def f(:\n",
        "if x:\n        a\n    b\n",  # dedent to no level
        "x = (\n",
        "print 'hello'\n",
        "x = 1\x00\n",
        "x = 'unclosed\n",
        "\tif x:\n  y\n",
    ],
)
def test_broken_python_keeps_its_comments(broken: str) -> None:
    assert texts("x.py", f'# one\n{broken}s = "# no"\n# two\n') == ["# one", "# two"]


def test_what_follows_an_unclosed_string_is_no_comment() -> None:
    assert texts("x.py", 'a = 1  # one\nb = """\n# no\n') == ["# one"]


QUOTES = ("'", '"', '\\"', "'\"\\", '"""x', "'''\"\"\"", "f'{'")


@pytest.mark.parametrize("pattern", QUOTES)
@pytest.mark.parametrize("path", ["x.py", "x.toml"])
def test_hostile_quotes_take_time_linear_in_the_text(path: str, pattern: str) -> None:
    def seconds(count: int) -> float:
        source = SourceFile(path, "(\0\n" + pattern * count)
        return min(timeit.repeat(lambda: comments(source), timer=process_time, number=1, repeat=4))

    assert seconds(40_000) < 50 * max(seconds(4_000), 0.0005)


@pytest.mark.parametrize(
    ("path", "text", "found"),
    [
        ("a/pgbouncer.ini", "; one\npool_mode = session\n", ["; one"]),
        ("postgresql.conf", "max_connections = 10 # one\nx = '# no'\n", ["# one"]),
        ("deploy.yaml", 'a: "# no"\nb: 1 # one\n', ["# one"]),
        ("poollint.toml", "a = '# no' # one\n", ["# one"]),
        ("Procfile", "# one\nweb: gunicorn app\n", ["# one"]),
        ("Dockerfile", "FROM a\n# one\nRUN x # no\n", ["# one"]),
        ("web.Dockerfile", "FROM a\n  # one\n", ["# one"]),
        ("deploy/Containerfile.web", "FROM a\nRUN x \\\n# one\n  y\n", ["# one"]),
        (".env.production", "# one\nA=1\n", ["# one"]),
        ("PGBOUNCER.INI", "; one\n", ["; one"]),
        ("notes.txt", "# nothing is known of this\n", []),
    ],
)
def test_each_language_has_its_own_finder(path: str, text: str, found: list[str]) -> None:
    assert texts(path, text) == found
