from __future__ import annotations

import pytest

from poollint.facts.infrastructure import Variable
from poollint.model.figure import Basis, Figure, Word
from poollint.model.source import Span
from poollint.reading.deployment.linking.documents import Part
from poollint.reading.deployment.linking.variables import expand, is_secret, number, settled

HERE = Span.at("a.yaml", 1, 1, 1)
THERE = Span.at("b.yaml", 2, 1, 1)
KNOWN = {
    "A": Variable("A", Word("1", Basis.STATED, THERE)),
    "EMPTY": Variable("EMPTY", Word("", Basis.STATED, THERE)),
    "HIDDEN": Variable("HIDDEN", Word(None, Basis.STATED, THERE)),
}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("x", "x"),
        ("$A", "1"),
        ("${A}", "1"),
        ("$(A)", "1"),
        ("a$A-${A}", "a1-1"),
        ("${B:-2}", "2"),
        ("${EMPTY:-2}", "2"),
        ("${EMPTY-2}", ""),
        ("${A:+y}", "y"),
        ("${B:+y}", ""),
        ("$B", None),
        ("x$B", None),
        ("${HIDDEN:-2}", None),
        ("${B:-${A}}", "1"),
        ("$((A + 2) * (${B:-3} - 1))", None),  # no whole expansion
        ("$(((A + 2) * (${B:-3} - 1)))", "6"),
        ("$((7 / 2 % 2))", "1"),
        ("$((B + 2))", None),
        ("$((A ** 9))", None),
        ("$((A / EMPTY))", None),
        ("$(make $A)", None),
        ("`make`", None),
    ],
)
def test_references_are_replaced_where_their_value_is_known(text: str, value: str | None) -> None:
    assert expand(Part(text, HERE), KNOWN).value == value


def test_a_word_that_nothing_replaces_stays() -> None:
    assert expand(Part("$A", HERE, expands=False), KNOWN) == Word("$A", Basis.STATED, HERE)


def test_a_whole_reference_has_the_place_of_the_variable() -> None:
    assert expand(Part("$A", HERE), KNOWN).origin == THERE
    assert expand(Part("$A$A", HERE), KNOWN).origin == HERE


@pytest.mark.parametrize(
    ("text", "value"),
    [("5", 5), (" 5 ", 5), ("-1", -1), ("5.0", None), ("", None), ("9" * 9, None)],
)
def test_only_whole_numbers_are_numbers(text: str, value: int | None) -> None:
    figure = number(Word(text, Basis.STATED, HERE), "workers")
    assert (figure and figure.low) == value


def test_settings_of_the_user_replace_what_files_say() -> None:
    stated = Figure.stated(3, "replicas", HERE)
    assert settled(stated, (("api.replicas", 1, 2),), "web.replicas") is stated
    found = settled(stated, (("web.replicas", 2, 9),), "web.replicas")
    assert (found.low, found.high, found.basis) == (2, 9, Basis.ASSUMED)


def test_names_of_secrets_are_known() -> None:
    assert all(map(is_secret, ["DB_PASSWORD", "API_KEY", "DATABASE_URL", "auth_token"]))
    assert not any(map(is_secret, ["DB_POOL_SIZE", "WEB_CONCURRENCY", "DB_HOST"]))
