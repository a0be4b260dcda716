"""Waits that no import and no type tells, but how a client is called and its answer is used.

A client that is only handed in (`def ask(session, llm)`), or comes from a package of which nothing
is known, has no type. Some calls are those of one sort of client all the same: nothing else has
`chat.completions.create(…)`, is told a `Bucket`, or gives what has `raise_for_status()`. In a file
that imports a chat's library, `await ctx.send(…)` sends a message; so does what is called a bot
in any, told whom and what: `await self.bot.send_message(user, text)`. The bare word tells nothing.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from poollint.catalog.load import calls
from poollint.facts.connections import Wait
from poollint.reading.connections.waits.calls.alternatives import alternatives
from poollint.reading.naming.objects.instances import function, holding
from poollint.reading.naming.scopes.bindings import SELF, FunctionDef
from poollint.reading.naming.scopes.bodies import own_nodes
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import (
    Attribute,
    Called,
    Name,
    Shape,
    of_ast,
)

# What clients of language models are asked (openai 2, anthropic 0.7x, google-genai 1, langchain 1),
# and what they have to be told.
_MODELS: dict[tuple[str, ...], frozenset[str]] = {
    ("chat", "completions", "create"): frozenset({"messages"}),
    ("chat", "completions", "parse"): frozenset({"messages"}),
    ("chat", "completions", "stream"): frozenset({"messages"}),
    ("responses", "create"): frozenset({"model", "input"}),
    ("responses", "parse"): frozenset({"model", "input"}),
    ("messages", "create"): frozenset({"model", "messages"}),
    ("messages", "stream"): frozenset({"model", "messages"}),
    ("embeddings", "create"): frozenset({"model", "input"}),
    ("images", "generate"): frozenset({"prompt"}),
    ("transcriptions", "create"): frozenset({"model", "file"}),
    ("models", "generate_content"): frozenset({"model", "contents"}),
    ("models", "embed_content"): frozenset({"model", "contents"}),
}
_GENERATING = ("google.", "vertexai.")
_ASKED = frozenset({"generate_content_async", "ainvoke"})  # with `await`
_STREAMED = frozenset({"astream", "astream_events"})  # with `async for`
# What boto3's clients alone are told (names of parameters of AWS's services).
_TOLD = frozenset(
    "Bucket QueueUrl TopicArn FunctionName TableName SecretId StreamName DeliveryStreamName".split()
)
_LOCAL = re.compile(r"presigned|paginator|waiter")  # ask nothing
_VERBS = frozenset("get post put patch delete head options request send".split())
_ANSWERED = frozenset({"raise_for_status"})
_READ = frozenset("json text read status status_code content raise_for_status".split())
_CLIENT = re.compile(r"(?:^|_)(?:http|https|client|session|requests|api|web)(?:$|_)", re.I)
_HOW = frozenset({"json", "headers", "params", "timeout", "files", "auth", "cookies"})
_WHERE = re.compile(r"url|uri|endpoint|address|link|href|hook", re.I)
_CHATS = re.compile(
    r"(?:aiogram|telegram|telebot|pyrogram|telethon|discord|nextcord|disnake)(?:\.|$)"
)
# Methods that only chats have, and those that what a handler is handed has.
_CHAT = frozenset(
    """reply_text reply_photo reply_document reply_html reply_markdown reply_markdown_v2
    send_message send_photo send_document send_video send_media_group edit_message_text
    edit_message_caption edit_message_reply_markup edit_text edit_reply_markup answer_photo
    answer_document answer_callback_query copy_message forward_message fetch_user fetch_member
    fetch_channel fetch_message add_roles remove_roles add_reaction""".split()
)
# A bot's alone, told where and what (aiogram 3, python-telegram-bot 22, pyTelegramBotAPI 4).
_OF_BOT = frozenset(
    """send_message send_photo send_document send_video send_audio send_voice send_animation
    send_sticker send_invoice send_media_group send_chat_action edit_message_text
    edit_message_caption edit_message_media edit_message_reply_markup delete_message copy_message
    forward_message get_chat_member ban_chat_member""".split()
)
_BOT = re.compile(r"(?:^|_)bot$")
_QUEUED = frozenset({"delay", "apply_async"})
# What `AsyncResult.get` is told (celery 5.7, `celery/result.py`).
_ASKING = frozenset({"timeout", "propagate", "interval", "disable_sync_subtasks"})
_REPLIES = frozenset({"answer", "reply", "respond", "send", "edit", "defer"})
_HANDED = re.compile(
    r"""(?:^|_)(?:message|msg|mes|m|callback|call|cb|query|event|ctx|context|channel|user|author|
    member|interaction|inter|response|followup|webhook|thread)$""",
    re.X,
)


_OF_TASKS = frozenset(
    "add_done_callback cancel cancelled close done exception get_name result send throw".split()
)


_FEED = "feedparser.parse"  # of an address; what is told a text asks nobody (6.0, `api.py`)
_TELLING = frozenset({"generate_content", "parse", *(p[-1] for p in _MODELS)}).union(
    _VERBS, _ASKED, _STREAMED, _CHAT, _OF_BOT, _REPLIES
)


def may_tell(method: str, keywords: Iterable[str | None]) -> bool:
    """Tell whether a call of a method can be one of these, by a look at its words."""
    return method in _TELLING or any(word in _TOLD for word in keywords)


def told_by_use(
    call: ast.Call, how: set[str], meant: tuple[Shape, str, Names], scope: str, names: Names
) -> Wait | None:
    """Return what a call waits for whose client nothing else tells, None for nothing.

    `how` its value is consumed, `meant` what is called, `scope` and `names` those it is written in.
    """
    callee = meant[0]
    if not isinstance(callee, Attribute) or not isinstance(call.func, ast.Attribute):
        return None
    if not may_tell(callee.name, (k.arg for k in call.keywords)):
        return None
    found = _sort(call, how, callee, scope, names)
    return found if found is not None and _unknown(*meant) else None


def _sort(
    call: ast.Call, how: set[str], callee: Attribute, scope: str, names: Names
) -> Wait | None:
    node = names.functions.get(scope)
    if callee.name == "get" and _of_result(call, callee.of, scope, names):
        return Wait.TASK
    if names.qualified(callee, scope) == _FEED:
        told = call.args[0] if call.args else None
        page = told is None or "<" in ast.unparse(told)
        return Wait.HTTP if told is not None and not page and _is_address(told) else None
    waited = bool(how & {"await", "async-with", "async-for"})
    made = isinstance(node, ast.AsyncFunctionDef) and not waited
    if made and ast.dump(call) not in _read_at_once(node):
        return None  # it may be a task's
    if waited and _chats(names) and _to_a_chat(callee):
        return Wait.HTTP
    if waited and _by_bot(call, callee):
        return Wait.HTTP
    keywords = {keyword.arg for keyword in call.keywords}
    if _of_model(callee, keywords, names) or (waited and callee.name in _ASKED):
        return Wait.MODEL
    if "async-for" in how and callee.name in _STREAMED:
        return Wait.MODEL
    if keywords & _TOLD and callee.name.islower() and not _LOCAL.search(callee.name):
        return Wait.CLOUD
    if callee.name in _VERBS and node is not None and (found := _answered(node)):
        return Wait.HTTP if ast.dump(call) in found else None
    return None


def _of_result(call: ast.Call, of: Shape, scope: str, names: Names, name: bool = True) -> bool:
    """Tell whether a call asks a task of Celery for its result: `work.delay(7).get(timeout=9)`."""
    if call.args or any(k.arg not in _ASKING for k in call.keywords):
        return False
    match of:
        case Called(callee=Attribute(name=queueing)):
            return queueing in _QUEUED
        case Name() if name:
            bound = names.bound(of, scope)
            told = [of_ast(b.value) if b.how == "=" else None for b in bound]
            return bool(told) and all(_of_result(call, one, scope, names, False) for one in told)
    return False


def _chats(names: Names) -> bool:
    return any(map(_CHATS.match, names.imports.values()))


def _of_model(callee: Attribute, keywords: set[str | None], names: Names) -> bool:
    chain = tuple(_chain(callee))[::-1]
    if callee.name == "generate_content" and chain[-2:-1] != ("models",):  # a `GenerativeModel`'s
        return any(name.startswith(_GENERATING) for name in names.imports.values())
    wanted = _MODELS.get(chain[-3:]) or _MODELS.get(chain[-2:])
    return wanted is not None and (wanted <= keywords or (len(wanted) == 1 and None in keywords))


def _chain(shape: Shape) -> Iterator[str]:
    while isinstance(shape, Attribute):
        yield shape.name
        shape = shape.of


def _to_a_chat(callee: Attribute) -> bool:
    if callee.name in _CHAT:
        return True
    of = callee.of
    last = of.text if isinstance(of, Name) else of.name if isinstance(of, Attribute) else ""
    return callee.name in _REPLIES and bool(_HANDED.search(last))


def _by_bot(call: ast.Call, callee: Attribute) -> bool:
    """Tell whether what is called a bot is told to send something to somebody."""
    if callee.name not in _OF_BOT or len(call.args) + len(call.keywords) < 2:
        return False
    of = callee.of
    last = of.text if isinstance(of, Name) else of.name if isinstance(of, Attribute) else ""
    return bool(_BOT.search(last))


@lru_cache(maxsize=2048)  # functions of a few files
def _answered(node: FunctionDef) -> frozenset[str]:
    """Return the calls of a function whose values are used as answers to requests, as dumps."""
    own = own_nodes(node)
    read: dict[str, set[str]] = {}
    for at in own:
        if isinstance(at, ast.Attribute) and isinstance(at.value, ast.Name):
            read.setdefault(at.value.id, set()).add(at.attr)
    return frozenset(
        ast.dump(call)
        for at in own
        for name, call in _named(at)
        if not _ANSWERED.isdisjoint(read.get(name, ()))
        or (not _READ.isdisjoint(read.get(name, ())) and _is_request(call))
    )


@lru_cache(maxsize=2048)  # functions of a few files
def _read_at_once(node: ast.AsyncFunctionDef) -> frozenset[str]:
    """Return the calls of a function whose values are read without waiting for them, as dumps.

    `answer = client.chat.completions.create(…)`, `answer.choices`: no coroutine, and no task.
    """
    made: dict[str, list[ast.expr]] = {}
    read: set[str] = set()
    later: set[str] = set()
    for at in own_nodes(node):
        match at:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                made.setdefault(name, []).append(value)
            case ast.Attribute(value=ast.Name(id=name), attr=attr) if attr not in _OF_TASKS:
                read.add(name)
            case ast.Await(value=ast.Name(id=name)):
                later.add(name)
    told = (values[0] for name, values in made.items() if len(values) == 1 and name in read - later)
    return frozenset(ast.dump(value) for value in told if isinstance(value, ast.Call))


def _is_request(call: ast.Call) -> bool:
    """Tell whether a call is written as a request is: `client.get(url)`, no `session.get(User, 1)`.

    By the name of what is asked, and by what it is told: where, or how.
    """
    if not _CLIENT.search(_asked(call)):
        return False
    if any(keyword.arg in _HOW for keyword in call.keywords):
        return True
    return _is_address(call.args[0])


def _is_address(told: ast.expr) -> bool:
    """Tell whether what is told says where, by its text or its name: `f"{BASE}/7"`, `one.url`."""
    text = isinstance(told, ast.Constant) and isinstance(told.value, str)
    if text or isinstance(told, ast.JoinedStr):
        return "/" in ast.unparse(told)
    return bool(_WHERE.search(ast.unparse(told)))


def _asked(call: ast.Call) -> str:
    """Return the last name of what a method is called on."""
    of = call.func.value if isinstance(call.func, ast.Attribute) else None
    return of.id if isinstance(of, ast.Name) else of.attr if isinstance(of, ast.Attribute) else ""


def _named(node: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    """Yield what a statement or a block calls what a request gives, and the call."""
    match node:
        case ast.Assign(targets=[ast.Name(id=name)], value=value):
            plain = value.value if isinstance(value, ast.Await) else value
        case ast.withitem(context_expr=plain, optional_vars=ast.Name(id=name)):
            pass
        case _:
            return
    match plain:
        case ast.Call(func=ast.Attribute(attr=verb), args=[_, *_]) if verb in _VERBS:
            yield name, plain


def _unknown(callee: Shape, scope: str, names: Names) -> bool:
    """Tell whether nothing is known of what a method is called on."""
    assert isinstance(callee, Attribute)
    of = callee.of
    if of in (Name("super"), Called(Name("super"))) or (isinstance(of, Name) and of.text in SELF):
        return False
    if function(callee, scope, names) is not None or holding(of, scope, names) is not None:
        return False
    if any(function(*option) is not None for option in alternatives(callee, scope, names)):
        return False
    while isinstance(of, Attribute | Name):
        if names.type(of, scope) or names.under(calls()).type(of, scope):
            return False
        of = of.of if isinstance(of, Attribute) else None
    return True
