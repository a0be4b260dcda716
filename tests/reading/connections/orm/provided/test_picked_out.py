"""Which names of a function are sessions that it picks out of what it is handed."""

import ast

import pytest

from poollint.catalog.merged import drivers
from poollint.reading.connections.orm.provided.picked_out import picks_out
from poollint.reading.naming.scopes.names import Names

IMPORTS = "from sqlalchemy.orm import Session\n"


def _picks(header: str, *body: str) -> bool:
    lines = "".join(f"    {line}\n" for line in body)
    tree = ast.parse(f"{IMPORTS}def handle({header}):\n{lines}")
    return picks_out(tree.body[1], "handle", Names(tree, drivers()))


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("data", 'data["session"]'),
        ("data", "data[0]"),
        ("**kwargs", 'kwargs.get("session")'),
        ("**kwargs", 'kwargs.pop("session", None)'),
        ("info", 'info.context["request"].state.db'),
        ("info", 'info.context.get("db")'),
    ],
)
def test_one_is_picked_by_a_key_or_an_attribute(header: str, value: str) -> None:
    assert _picks(header, f"session: Session = {value}")


@pytest.mark.parametrize(
    ("header", "statements"),
    [
        ("data", ['session = data["session"]']),  # nothing says that it is one
        ("data", ["session: Session"]),
        ("data", ["session: Session = data"]),
        ("data", ['session: Session = make(data["session"])']),
        ("data", ['session: Session = data.make("session")']),
        ("data", ["session: Session = data.get(key())"]),
        ("self", ["session: Session = self.session"]),  # its own object's is told elsewhere
        ("", ['session: Session = KEPT["session"]']),
        ("data", ['session: Session = data["session"]', "session = make()"]),
        ("data", ['title: str = data["title"]']),
    ],
)
def test_what_is_not_sure_is_none(header: str, statements: list[str]) -> None:
    assert not _picks(header, *statements)
