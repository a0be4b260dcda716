"""Which lines an ignore covers, what it names, and why."""

from __future__ import annotations

import pytest

from poollint.engine.suppression import Ignore, ignores
from poollint.model.source import SourceFile, Span

KNOWN = {"bad-thing": "bad-thing", "evil-thing": "bad-thing", "far-thing": "far-thing"}


def read(text: str, path: str = "x.py", strict: bool = False) -> tuple[Ignore, ...]:
    def resolve(name: str) -> tuple[str, str]:
        return KNOWN.get(name, ""), "" if name in KNOWN else "a hint"

    return ignores(SourceFile(path, text), resolve, strict)


def one(text: str, path: str = "x.py") -> Ignore:
    (found,) = read(text, path)
    return found


def lines(text: str, path: str = "x.py") -> tuple[int, int]:
    found = one(text, path)
    return found.first, found.last


def test_names_and_reason_are_read() -> None:
    found = one("x()  # poollint: ignore[bad-thing, evil-thing,nonsense] closed elsewhere\n")
    assert [(name.text, name.rule) for name in found.names] == [
        ("bad-thing", "bad-thing"),
        ("evil-thing", "bad-thing"),
        ("nonsense", ""),
    ]
    assert found.names[2].hint == "a hint"
    assert found.reason == "closed elsewhere"


def test_names_know_their_place() -> None:
    text = "x()  # poollint: ignore[bad-thing, far-thing]"
    first, second = one(text).names
    for name in (first, second):
        span = name.span
        assert text[span.start.column - 1 : span.end.column - 1] == name.text


@pytest.mark.parametrize(
    "comment",
    [
        "# poollint: ignore[bad-thing]",
        "#poollint:ignore[bad-thing]",
        "# noqa: E501  # poollint: ignore[bad-thing]",
        "# poollint: ignore[bad-thing]  # noqa: E501",
        "## poollint: ignore [ bad-thing ]",
    ],
)
def test_spelling_is_free_where_it_does_no_harm(comment: str) -> None:
    found = one(f"x()  {comment}\n")
    assert [name.text for name in found.names] == ["bad-thing"]
    assert found.reason == ""


@pytest.mark.parametrize(
    "line",
    [
        's = "# poollint: ignore[bad-thing]"',
        'x()  # write "# poollint: ignore[bad-thing]" there',
        "x()  # poollint: ignored[bad-thing]",
        "x()  # poollint: ignore-all[bad-thing]",
        "x()  # see poollint: ignore[bad-thing]",
    ],
)
def test_what_only_looks_like_an_ignore_is_none(line: str) -> None:
    assert read(f"{line}\n") == ()


@pytest.mark.parametrize("comment", ["# poollint: ignore", "# poollint: ignore[] later"])
def test_bare_ignore_names_nothing(comment: str) -> None:
    assert one(f"x()  {comment}\n").names == ()


def test_reason_may_be_required() -> None:
    text = "x()  # poollint: ignore[bad-thing]\ny()  # poollint: ignore[bad-thing] because\n"
    assert [found.unexplained for found in read(text, strict=True)] == [True, False]
    assert [found.unexplained for found in read(text)] == [False, False]


class TestPython:
    """An own line covers the next statement, a trailing comment its line."""

    def test_trailing_covers_its_line(self) -> None:
        assert lines("x()\ny()  # poollint: ignore[bad-thing]\nz()\n") == (2, 2)

    def test_own_line_covers_the_whole_next_statement(self) -> None:
        text = "# poollint: ignore[bad-thing]\n\n# another\nx(\n    1,\n)\ny()\n"
        assert lines(text) == (4, 6)

    def test_compound_statement_is_covered_up_to_its_body(self) -> None:
        text = "# poollint: ignore[bad-thing]\n@d\ndef f(\n    a,\n):\n    # why\n    x()\n"
        assert lines(text) == (2, 5)

    def test_comment_between_header_and_body_covers_the_first_statement(self) -> None:
        text = "def f():\n    # poollint: ignore[bad-thing]\n    x(\n    )\n    y()\n"
        assert lines(text) == (3, 4)

    def test_comment_inside_of_a_statement_covers_the_next_line(self) -> None:
        text = "x(\n    # poollint: ignore[bad-thing]\n    1,\n    2,\n)\ny()\n"
        assert lines(text) == (3, 3)

    def test_except_clause_is_a_statement(self) -> None:
        text = "try:\n    x()\n# poollint: ignore[bad-thing]\nexcept E:\n    y()\n"
        assert lines(text) == (4, 4)

    def test_match_is_covered_up_to_its_first_case(self) -> None:
        text = "# poollint: ignore[bad-thing]\nmatch x(\n):\n    case 1:\n        y()\n"
        assert lines(text) == (2, 3)

    def test_broken_file_falls_back_to_the_next_line(self) -> None:
        assert lines("# poollint: ignore[bad-thing]\n\nx(\n  1\n") == (3, 3)

    def test_comment_at_the_end_covers_nothing_that_exists(self) -> None:
        text = "x()\n# poollint: ignore[bad-thing]\n"
        assert lines(text)[0] > 2

    def test_head_ends_with_the_first_statement_after_the_docstring(self) -> None:
        head = '"""Doc."""\n# poollint: ignore-file[bad-thing] generated\nimport x\n'
        assert one(head).covers(Span.at("x.py", 4_000))
        late = "import x\n# poollint: ignore-file[bad-thing]\ny()\n"
        assert one(late).misplaced
        assert not one(late).covers(Span.at("x.py", 3))

    def test_file_of_comments_is_all_head(self) -> None:
        assert not one("# one\n# poollint: ignore-file[bad-thing]\n").misplaced


class TestConfiguration:
    """Elsewhere an own line covers the next line that says something."""

    def test_own_line_covers_the_next_line(self) -> None:
        text = (
            "[pgbouncer]\n; poollint: ignore[bad-thing]\n\n; another\npool_mode = session\na = 1\n"
        )
        assert lines(text, "pgbouncer.ini") == (5, 5)

    def test_trailing_covers_its_line(self) -> None:
        text = "max_connections = 10 # poollint: ignore[bad-thing] enough\n"
        assert lines(text, "postgresql.conf") == (1, 1)

    def test_mark_of_a_document_does_not_end_the_head(self) -> None:
        text = "---\n# poollint: ignore-file[bad-thing]\na: 1\n"
        assert not one(text, "x.yaml").misplaced
        assert one(f"b: 1\n{text}", "x.yaml").misplaced

    def test_string_in_yaml_is_no_ignore(self) -> None:
        text = 'a: "# poollint: ignore[bad-thing]"\nb: |\n  # poollint: ignore[bad-thing]\n'
        assert read(text, "x.yaml") == ()


def test_span_that_ends_before_a_line_is_not_on_it() -> None:
    found = one("x()\ny()  # poollint: ignore[bad-thing]\n")
    source = SourceFile("x.py", "x()\ny()\n")
    assert not found.covers(source.span(0, 4))  # up to, not including, the start of line 2
    assert found.covers(source.span(0, 5))
    assert not found.covers(Span.at("other.py", 2))
