"""What runs for each request, and what runs once, in one module."""

import ast
import textwrap
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poollint.catalog.load import frameworks
from poollint.facts.code import Rate, Recurrence
from poollint.model.source import SourceFile
from poollint.reading.recurrence import recurrences
from poollint.syntax.python import PythonTree, parse


def why(
    text: str, path: str = "shop/api.py", decorators: tuple[str, ...] = ()
) -> Mapping[str, Recurrence | str]:
    return recurrences(ast.parse(textwrap.dedent(text)), path, {}, decorators)


def again(text: str, path: str = "shop/api.py") -> dict[str, str]:
    """Return, by function, how often what runs again and again does."""
    found = why(text, path)
    return {name: r.rate.value for name, r in found.items() if isinstance(r, Recurrence)}


def once(text: str, path: str = "shop/api.py") -> dict[str, str]:
    return {name: r for name, r in why(text, path).items() if isinstance(r, str)}


def chain(text: str, name: str) -> list[tuple[int, str]]:
    found = why(text)[name]
    assert isinstance(found, Recurrence)
    return [(step.span.start.line, step.label) for step in found.chain]


def cases(table: str) -> list[tuple[str, str, str]]:
    """Read `how often, function: line | line`; a case goes on in indented lines."""
    found = []
    for line in table.strip().replace("\n    |", " |").splitlines():
        head, _, text = line.partition(": ")
        often, _, name = head.partition(", ")
        found.append((often, name, text.replace(" | ", "\n")))
    return found


