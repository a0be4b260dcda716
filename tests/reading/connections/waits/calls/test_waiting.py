"""Calls wait by what their names mean, and only where they are consumed."""

import ast

import libcst as cst
import pytest

from poollint.catalog.load import calls, drivers
from poollint.facts.connections import Wait
from poollint.model.source import SourceFile
from poollint.reading.connections.waits.calls.waited import Waiting
from poollint.reading.connections.waits.calls.waiting import Waits
from poollint.reading.naming.scopes.names import Names
from poollint.reading.paths.walk import places
from poollint.syntax.python import PythonTree


def waits(text: str, function: str = "f") -> list[Waiting]:
    tree = PythonTree(SourceFile("shop.py", text), ast.parse(text))
    known = Waits(tree, Names(tree.module, drivers()))
    found = []
    for place in places(cst.parse_module(text)):
        if isinstance(place.node, cst.Call) and place.scope == function:
            one = known.of(place)
            if one is not None:
                found.append(one)
    return found


@pytest.mark.parametrize(
    ("imports", "call", "wait"),
    [
        ("import requests", "requests.get(u)", Wait.HTTP),
        ("from requests import get as fetch", "fetch(u)", Wait.HTTP),
        ("import urllib.request", "urllib.request.urlopen(u)", Wait.HTTP),
        ("import requests\ns = requests.Session()", "s.post(u)", Wait.HTTP),
        ("import httpx\nc: httpx.Client", "c.get(u)", Wait.HTTP),
        ("from openai import OpenAI\nc = OpenAI()", "c.chat.completions.create()", Wait.MODEL),
        ("import boto3", "boto3.client('s3').upload_file(u)", Wait.CLOUD),
        ("import time", "time.sleep(5)", Wait.SLEEP),
        ("import subprocess", "subprocess.run(u)", Wait.PROCESS),
        ("import queue\nq = queue.Queue()", "q.get()", Wait.MESSAGE),
        ("", "input(u)", Wait.PERSON),
        ("import redis\nr = redis.Redis()", "r.blpop(u)", Wait.MESSAGE),
        ("from aiogram.types import Message\nm: Message", "await m.answer(u)", Wait.HTTP),
        ("from aiogram import types\nm: types.CallbackQuery", "await m.answer()", Wait.HTTP),
        ("import telegram\nm: telegram.Update", "await m.message.reply_text(u)", Wait.HTTP),
        ("import discord\ni: discord.Interaction", "await i.response.defer()", Wait.HTTP),
        (
            "from discord.ext import commands\nc: commands.Context[Bot]",
            "await c.send(u)",
            Wait.HTTP,
        ),
        ("from aio_pika import connect_robust", "await connect_robust(u)", Wait.MESSAGE),
        (
            "from aio_pika.abc import AbstractExchange\ne: AbstractExchange",
            "await e.publish(u)",
            Wait.MESSAGE,
        ),
        ("from yookassa import Payment", "Payment.create(u)", Wait.HTTP),
        ("import redis\nr = redis.from_url(U)", "r.lock(u).acquire()", Wait.TASK),
        ("import imaplib", "imaplib.IMAP4_SSL(u)", Wait.MAIL),
        ("from flask_mail import Mail\nm = Mail()", "m.send(u)", Wait.MAIL),
        ("import resend", "resend.Emails.send(u)", Wait.MAIL),
        ("from sendgrid import SendGridAPIClient as C\nc = C(U)", "c.send(u)", Wait.MAIL),
        (
            "from postmarker.core import PostmarkClient\nc = PostmarkClient(U)",
            "c.emails.send(u)",
            Wait.MAIL,
        ),
        (
            "import sib_api_v3_sdk as s\nc = s.TransactionalEmailsApi(s.ApiClient())",
            "c.send_transac_email(u)",
            Wait.MAIL,
        ),
        (
            "import brevo\nc = brevo.Brevo()",
            "c.transactional_emails.send_transac_email()",
            Wait.MAIL,
        ),
        ("import mailjet_rest\nc = mailjet_rest.Client()", "c.send.create(data=u)", Wait.MAIL),
        ("import requests", "requests.get(u, verify=False)", Wait.HTTP),
        ("import requests", "requests.post(u, 0)", Wait.HTTP),
        (
            "from openai import OpenAI\nc = OpenAI()",
            "c.responses.create(temperature=0)",
            Wait.MODEL,
        ),
        ("import subprocess", "subprocess.run(u, shell=False, check=False)", Wait.PROCESS),
        (
            "from langchain_openai import ChatOpenAI as C\nc = C().with_structured_output(U)",
            "c.invoke(u)",
            Wait.MODEL,
        ),
        (
            "from langchain.chat_models import init_chat_model\n"
            "def model():\n    return init_chat_model(U)",
            "model().invoke(u)",
            Wait.MODEL,
        ),
        ("import paramiko\nc = paramiko.SSHClient()", "c.open_sftp().get(u)", Wait.HOST),
        ("from tornado.httpclient import HTTPClient", "HTTPClient().fetch(u)", Wait.HTTP),
        ("from multiprocessing import Pool\np = Pool()", "p.map(h, u)", Wait.TASK),
        ("import ollama\nc = ollama.Client()", "c.chat(u)", Wait.MODEL),
    ],
)
def test_a_call_of_the_catalog_waits(imports: str, call: str, wait: Wait) -> None:
    assert [one.wait for one in waits(f"{imports}\ndef f(u):\n    {call}\n")] == [wait]


