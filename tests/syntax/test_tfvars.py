"""Values of variables as JSON."""

from __future__ import annotations

import pytest

from poollint.model.source import SourceFile, Unreadable
from poollint.syntax import tfvars
from poollint.syntax.hcl_nodes import Array, Body, Constant, Object

TEXT = """{
  "tasks": 6,
  "most": "50",
  "on": true,
  "zones": ["a", "b"],
  "pool": {"size": 5}
}
"""


def body(text: str) -> Body:
    found = tfvars.read(SourceFile("prod.tfvars.json", text))
    assert isinstance(found, Body)
    return found


def test_values_are_what_hcl_would_make_of_them() -> None:
    found = body(TEXT)
    tasks, most, on = (found.get(name) for name in ("tasks", "most", "on"))
    assert [(c.text, c.quoted) for c in (tasks, most, on) if isinstance(c, Constant)] == [
        ("6", False), ("50", True), ("true", False)
    ]  # fmt: skip
    zones, pool = found.get("zones"), found.get("pool")
    assert isinstance(zones, Array)
    assert [z.text for z in zones.items if isinstance(z, Constant)] == ["a", "b"]
    assert isinstance(pool, Object)


def test_each_value_keeps_its_place() -> None:
    most = body(TEXT).get("most")
    assert isinstance(most, Constant)
    assert (most.span.start.line, most.span.start.column) == (3, 11)


def test_a_text_is_taken_as_it_is() -> None:
    most = body('{"most": "${var.other}"}').get("most")
    assert isinstance(most, Constant)
    assert most.text == "${var.other}"


@pytest.mark.parametrize("text", ["", "[1]", "{", "6"])
def test_what_is_no_object_is_told(text: str) -> None:
    assert isinstance(tfvars.read(SourceFile("prod.tfvars.json", text)), Unreadable)
