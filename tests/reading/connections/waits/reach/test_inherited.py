"""What an inherited method calls on the object whose it is."""

from __future__ import annotations

import pytest

from poollint.facts.connections import Hold
from poollint.model.source import SourceFile
from poollint.reading.code import read
from poollint.reading.reader import Options

HEAD = """
import requests
from shop.models import Order
from sqlalchemy.orm import Session
class Reading:
    def balance(self): return self.request("balance")
    def again(this): return this.balance()
    @staticmethod
    def still(self): return self.request("x")
    def own(self): return 1
class Requests:
    def request(self, name): requests.get(name, timeout=5)
class Memory:
    def request(self, name): return 1
class Bank(Reading, Requests): ...
class Purse(Reading, Memory): ...
class Safe(Bank):
    def request(self, name): return 1
class Client:
    def __init__(self): self.http = requests.Session()
class Asking:
    def ask(self): return self.send()
    def send(self): return self.http.get("", timeout=5)
class Both(Asking, Client):
    def close(self): ...
def one_of(kind):
    if kind:
        return Bank()
    return Both()
def work(session: Session, kind):
    session.get(Order, 1)
"""


def _hold(call: str) -> Hold | None:
    module = read(SourceFile("work.py", f"{HEAD}    {call}\n"), Options()).module
    assert module is not None
    holds = [hold for f in module.functions if f.name == "work" for hold in f.holds]
    return holds[0] if holds else None


@pytest.mark.parametrize("call", ["Bank().balance()", "Bank().again()", "Both().ask()"])
def test_the_object_has_what_a_mixin_calls(call: str) -> None:
    assert _hold(call) is not None


@pytest.mark.parametrize(
    "call",
    ["Purse().balance()", "Safe().balance()", "Reading().balance()", "Bank().own()",
     "Bank().still(Purse())", "one_of(kind).own()"],
)  # fmt: skip
def test_it_is_the_method_of_this_object_that_counts(call: str) -> None:
    assert _hold(call) is None


def _chain(length: int) -> str:
    steps = "".join(f"def f{n}(): f{n + 1}()\n" for n in range(length))
    return f"{steps}def f{length}(): requests.get('', timeout=5)\n"


@pytest.mark.parametrize(("length", "seen"), [(3, True), (7, True), (30, False)])
def test_a_wait_is_looked_for_some_functions_deep(length: int, seen: bool) -> None:
    text = f"{HEAD}    f0()\n{_chain(length)}"
    module = read(SourceFile("work.py", text), Options()).module
    assert module is not None
    assert any(f.holds for f in module.functions if f.name == "work") is seen


def test_functions_that_call_each_other_are_left_where_they_meet() -> None:
    text = f"{HEAD}    odd(3)\ndef odd(n): even(n)\ndef even(n):\n    odd(n)\n    sure(n)\n"
    text += "def sure(n):\n    sure(n)\n    requests.get('', timeout=5)\n"
    module = read(SourceFile("work.py", text), Options()).module
    assert module is not None
    assert [f.name for f in module.functions if f.holds] == ["work"]
