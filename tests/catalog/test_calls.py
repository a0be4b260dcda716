"""The table of what waits outside the database holds together."""

import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from poollint.catalog import load
from poollint.catalog.load import Api, calls
from poollint.facts.connections import Wait
from poollint.reading.naming.scopes.shapes import TOLD
from tests.reading.connections.waits.calls.test_waiting import waits

WAITING = {wait.name.lower() for wait in Wait}


def tables() -> dict[str, Any]:
    return tomllib.loads((Path(load.__file__).parent / "calls.toml").read_text())


def apis() -> list[Api]:
    return [load._api(id_, row, table) for id_, table in tables().items() for row in table["api"]]


def twice(names: list[Any]) -> list[Any]:
    return [name for name, count in Counter(names).items() if count > 1]


def test_nothing_stands_twice() -> None:
    assert not twice([name for api in apis() for name in api.names])
    assert not twice([(t, m) for api in apis() for t in api.receivers for m in api.methods])
    types = [row for table in tables().values() for row in table.get("type", ())]
    assert not twice([row["id"] for row in types])
    assert not twice([name for row in types for name in row.get("names", ())])


def test_every_word_is_of_its_list_and_every_type_exists() -> None:
    assert {api.kind for api in apis()} <= WAITING | {"make", "local", "count"}
    ways = {way for api in apis() for way in api.call}
    assert ways == {"sync", "await", "with", "async-with", "for", "async-for", "attribute"}
    spoken = {t for api in apis() for t in (api.returns, api.yields, *api.receivers) if t}
    assert spoken <= set(calls().types)


def test_what_a_client_is_told_that_asks_nobody_is_read() -> None:
    told = {word for api in apis() for word in api.unless}
    assert told == TOLD
    assert {api.kind for api in apis() if api.unless} == {"make"}


def test_a_row_is_of_functions_or_of_methods() -> None:
    for api in apis():
        assert bool(api.names) != bool(api.receivers), api
        assert bool(api.receivers) == bool(api.methods), api


def test_names_lie_under_the_imports_of_their_table() -> None:
    for id_, table in tables().items():
        rows = [*table.get("type", ()), *table["api"]]
        roots = {name.partition(".")[0] for row in rows for name in row.get("names", ())}
        assert roots - {"builtins", "pdb"} <= set(table["imports"]), id_
        assert table["title"]
        assert table["source"]


def test_a_table_has_no_field_that_is_not_read() -> None:
    for table in tables().values():
        assert set(table) <= {"title", "imports", "source", "type", "api"}


