"""What objects keep that make a session when they are entered."""

import ast
from textwrap import dedent

import pytest

from poollint.catalog.load import drivers
from poollint.reading.connections.orm.objects.units_of_work import unit, unit_of_work, units
from poollint.reading.naming.objects.instances import Instance
from poollint.reading.naming.scopes.names import Names

TEXT = """
    from sqlalchemy.orm import sessionmaker
    sessions = sessionmaker()
    class Rows:
        def __init__(self, s):
            self.s = s
    class Entered:
        def __enter__(self):
            self.session = sessions()
            self.rows = Rows(self.session)
            return self
    class Made:
        def __init__(self):
            self.db = sessions()
        async def __aenter__(self):
            return self
    class Two:
        def __enter__(self):
            self.one = sessions()
            self.two = sessions()
            return self
    class Kept:
        def __init__(self):
            self.session = sessions()
    class Handing:
        def __enter__(self):
            self.session = other()
            return self
    class Around:
        def __init__(self, session, name=""):
            self.session = session
            self.rows = Rows(session)
        def __enter__(self):
            return self
    class Giving:
        def __init__(self, session):
            self.session = session
        def __enter__(self):
            return self.session
    class InParts:
        def __enter__(self):
            self.session = sessions()
            self._build(3)
            return self
        def _build(self, number):
            self.rows = Rows(self.session)
            self.number = number
        def _again(self):
            self.more = Rows(self.session)
    class Unclear:
        def __enter__(self):
            self.session = sessions()
            self._build()
            return self
        def _build(self):
            self.rows = other(self.session)
            self._build()
    def f(given):
        with Entered() as unit, other() as x:
            pass
        made = Made()
        with made:
            pass
"""
NAMES = Names(ast.parse(dedent(TEXT)), drivers())


@pytest.mark.parametrize(
    ("cls", "own", "inner"),
    [
        ("Entered", "self.session", ["rows"]),
        ("Made", "self.db", []),
        ("InParts", "self.session", ["rows"]),
        ("Unclear", "self.session", []),
    ],
)
def test_the_session_and_what_gets_it_are_known(cls: str, own: str, inner: list[str]) -> None:
    found = unit_of_work(Instance(NAMES, cls))
    assert found is not None
    assert found[0].own == {own}
    assert list(found[0].inner) == inner
    assert found[1].kind == "session"


@pytest.mark.parametrize("cls", ["Two", "Kept", "Handing", "Rows"])
def test_any_other_class_is_no_unit_of_work(cls: str) -> None:
    assert unit_of_work(Instance(NAMES, cls)) is None


def test_a_function_has_those_whose_blocks_it_enters() -> None:
    found = [name for name, *_ in units(NAMES.functions["f"], "f", NAMES)]
    assert sorted(found) == ["made", "unit"]


@pytest.mark.parametrize("call", ["Around(sessions())", "Around(name='x', session=sessions())"])
def test_an_object_may_be_made_around_a_session(call: str) -> None:
    found = unit(ast.parse(call, mode="eval").body, "", NAMES)
    assert found is not None
    assert (found[0].own, list(found[0].inner)) == (frozenset({"self.session"}), ["rows"])
    assert found[1].kind == "session"


@pytest.mark.parametrize(
    "call",
    ["Around(given)", "Giving(sessions())", "Rows(sessions())", "Around(sessions(), sessions())"],
)
def test_any_other_call_makes_no_unit_of_work(call: str) -> None:
    assert unit(ast.parse(call, mode="eval").body, "", NAMES) is None
