"""A call waits for what the methods wait for that it runs without naming them."""

import pytest

from tests.reading.connections.waits.calls.test_waiting import waits

HEAD = """
import requests
from contextlib import contextmanager
from dataclasses import dataclass
class Page:
    def __init__(self, url, load=True):
        if load:
            self.text = requests.get(url).text
class Sub(Page): ...
@dataclass
class Record:
    url: str
    def __post_init__(self): self.text = requests.get(self.url).text
class Store:
    def __init__(self): self.token = None
    def __enter__(self):
        self.token = requests.post(U)
        return self
    def __exit__(self, *error): ...
    async def __aenter__(self):
        self.token = requests.post(U)
        return self
    def ask(self): return requests.get(U)
class Asks:
    def __call__(self, url): return requests.get(url)
class Single:
    def __new__(cls): return cls.kept
    def __init__(self): requests.get(U)
class Row:
    def save(self): requests.post(U)
class Plain: ...
def store(): return Store()
@contextmanager
def lending():
    with Store() as opened:
        yield opened
asks = Asks()
"""


def number(body: str) -> int:
    return len(waits(f"{HEAD}async def f():\n    {body}\n"))


@pytest.mark.parametrize(
    "body",
    [
        "Page(U)",
        "Sub(U)",
        "Record(U)",
        "asks(U)",
        "with Store():\n        pass",
        "async with Store():\n        pass",
        "with store():\n        pass",
    ],
)
def test_what_a_call_runs_unnamed_is_waited_for(body: str) -> None:
    assert number(body) == 1


@pytest.mark.parametrize(
    "body", ["Store()", "store()", "Page(U, load=False)", "Single()", "Asks()"]
)
def test_what_is_not_run_is_not(body: str) -> None:
    assert number(body) == 0


def test_what_a_manager_lends_is_an_object_of_its_class() -> None:
    assert number("with lending() as opened:\n        opened.ask()") == 2  # entered, and asked


@pytest.mark.parametrize("body", ["Row.objects.create(a=1)", "r = Row.objects.create(a=1)"])
def test_a_manager_saves_the_row_that_it_creates(body: str) -> None:
    assert number(body) == 1


@pytest.mark.parametrize(
    "body",
    [
        "Plain.objects.create(a=1)",
        "Row.objects.bulk_create([Row(a=1)])",
        "Row.objects.filter(a=1).update(a=2)",
        "Row.other.create(a=1)",
        "Row.create(a=1)",
    ],
)
def test_what_creates_no_row_of_the_model_runs_no_save(body: str) -> None:
    assert not number(body)
