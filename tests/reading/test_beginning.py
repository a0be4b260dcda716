"""What only begins transactions says the same without a tree of libcst as with one."""

from __future__ import annotations

from pathlib import Path

import pytest

from poollint.facts.code import Effect, Module
from poollint.model.source import SourceFile
from poollint.reading import code, project
from poollint.reading.gate import Worth, worth
from poollint.reading.reader import Options

FIXTURES = Path(__file__).parents[2] / "fixtures"
BEGINNING = sorted(path for path in FIXTURES.rglob("*.py") if b"atomic" in path.read_bytes())
HEAD = (
    "from django.db import transaction\nfrom django.db.transaction import atomic\nimport requests\n"
)
MANY = """
@transaction.atomic
def whole(order):
    order.save()


@transaction.atomic(using="archive", durable=True)
def named(order):
    with transaction.atomic():
        order.save()

    def inner():
        with atomic("other"):
            order.save()

    return inner


class Orders:
    class Meta:
        ordering = ["id"]

    async def save(self, order):
        if order:
            with open("x") as file, (transaction.atomic()):
                order.save()
        else:
            with transaction.atomic(), self.locked(transaction.atomic()):
                [one.save() for one in order]
"""
WAITING = {
    "a call": "requests.get('https://example.com')",
    "a call in a handler": "try:\n            order.save()\n        except Exception:\n"
    "            requests.get('https://example.com')",
    "a call by a helper": "ask()",
    "a call in an inner block": "with atomic():\n            requests.get('https://example.com')",
}


def read(text: str, tree: bool, monkeypatch: pytest.MonkeyPatch) -> Module:
    source = SourceFile("shop.py", text)
    exports = project.exports(lambda: [source.path], lambda path: source)
    with monkeypatch.context() as patched:
        if tree:
            patched.setattr(code, "worth", lambda *of: Worth.TREE if worth(*of) else Worth.NOTHING)
        found = code.read(source, Options(exports=exports)).module
    assert found is not None
    return found


@pytest.mark.parametrize("path", BEGINNING, ids=lambda path: str(path.relative_to(FIXTURES)))
def test_a_fixture_says_the_same(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = path.read_text()
    assert read(text, False, monkeypatch) == read(text, True, monkeypatch)


def test_many_forms_say_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    found = read(HEAD + MANY, False, monkeypatch)
    assert found == read(HEAD + MANY, True, monkeypatch)
    effects = [(one.effect, one.function, one.alias) for one in found.statements]
    begun = Effect.TRANSACTION
    assert effects[:3] == [
        (begun, "", "archive"),
        (begun, "named", "default"),
        (begun, "named.<locals>.inner", "other"),
    ]
    assert len(effects) == 6


def test_no_tree_of_libcst_is_made_for_them(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> None:
        raise AssertionError("a tree is made")

    monkeypatch.setattr("poollint.syntax.python.PythonTree.unit", never)
    assert read(HEAD + MANY, False, monkeypatch).statements


@pytest.mark.parametrize("body", WAITING.values(), ids=WAITING.keys())
def test_one_that_waits_is_seen(body: str, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (
        f"{HEAD}\n\ndef ask():\n    requests.post('https://example.com')\n\n\n"
        f"def pay(order):\n    with transaction.atomic():\n        order.save()\n        {body}\n"
    )
    found = read(text, False, monkeypatch)
    assert [hold.call for one in found.functions for hold in one.holds]
    assert found == read(text, True, monkeypatch)