AGAIN = r"""
request, f: from fastapi import FastAPI | app = FastAPI() | @app.get('/x') | def f(): ...
request, f: import fastapi as api | r = api.APIRouter() | @r.post(PATH) | async def f(): ...
request, f: from fastapi import FastAPI | x = FastAPI() | @x.middleware('http') | def f(a, b): ...
request, f: from fastapi import FastAPI | x = FastAPI() | x.add_api_route('/', f) | def f(): ...
request, f: from fastapi import Depends | def f(): ... | def g(x=Depends(f)): ...
request, f: from fastapi import Request | def f(request: Request): ...
request, f: from starlette.routing import Route | def f(r): ... | x = [Route('/', f)]
request, f: from flask import Flask | app = Flask('x') | @app.route('/') | def f(): ...
request, f: from flask import Blueprint | b = Blueprint('x', 'y') | @b.before_request
    | def f(): ...
request, f: from flask import Flask | a = Flask('x') | a.add_url_rule('/', 'x', f) | def f(): ...
request, V.get: from flask.views import MethodView | class V(MethodView): |  def get(self): ...
request, V.put: from flask_restful import Resource | class V(Resource): |  def put(self): ...
request, f: from flask import g | def f(): g.db = 1
request, f: import flask | def f(): return flask.request.args['x']
event, f: from telethon import TelegramClient, events | c = TelegramClient('x', 1, 'y')
    | @c.on(events.NewMessage(incoming=True)) | async def f(e): ...
event, f: from pyrogram import Client | c = Client('x') | @c.on_message() | async def f(c, m): ...
request, f: from quart import Quart | a = Quart('x') | @a.websocket('/w') | async def f(): ...
request, V.get: from django.views import View | class V(View): |  def get(self, request): ...
request, V.get_queryset: from rest_framework import generics | class V(generics.ListAPIView):
    |  def get_queryset(self): ...
request, f: from rest_framework.decorators import api_view | @api_view(['GET'])
    | def f(request): ...
request, M.__call__: class M: |  def __init__(self, get_response): ...
    |  def __call__(self, request): ...
event, f: from django.dispatch import receiver | @receiver(post_save) | def f(**kw): ...
request, f: from django.urls import path | def f(r): ... | urlpatterns = [path('x', f)]
request, f: from ninja import Router | r = Router() | @r.get('/x') | def f(request): ...
request, f: from aiohttp import web | r = web.RouteTableDef() | @r.get('/') | async def f(q): ...
request, f: from aiohttp import web | async def f(q): ... | x = [web.get('/', f)]
request, f: from aiohttp import web | a = web.Application() | a.router.add_get('/', f)
    | async def f(q): ...
request, f: from sanic import Sanic | a = Sanic('x') | @a.on_request | async def f(r): ...
request, f: from litestar import get | @get('/') | async def f() -> str: ...
request, H.get: import tornado.web | class H(tornado.web.RequestHandler): |  def get(self): ...
request, R.on_get: class R: |  def on_get(self, req, resp, x): ...
request, f: from bottle import route | @route('/x') | def f(): ...
request, f: from pyramid.view import view_config | @view_config(route_name='x')
    | def f(request): ...
request, f: from robyn import Robyn | a = Robyn(__file__) | @a.get('/') | def f(r): ...
request, S.Buy: import x_pb2_grpc | class S(x_pb2_grpc.ShopServicer):
    |  def Buy(self, request, context): ...
field, f: import strawberry | @strawberry.field | def f(self) -> int: ...
field, Q.resolve_x: import graphene | class Q(graphene.ObjectType):
    |  def resolve_x(self, info): ...
task, f: from celery import shared_task | @shared_task | def f(): ...
task, f: from celery import Celery | c = Celery() | @c.task(bind=True) | def f(self): ...
task, f: import dramatiq | @dramatiq.actor(max_retries=3) | def f(): ...
task, f: from rq import Queue | q = Queue() | def f(): ... | q.enqueue(f, 1)
task, f: async def f(ctx): ... | class WorkerSettings: |  functions = [f] | import arq
task, f: from huey import RedisHuey | h = RedisHuey() | @h.task() | def f(): ...
event, f: from faststream.kafka import KafkaBroker | b = KafkaBroker() | @b.subscriber('x')
    | def f(m): ...
event, lambda_handler: def lambda_handler(event, _): ...
event, main: def main(event, context): ...
request, f: from chalice import Chalice | a = Chalice('x') | @a.route('/') | def f(): ...
request, f: import functions_framework | @functions_framework.http | def f(request): ...
event, f: import azure.functions as func | a = func.FunctionApp() | @a.route(route='x')
    | def f(req): ...
request, H.do_GET: from http.server import BaseHTTPRequestHandler
    | class H(BaseHTTPRequestHandler): |  def do_GET(self): ...
request, f: def f(environ, start_response): ...
event, f: import modal | a = modal.App('x') | @a.function() | def f(): ...
request, f: import dash | @dash.callback(1, 2) | def f(x): ...
item, P.process_item: class P: |  def process_item(self, item, spider): ...
task, f: from airflow.decorators import task | @task | def f(): ...
task, f: from prefect import flow | @flow | def f(): ...
event, f: from discord.ext import commands | b = commands.Bot('!') | @b.command()
    | async def f(c): ...
event, f: from aiogram import Router | r = Router() | @r.message(F) | async def f(m): ...
event, f: from telegram.ext import CommandHandler | async def f(u, c): ...
    | CommandHandler('x', f)
tick, f: from apscheduler.schedulers.background import BackgroundScheduler as S | s = S()
    | s.add_job(f) | def f(): ...
event, f: import asyncio | async def f(r, w): ... | async def main():
    |  await asyncio.start_server(f)
"""

