"""How what a framework calls spreads to what it calls, and where it ends, in one module."""

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poollint.catalog.own import Additions
from poollint.facts.code import Recurrence
from poollint.model.source import SourceFile
from poollint.reading.running.recurrence import recurrences
from poollint.syntax.python import PythonTree, parse
from tests.reading.running.recurring import again, why


def chain(text: str, name: str) -> list[tuple[int, str]]:
    found = why(text)[name]
    assert isinstance(found, Recurrence)
    return [(step.span.start.line, step.label) for step in found.chain]


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
    found = recurrences(tree.module, "shop/api.py", {}, None, tree.span)["go"]
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
        "global pool\n    if pool:\n        if pool.closed:\n"
        "            pool = None\n        else:\n"
        "            return pool\n    pool = make()",
        "global pool\n    if pool:\n        if not pool.closed:\n"
        "            return pool\n        else:\n"
        "            pool = None\n    pool = make()",
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
        "if pools:\n        if pools.closed:\n            pools = None\n        else:\n"
        "            pass\n    pools = make()",
        "if g.db:\n        if g.db.closed:\n            g.db = None\n        else:\n"
        "            return\n    g.db = make()",
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


def test_what_the_settings_name_calls_its_functions_as_often_as_they_say() -> None:
    told = Additions(handlers=(("request", ("acme.web.endpoint",)), ("task", ("acme.jobs.job",))))
    text = "from acme.web import endpoint as e\n@e('/x')\ndef f(): g()\ndef g(): ..."
    assert set(why(text, additions=told)) == {"f", "g"}
    assert set(why("from .web import endpoint\n@endpoint\ndef f(): ...", additions=told)) == {"f"}
    assert why("from other import endpoint\n@endpoint\ndef f(): ...", additions=told) == {}
    (found,) = why("from acme.jobs import job\n@job\ndef f(): ...", additions=told).values()
    assert isinstance(found, Recurrence)
    assert (found.rate.value, found.framework) == ("task", "acme.jobs.job")
    assert found.chain[0].label == "called for each task"


@pytest.mark.parametrize(
    "text",
    [
        "from acme.web import route\ndef f(): ...\nroute('/x', f)",
        "from acme.web import route\ndef f(): ...\nroute('/x', handler=f)",
        "from acme.web import route\ndef f(): ...\nroute([f])",
        "from acme.web import App\napp = App()\n@app.route('/x')\ndef f(): ...",
        "from acme.web import App\napp = App()\ndef f(): ...\napp.route('/x', f)",
        "from acme.web import Api\nclass f(Api):\n    def get(self): ...",
        "from .base import BaseApi\nclass f(BaseApi):\n    def get(self): ...",
    ],
)
def test_the_settings_name_decorators_registrations_and_methods_alike(text: str) -> None:
    names = ("acme.web.route", "acme.web.App.route", "acme.web.Api.get")
    found = why(text, additions=Additions(handlers=(("request", names),)))
    assert [name.partition(".")[0] for name in found] == ["f"]
    once = why(text, additions=Additions(handlers=(("once", names),)))
    assert set(once.values()) == {"said in the settings"}


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
    assert recurrences(tree, "a.py", {"app_route": "bottle.route"})["f"]


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


@pytest.mark.parametrize(
    ("text", "concurrency"),
    [
        ("from fastapi import FastAPI\napp = FastAPI()\n@app.get('/')\ndef f(): ...", "threads"),
        ("from fastapi import FastAPI\napp = FastAPI()\n@app.get('/')\nasync def f(): ...",
         "tasks"),
        ("from flask import Flask\napp = Flask('x')\n@app.get('/')\ndef f(): ...", "served"),
        ("from flask import Flask\napp = Flask('x')\n@app.get('/')\ndef f(): ...\n"
         "app.run(threaded=False)", None),
        ("from celery import Celery\napp = Celery('x')\n@app.task\ndef f(): ...", None),
        ("from fastapi import FastAPI\nfrom mangum import Mangum\napp = FastAPI()\n"
         "@app.get('/')\nasync def f(): ...\nhandler = Mangum(app)", None),
        ("import asyncio\nfrom fastapi import FastAPI\napp = FastAPI()\n@app.get('/')\n"
         "async def g(): await asyncio.to_thread(f)\ndef f(): ...", "threads"),
        ("from fastapi import FastAPI\napp = FastAPI()\n@app.get('/')\n"
         "async def g(): f()\ndef f(): ...", "tasks"),
    ],
)  # fmt: skip
def test_how_calls_run_at_the_same_time_follows_the_entry_point(
    text: str, concurrency: str | None
) -> None:
    found = why(text)["f"]
    assert isinstance(found, Recurrence)
    assert (found.concurrency.value if found.concurrency else None) == concurrency


def test_of_several_reasons_the_worst_is_kept_whichever_is_found_first() -> None:
    text = """\
        import dagster
        import schedule
        from flask import Flask
        app = Flask("x")

        def tidy(): connect()
        schedule.every(5).seconds.do(tidy)

        @dagster.asset
        def sales(): connect(); report()

        @app.get("/")
        def index(): return fetch()

        def fetch(): return connect()
        def connect(): ...
        def report(): ...
        """
    assert again(text) == {
        "tidy": "tick",
        "sales": "task",
        "index": "request",
        "fetch": "request",
        "connect": "request",
        "report": "task",
    }
    assert [line for line, _ in chain(text, "connect")] == [12, 13, 15, 16]
