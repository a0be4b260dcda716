"""The walk over libcst: what it yields, in which scope, and that it is complete."""

from __future__ import annotations

import libcst as cst
from libcst.metadata import MetadataWrapper

from poollint.reading.paths.walk import calls, places


def _named(text: str, scope: str = "") -> list[tuple[str, str]]:
    module = cst.parse_module(text)
    return [(cst.Module([]).code_for_node(call.func), at) for call, at in calls(module, scope)]


def test_a_call_stands_in_the_innermost_function() -> None:
    text = "a()\ndef f():\n    b()\n    def g():\n        c()\n    class K:\n"
    text += "        def m(self): d()\n"
    found = _named(text)
    assert found == [("a", ""), ("b", "f"), ("c", "f.<locals>.g"), ("d", "f.<locals>.K.m")]


def test_a_method_is_named_after_its_class() -> None:
    assert _named("def fetch(self):\n    a()\n", "Repo") == [("a", "Repo.fetch")]
    assert _named("class Repo:\n    b()\n    def fetch(self):\n        a()\n") == [
        ("b", "Repo"),
        ("a", "Repo.fetch"),
    ]


def test_decorators_and_defaults_belong_to_the_scope_around() -> None:
    text = "@a()\nclass K(b()):\n    @c()\n    def m(self, x=d()) -> e():\n        f()\n"
    assert sorted(_named(text)) == [
        ("a", ""),
        ("b", ""),
        ("c", "K"),
        ("d", "K"),
        ("e", "K"),
        ("f", "K.m"),
    ]


def test_statements_come_in_the_order_of_the_text() -> None:
    text = "@a()\ndef f():\n    b()\nif c():\n    d()\nelif e():\n    g()\nelse:\n    h()\n"
    assert [name for name, _ in _named(text)] == ["a", "b", "c", "d", "e", "g", "h"]


def test_ancestors_lead_to_the_root() -> None:
    module = cst.parse_module("if x:\n    f(a)\n")
    name = next(p for p in places(module) if isinstance(p.node, cst.Name) and p.node.value == "a")
    kinds = [type(place.node).__name__ for place in name.ancestors()]
    assert kinds == ["Arg", "Call", "Expr", "SimpleStatementLine", "IndentedBlock", "If", "Module"]


def test_no_call_is_missed() -> None:
    text = """
async def f(x, *a, k=c1(), **kw):
    async with c2() as y, c3(): pass
    async for z in c4(): await c5()
    else: c6()
    try: c7()
    except c8(): c9()
    else: c10()
    finally: c11()
    match c12():
        case K(x=1) if c13(): c14()
    l = [c15() for q in c16() if c17()]; d = {c18(): c19(), **c20()}
    s = f"{c21()!r:>{c22()}}" "x" f"{c23()}"
    b = a[c24():c25()]; t = lambda v=c26(): c27()
    del b[c28()]
    assert c29(), c30()
    raise c31() from c32()
    return (yield c33()), not c34(), c35() if c36() else c37(), *c38(), c39() < c40(), (w := c41())
    x += c42()
    x: c43() = c44()
    c45(c46(), *c47(), k=c48())
    while c49(): global g
    c50()()
    with c51().c52: pass
"""
    module = MetadataWrapper(cst.parse_module(text)).module
    expected: list[cst.Call] = []

    class Visitor(cst.CSTVisitor):
        def visit_Call(self, node: cst.Call) -> None:  # noqa: N802
            expected.append(node)

    module.visit(Visitor())
    assert len(expected) == 52  # c1 to c51, and the call of what c50 gives
    assert {id(call) for call, _ in calls(module)} == {id(call) for call in expected}
