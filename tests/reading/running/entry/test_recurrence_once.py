"""What is made once, and what anew each time, of all that runs again and again."""

import pytest

from tests.reading.running.recurring import again, chain, why


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
        "if hasattr(app, 'pool'):\n        return app.pool\n    app.pool = make()",
        "if getattr(app, 'pool', None) is None:\n        app.pool = make()",
        "if getattr(app, 'pool', None):\n        return app.pool\n    app.pool = make()",
        "if (p := getattr(app, 'pool', 0)) is not None:\n        return p\n    app.pool = make()",
        "p = getattr(app, 'pool', None)\n    if not p:\n        app.pool = p = make()",
        "if not app.pool is not None:\n        app.pool = make()",
        "if 'pool' in app.__dict__:\n        return app.pool\n    app.pool = make()",
        "if 'pool' not in vars(app):\n        app.pool = make()",
        "try:\n        return app.pool\n    except AttributeError:\n        app.pool = make()",
        "try:\n        return pools['a']\n    except KeyError:\n        pools['a'] = make()",
        "if not hasattr(app, NAME):\n        setattr(app, NAME, make())",
        "if not hasattr(app, 'pool'):\n        setattr(app, 'pool', make())",
        "if not getattr(app, NAME, None):\n        setattr(app, NAME, make())",
        "if hasattr(app, NAME):\n        return\n    setattr(app, NAME, make())",
        "p = getattr(app, NAME, None)\n    if p is None:\n"
        "        p = make()\n        setattr(app, NAME, p)",
        "if NAME not in app.__dict__:\n        setattr(app, NAME, make())",
        "if not box:\n        box.append(make())",
        "if pools['a'] is None:\n        pools.update(a=make())",
        "if not event.is_set():\n        make()\n        event.set()",
        "match app.pool:\n        case None:\n            app.pool = make()",
        "return cached()",
        "return remembered()",
        "return boxed()",
    ],
)
def test_what_is_made_on_first_need_is_made_once(body: str) -> None:
    text = (
        "from flask import Flask\nfrom functools import cache\n"
        "app = Flask('x')\npools = {}\npool = None\nbox = []\n"
        f"@app.get('/')\ndef index():\n    {body}\n"
        "@cache\ndef cached(): return make()\n"
        "@memoize\ndef remembered(): return make()\n"
        "def boxing(f):\n    kept = []\n    def given():\n        if not kept:\n"
        "            kept.append(f())\n        return kept[0]\n    return given\n"
        "@boxing\ndef boxed(): return make()\n"
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
        "if hasattr(g, 'db'):\n        return g.db\n    g.db = make()",
        "if hasattr(app, 'other'):\n        return app.other\n    app.pool = make()",
        "try:\n        return g.db\n    except AttributeError:\n        g.db = make()",
        "try:\n        return pools['a']\n    except KeyError:\n        pools['b'] = make()",
        "if not hasattr(g, NAME):\n        setattr(g, NAME, make())",
        "if not hasattr(app, NAME):\n        setattr(app, OTHER, make())",
        "box = []\n    if not box:\n        box.append(make())",
        "if not box:\n        boxes.append(make())",
        "p = current.get()\n    if p is None:\n        p = make()\n        current.set(p)",
        "match g.pool:\n        case None:\n            g.pool = make()",
        "return counted()",
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
        "def counting(f):\n    def given():\n        f.calls += 1\n        return f()\n"
        "    return given\n"
        "@counting\ndef counted(): return make()\n"
    )
    assert set(again(text)) - {"counted", "counting.<locals>.given"} == {"index", "make"}


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
