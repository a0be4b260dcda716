"""Positions: offsets and back, in texts with every sort of line end."""

from hypothesis import given
from hypothesis import strategies as st

from poollint.model.source import Position, SourceFile, Span

texts = st.text(alphabet="ab\n\r\t é€𝄞", max_size=60)


@given(texts, st.data())
def test_a_position_leads_back_to_its_offset(text: str, data: st.DataObject) -> None:
    source = SourceFile("x", text)
    offset = data.draw(st.integers(0, len(text)))
    assert source.offset(source.position(offset)) == offset


@given(texts)
def test_lines_are_those_python_reads(text: str) -> None:
    source = SourceFile("x", text)
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    assert [source.line(n) for n in range(1, len(lines) + 1)] == lines
    assert source.line(len(lines) + 1) == ""
    assert source.line(0) == ""


def test_a_form_feed_does_not_end_a_line() -> None:
    assert SourceFile("x", "a\x0cb\u2028c\nd").position(6) == Position(2, 1)


def test_a_span_knows_its_file() -> None:
    source = SourceFile("app/db.py", "one\ntwo three")
    expected = Span("app/db.py", Position(2, 5), Position(2, 10))
    assert source.span(8, 13) == expected
    assert source.text[source.offset(expected.start) : source.offset(expected.end)] == "three"
