"""A parameter without a type is what the caller gives it, for this call alone."""

import ast

import libcst as cst
import pytest

from poollint.catalog.load import drivers
from poollint.facts.connections import Wait
from poollint.model.source import SourceFile
from poollint.reading.connections.waits.calls.waiting import Waits
from poollint.reading.naming.scopes.names import Names
from poollint.reading.paths.walk import places
from poollint.syntax.python import PythonTree

HEAD = """
import httpx, requests
from collections.abc import Callable
from functools import partial
from typing import Any
class Mail:
    def send(self, to): requests.post(to)
class Silent:
    def send(self, to): self.last = to
class Box:
    def __init__(self): self.mail = Mail()
def tell(by, to): by.send(to)
def tell_twice(one, to):
    tell(one, to)
def tell_inside(box, to): tell(box.mail, to)
def tell_own(by, to):
    by = Silent()
    by.send(to)
def tell_typed(by: Silent, to): by.send(to)
def tell_if(to, by=None):
    if by: by.send(to)
def get(client, path): return client.get(path)
def run(what): return what()
def run_typed(what: Callable[[], str]): return what()
def run_any(what: Any): return what()
def keep(what): KEPT.append(what)
def fetch(): return requests.get("https://shop.example")
"""


def waits(call: str) -> list[Wait]:
    text = f"{HEAD}def f():\n    c = httpx.Client()\n    {call}\n"
    tree = PythonTree(SourceFile("shop.py", text), ast.parse(text))
    known = Waits(tree, Names(tree.module, drivers()))
    found = (
        known.of(place)
        for place in places(cst.parse_module(text))
        if isinstance(place.node, cst.Call) and place.scope == "f"
    )
    return [one.wait for one in found if one is not None]


@pytest.mark.parametrize(
    "call",
    [
        "tell(Mail(), U)",
        "m = Mail(); tell(m, U)",
        "tell(by=Mail(), to=U)",
        "tell(Box().mail, U)",
        "tell_twice(Mail(), U)",
        "tell_inside(Box(), U)",
        "tell_if(U, Mail())",
        "tell_if(U, by=Mail())",
        "get(c, U)",
        "get(client=c, path=U)",
        "run(fetch)",
        "run(lambda: fetch())",
        "run(lambda: c.get(U))",
        "run(partial(requests.get, U))",
        "run_typed(lambda: fetch())",
        "run_typed(fetch)",
        "run_any(partial(fetch))",
    ],
)
def test_what_the_caller_gives_waits(call: str) -> None:
    assert waits(call) == [Wait.HTTP]


@pytest.mark.parametrize(
    "call",
    [
        "tell(Silent(), U)",
        "tell(unknown, U)",
        "tell_own(Mail(), U)",
        "tell_typed(Mail(), U)",
        "tell_if(U)",
        "tell_if(U, None)",
        "tell(*[Mail(), U])",
        "run(Silent)",
        "run(lambda: 1)",
        "run(lambda: print(U))",
        "keep(lambda: fetch())",
    ],
)
def test_what_it_gives_something_else_does_not(call: str) -> None:
    assert waits(call) == []


def test_one_call_tells_nothing_of_another() -> None:
    assert waits("tell(Silent(), U); tell(Mail(), U); tell(Silent(), U)") == [Wait.HTTP]