ONCE = r"""
lifespan, f: from fastapi import FastAPI | async def f(app): yield | x = FastAPI(lifespan=f)
startup hook, f: from fastapi import FastAPI | x = FastAPI() | @x.on_event('startup')
    | def f(): ...
shutdown hook, f: from fastapi import FastAPI | x = FastAPI(on_shutdown=[f]) | def f(): ...
command line, f: from flask import Flask | a = Flask('x') | @a.cli.command('go') | def f(): ...
command line, f: import click | @click.group() | def cli(): ... | @cli.group() | def db(): ...
    | @db.command() | def f(): ...
command line, f: import click | @click.option('--x') | def f(x): ...
command line, f: import typer | a = typer.Typer() | @a.command() | def f(): ...
command line, f: import click | from shop.cli import cli | @cli.command() | def f(): ...
startup hook, on_ready: from discord import Client | c = Client() | @c.event
    | async def on_ready(): ...
command line, f: from flask import Flask, g | a = Flask('x') | @a.cli.command('go')
    | def f(): g.x = 1
first request, f: from flask import Flask | a = Flask('x') | @a.before_first_request
    | def f(): ...
management command, Command.handle: from django.core.management.base import BaseCommand
    | class Command(BaseCommand): |  def handle(self): ...
startup hook, A.ready: from django.apps import AppConfig | class A(AppConfig):
    |  def ready(self): ...
startup hook, f: from aiohttp import web | a = web.Application() | a.on_startup.append(f)
    | async def f(app): ...
lifespan, f: from aiohttp import web | a = web.Application() | a.cleanup_ctx.append(f)
    | async def f(app): yield
startup hook, f: from celery.signals import worker_process_init
    | @worker_process_init.connect | def f(**kw): ...
parent process, f: from celery import signals | @signals.worker_init.connect | def f(**kw): ...
startup hook, f: from sanic import Sanic | a = Sanic('x') | @a.before_server_start
    | async def f(app): ...
command line, f: import click | @click.command() | def f(): ...
command line, f: import typer | a = typer.Typer() | @a.command() | def f(): ...
lru_cache, f: from functools import lru_cache | @lru_cache(maxsize=None) | def f(): ...
cache_resource, f: import streamlit as st | @st.cache_resource | def f(): ...
start of a spider, P.open_spider: class P: |  def process_item(self, item, spider): ...
    |  def open_spider(self, spider): ...
"""


@pytest.mark.parametrize(("rate", "name", "text"), cases(AGAIN))
def test_every_framework_s_way_in_is_recognised(rate: str, name: str, text: str) -> None:
    assert again(text)[name] == rate


@pytest.mark.parametrize(("reason", "name", "text"), cases(ONCE))
def test_what_runs_once_says_why(reason: str, name: str, text: str) -> None:
    assert once(text)[name] == reason


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("tests/test_api.py", "test"),
        ("shop/tests/api.py", "test"),
        ("conftest.py", "test"),
        ("shop/migrations/0001_first.py", "migration"),
        ("alembic/env.py", "migration"),
        ("shop/management/commands/sync.py", "management command"),
    ],
)
def test_a_file_that_serves_no_request_says_so(path: str, reason: str) -> None:
    text = """
        from flask import Flask
        app = Flask("x")
        @app.get("/")
        def index(): helper()
        def helper(): ...
    """
    assert why(text, path) == {"index": reason, "helper": reason}


def test_a_django_view_is_told_by_its_file_and_first_parameter() -> None:
    text = "from django.http import HttpResponse\ndef f(request, pk): ...\ndef g(pk): ..."
    assert again(text, "shop/views.py") == {"f": "request"}
    assert again(text, "shop/tasks.py") == {}
    assert again("def f(request): ...", "shop/views.py") == {}, "no Django, no view"


def test_what_a_handler_calls_runs_as_often_with_the_way_there() -> None:
    text = """\
        from flask import Flask
        app = Flask("x")

        @app.get("/")
        def index():
            return fetch()

        def fetch():
            return connect()

        def connect(): ...
        def unused(): connect()
        """
    assert again(text) == {"index": "request", "fetch": "request", "connect": "request"}
    assert chain(text, "index") == [(4, "called for each request")]
    assert chain(text, "fetch") == [
        (4, "called for each request"),
        (6, "calls `fetch`"),
        (8, "`fetch`, as often"),
    ]
    assert chain(text, "connect") == [
        (4, "called for each request"),
        (6, "calls `fetch`"),
        (9, "calls `connect`"),
        (11, "`connect`, as often"),
    ]


