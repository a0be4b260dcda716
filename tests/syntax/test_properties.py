"""Java's properties, by themselves and as YAML says them."""

from __future__ import annotations

from poollint.model.source import SourceFile
from poollint.syntax import properties, yaml


def entries(text: str) -> list[list[tuple[str, str]]]:
    return [
        [(p.key, p.value) for p in d] for d in properties.read(SourceFile("a.properties", text))
    ]


def test_separators_comments_and_escapes() -> None:
    text = "# c\n! d\na = 1\nb: 2\nc 3\nd\\=e=4\n  f=g=h\n\nempty=\n"
    assert entries(text) == [
        [("a", "1"), ("b", "2"), ("c", "3"), ("d=e", "4"), ("f", "g=h"), ("empty", "")]
    ]


def test_a_line_goes_on_behind_a_backslash() -> None:
    assert entries("a = 1,\\\n    2\nb=3\\\\\nc=4") == [[("a", "1,2"), ("b", "3\\"), ("c", "4")]]


def test_documents_are_divided() -> None:
    assert entries("a=1\n#---\nb=2\n!---\nc=3\n") == [[("a", "1")], [("b", "2")], [("c", "3")]]


def test_a_value_knows_its_place() -> None:
    ((found,),) = properties.read(SourceFile("a.properties", "\n\npool.size = 20\n"))
    assert (found.span.start.line, found.span.start.column, found.span.end.column) == (3, 13, 15)


def test_yaml_is_flattened() -> None:
    stream = yaml.read(SourceFile("a.yml", "a:\n  b: 1\n  c: [x, {d: 2}]\ne: ~\n"))
    found = [(p.key, p.value) for p in properties.flat(stream.documents[0])]
    assert found == [("a.b", "1"), ("a.c[0]", "x"), ("a.c[1].d", "2"), ("e", "")]
