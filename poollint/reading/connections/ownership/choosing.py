"""Tests by which a function tells a connection of PostgreSQL from another database's."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from functools import lru_cache

from poollint.reading.naming.objects.asked_for import speaks_of_another
from poollint.reading.naming.objects.other_databases import DRIVERS
from poollint.reading.naming.scopes.meaning import Told, told
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import of_ast
from poollint.reading.paths.conditions import Facts


def asked_again(when: Told, tests: Iterable[str], scope: str, names: Names) -> Facts:
    """Return what the tests of a function come to that ask what is known already: `when`."""
    if not when:
        return frozenset()
    found = set()
    for text in tests:
        test = _parsed(text)
        for truth in (True, False):
            asked = told(test, truth, scope, names) if test is not None else frozenset()
            if asked and (asked <= when or _is_told(asked, when)):
                found.add((text, truth))
    return frozenset(found)


def _is_told(asked: Told, when: Told) -> bool:
    """Tell whether what is asked of a value follows from what is known of it: `when`.

    Where it is `"sqlite"` it is nothing else; where it is not, it is what speaks of PostgreSQL.
    """
    if len(asked) > 1:
        return False
    [(text, truth)] = asked
    of, same, value = text.rpartition(" == ")
    known = [(t.rpartition(" == "), said) for t, said in when]
    others = {said for (what, how, other), said in known if how and what == of and other != value}
    if not same or not others:
        return False
    return truth is (True not in others and not speaks_of_another(value))


def is_another(text: str, truth: bool, held: frozenset[str], scope: str, names: Names) -> bool:
    """Tell whether a test means that what is held is of another database.

    `isinstance(conn, sqlite3.Connection)`, asked of a name that holds PostgreSQL's.
    """
    if not (truth and text.startswith("isinstance(")):
        return False
    match _parsed(text):
        case ast.Call(args=[ast.Name(id=name), kind]) if name in held:
            kinds = kind.elts if isinstance(kind, ast.Tuple) else [kind]
            roots = {names.qualified(of_ast(k), scope).partition(".")[0] for k in kinds}
            return roots <= DRIVERS
    return False


@lru_cache(maxsize=1024)  # the tests of a few files
def _parsed(text: str) -> ast.expr | None:
    try:
        return ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
