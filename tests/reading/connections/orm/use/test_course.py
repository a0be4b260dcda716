"""What is left of a session's transaction where a function ends that was lent the session."""

import ast
from collections.abc import Sequence

import pytest

from poollint.catalog.load import drivers
from poollint.reading.connections.orm.objects.keeping import of_names
from poollint.reading.connections.orm.use.asking import Use, asked
from poollint.reading.connections.orm.use.calling import Called
from poollint.reading.connections.orm.use.course import effect, followed
from poollint.reading.naming.objects.instances import Member
from poollint.reading.naming.scopes.names import Names

ENDING = ("commit", "rollback", "close")
NOTHING, TAKES, UNKNOWN = Use.NOTHING, Use.TAKES, Use.UNKNOWN
MORE = """
def renew(s):
    s.commit()
    s.execute(1)
def end(s):
    s.commit()
def ends(fn):
    def run(s):
        fn(s)
        s.commit()
    return run
def counts(fn):
    def run(s):
        number.append(1)
        return fn(s)
    return run
@ends
def ending(s):
    s.execute(1)
@counts
def counted(s):
    s.execute(1)
async def find(s):
    s.execute(1)
class Rows:
    def __init__(self, s):
        self.s = s
    def first(self):
        return self.s.scalar(1)
    def end(self):
        self.s.commit()
class Opening:
    def __init__(self, s):
        self.s = s
        s.execute(1)
"""


def judged(chain: Sequence[str]) -> Use:
    return asked(chain, ENDING)


def called(body: str, head: str = "s, x=None") -> Called:
    lines = "".join(f"    {line}\n" for line in body.split("\n"))
    names = Names(ast.parse(f"async def f({head}):\n{lines}{MORE}"), drivers())
    return Called(Member(names, "f"), of_names({"s"}))


def left(body: str) -> Use:
    return effect(called(body), judged, "test")


@pytest.mark.parametrize(
    ("body", "use"),
    [
        ("pass", NOTHING),
        ("s.add(x)", NOTHING),
        ("s.execute(x)", TAKES),
        ("s.commit()\ns.refresh(x)\nreturn x", TAKES),
        ("s.execute(x)\ns.commit()", UNKNOWN),
        ("if x:\n    s.execute(x)", TAKES),
        ("if x:\n    return s.get(x)\ns.commit()", UNKNOWN),
        ("if x:\n    return s.get(x)\ns.commit()\nreturn s.get(x)", TAKES),
        ("if not s:\n    return\ns.execute(x)", TAKES),
        ("if s is None:\n    unknown(s)\nelse:\n    s.execute(x)", TAKES),
        ("if s is None or x:\n    s.commit()\ns.execute(x)", TAKES),
        ("s.execute(x)\nif not s:\n    s.commit()", TAKES),
        ("unknown(s)", UNKNOWN),
        ("unknown(s)\ns.execute(x)", TAKES),
        ("return s", UNKNOWN),
        ("for y in x:\n    s.execute(y)\n    s.commit()", UNKNOWN),
        ("for y in x:\n    s.commit()\ns.execute(x)", TAKES),
        ("while True:\n    s.execute(x)\n    break", TAKES),
        ("while True:\n    s.execute(x)\n    if x:\n        s.commit()\n        break", UNKNOWN),
        ("for y in x:\n    s.commit()\n    if y:\n        continue\n    s.execute(y)", UNKNOWN),
        ("try:\n    s.execute(x)\nfinally:\n    s.commit()", UNKNOWN),
        ("try:\n    return s.execute(x)\nfinally:\n    s.close()", UNKNOWN),
        ("try:\n    s.execute(x)\nexcept E:\n    s.rollback()\n    return", TAKES),
        ("try:\n    s.commit()\n    s.refresh(x)\nexcept E:\n    raise", TAKES),
        ("with s.begin():\n    s.execute(x)", UNKNOWN),
        ("with s:\n    return s.execute(x)", UNKNOWN),
        ("with x:\n    s.execute(x)", TAKES),
        ("match x:\n    case 1:\n        s.execute(x)\n    case _:\n        s.commit()", UNKNOWN),
        ("def later():\n    s.commit()\nx(later)", UNKNOWN),
        ("x(lambda: s.commit())", UNKNOWN),
        ("return [s.get(y) for y in x]", TAKES),
        ("x and s.commit()", UNKNOWN),
        ("s.get(x) if x else s.scalar(x)", TAKES),
        ("same = s\nsame.execute(x)", TAKES),
        ("q = s.query(x)\nif x:\n    q = q.filter(x)\nreturn q.all()", TAKES),
        ("q = s.query(x)\nreturn q", NOTHING),
        ("q = s.query(x)\nfor row in q:\n    pass", TAKES),
        ("renew(s)", TAKES),
        ("end(s)", UNKNOWN),
        ("end(s)\nRows(s).first()", TAKES),
        ("rows = Rows(s)\nrows.first()", TAKES),
        ("rows = Rows(s)\nrows.first()\nrows.end()", UNKNOWN),
        ("rows = Rows(s)\nrows.end()\nrows.first().name", TAKES),
        ("rows = Rows(s)\nx(rows)", UNKNOWN),
        ("rows = Rows(s)\nrows.first()\nrows.save()", UNKNOWN),
        ("rows = Rows(s)\nrows.first()\nrows.cache.save()", TAKES),
        ("begun = s.begin()\ns.execute(x)\nbegun.commit()", UNKNOWN),
        ("begun = s.begin_nested()\ns.execute(x)\nbegun.commit()", TAKES),
        ("ending(s)", UNKNOWN),
        ("counted(s)", TAKES),
        ("Opening(s)", TAKES),
        ("raise E(s.get(x))", NOTHING),
        ("await f(s)", UNKNOWN),
        ("await find(s)", TAKES),
        ("await wait_for(find(s))", TAKES),
        ("return find(s)", TAKES),
        ("await gather(*[find(s) for y in x])", TAKES),
        ("find(s)", NOTHING),
        ("later = find(s)", NOTHING),
        ("later = find(s)\nawait later", UNKNOWN),
        ("x.later = find(s)", UNKNOWN),
        ("later = [find(s) for y in x]\nawait gather(*later)", UNKNOWN),
        ("later = []\nlater.append(find(s))\nawait gather(*later)", UNKNOWN),
        ("later = renew(s)", TAKES),
    ],
)  # fmt: skip
def test_what_is_done_last_on_every_way_to_the_end_counts(body: str, use: Use) -> None:
    assert left(body) is use


def test_a_call_is_made_with_what_was_done_before_it() -> None:
    one = called("x(1)\ns.execute(x)\nx(2)\ns.commit()\nx(3)\ntry:\n    pass\nexcept E:\n    x(4)")
    course = followed(one, judged, "test")
    assert course is not None
    found = {
        node.args[0].value: course.before(node)
        for node in ast.walk(one.member.names.functions["f"])
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        if isinstance(node.args[0], ast.Constant)
    }
    assert found == {1: {NOTHING}, 2: {TAKES}, 3: {Use.GIVES}, 4: set()}


def test_nothing_is_known_of_what_is_nested_too_deep() -> None:
    depth = 90
    body = "\n".join(f"{' ' * at}if x:" for at in range(depth)) + f"\n{' ' * depth}s.execute(x)"
    assert left(body) is UNKNOWN
