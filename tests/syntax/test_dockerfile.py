from __future__ import annotations

import timeit
from time import process_time

from poollint.model.source import SourceFile
from poollint.syntax import dockerfile


def read(text: str) -> list[tuple[str, str, int]]:
    found = dockerfile.read(SourceFile("Dockerfile", text))
    return [(i.name, i.text, i.span.start.line) for i in found]


def test_continued_lines_and_comments_between_make_one_instruction() -> None:
    text = 'FROM python:3.12 as base\nenv A=1 \\\n  # why\n\n  B=2\nCMD ["a", \\\n "b"]\n'
    assert read(text) == [
        ("FROM", "python:3.12 as base", 1),
        ("ENV", "A=1    B=2", 2),
        ("CMD", '["a",   "b"]', 6),
    ]


def test_bodies_of_here_documents_are_no_instructions() -> None:
    text = "FROM a\nRUN <<EOF\nFROM b\nCMD x\nEOF\nCMD y\n"
    assert [name for name, *_ in read(text)] == ["FROM", "RUN", "CMD"]


def test_a_here_document_without_an_end_ends_nowhere_else() -> None:
    assert [name for name, *_ in read("FROM a\nRUN <<EOF\nCMD x\n")] == ["FROM", "RUN", "CMD"]


def test_here_documents_without_an_end_take_time_linear_in_their_number() -> None:
    def seconds(count: int) -> float:
        source = SourceFile("Dockerfile", "FROM a\n" + "RUN <<EOF\n" * count)
        return min(
            timeit.repeat(lambda: dockerfile.read(source), timer=process_time, number=1, repeat=4)
        )

    assert seconds(20_000) < 50 * max(seconds(2_000), 0.0005)
