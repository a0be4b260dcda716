"""Which values are the application of a web framework, or a bot."""

from __future__ import annotations

import ast

import pytest

from poollint.catalog.merged import drivers
from poollint.reading.connections.offering import offered
from poollint.reading.naming.given.applications import APPLICATION, BOT, is_kind
from poollint.reading.naming.objects.instances import function
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import of_ast

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
    assert is_kind(APPLICATION, shape, "Store.view", Names(ast.parse(TEXT), drivers())) is found


def test_one_import_of_several_may_tell() -> None:
    names = Names(ast.parse(TEXT), drivers())
    assert is_kind(APPLICATION, of_ast(ast.parse("now", mode="eval").body), "", names)
    assert names.imported_as("now") == ("hints.now", "quart.current_app")


BOTS = """
import discord
from discord.ext import commands
class Shop(commands.Bot): ...
made = Shop()
plain = discord.Client()
other = object()

class Cog(commands.Cog):
    def __init__(self, bot, robot, typed: Shop, whole: commands.Bot, odd: int):
        self.bot = bot
        self.robot = robot
        self.typed = typed
        self.whole = whole
        self.odd = odd
    async def show(self, ctx, interaction, bot: int): ...
"""


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("made", True),
        ("plain", True),
        ("self.bot", True),
        ("self.typed", True),
        ("self.whole", True),
        ("ctx.bot", True),
        ("interaction.client", True),
        ("other", False),
        ("self.robot", False),
        ("self.odd", False),
        ("bot", False),  # annotated with something else
        ("unknown", False),
    ],
)
def test_a_bot_is_known_by_where_it_comes_from_or_the_name_of_a_bare_parameter(
    text: str, found: bool
) -> None:
    shape = of_ast(ast.parse(text, mode="eval").body)
    assert is_kind(BOT, shape, "Cog.show", Names(ast.parse(BOTS), drivers())) is found


LENDING = """
import asyncpg
from discord.ext import commands
class Shop(commands.Bot):
    async def setup_hook(self):
        self.pool = await asyncpg.create_pool()
    async def connection(self):
        return await self.pool.acquire()
class Cog(commands.Cog):
    def __init__(self, bot, robot, my_bot: commands.Bot, odd_bot: int):
        self.bot = bot
        self.robot = robot
        self.my_bot = my_bot
        self.odd_bot = odd_bot
    async def show(self, ctx): ...
"""


@pytest.mark.parametrize(
    ("of", "found"),
    [
        ("self.bot", "Shop.connection"),
        ("self.my_bot", "Shop.connection"),
        ("ctx.bot", "Shop.connection"),
        ("self.robot", ""),
        ("self.odd_bot", ""),
    ],
)
def test_a_bot_has_the_methods_of_the_class_of_the_project_that_is_one(of: str, found: str) -> None:
    names = Names(ast.parse(LENDING), drivers())
    member = function(of_ast(ast.parse(f"{of}.connection", mode="eval").body), "Cog.show", names)
    assert (member.name if member else "") == found


def test_a_method_that_two_bots_have_is_nobodys() -> None:
    more = "class Other(commands.Bot):\n    def connection(self): ...\n"
    names = Names(ast.parse(LENDING + more), drivers())
    shape = of_ast(ast.parse("self.bot.connection", mode="eval").body)
    assert function(shape, "Cog.show", names) is None


def test_a_file_offers_the_methods_of_its_bot_that_lead_to_a_connection() -> None:
    more = "    def help(self): return 1\n"
    text = LENDING.replace("class Cog", f"{more}class Cog")
    assert {place for place in offered(Names(ast.parse(text), drivers())) if "." in place} == {
        "bot.pool",
        "bot.connection",
    }
