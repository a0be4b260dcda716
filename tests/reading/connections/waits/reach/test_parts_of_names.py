"""What is made of texts that are known."""

from __future__ import annotations

import ast
from pathlib import PurePosixPath

import pytest

from poollint.reading.connections.waits.reach.parts_of_names import Part, part

KNOWN = {"name": "lists/Source.DOCX", "path": PurePosixPath("lists/source.tar.gz")}


def _value(node: ast.expr) -> object:
    if isinstance(node, ast.Name):
        return KNOWN.get(node.id)
    return part(node, _value)


def _part(text: str) -> Part | None:
    return part(ast.parse(text, mode="eval").body, _value)


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("Path(name).suffix", ".DOCX"),
        ("pathlib.PurePath(name).suffix.lower()", ".docx"),
        ("Path(name).stem", "Source"),
        ("path.suffix", ".gz"),
        ("path.name", "source.tar.gz"),
        ("str(path)", "lists/source.tar.gz"),
        ("os.path.splitext(name)[1]", ".DOCX"),
        ("os.path.splitext(name)[-2]", "lists/Source"),
        ("splitext(os.path.basename(name))[0]", "Source"),
        ("name.rsplit('.', 1)[-1].lower()", "docx"),
        ("name.lower().endswith(('.doc', '.docx'))", True),
        ("name.upper().startswith('X')", False),
        ("name.split(sep='/')", ("lists", "Source.DOCX")),
    ],
)
def test_it_is_what_python_makes_of_it(text: str, made: Part) -> None:
    assert _part(text) == made


@pytest.mark.parametrize(
    "text",
    [
        "name",
        "Path(other).suffix",
        "Path(name, 'more').suffix",
        "name.suffix",
        "name.replace('a', 'b' * 9)",
        "name.endswith(ending)",
        "name.split('')",
        "name.split(**more)",
        "name.lower(1)",
        "name[0]",
        "name.split('/')[7]",
        "name.split('/')[at]",
        "path.parent",
        "name" + ".lower()" * 400,
        "str(" * 150 + "name" + ")" * 150,
    ],
)
def test_what_is_not_known_is_nothing(text: str) -> None:
    assert _part(text) is None