def test_the_step_of_a_decorator_covers_its_sign() -> None:
    text = 'from flask import Flask\napp = Flask("x")\n\n@app.get("/")\ndef index(): ...\n'
    found = why(text)["index"]
    assert isinstance(found, Recurrence)
    span = found.chain[0].span
    assert (span.start.column, span.end.column) == (1, len('@app.get("/")') + 1)


def test_a_given_span_is_used_for_every_step() -> None:
    text = (
        'from flask import Flask\napp = Flask("ü")\n\n'
        '@app.get("/ü")\ndef index(): "ü"; go()\ndef go(): ...\n'
    )
    tree = parse(SourceFile("shop/api.py", text))
    assert isinstance(tree, PythonTree)
    found = recurrences(tree.module, "shop/api.py", {}, (), tree.span)["go"]
    assert isinstance(found, Recurrence)
    columns = [(s.span.start.column, s.span.end.column) for s in found.chain]
    assert columns == [(1, 15), (19, 23), (5, 7)]


def test_a_registration_is_the_first_step_and_the_function_the_last() -> None:
    text = """\
        from fastapi import Depends
        def get_db(): ...
        def index(db=Depends(get_db)): ...
        """
    assert chain(text, "get_db") == [(3, "called for each request"), (2, "`get_db`, called there")]


def test_methods_are_followed_by_self_class_and_instance() -> None:
    text = """
        from flask import Flask
        app = Flask("x")
        class Base:
            def load(self): ...
        class Repo(Base):
            def __init__(self): self.open()
            def open(self): ...
            @property
            def conn(self): return self.open()
            def fetch(self): return super().load()
            def unused(self): ...
        shared = Repo()
        @app.get("/")
        def index(): return shared.fetch()
        @app.get("/new")
        def new():
            repo = Repo()
            return repo.conn
        """
    assert set(again(text)) == {
        "index", "new", "Repo.fetch", "Base.load", "Repo.__init__", "Repo.open", "Repo.conn",
    }  # fmt: skip


def test_an_instance_made_at_import_is_made_once() -> None:
    text = """
        from flask import Flask
        app = Flask("x")
        class Repo:
            def __init__(self): ...
            def fetch(self): ...
        repo = Repo()
        @app.get("/")
        def index(): return repo.fetch()
        """
    assert set(again(text)) == {"index", "Repo.fetch"}


@pytest.mark.parametrize(
    "body",
    [
        "global pool\n    if pool is None:\n        pool = make()\n    return pool",
        "global pool\n    if not pool:\n        pool = make()\n    return pool",
        "global pool\n    if pool is not None:\n        return pool\n    pool = make()",
        "global pool\n    if pool and not pool.closed:\n        return pool\n    pool = make()",
        "global pool\n    if pool is None or pool.closed:\n        pool = make()\n    return pool",
        "if not hasattr(app, 'pool'):\n        app.pool = make()",
        "if 'a' not in pools:\n        pools['a'] = make()\n    return pools['a']",
        "if 'a' in pools:\n        return pools['a']\n    pools['a'] = make()",
        "return cached()",
    ],
)
def test_what_is_made_on_first_need_is_made_once(body: str) -> None:
    text = (
        "from flask import Flask\nfrom functools import cache\n"
        "app = Flask('x')\npools = {}\npool = None\n"
        f"@app.get('/')\ndef index():\n    {body}\n"
        "@cache\ndef cached(): return make()\n"
        "def make(): ...\n"
    )
    assert set(again(text)) == {"index"}


@pytest.mark.parametrize(
    "body",
    [
        "pool = None\n    if pool is None:\n        pool = make()",
        "if 'db' not in g:\n        g.db = make()",
        "if not hasattr(g, 'db'):\n        g.db = make()",
        "if g.db is None:\n        g.db = make()",
        "if request is None:\n        make()",
        "try:\n        make()\n    finally:\n        pass",
        "with x:\n        for a in b:\n            c = [make() for d in e]",
        "match x:\n        case 1:\n            make()",
        "lambda: make()",
        "return executor.submit(make)",
        "return asyncio.to_thread(make, 1)",
    ],
)
def test_what_a_request_keeps_is_made_for_each(body: str) -> None:
    text = (
        "import asyncio\nfrom flask import Flask, g, request\napp = Flask('x')\n"
        f"@app.get('/')\ndef index():\n    {body}\ndef make(): ...\n"
    )
    assert set(again(text)) == {"index", "make"}


