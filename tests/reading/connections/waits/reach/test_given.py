"""What a function leaves out for the arguments that it is given."""

from __future__ import annotations

import ast
from textwrap import dedent, indent

import pytest

from poollint.catalog.load import drivers
from poollint.model.source import SourceFile
from poollint.reading.connections.waits.reach.given import (
    Making,
    runs,
    spared,
    supposed,
)
from poollint.reading.connections.waits.reach.known import Known, Something
from poollint.reading.naming.objects.instances import Member
from poollint.reading.naming.scopes.names import Names
from poollint.syntax.python import PythonTree


def _spared(body: str, call: str, head: str = "url, conn=None, *, other=None") -> bool:
    text = f"def work({head}):\n{indent(dedent(body), '    ')}"
    names = Names(ast.parse(text), drivers())
    made = [
        (at, line.index("make(")) for at, line in enumerate(text.splitlines(), 1) if "make(" in line
    ]
    assert made
    return spared(Member(names, "work"), ast.parse(call, mode="eval").body, made, [])


GUARDED = [
    "if conn is None:\n    conn = make()",
    "if not conn:\n    conn = make()",
    "if conn:\n    return conn\nreturn make()",
    "if conn is not None:\n    raise ValueError\nelse:\n    pass\nmake()",
    "if conn is not None:\n    pass\nelse:\n    make()",
    "conn = conn or make()",
    "own = conn if conn else make()",
    "own = make() if conn is None else conn",
    "same = conn\nif same is None and url:\n    same = make()",
    "same: object = conn\nif same is None:\n    same = make()",
    "with url:\n    for x in y:\n        if conn is None:\n            make()",
    "try:\n    if conn is None:\n        make()\nfinally:\n    pass",
]


@pytest.mark.parametrize("body", GUARDED)
def test_nothing_is_made_for_whoever_gives_it(body: str) -> None:
    for call in (
        "work(1, app.conn)",
        "work(1, conn=get())",
        "work(url=1, conn=app.conn, **more)",
        "work(1, app.conn, *more)",
    ):
        assert _spared(body, call), call


@pytest.mark.parametrize("body", GUARDED)
def test_it_is_made_for_whoever_does_not(body: str) -> None:
    for call in ("work(1)", "work(1, None)", "work(1, conn=None)", "work(1, other=app.conn)"):
        assert not _spared(body, call), call


@pytest.mark.parametrize(
    "call", ["work(1, conn)", "work(*given)", "work(1, **given)", "work(1, conn=given or None)"]
)
def test_what_may_be_none_is_not_taken_for_something(call: str) -> None:
    assert not _spared(GUARDED[0], call)


@pytest.mark.parametrize(
    "body",
    [
        "make()",
        "if conn is None:\n    conn = make()\nmake()",
        "if url is None:\n    make()",
        "conn = None\nif conn is None:\n    make()",
        "if conn is None:\n    return\nmake()",
        "def later():\n    if conn is None:\n        make()",
    ],
)
def test_what_does_not_depend_on_it_runs(body: str) -> None:
    assert not _spared(body, "work(url, app.conn)")


@pytest.mark.parametrize("test", ["conn is not None", "conn", "isinstance(conn, str)"])
def test_what_needs_it_does_not_run_without(test: str) -> None:
    body = f"if {test}:\n    make()"
    assert _spared(body, "work(1)")
    assert not _spared(body, "work(1, app.conn)")


def test_what_starred_arguments_hold_is_unknown() -> None:
    for call in ("work(1, **more)", "work(*more)", "work(1, *more, **more)"):
        assert not _spared("if conn is not None:\n    make()", call)
        assert not _spared("if conn is None:\n    make()", call)


def test_a_method_is_not_given_its_object() -> None:
    text = dedent("""
        import psycopg
        class Store:
            def __init__(self, conn=None):
                self.conn = conn or psycopg.connect()
        def through(conn=None):
            if conn is None:
                return Store().conn
            return conn
        def nothing(conn=None):
            return conn
    """)
    tree = PythonTree(SourceFile("shop.py", text), ast.parse(text))
    making = Making(Names(tree.module, drivers()), tree)

    def of(name: str, call: str) -> bool:
        return making.spared(name, ast.parse(call, mode="eval").body)

    assert of("Store.__init__", "Store(app.conn)")
    assert not of("Store.__init__", "Store()")
    assert of("through", "through(app.conn)")
    assert not of("through", "through()")
    assert not of("nothing", "nothing(app.conn)")  # there is nothing to be spared
    assert not of("missing", "missing(app.conn)")


