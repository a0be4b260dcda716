"""Who calls the functions of a module: frameworks, files not seen, what the settings name."""

import pytest

from poollint.catalog.own import Additions
from poollint.facts.code import Recurrence
from tests.reading.running.recurring import again, why


def test_a_name_that_hides_what_the_framework_offers_is_something_else() -> None:
    assert not again("from flask import g\ndef f(g): return g.db")


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
