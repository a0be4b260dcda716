"""What a caller may know of leaves a call out; what a call has answered does not."""

import ast

import pytest

from poollint.catalog.merged import drivers
from poollint.reading.connections.pools.skipping import gives, handed_on, left_out, told
from poollint.reading.connections.pools.varying import decided
from poollint.reading.connections.waits.reach.consuming import own_calls
from poollint.reading.naming.objects.instances import Member
from poollint.reading.naming.scopes.names import Names


def needs(body: str) -> frozenset[str] | None:
    """Return what has to be left out for `take()` to be called; None where that is not enough."""
    return left_out(*taking(body))


def taking(body: str) -> tuple[ast.AST, list[ast.AST], Member]:
    """Return the call `take()` of a function, what is around it, and the function."""
    lines = "".join(f"    {line}\n" for line in body.split("\n"))
    names = Names(ast.parse(f"async def f(self, told, conn=None):\n{lines}"), drivers())
    of = Member(names, "f")
    calls = own_calls(names.functions["f"])
    found = [(c, above) for c, above in calls if ast.unparse(c) == "take()"]
    assert len(found) == 1
    return (*found[0], of)


@pytest.mark.parametrize(
    "body",
    [
        "take()",
        "if take(): pass",
        "for row in self.rows():\n    take()",
        "row = self.row()\nif row is None:\n    take()",
        "row = await self.row(told)\nif row is None:\n    pass\nelse:\n    take()",
        "row = self.rows()[0]\nif row.sent and not row.late:\n    take()",
        "state = self.state.get(told)\nmatch state:\n    case 3:\n        take()",
        "match take():\n    case 3: pass",
        "row = self.row()\nif not row:\n    row = take()\n    row = [one for one in row]",
        "take() or told",
        "if told:\n    return\ntake()",
        "if conn:\n    told()\ntake()",
        "x = 1 if take() else 2",
    ],
)
def test_it_is_made_some_time(body: str) -> None:
    assert needs(body) == frozenset()


@pytest.mark.parametrize(
    "body",
    [
        "own = conn is None\nif own:\n    take()",
        "missing = not conn\nif missing:\n    take()",
        "given = bool(told)\nif not given:\n    take()",
        "if self.flag:\n    take()",
        "if FLAG:\n    take()",
        "if True:\n    take()",
        "conn = self.kept()\nif conn is None:\n    take()",
        "kept = self.variable.get()\nif kept is None:\n    take()",
        "row = self.row()\nif row and told:\n    take()",
        "row = self.row()\nrow = row or told\nif row:\n    take()",
        "if not row:\n    row = take()\n",
        "x = told or take()",
        "x = conn and take()",
        "x = take() if conn else None",
        "if conn is None:\n    return\ntake()",
        "if not conn:\n    return 0\nwith told:\n    take()",
    ],
)
def test_it_may_be_left_out_for_whoever_has_one(body: str) -> None:
    assert needs(body) is None


@pytest.mark.parametrize(
    "body",
    [
        "if told:\n    take()",
        "x = take() if told else conn",
        "match told:\n    case 3:\n        take()",
    ],
)
def test_what_it_must_be_told_decides(body: str) -> None:
    call, above, of = taking(body)
    assert left_out(call, above, of) == frozenset()
    assert decided(call, above, of) == {"told"}


@pytest.mark.parametrize(
    "body",
    [
        "if conn is None:\n    take()",
        "if not conn:\n    conn = take()",
        "if conn is None:\n    for row in self.rows():\n        conn = take()\nconn = 3",
        "conn = conn or take()",
        "x = conn or take()",
        "x = conn if conn else take()",
        "x = take() if conn is None else conn",
        "if conn:\n    pass\nelse:\n    take()",
        "if conn is not None:\n    return self.read(conn)\ntake()",
        "with told:\n    if conn:\n        return 1\n    take()",
    ],
)
def test_it_is_made_for_whoever_leaves_a_connection_out(body: str) -> None:
    assert needs(body) == frozenset({"conn"})


@pytest.mark.parametrize(
    "body",
    [
        "if told is None:\n    take()",  # it cannot be left out
        "conn = conn or self.conn\nif conn is None:\n    take()",
        "if conn is not None:\n    take()",
        "if conn is None:\n    pass\nelse:\n    take()",
        "if conn is None and told:\n    take()",
    ],
)
def test_leaving_one_out_is_not_enough(body: str) -> None:
    assert needs(body) is None


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("f(1)", False),
        ("f(1, 2)", True),
        ("f(1, conn=c)", True),
        ("f(1, other=c)", False),
        ("f(*rows)", True),
        ("f(1, **words)", True),
    ],
)
def test_what_a_call_gives(call: str, expected: bool) -> None:
    names = Names(ast.parse("def f(told, conn=None, other=None): ..."), drivers())
    written = ast.parse(call, mode="eval").body
    assert isinstance(written, ast.Call)
    given = told(written)
    assert gives(given, Member(names, "f"), frozenset({"conn"})) is expected
    assert not gives(given, Member(names, "f"), frozenset())


@pytest.mark.parametrize(
    ("call", "found"),
    [
        ("take()", set()),
        ("take(conn)", {"conn"}),
        ("take(conn=conn)", {"conn"}),
        ("take(told)", None),  # it is always given
        ("take(conn, told)", None),
        ("take(self.conn)", None),
        ("take(later)", None),  # it is given something
    ],
)
def test_parameters_that_are_handed_on_hold_nothing_unless_given(
    call: str, found: set[str] | None
) -> None:
    text = "def f(self, told, conn=None, later=None):\n    later = later or self.conn\n"
    names = Names(ast.parse(text), drivers())
    node = ast.parse(call, mode="eval").body
    assert isinstance(node, ast.Call)
    values = [*node.args, *(keyword.value for keyword in node.keywords)]
    assert handed_on(values, Member(names, "f")) == found


@pytest.mark.parametrize(
    ("call", "may"),
    [
        ("f(1, conn)", False),
        ("f(1, conn=conn)", False),
        ("f(1, conn=other)", True),
        ("f(conn, 1)", True),  # the second is given all the same
    ],
)
def test_what_holds_nothing_is_not_given(call: str, may: bool) -> None:
    names = Names(ast.parse("def f(told, conn=None):\n    take()\n"), drivers())
    node = ast.parse(call, mode="eval").body
    assert isinstance(node, ast.Call)
    given = told(node, frozenset({"conn"}))
    assert gives(given, Member(names, "f"), frozenset({"conn"})) is may
