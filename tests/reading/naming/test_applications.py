"""Which values are the application of a web framework."""

from __future__ import annotations

import ast

import pytest

from poollint.catalog.merged import drivers
from poollint.reading.naming.applications import is_application
from poollint.reading.naming.names import Names
from poollint.reading.naming.shapes import of_ast

TEXT = """
from typing import TYPE_CHECKING, cast
import flask
import tkinter
from aiohttp import web
from quart import Quart
if TYPE_CHECKING:
    from hints import now
else:
    from quart import current_app as now

class Shop(Quart): ...
class Window(tkinter.Tk): ...

made = Shop(__name__)
window = Window()
told = cast(Shop, now)
plain = web.Application()
both = plain or window

class Store:
    def __init__(self, app: Shop, other):
        self.app = app
        self.other = other
    def view(self, request, app: "web.Application", bare, now=None, either: Shop | None = None):
        ...
"""


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("made", True),
        ("told", True),
        ("plain", True),
        ("flask.current_app", True),
        ("app", True),
        ("either", True),
        ("self.app", True),
        ("request.app", True),
        ("self.request.app", True),
        ("bare", False),
        ("now", False),  # a parameter here
        ("self.other", False),
        ("bare.app", False),
        ("window", False),
        ("both", False),
        ("unknown", False),
    ],
)
def test_an_application_is_known_by_where_it_comes_from(text: str, found: bool) -> None:
    shape = of_ast(ast.parse(text, mode="eval").body)
    assert is_application(shape, "Store.view", Names(ast.parse(TEXT), drivers())) is found


def test_one_import_of_several_may_tell() -> None:
    names = Names(ast.parse(TEXT), drivers())
    assert is_application(of_ast(ast.parse("now", mode="eval").body), "", names)
    assert names.imported_as("now") == ("hints.now", "quart.current_app")
