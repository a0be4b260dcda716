"""Waits that only the use of a client tells."""

from __future__ import annotations

import ast

import pytest

from poollint.catalog.load import drivers
from poollint.facts.connections import Wait
from poollint.reading.connections.waits.calls.clients_by_use import told_by_use
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import of_ast


def told(text: str, imports: str = "", how: str = "await", sync: bool = False) -> Wait | None:
    body = "\n    ".join(text.split("\n"))
    word = "def" if sync else "async def"
    module = ast.parse(
        f"{imports}\nclass Own: ...\n{word} f(c, s, message, bot, own_bot: Own):\n    {body}"
    )
    called = (node for node in ast.walk(module) if isinstance(node, ast.Call))
    call = min(called, key=lambda node: (node.lineno, node.col_offset))
    names = Names(module, drivers())
    meant = (of_ast(call.func), "f", names)
    return told_by_use(call, {how} if how else set(), meant, "f", names)


@pytest.mark.parametrize(
    ("text", "wait"),
    [
        ("await c.chat.completions.create(messages=[], model='m')", Wait.MODEL),
        ("await c.llm.chat.completions.create(**told)", Wait.MODEL),
        ("await c.messages.create(model='m', messages=[])", Wait.MODEL),
        ("await c.messages.create(role='user')", None),
        ("await c.create(messages=[], model='m')", None),
        ("await c.aio.models.generate_content(model='m', contents=[])", Wait.MODEL),
        ("await c.ainvoke(s)", Wait.MODEL),
        ("await s.put_object(Bucket='b')", Wait.CLOUD),
        ("await s.generate_presigned_post(Bucket='b')", None),
        ("await s.PutObject(Bucket='b')", None),
        ("await s.put_object(bucket='b')", None),
        ("r = await c.post(s)\nr.raise_for_status()", Wait.HTTP),
        ("r = await c.post(s)\nreturn r", None),
        ("client = c\nr = await client.get('/a')\nreturn r.status_code", Wait.HTTP),
        ("await message.answer('hi')", None),
        ("await bot.send_message(7, 'hi')", Wait.HTTP),
        ("await bot.send_message(chat_id=7, text='hi')", Wait.HTTP),
        ("await bot.send_message('hi')", None),
        ("await bot.answer(7, 'hi')", None),
        ("await c.bot.send_message(7, 'hi')", Wait.HTTP),
        ("await c.send_message(7, 'hi')", None),
        ("await own_bot.send_message(7, 'hi')", None),
    ],
)
def test_a_client_is_known_by_how_it_is_asked(text: str, wait: Wait | None) -> None:
    assert told(text) is wait


@pytest.mark.parametrize(
    ("call", "wait"),
    [
        ("message.answer(s)", Wait.HTTP),
        ("c.channel.send_message(s)", Wait.HTTP),
        ("c.send(s)", None),
        ("message.channel.send(s)", Wait.HTTP),
        ("self.send(s)", None),
    ],
)
def test_a_chat_is_answered_in_files_that_import_one(call: str, wait: Wait | None) -> None:
    assert told(f"await {call}", "from aiogram import types") is wait
    assert told(f"await {call}", "import aiogramophone") is None


def test_what_is_not_awaited_may_be_a_task_s() -> None:
    assert told("t = start(c.x)\nc.ainvoke(s)", how="") is None
    assert told("c.chat.completions.create(messages=[])", how="") is None
    assert told("c.chat.completions.create(messages=[])", how="", sync=True) is Wait.MODEL


def test_an_answer_may_be_read_where_the_name_says_what_is_asked() -> None:
    text = "r = {}.get({})\nreturn r.status_code"
    assert told(text.format("c.http_client", "s.url"), how="", sync=True) is Wait.HTTP
    assert told(text.format("c.http_client", "f'/orders/{s}'"), how="", sync=True) is Wait.HTTP
    assert told(text.format("c.http_client", "s, timeout=3"), how="", sync=True) is Wait.HTTP
    assert told(text.format("c.http_client", "Own, 1"), how="", sync=True) is None
    assert told(text.format("c.http_client", "'key'"), how="", sync=True) is None
    assert told(text.format("c.cache", "s.url"), how="", sync=True) is None
    assert told(text.format("Own().http_client", "s.url"), how="", sync=True) is Wait.HTTP


@pytest.mark.parametrize("known", ["super()", "Own()", "self"])
def test_what_is_known_is_not_guessed(known: str) -> None:
    text = f"r = {known}.get(s)\nr.raise_for_status()"
    assert told(text, how="", sync=True) is None
