"""What an expression of a template comes to."""

import pytest

from poollint.model.source import Span
from poollint.reading.deployment.ansible.expressions import Value, value

HERE = Span.at("a.j2")
KNOWN = {"pool": "20", "many": "2", "own": "{{ pool }}", "loop": "{{ loop }}", "text": "x"}


def lookup(name: str) -> Value | None:
    return Value(KNOWN[name], HERE, name) if name in KNOWN else None


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("30", "30"),
        ("{{ pool }}", "20"),
        ("{{pool|int}}", "20"),
        ("{{- pool -}}", "20"),
        ("{{ own }}", "20"),
        ("{{ none | default(5) }}", "5"),
        ("{{ none | default(pool) | int }}", "20"),
        ("{{ pool | default(5, true) }}", "20"),
        ("{{ pool // many }}", "10"),
        ("{{ pool * many + 1 }}", "41"),
        ("{{ none }}", None),
        ("{{ loop }}", None),
        ("{{ text // many }}", None),
        ("{{ pool // 0 }}", None),
        ("{{ pool | random }}", None),
        ("{{ ansible_processor_vcpus * 4 }}", None),
        ("{{ hosts['a'].pool }}", None),
        ("{{ pool", None),
        ("a{{ pool }}", None),
        ("{{ " + "(" * 500 + " }}", None),
    ],
)
def test_an_expression(text: str, wanted: str | None) -> None:
    assert value(text, HERE, lookup).text == wanted


def test_where_the_variable_stands_is_kept() -> None:
    found = value("{{ own }}", Span.at("b.j2"), lookup)
    assert (found.name, found.span) == ("pool", HERE)
