"""The children of nodes are those that Python's own walk yields."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from poollint.syntax.nodes import children, walk

_LEFT_OUT = (ast.expr_context, ast.boolop, ast.operator, ast.unaryop, ast.cmpop)
_EVERYTHING = """
import a.b as c
from .d import (e, f)
async def g(a, /, b: int = 1, *c, d=2, **e) -> None:
    global h
    async with a as b, c: await d
    async for x in y: yield x
    else: nonlocal_ = lambda q, r=1: (yield)
    return [i async for i in j if k], {**l, 1: 2}, {m for m in n}, (o for o in p)
@decorated(1, *two, three=3, **four)
class H(I, metaclass=J):
    k: int = 5
    del l, m[1:2, ...]
    n += -o ** p if q and not r else s < t <= u
try:
    assert v, f"{w!r:>{x}} and {y}"
except (A, B) as c:
    raise D from e
except* E: pass
"""
_MATCHES = """
match a, b:
    case {"x": 1, **rest} if c: pass
    case Point(1, y=2) | [*_, None] as d: pass
    case (True | "s" | e.f): pass
while (n := 1): break
else: nothing
try: pass
finally: print(*a, b=c)
"""


def _as_ast_has_them(node: ast.AST) -> list[ast.AST]:
    return [child for child in ast.iter_child_nodes(node) if not isinstance(child, _LEFT_OUT)]


def _same(tree: ast.AST) -> int:
    nodes = list(ast.walk(tree))
    for node in nodes:
        assert children(node) == _as_ast_has_them(node), ast.dump(node)
    assert list(walk(tree)) == [node for node in nodes if not isinstance(node, _LEFT_OUT)]
    return len(nodes)


def test_every_sort_of_node_has_the_children_that_ast_gives_it() -> None:
    assert _same(ast.parse(_EVERYTHING.replace("except* E: pass\n", ""))) > 150
    assert _same(ast.parse("try: pass\nexcept* E: pass")) > 3
    assert _same(ast.parse(_MATCHES)) > 50


@pytest.mark.parametrize("folder", ["poollint", "tests"])
def test_so_do_the_nodes_of_real_files(folder: str) -> None:
    root = Path(__file__).parents[2] / folder
    assert sum(_same(ast.parse(path.read_text())) for path in root.glob("*/*.py")) > 10_000
