"""What is handed to a function is open until its response has been streamed."""

import pytest

from poollint.facts.connections import Hold, Wait
from poollint.model.source import SourceFile
from poollint.reading.code import read
from poollint.reading.reader import Options

HEAD = """\
import asyncio, httpx
from fastapi import Depends
from fastapi.responses import StreamingResponse
from sqlalchemy.orm import Session, sessionmaker
make = sessionmaker()
def get_session():
    with make() as session:
        yield session
async def ask(url):
    async with httpx.AsyncClient() as client:
        return await client.get(url)
async def pieces(url):
    yield await ask(url)
async def kept(session, url):
    yield await ask(url)
async def begun(url):
    return pieces(url)
async def lent(session, url):
    return kept(session, url)
def f(session: Session = Depends(get_session)):
    row = session.get(str, 1)
"""


def holds(body: str, head: str = HEAD) -> tuple[Hold, ...]:
    text = head + "".join(f"    {line}\n" for line in body.strip("\n").split("\n"))
    module = read(SourceFile("shop.py", text), Options()).module
    assert module is not None
    return next((f.holds for f in module.functions if f.name == "f"), ())


@pytest.mark.parametrize(
    ("body", "wait"),
    [
        ("return StreamingResponse(pieces(row.url))", Wait.HTTP),
        ("made = pieces(row.url)\nreturn StreamingResponse(content=made)", Wait.HTTP),
        ("made = await begun(row.url)\nreturn StreamingResponse(made)", Wait.HTTP),
        (
            "async def it():\n    yield 1\n    await asyncio.sleep(3)\n"
            "return StreamingResponse(it())",
            Wait.SLEEP,
        ),
        (
            "async def it():\n    async for x in row.parts:\n        yield x\n"
            "return StreamingResponse(it(), media_type='text/event-stream')",
            Wait.EVENTS,
        ),
        (
            "async def it():\n    while True:\n        yield await row.news.next()\n"
            "return StreamingResponse(it(), media_type='text/event-stream')",
            Wait.EVENTS,
        ),
        (
            "async def it():\n    yield await ask(row.url)\n    session.commit()\n"
            "return StreamingResponse(it())",
            Wait.HTTP,
        ),
    ],
)  # fmt: skip
def test_a_streamed_response_keeps_the_session_open(body: str, wait: Wait) -> None:
    (hold,) = holds(body)
    assert (hold.wait, hold.streamed, hold.injected) == (wait, True, True)
    assert hold.steps[-1].label == wait.value or hold.steps[-1].label == "calls `ask`"


@pytest.mark.parametrize(
    "body",
    [
        "session.commit()\nreturn StreamingResponse(pieces(row.url))",
        "return StreamingResponse(row.pieces())",
        "return StreamingResponse(kept(session, row.url))",
        "return StreamingResponse(await lent(session, row.url))",
        "made = await begun(row.url)\nsession.commit()\nreturn StreamingResponse(made)",
        "async def it():\n    session.close()\n    yield await ask(row.url)\n"
        "return StreamingResponse(it())",
        "async def it():\n    for x in row.parts:\n        yield x\nreturn StreamingResponse(it())",
        "async def it():\n    async for x in row.parts:\n        yield x\n"
        "return StreamingResponse(it(), media_type='text/csv')",
        "async def it():\n    while row.more():\n        yield await row.part()\n"
        "return StreamingResponse(it(), media_type='text/event-stream')",
        "async def it():\n    while True:\n        yield await row.part()\n"
        "return StreamingResponse(it(), media_type='text/csv')",
    ],
)
def test_what_ends_first_or_is_not_known_holds_nothing(body: str) -> None:
    assert holds(body) == ()


@pytest.mark.parametrize(
    ("told", "replaced"),
    [
        ("Depends(get_session)", "Depends(get_session, scope='function')"),
        ("session: Session = Depends(get_session)", "session: Session"),
    ],
)
def test_what_is_taken_back_with_the_function_is_closed_by_then(told: str, replaced: str) -> None:
    head = HEAD.replace(told, replaced)
    assert holds("return StreamingResponse(pieces(row.url))", head) == ()
