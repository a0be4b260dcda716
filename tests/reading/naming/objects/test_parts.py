"""Parts of tuples that functions return, and elements of lists."""

from __future__ import annotations

import ast

import pytest

from poollint.catalog.load import drivers
from poollint.reading.naming.objects.instances import instance
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import Name

TEXT = """
import asyncpg
from functools import wraps

class Feed: ...
class Other: ...

def made(fast):
    if fast:
        return Feed(), 1
    return None, Other()
def agreed(fast):
    if fast:
        return Feed(), Other()
    return Feed(), Feed()
def of_three(): return Feed(), Feed(), Feed()
def starred(rest): return Feed(), *rest
async def later():
    return Feed(), await asyncpg.create_pool()
def changed(function): ...
@changed
def decorated(): return Feed(), Feed()

first, second = agreed(True)
mixed, _ = made(True)
short, shorter = of_three()
one, more = starred([])
wrapped, _ = decorated()
again, _ = agreed(True)
again = Other()

async def waited():
    feed, pool = await later()
async def forgotten():
    feed, pool = later()

feeds: list[Feed] = fetch()
begun = [Feed(), Feed()]
begun_mixed = [Feed(), Other()]
filled = []
filled.append(Feed())
spoilt = [Feed()]
spoilt.append(Other())
extended = [Feed()]
extended.extend(others())
empty = []
async def pools(found: tuple[asyncpg.Pool, ...]):
    for pool in found: ...

class Reader:
    def __init__(self, feeds: list[Feed] | None, rows: dict[str, Feed], pair: tuple[Feed, int]):
        self.feeds = list(feeds)
        self.own = feeds or []
        self.rows = rows
        self.pair = pair
    def each(self):
        for kept in self.feeds: ...
        for own in self.own: ...
        for key in self.rows: ...
        for half in self.pair: ...
for by_annotation in feeds: ...
for by_display in begun: ...
for by_mixed in begun_mixed: ...
for by_filling in filled: ...
for by_spoilt in spoilt: ...
for by_extended in extended: ...
for by_empty in empty: ...
for twice in feeds: ...
for twice in begun_mixed: ...
for left, right in feeds: ...
"""


@pytest.mark.parametrize(
    ("name", "scope", "cls"),
    [
        ("first", "", "Feed"),
        ("second", "", None),
        ("mixed", "", "Feed"),
        ("short", "", None),
        ("one", "", None),
        ("more", "", None),
        ("wrapped", "", None),
        ("again", "", None),
        ("feed", "waited", "Feed"),
        ("feed", "forgotten", None),
        ("by_annotation", "", "Feed"),
        ("by_display", "", "Feed"),
        ("by_mixed", "", None),
        ("by_filling", "", "Feed"),
        ("by_spoilt", "", None),
        ("by_extended", "", None),
        ("by_empty", "", None),
        ("twice", "", None),
        ("left", "", None),
        ("kept", "Reader.each", "Feed"),
        ("own", "Reader.each", "Feed"),
        ("key", "Reader.each", None),
        ("half", "Reader.each", None),
    ],
)
def test_a_part_is_what_all_that_may_stand_there_are(
    name: str, scope: str, cls: str | None
) -> None:
    names = Names(ast.parse(TEXT), drivers())
    found = instance(Name(name), scope, names)
    assert (found.cls if found is not None else None) == cls


@pytest.mark.parametrize(
    ("name", "scope", "kind"),
    [
        ("pool", "waited", "asyncpg.pool"),
        ("pool", "forgotten", ""),
        ("pool", "pools", "asyncpg.pool"),
    ],
)
def test_a_part_has_the_type_of_what_stands_there(name: str, scope: str, kind: str) -> None:
    assert Names(ast.parse(TEXT), drivers()).type(Name(name), scope) == kind
