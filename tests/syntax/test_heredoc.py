"""The lines of a text that begins with `<<-`."""

from __future__ import annotations

import pytest

from poollint.model.source import SourceFile
from poollint.syntax import hcl
from poollint.syntax.heredoc import dedented


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (["    a\n      b\n"], ["a\n  b\n"]),
        (["    a\n\n  \n    b\n"], ["a\n\n  \nb\n"]),
        (["  a: ", None, "\n  b: ", None, "\n"], ["a: ", None, "\nb: ", None, "\n"]),
        (["  a\n", None, " b\n"], ["  a\n", None, " b\n"]),
        (["    ", None, "\n  b\n"], ["  ", None, "\nb\n"]),
        ([], []),
        ([None], [None]),
    ],
)
def test_lines_lose_what_all_of_them_are_indented_by(
    parts: list[str | None], expected: list[str | None]
) -> None:
    assert dedented(parts) == expected


@pytest.mark.parametrize(("mark", "expected"), [("<<-", "a: x\n  b\n"), ("<<", "  a: x\n    b\n")])
def test_only_a_mark_with_a_dash_dedents(mark: str, expected: str) -> None:
    body = hcl.read(SourceFile("t.tf", f'v = {mark}EOT\n  a: ${{"x"}}\n    b\n  EOT\n'))
    assert isinstance(body, hcl.Body)
    template = body.get("v")
    assert isinstance(template, hcl.Template)
    texts = [part.text for part in template.parts if isinstance(part, hcl.Constant)]
    assert "".join(texts) == expected