def test_a_function_that_decorates_itself_comes_to_an_end() -> None:
    assert not again("import click\n@f.group()\ndef f(): ...\n@f.route('/')\ndef g(): ...")


def test_a_name_that_hides_what_the_framework_offers_is_something_else() -> None:
    assert not again("from flask import g\ndef f(g): return g.db")


def test_what_is_kept_for_a_request_is_the_first_step() -> None:
    text = "from flask import g\ndef f():\n    if 'db' not in g:\n        g.db = connect()"
    assert chain(text, "f") == [(3, "`g` lives for one request")]


@pytest.mark.parametrize(
    ("caught", "often"),
    [("", False), ("OSError", False), ("(ValueError, psycopg2.Error)", False),
     ("KeyError", True), ("User.DoesNotExist", True), ("sqlalchemy.exc.NoResultFound", True)],
)  # fmt: skip
def test_what_a_handler_calls_after_a_failure_is_no_part_of_each_request(
    caught: str, often: bool
) -> None:
    text = f"""
        from fastapi import FastAPI
        app = FastAPI()
        @app.get("/")
        def view():
            try:
                ask()
            except {caught}:
                repair()
            finally:
                tidy()
        def ask(): ...
        def repair(): ...
        def tidy(): ...
        """
    found = again(text)
    assert ("repair" in found) is often
    assert {"ask", "tidy"} <= set(found)


def test_the_wrapper_of_a_decorator_runs_with_what_it_wraps() -> None:
    text = """
        from flask import Flask
        app = Flask("x")
        def with_conn(f):
            setup()
            def inner(*a):
                return f(connect(), *a)
            return inner
        def role(name):
            def wrap(f):
                def check(*a): return f(*a)
                return check
            return wrap
        def setup(): ...
        def connect(): ...
        @app.get("/")
        @with_conn
        @role("x")
        def index(conn): ...
        """
    assert set(again(text)) == {
        "index", "with_conn.<locals>.inner", "role.<locals>.wrap.<locals>.check", "connect",
    }  # fmt: skip


def test_handlers_inside_an_application_factory_are_found_and_the_factory_is_not() -> None:
    text = """
        from flask import Flask
        def create_app():
            app = Flask("x")
            make_pool()
            @app.get("/")
            def index(): ...
            return app
        def make_pool(): ...
        """
    assert again(text) == {"create_app.<locals>.index": "request"}


def test_what_only_main_and_startup_call_is_left_out() -> None:
    text = """
        from fastapi import FastAPI
        app = FastAPI()
        @app.on_event("startup")
        async def start(): await make_pool()
        async def make_pool(): ...
        def run(): serve()
        def serve(): ...
        if __name__ == "__main__":
            run()
        """
    assert why(text) == {"start": "startup hook"}


def test_an_application_of_another_file_is_known_by_an_unmistakable_decorator() -> None:
    flask = "from flask import request\nfrom .app import app\n"
    assert again(f"{flask}@app.route('/x')\ndef f(): ...") == {"f": "request"}
    assert again(f"{flask}@app.route(RULE)\ndef f(): ...") == {}
    assert again("from .app import app\n@app.route('/x')\ndef f(): ...") == {}
    assert again("from shop.celery_app import c\n@c.task\ndef f(): ...") == {"f": "task"}
    assert again("from shop import runner\n@runner.task\ndef f(): ...") == {}


def test_an_object_of_something_else_is_no_application() -> None:
    text = """
        import typer
        from fastapi import FastAPI
        cli = typer.Typer()
        class Registry:
            def get(self, path): ...
        table = Registry()
        @cli.command("/x")
        def command(): ...
        @table.get("/x")
        def entry(): ...
        """
    assert again(text) == {}