@pytest.mark.parametrize(
    ("imports", "call"),
    [
        ("", "requests.get(u)"),
        ("import requests", "cache.get(u)"),
        ("import requests", "requests.Request('GET', u)"),
        ("import requests", "later(lambda: requests.get(u))"),
        ("import boto3\ns3 = boto3.client('s3')", "s3.generate_presigned_url(u)"),
        ("import time", "time.sleep(0.01)"),
        ("import time", "time.sleep(0.1 * 2 ** u)"),
        ("import queue\nq = queue.Queue()", "q.get(False)"),
        ("import queue\nq = queue.Queue()", "q.get(block=False)"),
        ("import queue\nq = queue.Queue()", "q.get(timeout=0)"),
        ("import threading\nt = threading.Thread()", "t.join(timeout=0)"),
        ("import queue\nq = queue.Queue()", "q.put(u)"),
        ("import redis\nr = redis.Redis()", "r.get(u)"),
        ("import redis\nr = redis.Redis()", "r.lock(u).acquire(blocking=False)"),
        ("from multiprocessing import Pool\np = Pool()", "p.apply_async(h, u)"),
        ("def input(u): ...", "input(u)"),
        ("from shop.http import requests", "requests.get(u)"),
    ],
)
def test_what_only_looks_like_it_waits_for_nothing(imports: str, call: str) -> None:
    assert waits(f"{imports}\ndef f(u, cache):\n    {call}\n") == []


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("await c.get(u)", 1),
        ("await asyncio.wait_for(c.get(u), 5)", 1),
        ("await asyncio.gather(*[c.get(x) for x in u])", 1),
        ("async with c.stream('GET', u) as answer: pass", 1),
        ("task = asyncio.create_task(c.get(u))", 0),
        ("await tasks.put(asyncio.ensure_future(c.get(u)))", 0),
        ("coroutine = c.get(u)", 0),
        ("await asyncio.sleep(0)", 0),
        ("await asyncio.sleep(u)", 1),
    ],
)
def test_a_coroutine_waits_where_it_is_awaited(statement: str, expected: int) -> None:
    text = f"import asyncio, httpx\nc = httpx.AsyncClient()\nasync def f(u):\n    {statement}\n"
    assert len(waits(text)) == expected


def test_a_function_of_the_file_waits_as_what_it_calls_does() -> None:
    text = (
        "import requests\n"
        "def fetch(u):\n    return requests.get(u)\n"
        "def twice(u):\n    return fetch(u)\n"
        "def f(u):\n    twice(u)\n"
    )
    (one,) = waits(text)
    assert (one.wait, one.call, one.called) == (Wait.HTTP, "requests.get", True)
    assert [(s.span.start.line, s.label) for s in one.steps] == [
        (5, "calls `fetch`"),
        (3, "waits for an HTTP answer"),
    ]


@pytest.mark.parametrize(
    "body",
    [
        "def g(u):\n    yield requests.get(u)",
        "def g(u):\n    return lambda: requests.get(u)",
        "@cached\ndef g(u):\n    return requests.get(u)",
        "def g(u):\n    try:\n        h()\n    except ValueError:\n        requests.get(u)",
        "async def g(u):\n    requests.get(u)",
    ],
)
def test_a_function_that_may_not_wait_when_it_is_called_is_none(body: str) -> None:
    assert waits(f"import requests\n{body}\ndef f(u):\n    g(u)\n") == []