@pytest.mark.parametrize(
    ("before", "call", "wait"),
    [
        ("from mistralai import Mistral\nc = Mistral()", "c.chat.complete()", Wait.MODEL),
        ("import cohere\nc = cohere.AsyncClient()", "await c.chat()", Wait.MODEL),
        ("from openai import OpenAI\nc = OpenAI()", "c.beta.threads.runs.create()", Wait.MODEL),
        (
            "from openai import OpenAI\nc = OpenAI()",
            "c.with_options().responses.create()",
            Wait.MODEL,
        ),
        ("from google import genai\nc = genai.Client()", "await c.aio.models.list()", Wait.MODEL),
        (
            "from google import genai\nc = genai.Client()",
            "c.chats.create().send_message(U)",
            Wait.MODEL,
        ),
        ("from pydantic_ai import Agent\nc = Agent(U)", "await c.run(U)", Wait.MODEL),
        (
            "from langchain_openai import ChatOpenAI\nc = PROMPT | ChatOpenAI() | PARSER",
            "c.invoke(U)",
            Wait.MODEL,
        ),
        (
            "from langchain.chains import RetrievalQA\nc = RetrievalQA.from_chain_type(U)",
            "c({'query': U})",
            Wait.MODEL,
        ),
        (
            "from llama_index.core import VectorStoreIndex as V\nc = V.from_vector_store(U)",
            "c.as_query_engine().query(U)",
            Wait.MODEL,
        ),
        ("from curl_cffi import requests", "requests.get(U)", Wait.HTTP),
        ("import cloudscraper\nc = cloudscraper.create_scraper()", "c.get(U)", Wait.HTTP),
        (
            "from aiobotocore.session import get_session",
            "async with get_session().create_client('s3') as c:\n        await c.put_object()",
            Wait.CLOUD,
        ),
        (
            "from azure.storage.blob import BlobServiceClient as B\nc = B(U)",
            "c.get_container_client(U).upload_blob(U)",
            Wait.CLOUD,
        ),
        (
            "from google.cloud import firestore\nc = firestore.Client()",
            "c.collection(U).document(U).set({})",
            Wait.CLOUD,
        ),
        (
            "from googleapiclient.discovery import build\nc = build('drive', 'v3')",
            "c.files().list(q=U).execute()",
            Wait.HTTP,
        ),
        (
            "from supabase import create_client\nc = create_client(U, U)",
            "c.table(U).select('*').eq(U, U).execute()",
            Wait.HTTP,
        ),
        ("import mercadopago\nc = mercadopago.SDK(U)", "c.payment().create({})", Wait.HTTP),
        ("import stripe", "stripe.Price.list()", Wait.HTTP),
        ("import stripe", "stripe.File.create(purpose=U, file=U)", Wait.HTTP),
        ("from twilio.rest import Client\nc = Client()", "c.verify.v2.services.list()", Wait.HTTP),
        ("import docker\nc = docker.from_env()", "c.containers.get(U).exec_run(U)", Wait.HTTP),
        (
            "from kubernetes import client\nc = client.CoreV1Api()",
            "c.read_namespaced_pod()",
            Wait.HTTP,
        ),
        (
            "from telegram.ext import ContextTypes\nc: ContextTypes.DEFAULT_TYPE",
            "await c.bot.send_message(U)",
            Wait.HTTP,
        ),
        ("from discord.ext import commands\nc: commands.Bot", "await c.wait_for(U)", Wait.MESSAGE),
        ("import redis\nc = redis.Redis()", "with c.lock(U):\n        pass", Wait.TASK),
        ("import git", "git.Repo.clone_from(U, U)", Wait.PROCESS),
        ("import fabric\nc = fabric.Connection(U)", "c.run(U)", Wait.HOST),
        ("import boto3\nc = boto3.client('s3')", "c.get_waiter(U).wait()", Wait.CLOUD),
        ("from mypy_boto3_ses import SESClient\nc: SESClient", "c.send_email()", Wait.CLOUD),
        ("from types_boto3_s3.client import S3Client\nc: S3Client", "c.put_object()", Wait.CLOUD),
        (
            "from types_aiobotocore_s3 import S3Client\nc: S3Client",
            "await c.put_object()",
            Wait.CLOUD,
        ),
        (
            "from mypy_boto3_s3.waiter import ObjectExistsWaiter as W\nc: W",
            "c.wait(Key=U)",
            Wait.CLOUD,
        ),
        (
            "from googleapiclient.http import MediaIoBaseDownload as D\nc = D(U, U)",
            "c.next_chunk()",
            Wait.HTTP,
        ),
        ("from slack_sdk import WebClient\nc = WebClient()", "c.conversations_invite()", Wait.HTTP),
        (
            "from gidgethub.httpx import GitHubAPI\nc: GitHubAPI",
            "async for i in c.getiter(U):\n        pass",
            Wait.HTTP,
        ),
        ("from shop.protos import pay_pb2_grpc as g\nc = g.PayStub(U)", "c.Charge(U)", Wait.HOST),
        ("from zeep import Client\nc = Client(U)", "c.service.Charge(U)", Wait.HTTP),
        (
            "from kafka import KafkaProducer\nc = KafkaProducer()",
            "c.send(U, U).get(timeout=9)",
            Wait.MESSAGE,
        ),
        ("import emails\nc = emails.html(U)", "c.send(to=U)", Wait.MAIL),
        (
            "from playwright.async_api import Page\nc: Page",
            "await c.locator(U).nth(0).click()",
            Wait.HTTP,
        ),
        (
            "from google.cloud import vision\nc = vision.ImageAnnotatorClient()",
            "c.text_detection(U)",
            Wait.CLOUD,
        ),
        (
            "from azure.cosmos.aio import CosmosClient as C\nc = C(U)",
            "await c.get_database_client(U).get_container_client(U).read_item(U)",
            Wait.CLOUD,
        ),
    ],
)
def test_what_a_client_does_waits(before: str, call: str, wait: Wait) -> None:
    assert wait in [one.wait for one in waits(f"{before}\nasync def f():\n    {call}\n")]


@pytest.mark.parametrize(
    ("before", "call"),
    [
        ("from openai import OpenAI\nc = OpenAI()", "c.close()"),
        ("from openai import AsyncOpenAI\nc = AsyncOpenAI()", "c.responses.create()"),
        ("import redis\nc = redis.Redis()", "c.get(U)"),
        ("import redis\nc = redis.Redis()", "c.lock(U)"),
        ("import boto3\nc = boto3.client('s3')", "c.generate_presigned_url(U)"),
        ("from supabase import create_client\nc = create_client(U, U)", "c.table(U).select('*')"),
        ("from google.cloud import pubsub_v1\nc = pubsub_v1.PublisherClient()", "c.publish(U, U)"),
        ("from web3 import Web3\nc = Web3(U)", "c.eth.contract(U)"),
        ("import boto3\nc = boto3.resource('s3')", "c.meta.client.generate_presigned_url(U)"),
        ("from slack_sdk import WebClient\nc = WebClient()", "c.chat_stream(channel=U)"),
        ("from kafka import KafkaProducer\nc = KafkaProducer()", "c.send(U, U)"),
        ("from playwright.sync_api import Page\nc: Page", "c.get_by_role(U).filter(has_text=U)"),
        ("from mypy_boto3_ses import SESClient\nc: SESClient", "c.generate_presigned_url(U)"),
        ("from mypy_boto3_ses.type_defs import IdentityTypeDef as I\nc: I", "c.get(U)"),
        ("from aiogram import Bot\nc = Bot(U)", "await c.session.close()"),
        ("from aiogram import Bot\nc = Bot(U)", "await c.db.fetch(U)"),
        ("import stripe", "stripe.Webhook.construct_event(U, U, U)"),
        ("import git\nc = git.Repo(U)", "c.remote()"),
    ],
)
def test_what_only_computes_keeps_or_makes_does_not(before: str, call: str) -> None:
    assert waits(f"{before}\nasync def f():\n    {call}\n") == []
