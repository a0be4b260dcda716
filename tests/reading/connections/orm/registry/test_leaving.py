"""What a function leaves a registry's session with, for the one that calls it and waits."""

import pytest

from poollint.model.source import SourceFile
from poollint.reading.code import read
from poollint.reading.reader import Options
from tests.reading.connections.orm.registry.test_registered import HEAD


@pytest.mark.parametrize(
    ("body", "held"),
    [
        ("db.session.get(Row, 1)", True),
        ("db.session.commit(); db.session.get(Row, 1)", True),
        ("db.session.get(Row, 1); db.session.commit()", False),
        ("db.session.commit(); x and db.session.get(Row, 1)", False),
        ("db.session.commit(); db.session.get(Row, 1); x()", False),
        ("with db.session.begin(): db.session.get(Row, 1)", False),
        ("with db.session.begin_nested(): db.session.get(Row, 1)", True),
    ],
)
def test_what_is_called_leaves_what_it_does_last(body: str, held: bool) -> None:
    called = f"def called(x):\n    {body}\ndef f(other):\n"
    text = HEAD.replace("def f(other):\n", called).format(options="")
    text += "    called(other)\n    requests.get(other)\n"
    module = read(SourceFile("shop.py", text), Options()).module
    assert module is not None
    found = next((f.holds for f in module.functions if f.name == "f"), ())
    assert bool(found) is held