def test_a_function_that_calls_itself_ends() -> None:
    assert waits("def g(u):\n    g(u)\ndef f(u):\n    g(u)\n") == []


def test_the_table_of_calls_holds_together() -> None:
    found = calls()
    apis = [*found.functions.values(), *found.methods.values()]
    spoken = {t for api in apis for t in (api.returns, api.yields, *api.receivers) if t}
    assert spoken <= set(found.types)
    kinds = {wait.name.lower() for wait in Wait}
    assert {api.kind for api in apis} == kinds | {"make", "local", "count"}
    consumed = {"sync", "await", "with", "async-with", "for", "async-for", "attribute"}
    assert all(api.call <= consumed for api in apis)
    made = {api.returns or api.yields for api in apis if api.kind == "make"}
    assert made <= set(found.types)
    known = made | {api.returns for api in apis} | set(found.families.values())
    assert [t.id for t in found.types.values() if t.id not in known and not t.names] == []


LENT = """\
import aioboto3
import aiohttp
import httpx
from contextlib import asynccontextmanager, contextmanager

@asynccontextmanager
async def ask():
    async with aiohttp.ClientSession() as http:
        async with http.get(u) as answer:
            yield answer

@contextmanager
def client():
    yield httpx.Client()

@asynccontextmanager
async def store():
    async with aioboto3.Session().client("s3") as client:
        yield client

"""


def test_entering_a_context_manager_of_the_project_waits_for_what_its_body_waits_for() -> None:
    (found,) = waits(LENT + "async def f():\n    async with ask() as a: a.status")
    assert (found.wait, found.call, found.called) == (Wait.HTTP, "http.get", True)
    assert waits(LENT + "def f():\n    with client() as c: pass") == []
    assert waits(LENT + "async def f():\n    return ask()") == []


@pytest.mark.parametrize(
    ("body", "wait"),
    [
        ("def f():\n    with client() as c: c.get(u)", Wait.HTTP),
        ("async def f():\n    async with store() as c: await c.get_object(Key=u)", Wait.CLOUD),
    ],
)
def test_what_a_context_manager_of_the_project_lends_is_known_by_its_type(
    body: str, wait: Wait
) -> None:
    assert [found.wait for found in waits(LENT + body)] == [wait]


GENERATOR = "import requests\ndef pages():\n    yield requests.get(U)\ndef f():\n    "


@pytest.mark.parametrize(
    ("call", "number"),
    [
        ("list(pages())", 1),
        ("yield from pages()", 1),
        ("sum(p for p in pages())", 1),
        ("sum(requests.get(u) for u in U)", 1),
        ("later = (requests.get(u) for u in U)", 0),
        ("later = pages()", 0),
    ],
)
def test_a_generator_waits_where_what_it_gives_is_taken(call: str, number: int) -> None:
    assert len(waits(GENERATOR + call)) == number


def test_what_is_called_on_the_way_is_spoken_of_as_it_is_written() -> None:
    (one,) = waits(
        "import requests\n"
        "class Api:\n    def send(self):\n        requests.post(U)\n"
        "def api():\n    return Api()\n"
        "def g():\n    api().send()\n"
        "def f():\n    g()\n"
    )
    assert [step.label for step in one.steps] == [
        "calls `api().send`",
        "waits for an HTTP answer",
    ]


@pytest.mark.parametrize(
    ("body", "number"),
    [
        ("if app: send.delay(u)\n    else: requests.post(u)", 0),
        ("if not app: requests.post(u)\n    else: send.apply_async(u)", 0),
        ("if app: log(u)\n    else: requests.post(u)", 1),
        ("if app: send.delay(requests.post(u))\n    else: send.delay(u)", 1),
        ("if app: send.delay(u)\n    requests.post(u)", 1),
    ],
)
def test_what_is_done_only_without_a_queue_is_not_what_a_function_is_for(
    body: str, number: int
) -> None:
    text = f"import requests\ndef g(u):\n    {body}\ndef f():\n    g(U)\n"
    assert len(waits(text)) == number
