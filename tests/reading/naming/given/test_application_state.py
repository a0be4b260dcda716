"""What an application keeps, by the names of the place."""

from __future__ import annotations

import ast

import pytest

from poollint.reading.naming.given.application_state import (
    assigned,
    nearest,
    own,
    place,
    places_in,
    word,
)
from poollint.reading.naming.scopes.shapes import of_ast


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("app.state.pool", "state.pool"),
        ("request.app.state.pool", "state.pool"),
        ("self.application.state.pool", "state.pool"),
        ("web_app.ctx.pool", "ctx.pool"),
        ("myapp.state.pool", "state.pool"),
        ("app.pool", "app.pool"),
        ("current_app.pool", "app.pool"),
        ("self.app.pool", "app.pool"),
        ("app_.pool", "app.pool"),
        ("bot.pool", "bot.pool"),
        ("self.bot.pool", "bot.pool"),
        ("interaction.client.pool", "bot.pool"),
        ("client.pool", ""),
        ("robot.pool", ""),
        ('context.bot_data["pool"]', "bot_data.pool"),
        ("context.bot_data[pool]", ""),
        ('app["pool"]', "item.pool"),
        ('request.app["db.pool"]', "item.db.pool"),
        ('request.config_dict["pool"]', "item.pool"),
        ("app[POOL]", "key.POOL"),
        ("app[keys.POOL]", "key.POOL"),
        ("app[pool_key]", "key.pool_key"),
        ("app[name]", ""),
        ('session["pool"]', ""),
        ("app[0]", ""),
        ("request.state.pool", ""),
        ("self.state.pool", ""),
        ("happy.state.pool", ""),
        ("app.states.pool", ""),
        ("app().state.pool", ""),
        ("app.state.pool.size", ""),
    ],
)
def test_a_place_is_known_by_what_stands_before_it(text: str, found: str) -> None:
    node = ast.parse(text, mode="eval").body
    assert place(of_ast(node)) == found
    assert isinstance(node, ast.Attribute | ast.Subscript)
    assert assigned(node) == found


@pytest.mark.parametrize(
    ("data", "places"),
    [
        (b"app.state.pool = make()", {"state.pool"}),
        (b"app.state.pool: Pool = make()", {"state.pool"}),
        (b"app.ctx.a = request.app.state.b", {"ctx.a"}),
        (b"app_.pool = make()", {"app.pool"}),
        (b'app["pool"] = make()', {"item.pool"}),
        (b"request.app[ 'pool' ]: Pool = make()", {"item.pool"}),
        (b"app[keys.POOL] = make()", {"key.POOL"}),
        (b"self.my_bot.pool = make()", {"bot.pool"}),
        (b'bot_data["pool"] = make()', {"bot_data.pool"}),
        (b"robot.pool = make()", set()),
        (b'if app["pool"] == None: pass', set()),
        (b"if app.state.pool == None: pass", set()),
        (b"print(app.state.pool)", set()),
    ],
)
def test_bytes_tell_which_places_may_be_set(data: bytes, places: set[str]) -> None:
    assert set(places_in(data).sets) == places
    assert places <= set(places_in(data).reads)


def test_what_a_bot_sets_on_itself_is_kept_by_the_bot() -> None:
    text = b"class Shop(commands.Bot):\n  async def setup_hook(self):\n    self.pool = make()\n"
    assert set(places_in(text).sets) == {"bot.pool", "bot.setup_hook"}
    assert not set(places_in(text.replace(b"commands.Bot", b"Base")).sets)


@pytest.mark.parametrize(
    ("bases", "found"),
    [
        ("commands.Bot", "bot.pool"),
        ("Mixin, ShopBot", "bot.pool"),
        ("discord.Client", "bot.pool"),
        ("httpx.Client", ""),
        ("Robots", ""),
        ("", ""),
    ],
)
def test_a_class_is_a_bots_by_the_names_of_its_bases(bases: str, found: str) -> None:
    (cls,) = ast.parse(f"class Shop({bases}): ...").body
    assert isinstance(cls, ast.ClassDef)
    assert own("pool", cls) == found


def test_the_name_of_a_place_stands_in_the_text_of_whoever_reads_it() -> None:
    assert word("state.pool") == "pool"
    assert word("key.POOL") == "POOL"


@pytest.mark.parametrize(
    ("reader", "found"),
    [
        ("a/web/views.py", {"a/main.py", "a/more.py"}),
        ("a/main.py", {"a/main.py", "a/more.py"}),
        ("a/inner/views.py", {"a/inner/main.py"}),
        ("ab/views.py", set()),
    ],
)
def test_nearest_is_the_folder_next_above(reader: str, found: set[str]) -> None:
    setting = ["a/main.py", "a/more.py", "a/inner/main.py", "b/main.py"]
    assert nearest(reader, setting) == found
    assert nearest("ab/views.py", ["main.py", *setting]) == {"main.py"}


def test_places_are_found_in_the_bytes_of_a_file() -> None:
    for text, read in (
        (b"app.pool\n", ["app.pool"]),
        (b"the_app_.pool\n", ["app.pool"]),
        (b"config_dict['pool']\n", ["item.pool"]),
        (b"config_dict.pool\n", ["app.pool"]),
        (b"API[ POOL ]\n", ["key.POOL"]),
        (b"self.state.pool\n", ["state.pool"]),
        (b"mapper.pools\n", []),
        (b"self.bot.pool\n", ["bot.pool"]),
        (b"inter.client.pool\n", ["bot.pool"]),
        (b"x.bot_data['pool']\n", ["bot_data.pool"]),
        (b"robot.pool, not.it\n", []),
    ):
        assert list(places_in(text).reads) == read
