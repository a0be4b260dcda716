"""pg_hba.conf, split into words."""

from poollint.model.source import SourceFile
from poollint.syntax import hba


def _lines(text: str) -> list[tuple[tuple[str, ...], ...]]:
    return [line.fields for line in hba.parse(SourceFile("pg_hba.conf", text))]


def test_blanks_part_fields_and_commas_words() -> None:
    text = (
        'host  all\t"my db",orders , reports  10.0.0.0/8 md5 # why\r\n\n# host all\n'
        "local all all trust"
    )
    assert _lines(text) == [
        (("host",), ("all",), ("my db", "orders", "reports"), ("10.0.0.0/8",), ("md5",)),
        (("local",), ("all",), ("all",), ("trust",)),
    ]


def test_a_line_has_its_place() -> None:
    (line,) = hba.parse(SourceFile("pg_hba.conf", "\n  host all all all trust   # x\n"))
    assert (line.span.start.line, line.span.start.column, line.span.end.column) == (2, 3, 25)


def test_comments_begin_outside_quotes() -> None:
    source = SourceFile("pg_hba.conf", '# one\nhost "a#b" all all md5 # two\n')
    assert [(c.text, c.own_line) for c in hba.comments(source)] == [
        ("# one", True),
        ("# two", False),
    ]


def test_a_quote_without_end_is_no_end_of_the_reading() -> None:
    assert len(_lines('host "all all\nlocal all all md5\n')) == 2
