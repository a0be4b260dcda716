"""One line a finding."""

from __future__ import annotations

from dataclasses import replace

from poollint.model.report import Coverage, Report
from poollint.report.concise import concise
from poollint.report.palette import Palette
from tests.report.example import IGNORED, LEAK, SIBLINGS


def test_the_brief_words_are_shown_and_the_message_where_there_are_none() -> None:
    bare = replace(SIBLINGS[1], problem=replace(SIBLINGS[1].problem, brief=""))
    assert concise(Report((LEAK, bare), Coverage()), lambda _: None, Palette()) == (
        "shop/orders.py:14:12: error[connection-leak] not given back if line 16 raises\n"
        "shop/jobs.py:17:16: error[connection-leak] `nightly` never gives this connection back\n"
    )


def test_a_message_of_several_lines_is_one_line() -> None:
    broken = replace(LEAK, problem=replace(LEAK.problem, brief="one\n  two"))
    text = concise(Report((broken,), Coverage()), lambda _: None, Palette())
    assert text.endswith("] one two\n")


def test_a_suppressed_finding_has_no_line() -> None:
    assert concise(Report((IGNORED,), Coverage()), lambda _: None, Palette()) == ""
