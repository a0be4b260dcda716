import ast

from poollint.reading.naming.given.update_state import place, places_in

MIDDLEWARE = b"""
from aiogram import BaseMiddleware

class Given(BaseMiddleware):
    async def __call__(self, handler, event, data):
        async with self.pool.acquire() as conn:
            data["db"] = conn
            return await handler(event, data)
"""
HANDLER = b"""
from aiogram import Router

@router.message()
async def start(message, db: asyncpg.Connection, name: str):
    print(data["user"] == name)
"""


def test_a_middleware_sets_what_it_puts_into_the_data() -> None:
    assert places_in(MIDDLEWARE).sets == ("update.db",)


def test_a_handler_may_read_each_of_its_parameters() -> None:
    assert places_in(HANDLER).reads == ("update.db", "update.message", "update.name")
    assert places_in(HANDLER).sets == ()


def test_parameters_are_told_apart_from_their_types() -> None:
    told = b"import aiogram\nasync def start(\n    bot: 'Bot', own, *, db: Any = None\n): ..."
    assert places_in(told).reads == ("update.bot", "update.db", "update.own")


def test_other_files_speak_of_no_update() -> None:
    assert places_in(MIDDLEWARE.replace(b"aiogram", b"shop")) == ((), ())


def test_a_place_is_a_key_of_the_data() -> None:
    told = [place(ast.parse(text, mode="eval").body) for text in ('data["db"]', "data[0]", "db")]
    assert told == ["update.db", "", ""]
