"""What a function keeps for later calls, and what it does only until it has that."""

from __future__ import annotations

import ast

import pytest

from poollint.catalog.load import drivers
from poollint.reading.connections.waits.reach.consuming import own_calls
from poollint.reading.naming.objects.instances import Member
from poollint.reading.naming.scopes.names import Names
from poollint.reading.running.once.first_call import only_at_first


def at_first(body: str, skipped: str = "") -> bool:
    """Tell whether `ask()` is called only at first in a function with this body.

    Who calls it has parts that read as `skipped` left out.
    """
    lines = "\n".join(f"    {line}" for line in body.splitlines())
    text = f"kept = None\ntable = {{}}\ndef f(key):\n{lines}\n"
    member = Member(Names(ast.parse(text), drivers()), "f")
    (found,) = (
        (call, above)
        for call, above in own_calls(member.names.functions["f"])
        if isinstance(call, ast.Call) and ast.unparse(call) == "ask()"
    )
    return only_at_first(*found, member, lambda node: ast.unparse(node) != skipped)


@pytest.mark.parametrize(
    "body",
    [
        "global kept\nif kept:\n    return kept\nkept = ask()\nreturn kept",
        "global kept\nif kept is None:\n    kept = ask()\nreturn kept",
        "if key not in table:\n    table[key] = ask()\nreturn table[key]",
        "found = table.get(key)\nif found:\n    return found\nfound = ask()\ntable[key] = found",
        "global kept, at\nif kept:\n    return\nx, kept = ask(), 1",
        "global kept\nif kept:\n    return kept\ntry:\n    kept = ask()\nexcept E:\n    pass",
    ],
)
def test_what_keeps_its_answer_asks_at_first(body: str) -> None:
    assert at_first(body)


@pytest.mark.parametrize(
    "body",
    [
        "kept = ask()\nif kept:\n    return kept",  # a name of its own
        "global kept\nkept = ask()\nreturn kept",  # never asks for it
        "global kept\nif key:\n    return kept\nkept = ask()",
        "global kept\nif kept > 9:\n    return\nask()\nkept += 1",  # a count
        "global kept\nif kept:\n    return\ntry:\n    ask()\nexcept E:\n    kept = 1",  # a failure
        "if key in table:\n    return\ntable[key] = 1\nask()\ndel table[key]",  # one at a time
        "table = {}\nif key not in table:\n    table[key] = ask()",
        "if self.kept:\n    return self.kept\nself.kept = ask()",  # one object's
    ],
)
def test_what_keeps_none_asks_each_time(body: str) -> None:
    assert not at_first(body)


@pytest.mark.parametrize(
    ("body", "skipped"),
    [
        ("if key:\n    if kept:\n        return kept\nglobal kept\nkept = ask()", "return kept"),
        ("global kept\nif key or kept is None:\n    kept = ask()", "kept"),
    ],
)
def test_who_has_it_ask_in_any_case_does_not_run_what_looks_for_an_answer(
    body: str, skipped: str
) -> None:
    assert at_first(body)
    assert not at_first(body, skipped)
