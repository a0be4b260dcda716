"""An expression that is compiled late is like any other."""

from __future__ import annotations

import copy
import pickle
import re
from collections.abc import Callable
from typing import Any

import pytest

from poollint.engine.compiling import Later, patterns_compiled_late

MODULE = """
import re
WORD = re.compile(r"(?P<first>\\w)(\\w*)", re.I)
BYTES = re.compile(rb"a+")
"""


def made(name: str) -> dict[str, Any]:
    """Return what a module of this name holds that was imported within the block."""
    holds: dict[str, Any] = {"__name__": name}
    with patterns_compiled_late():
        exec(MODULE, holds)
    return holds


def asked(word: Any) -> list[object]:
    match = word.match("Pool 1")
    return [
        match.groups(), match["first"], word.search("-- x")[0], word.fullmatch("a b"),
        word.sub(r"<\1>", "ab cd"), word.findall("ab c"), word.split("-ab-"),
        [m.start() for m in word.finditer("a b")], word.pattern, word.flags, word.groupindex,
        word.match("xab", 1)[0],
    ]  # fmt: skip


def test_it_answers_what_others_do() -> None:
    word = made("poollint.reading.some")["WORD"]
    assert isinstance(word, Later)
    plain = re.compile(r"(?P<first>\w)(\w*)", re.IGNORECASE)
    assert asked(word) == asked(plain)
    assert asked(word) == asked(plain)  # once it is compiled
    assert made("poollint_rules.leak")["BYTES"].fullmatch(b"aa")


def test_it_is_compiled_once_and_only_when_it_is_used() -> None:
    compiled: list[object] = []

    def compile_(pattern: str, flags: int) -> re.Pattern[str]:
        compiled.append(pattern)
        return re.compile(pattern, flags)

    word = Later(compile_, "a", 0)
    assert compiled == []
    assert word.search("a")
    assert word.search("ba")
    assert word.pattern == "a"
    assert compiled == ["a"]


@pytest.mark.parametrize(
    "again", [copy.copy, copy.deepcopy, lambda w: pickle.loads(pickle.dumps(w))]
)
def test_a_copy_is_the_expression_itself(again: Callable[[Any], Any]) -> None:
    assert isinstance(again(made("poollint")["WORD"]), re.Pattern)


def test_other_packages_have_theirs_at_once() -> None:
    for name in ("click.core", "poollinter", "acme.rules"):
        assert isinstance(made(name)["WORD"], re.Pattern)


def test_python_compiles_as_before_once_the_block_ends() -> None:
    before = re.__dict__["compile"]
    with patterns_compiled_late():
        assert re.__dict__["compile"] is not before
    assert re.__dict__["compile"] is before
