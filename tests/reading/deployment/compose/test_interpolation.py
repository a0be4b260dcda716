from __future__ import annotations

import pytest

from poollint.model.source import Span
from poollint.reading.deployment.compose.interpolation import Interpolation
from poollint.syntax.dotenv import Binding
from poollint.syntax.yaml import Scalar

ENV = Span.at(".env", 3, 3, 1)
HERE = Span.at("compose.yaml", 5, 3, 4)
PROJECT = Interpolation({"A": Binding("A", "1", ENV), "E": Binding("E", "", ENV)})


def word(text: str) -> str | None:
    return PROJECT.word(Scalar(text, "", "", HERE)).value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("${A}", "1"),
        ("$A", "1"),
        ("x$A.", "x1."),
        ("$$A", "$A"),
        ("${A:-2}", "1"),
        ("${B:-2}", "2"),
        ("${B-2}", "2"),
        ("${E:-d}", "d"),
        ("${E-d}", ""),
        ("${A:+y}", "y"),
        ("${B:+y}", ""),
        ("${B:-${C:-3}}", "3"),
        ("${B:-x:${C:-y}@z}", "x:y@z"),
        ("${B:-x:${A}@z}", "x:1@z"),
        ("${B:-x:${C:?}@z}", "x:${C:?}@z"),
        ("a$", "a$"),
        ("$1", "$1"),
        ("${", "${"),
        ("${B", "${B"),
    ],
)
def test_references_are_replaced_as_compose_does(text: str, value: str) -> None:
    assert word(text) == value


def test_what_is_not_set_is_unknown_alone_and_stays_within_a_text() -> None:
    assert word("${B}") is None
    assert word("${B:?must be set}") is None
    assert word("${B:-${C}}") is None
    assert word("postgresql://u:${B}@db/x") == "postgresql://u:${B}@db/x"


def test_a_whole_reference_has_the_place_of_the_variable() -> None:
    assert PROJECT.word(Scalar("${A:-5}", "", "", HERE)).origin == ENV
    assert PROJECT.word(Scalar("${B:-5}", "", "", HERE)).origin == HERE


def test_commands_mark_what_is_not_known() -> None:
    assert PROJECT.command("app --threads ${A} --workers ${B}") == (
        "app --threads 1 --workers `B`",
        False,
    )
    assert PROJECT.command("sh -c 'echo $$HOME'") == ("sh -c 'echo $HOME'", True)


def test_hostile_texts_end() -> None:
    for text in ("${" * 100_000, "${A:-" * 100_000, "$" * 100_001):
        assert word(text) is not None
    assert word("${A" * 50_000 + "}" * 50_000) is None


def test_what_is_encrypted_is_not_known() -> None:
    sealed = Binding("URL", "ENC[AES256_GCM,data:Zm9v,type:str]", HERE)
    assert PROJECT.value(sealed).value is None