def _member(text: str) -> Member:
    tree = PythonTree(SourceFile("shop.py", text), ast.parse(text))
    return Member(Names(tree.module, drivers()), "f")


def _waits(member: Member) -> list[ast.Call]:
    calls = (n for n in ast.walk(member.names.functions["f"]) if isinstance(n, ast.Call))
    return [call for call in calls if ast.unparse(call.func) == "wait"]


def _known(parameters: str, call: str, body: str = "pass", here: Known = ()) -> dict[str, object]:
    node = ast.parse(call, mode="eval").body
    assert isinstance(node, ast.Call)
    return dict(supposed(node, _member(f"def f({parameters}):\n    {body}\n"), here))


@pytest.mark.parametrize(
    ("parameters", "call", "known"),
    [
        ("m, delay=None", "f(m)", {"delay": None}),
        ("m, delay=None", "f(m, 3)", {"delay": 3}),
        ("m, name: str", "f(m, Path('a.doc').suffix)", {"name": ".doc"}),
        ("m, name: str", "f(m, Path(m).suffix)", {"name": Something.SOMETHING}),
        ("m, delay=None", "f(m, late)", {}),
        ("m, delay=None", "f(m, delay=late())", {"delay": Something.SOMETHING}),
        ("m, delay=None", "f(m, settings.delay)", {"delay": Something.SOMETHING}),
        ("m, delay=None", "f(m, delay=0)", {"delay": 0}),
        ("m, *, loud=False", "f(m)", {"loud": False}),
        ("m, *, loud", "f(m, loud=True)", {"loud": True}),
        ("m, /, a=1, b=2", "f(m, c)", {"b": 2}),
        ("m, delay=LATE", "f(m)", {}),
        ("m, delay=None", "f(*ms)", {}),
        ("m, delay=None", "f(m, **how)", {}),
        ("m, delay=None, **more", "f(m, other=1)", {"delay": None}),
    ],
)
def test_a_parameter_is_known_by_a_constant(parameters: str, call: str, known: object) -> None:
    assert _known(parameters, call) == known


@pytest.mark.parametrize(
    "body", ["delay = now()", "delay += 1", "del delay", "(delay := now())", "for delay in m: m()"]
)
def test_a_parameter_that_is_bound_again_is_not_known(body: str) -> None:
    member = _member(f"def f(m, delay=None):\n    {body}\n    if delay: wait()\n")
    assert [runs(call, member, (("delay", None),)) for call in _waits(member)] == [True]


def test_what_is_known_of_a_parameter_is_lent_on() -> None:
    assert _known("m, delay", "f(m, late)", here=(("late", None),)) == {"delay": None}


@pytest.mark.parametrize(
    ("body", "comes"),
    [
        ("if delay: wait()", False),
        ("if not delay: wait()", True),
        ("if delay is None: pass\n    else: wait()", False),
        ("if delay is not None: wait()", False),
        ("if delay is other: wait()", True),
        ("if delay and m: wait()", False),
        ("if delay or m: wait()", True),
        ("if m: wait()", True),
        ("if not delay: return\n    wait()", False),
        ("if not delay:\n        m()\n        return\n    wait()", False),
        ("if not delay: m()\n    wait()", True),
        ("if m: return\n    wait()", True),
        ("if delay: m()\n    else: return\n    wait()", False),
        ("while delay: wait()", False),
        ("while delay: m()\n    else: wait()", True),
        ("delay and wait()", False),
        ("delay or wait()", True),
        ("m(wait() if delay else 0)", False),
        ("if count > 0: wait()", False),
        ("if count >= 0: wait()", True),
        ("if count != 0: wait()", False),
        ("if delay > 0: wait()", True),
        ("for one in m:\n        if not delay: continue\n        wait()", False),
        ("try:\n        if not delay: return\n    finally: wait()", True),
        ("if wait(): pass", True),
    ],
)
def test_a_call_is_come_to_unless_what_is_known_forbids_it(body: str, comes: bool) -> None:
    member = _member(f"def f(m, delay=None, count=0):\n    {body}\n")
    known: Known = (("delay", None), ("count", 0))
    assert [runs(call, member, known) for call in _waits(member)] == [comes]
    assert all(runs(call, member, ()) for call in _waits(member))