def test_a_base_class_of_another_file_is_known_by_the_framework_s_name() -> None:
    text = "import flask_restful\nfrom .base import {0}\nclass V({0}):\n def get(self): ..."
    assert again(text.format("BaseResource")) == {"V.get": "request"}
    assert again(text.format("Store")) == {}


def test_a_dependency_without_argument_is_what_the_parameter_is_annotated_with() -> None:
    text = """
        from typing import Annotated
        from fastapi import Depends
        class Repo:
            def __init__(self): ...
        class Other:
            def __init__(self): ...
        def one(repo: Repo = Depends()): ...
        def two(other: Annotated[Other, Depends()]): ...
        """
    assert set(again(text)) == {"Repo.__init__", "Other.__init__"}


def test_a_dependency_made_by_a_call_is_what_the_call_returns() -> None:
    text = """
        from fastapi import Depends
        def needs(role):
            def check(): ...
            return check
        class Checker:
            def __init__(self, role): ...
            def __call__(self): ...
        def one(x=Depends(needs("a")), y=Depends(Checker("b"))): ...
        """
    assert set(again(text)) == {"needs.<locals>.check", "Checker.__call__"}


def test_a_streamlit_script_is_run_again_at_each_rerun_and_a_module_is_not() -> None:
    script = "import streamlit as st\ndef load(): ...\nst.title('x')\nload()\n"
    assert again(script) == {"": "rerun", "load": "rerun"}
    module = "import streamlit as st\ndef load(): ...\ndef show(): st.title('x')\nx = load()\n"
    assert again(module) == {}


def test_decorators_of_the_settings_are_per_request() -> None:
    told = ("acme.web.endpoint",)
    text = "from acme.web import endpoint as e\n@e('/x')\ndef f(): g()\ndef g(): ..."
    assert set(why(text, decorators=told)) == {"f", "g"}
    assert set(why("from .web import endpoint\n@endpoint\ndef f(): ...", decorators=told)) == {"f"}
    assert why("from other import endpoint\n@endpoint\ndef f(): ...", decorators=told) == {}


def test_recursion_and_cycles_come_to_an_end() -> None:
    text = """
        from flask import Flask
        app = Flask("x")
        @app.get("/")
        def a(): b()
        def b(): a(); b()
        class X(Y): ...
        class Y(X): ...
        """
    assert set(again(text)) == {"a", "b"}


def test_the_module_s_own_imports_need_not_be_given() -> None:
    tree = ast.parse("@app_route('/x')\ndef f(): ...")
    assert recurrences(tree, "a.py", {"app_route": "bottle.route"}, ())["f"]


def test_every_rate_of_the_catalog_is_a_rate() -> None:
    assert {entry.rate for entry in frameworks().entries} <= {rate.value for rate in Rate}


PIECES = st.lists(
    st.sampled_from(
        [
            "from flask import Flask", "import fastapi", "app = Flask()", "app = fastapi.FastAPI()",
            "@app.get('/')\ndef a(): b()",
            "def b(x: 'Q' = c): return a", "class C(C):\n def get(self): self.get()",
            "@b\n@b(1)\ndef c(): return c", "x = lambda: a()", "app.add_url_rule(*z)", "del app",
            "class D(C, E.f, g()):\n app = app\n @app.get('/')\n def q(s): super().q()",
            "async def e(event, context): yield",
            "if a is None: a = b()\nelif not a: b = a", "def f(): global app; app = f",
        ]
    ),
    max_size=8,
)  # fmt: skip


@given(PIECES)
def test_any_module_has_reasons_only_for_its_own_functions(pieces: list[str]) -> None:
    text = "\n".join(pieces)
    lines = len(text.splitlines())
    for name, reason in why(text).items():
        assert name.rpartition(".")[2] in {*"abcefgq", "get"}
        if isinstance(reason, Recurrence):
            assert reason.chain
            assert all(1 <= step.span.start.line <= lines for step in reason.chain)
