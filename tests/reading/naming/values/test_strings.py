"""The text of an expression, as far as the file tells it."""

from __future__ import annotations

import ast

import pytest

from poollint.catalog.load import drivers
from poollint.model.source import SourceFile
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.values.strings import Strings
from poollint.reading.session.sql import HOLE
from poollint.syntax.python import PythonTree, parse


def _text(expression: str) -> str:
    text = f"HOST = 'db'\nPORT = 5432\n\ndef f(given):\n    return {expression}\n"
    tree = parse(SourceFile("m.py", text))
    assert isinstance(tree, PythonTree)
    node = ast.parse(expression, mode="eval").body
    return Strings(Names(tree.module, drivers())).of(node, "f", lambda: 5)


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("'{}:{}'.format(HOST, PORT)", "db:5432"),
        ("'{1}:{0}'.format(PORT, HOST)", "db:5432"),
        ("'{h}:{p}'.format(h=HOST, p=given)", f"db:{HOLE}"),
        ("'{{{}}}'.format(HOST)", "{db}"),
        ("'{}'.format(*given)", HOLE),
        ("'{:>8}'.format(HOST)", HOLE),
        ("'{.name}'.format(given)", HOLE),
        ("'{} {}'.format(HOST)", f"db {HOLE}"),
        ("'%s:%d' % (HOST, PORT)", "db:5432"),
        ("'%s' % HOST", "db"),
        ("'%s:%s' % (HOST, given)", "db:%s"),
        ("'%s:%s' % given", "%s:%s"),
        ("'%(h)s' % {'h': HOST}", "%(h)s"),
        ("'%s LIKE 5%%' % HOST", "db LIKE 5%%"),
        ("'%5d' % PORT", "%5d"),
        ("'100%' % HOST", "100%"),
    ],
)
def test_a_text_that_is_filled_in_is_filled_in_with_what_is_known(
    expression: str, text: str
) -> None:
    assert _text(expression) == text


@pytest.mark.parametrize(
    ("iterated", "text"),
    [
        ("('SET a', 'SET b')", "SET a;\nSET b"),
        ("STATEMENTS", "SET a;\nSELECT 1"),
        ("'SET a; SET b'.split(';')", "SET a; SET b"),
        ("[one.strip() for one in 'SET a; SET b'.split(';') if one]", "SET a; SET b"),
        ("sqlparse.split('SET a; SET b')", "SET a; SET b"),
        ("'SET a, SET b'.split(',')", HOLE),
        ("sorted(given)", HOLE),
        ("given", HOLE),
    ],
)
def test_a_name_of_a_loop_is_each_of_the_texts_it_is_given(iterated: str, text: str) -> None:
    program = f"""import sqlparse
STATEMENTS = ['SET a', 'SELECT 1']
def f(given):
    for number in range(3):
        pass
    for one in {iterated}:
        run(one)
"""
    tree = parse(SourceFile("m.py", program))
    assert isinstance(tree, PythonTree)
    names = Names(tree.module, drivers())
    node = ast.Name("one", ast.Load())
    assert Strings(names, across=True).of(node, "f", lambda: 7) == text
    assert Strings(names).of(node, "f", lambda: 7) == HOLE