@pytest.mark.parametrize(
    ("body", "comes"),
    [
        ("end = Path(name).suffix.lower()\n    if end == '.doc': wait()", False),
        ("end: str = Path(name).suffix\n    if end != '.docx': return\n    wait()", True),
        ("path = Path(name)\n    if path.suffix == '.doc': wait()", False),
        ("if Path(name or '').suffix == '.doc': wait()", False),
        ("_, end = os.path.splitext(name)\n    if end in ('.doc', '.odt'): wait()", False),
        ("_, end = os.path.splitext(name)\n    if end not in ['.doc']: wait()", True),
        ("if name.endswith('.doc'): wait()", False),
        ("if '.docx' in name: wait()", True),
        ("if name in (m, 'other'): wait()", True),
        ("end = Path(name).suffix\n    end = m()\n    if end == '.doc': wait()", True),
        ("a, end = m, name\n    if end == '.doc': wait()", True),
        ("if m: name = m()\n    if name == '.doc': wait()", True),
        ("if (name and m) == '.doc': wait()", True),
        ("if (m or name) == '.doc': wait()", True),
    ],
)
def test_what_is_made_of_a_known_name_is_known(body: str, comes: bool) -> None:
    member = _member(f"def f(m, name):\n    {body}\n")
    assert [runs(call, member, (("name", "a.docx"),)) for call in _waits(member)] == [comes]
    assert all(runs(call, member, ()) for call in _waits(member))


@pytest.mark.parametrize(("name", "comes"), [("", True), (None, True), ("a", False)])
def test_a_name_that_is_empty_has_another_in_its_place(name: str | None, comes: bool) -> None:
    member = _member("def f(m, name):\n    if (name or 'b') == 'b': wait()\n")
    assert [runs(call, member, (("name", name),)) for call in _waits(member)] == [comes]


@pytest.mark.parametrize(
    ("given", "body", "comes"),
    [
        ("text=t if v is not None else None, by=v", "if text and by is None: wait()", False),
        ("text=None if v is None else t, by=v", "if text and by is None: wait()", False),
        ("text=t if v is not None else None, by=v", "if text or by is None: wait()", True),
        (
            "text=t if v is not None else None, by=v",
            "if text and not by: wait()",
            False,
        ),  # not empty
        ("text=t if v is not None else None, by=u", "if text and by is None: wait()", True),
        ("text=t if v is None else None, by=v", "if text and by is None: wait()", True),
        ("text=t if v else None, by=v", "if text and by is None: wait()", True),
        ("t if v is not None else None, v", "if text and by is None: wait()", False),
        (
            "text=t if v is not None else None, by=v",
            "by = None\n    if text and by is None: wait()",
            True,
        ),
        (
            "text=t if v is not None else None, by=v",
            "for by in m: pass\n    if text and by is None: wait()",
            True,
        ),
    ],
)
def test_an_argument_is_nothing_where_another_is(given: str, body: str, comes: bool) -> None:
    member = _member(f"def f(text, by):\n    {body}\n")
    call = ast.parse(f"f({given})", mode="eval").body
    assert isinstance(call, ast.Call)
    assert [runs(at, member, supposed(call, member)) for at in _waits(member)] == [comes]


@pytest.mark.parametrize(
    ("body", "left_out"),
    [
        ("if url:\n    other = True\nif not other:\n    make()", True),
        ("if url:\n    other = True\nelse:\n    other = True\nif not other:\n    make()", True),
        ("if url:\n    other = None\n    return\nif not other:\n    make()", True),
        ("if url:\n    pass\nelse:\n    other = 0\n    raise E\nif not other:\n    make()", True),
        ("if other:\n    other = 7\nif other != 7:\n    make()", True),
        ("if url:\n    other = False\nif not other:\n    make()", False),
        ("if url:\n    other = 1\nif other is not True:\n    make()", False),
        ("if url:\n    other = found()\nif not other:\n    make()", False),
        ("if other := url:\n    pass\nif not other:\n    make()", False),
        ("for x in y:\n    if not other:\n        make()\n    other = None", False),
        (
            "while url:\n    if u:\n        other = 0\n        break\nif not other:\n    make()",
            False,
        ),
    ],
)
def test_what_both_ways_through_a_test_know_is_known_behind_it(body: str, left_out: bool) -> None:
    assert _spared(body, "work(url, other=True)") is left_out
