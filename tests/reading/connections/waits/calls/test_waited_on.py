"""A client is known by what it inherits from, may be, or stands for, not by a type alone."""

import pytest

from poollint.facts.connections import Wait
from tests.reading.connections.waits.calls.test_waiting import waits


@pytest.mark.parametrize(
    ("before", "call"),
    [
        ("import requests\nclass Api(requests.Session): ...\napi = Api()", "api.get(u)"),
        ("import requests\nget = requests.get", "get(u)"),
        ("import requests, functools\nget = functools.partial(requests.get, timeout=3)", "get(u)"),
        ("from openai import OpenAI\nasks = OpenAI().chat.completions", "asks.create()"),
        ("from openai import OpenAI\nasks = OpenAI() if KEY else None", "asks.responses.create()"),
        (
            "try:\n    from openai import OpenAI\nexcept ImportError:\n    OpenAI = None\n"
            "asks = OpenAI() if OpenAI else None",
            "asks.responses.create()",
        ),
        (
            "from openai import OpenAI\nfrom anthropic import Anthropic\n"
            "if KEY:\n    asks = Anthropic()\nelse:\n    asks = OpenAI()",
            "asks.messages.create()",
        ),
    ],
)
def test_a_module_s_client_is_waited_on(before: str, call: str) -> None:
    assert len(waits(f"{before}\ndef f(u):\n    {call}\n")) == 1


def method(init: str, call: str, bases: str = "", above: str = "") -> int:
    text = f"import requests\nfrom openai import OpenAI\n{above}\nclass A{bases}:\n"
    text += f"    def __init__(self, given=None, key=None):\n        {init}\n"
    return len(waits(f"{text}    def f(self, u):\n        {call}\n", "A.f"))


def test_an_attribute_is_waited_on_that_is_a_client_or_what_was_given_for_one() -> None:
    asks = "self.asks.chat.completions.create()"
    assert method("self.asks = given or OpenAI()", asks) == 1
    assert method("self.asks = OpenAI(api_key=key) if key else None", asks) == 1
    assert method("self.chat = OpenAI().chat", "self.chat.completions.create()") == 1


def test_what_a_class_that_is_inherited_from_is_told_in_brackets_does_not_matter() -> None:
    assert method("pass", "self.get(u)", "(requests.Session[int])") == 1
    assert method("pass", "super().get(u)", "(requests.Session[int])") == 1


def test_a_name_that_was_given_or_made_is_waited_on() -> None:
    head = "import requests\ndef f(u, s=None):\n"
    assert len(waits(f"{head}    s = s or requests.Session()\n    s.get(u)\n")) == 1
    assert waits(f"{head}    s = s or {{}}\n    s.get(u)\n") == []


def test_what_may_be_something_unknown_is_not_waited_on() -> None:
    asks = "self.asks.chat.completions.create()"
    assert method("self.asks = OpenAI() if key else Fake()", asks) == 0
    assert method("self.asks = OpenAI()\n        self.asks = wrapped(self.asks)", asks) == 0
    assert method("self.asks = given", asks) == 0


def test_a_method_that_the_project_s_class_has_itself_is_its_own() -> None:
    assert method("pass", "self.get(u)", "(requests.Session)") == 1
    assert method("pass", "super().get(u)", "(requests.Session)") == 1
    own = "class Fake(requests.Session):\n    def get(self, u): return {}\n"
    assert method("pass", "self.get(u)", "(Fake)", own) == 0
    assert method("pass", "self.post(u)", "(Fake)", own) == 1


def test_a_name_that_is_given_its_value_twice_stands_for_nothing() -> None:
    text = "import requests\nget = requests.get\nget = cached(get)\ndef f(u):\n    get(u)\n"
    assert waits(text) == []


def test_the_wait_of_a_class_s_client_is_told() -> None:
    text = "import requests\nclass Api(requests.Session): ...\ndef f(u):\n    Api().get(u)\n"
    assert [one.wait for one in waits(text)] == [Wait.HTTP]
