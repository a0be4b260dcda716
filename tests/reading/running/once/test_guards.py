"""Tests under which a call does not run each time its function does."""

from __future__ import annotations

import ast
from dataclasses import replace

import pytest

from poollint.facts.code import Rate, Recurrence
from poollint.model.source import Span
from poollint.reading.naming.scopes.outline import Outline
from poollint.reading.running.once.guards import Guard, guards, under

HEAD = "import time\nimport streamlit as st\n"
AT = Span.at("page.py", 3)
RERUN = Recurrence(Rate.RERUN, "Streamlit", ())


def _guard(text: str) -> Guard | None:
    tree = ast.parse(HEAD + text)
    found = guards(Outline(tree, {}), "")
    calls = (n for n in ast.walk(tree) if isinstance(n, ast.Call) and ast.unparse(n.func) == "go")
    return found.get(id(next(calls)))


@pytest.mark.parametrize(
    ("text", "rate", "seconds"),
    [
        ("if st.button('x'):\n    go()\n", Rate.CLICK, None),
        ("if st.sidebar.button('x') and ready:\n    go()\n", Rate.CLICK, None),
        ("sent = st.form_submit_button()\nif sent:\n    go()\n", Rate.CLICK, None),
        ("if words := st.chat_input():\n    go()\n", Rate.CLICK, None),
        ("now = time.time()\nif now - last > 300:\n    go()\n", Rate.TICK, 300.0),
        ("if time.monotonic() - last >= limit:\n    go()\n", Rate.TICK, None),
    ],
)
def test_a_click_or_a_clock_guards_a_call(text: str, rate: Rate, seconds: float | None) -> None:
    guard = _guard(text)
    assert guard is not None
    assert (guard.rate, guard.seconds) == (rate, seconds)


@pytest.mark.parametrize(
    "text",
    [
        "if st.checkbox('x'):\n    go()\n",
        "if st.button('x'):\n    pass\nelse:\n    go()\n",
        "if not st.button('x'):\n    go()\n",
        "sent = st.button('x')\nsent = True\nif sent:\n    go()\n",
        "if total - paid > 300:\n    go()\n",
    ],
)
def test_other_tests_guard_nothing(text: str) -> None:
    assert _guard(text) is None


def test_a_click_is_one_of_a_page_and_a_clock_slows_nothing_that_ticks() -> None:
    test = ast.parse("x", mode="eval").body
    click, clock = Guard(test, Rate.CLICK), Guard(test, Rate.TICK, 5.0)
    assert under(RERUN, click, AT).rate is Rate.CLICK
    assert under(replace(RERUN, rate=Rate.REQUEST), click, AT).rate is Rate.REQUEST
    slow = under(replace(RERUN, rate=Rate.REQUEST), clock, AT)
    assert (slow.rate, slow.seconds) == (Rate.TICK, 5.0)
    task = replace(RERUN, rate=Rate.TASK)
    assert under(task, clock, AT) is task
