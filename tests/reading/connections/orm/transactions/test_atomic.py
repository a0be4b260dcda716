"""When a transaction of Django's is open while a function waits."""

import pytest

from poollint.facts.connections import Hold, Taking
from poollint.model.source import SourceFile
from poollint.reading.code import read
from poollint.reading.reader import Options

HEAD = """\
import requests
from django.db import connection, models, transaction
from rest_framework import serializers
class Row(models.Model):
    pass
class Rows(serializers.ModelSerializer):
    pass
class Answer(serializers.Serializer):
    pass
def ask():
    return Row.objects.first()
def wait():
    requests.get("https://x")
"""


def holds(text: str) -> tuple[Hold, ...]:
    module = read(SourceFile("shop/views.py", HEAD + text), Options()).module
    assert module is not None
    return next((f.holds for f in module.functions if f.name == "f"), ())


@pytest.mark.parametrize(
    "statement",
    [
        "Row.objects.filter(a=1).exists()",
        "Row.objects.select_for_update().get(pk=1)",
        "ask()",
        "row = Row()\n        row.save()",
        "rows = Rows(data={})\n        rows.save()",
        "Rows(data={}).save()",
        "connection.cursor().execute('SELECT 1')",
        "form.save()",
        "form.save(update_fields=['a'])",
        "form.refresh_from_db()",
        "form.lines.filter(a=1).update(a=2)",
        "for line in form.lines.all():\n            pass",
    ],
)
def test_a_statement_in_the_block_begins_the_transaction(statement: str) -> None:
    (hold,) = holds(
        f"def f(form):\n    with transaction.atomic():\n        {statement}\n        wait()\n"
    )
    assert hold.held.taking is Taking.TRANSACTION
    assert hold.transaction


@pytest.mark.parametrize(
    "text",
    [
        "def f():\n    with transaction.atomic():\n        wait()\n        ask()\n",
        "def f():\n    with transaction.atomic():\n        ask()\n    wait()\n",
        "def f():\n    ask()\n    wait()\n",
        "def f():\n    with transaction.atomic():\n        Answer().save()\n        wait()\n",
        "def f(form):\n    with transaction.atomic():\n        form.save('a')\n        wait()\n",
        "def f(form):\n    with transaction.atomic():\n        form.save(commit=False)\n"
        "        wait()\n",
        "def f(a):\n    with transaction.atomic():\n        a.file.delete()\n        wait()\n",
        "def f():\n    with transaction.atomic():\n        ask()\n"
        "        transaction.on_commit(wait)\n",
    ],
)
def test_nothing_is_open_before_it_after_it_or_without_it(text: str) -> None:
    assert holds(text) == ()


def test_a_savepoint_within_ends_nothing() -> None:
    text = """\
@transaction.atomic
def f():
    with transaction.atomic():
        ask()
    wait()
"""
    assert any(hold.injected for hold in holds(text))
