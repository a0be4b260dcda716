"""What a call leaves out decides what of the function that it calls is come to."""

import ast

import pytest

from poollint.catalog.load import drivers
from poollint.model.source import SourceFile
from poollint.reading.connections.supposing import Known, runs, supposed
from poollint.reading.connections.waiting import own_calls
from poollint.reading.naming.instances import Member
from poollint.reading.naming.names import Names
from poollint.syntax.python import PythonTree


def _member(text: str) -> Member:
    tree = PythonTree(SourceFile("shop.py", text), ast.parse(text))
    return Member(Names(tree.module, drivers()), "f")


def _known(parameters: str, call: str, body: str = "pass", here: Known = ()) -> dict[str, object]:
    node = ast.parse(call, mode="eval").body
    assert isinstance(node, ast.Call)
    return dict(supposed(node, _member(f"def f({parameters}):\n    {body}\n"), here))


@pytest.mark.parametrize(
    ("parameters", "call", "known"),
    [
        ("m, delay=None", "f(m)", {"delay": None}),
        ("m, delay=None", "f(m, 3)", {"delay": 3}),
        ("m, delay=None", "f(m, late)", {}),
        ("m, delay=None", "f(m, delay=late())", {}),
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


@pytest.mark.parametrize("body", ["delay = now()", "delay += 1", "del delay", "(delay := now())"])
def test_a_parameter_that_is_bound_again_is_not_known(body: str) -> None:
    assert _known("delay=0", "f()", body) == {}


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
    node = member.names.functions["f"]
    known: Known = (("delay", None), ("count", 0))
    found = [
        runs(inner, above, node, known)
        for inner, above in own_calls(node)
        if isinstance(inner, ast.Call) and ast.unparse(inner.func) == "wait"
    ]
    assert found == [comes]
    assert runs(node.body[0], [], node, ())
