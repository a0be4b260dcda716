"""How what a framework calls spreads to what it calls, and where it ends, in one module."""

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poollint.facts.code import Recurrence
from poollint.model.source import SourceFile
from poollint.reading.running.entry.recurrence import recurrences
from poollint.syntax.python import PythonTree, parse
from tests.reading.running.recurring import again, chain, why


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


def test_a_function_that_decorates_itself_comes_to_an_end() -> None:
    assert not again("import click\n@f.group()\ndef f(): ...\n@f.route('/')\ndef g(): ...")


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
