"""What an application keeps for its handlers, which read it from the request or `current_app`.

It is set where the application starts and read in files that know only the request, so no import
leads from one to the other. A place is known by how it is kept and its last name:

    state.pool, ctx.pool  `app.state.pool` (Starlette), `app.ctx.pool` (Sanic)
    app.pool              `app.pool`, an attribute of the application itself (Flask, Quart)
    item.pool             `app["pool"]` (aiohttp, Quart)
    key.POOL              `app[POOL]`, by the name of the key (`aiohttp.web.AppKey`)
    bot.pool              `bot.pool`, an attribute of a bot (discord.py and its kin), which its
                          own class sets as `self.pool`, or a method of that class
    bot_data.pool         `context.bot_data["pool"]` (python-telegram-bot)

What stands before must be an application or a bot, as far as a name can tell; of whoever reads
an attribute of the object itself more is asked (`applications.is_kind`).
"""

from __future__ import annotations

import ast
import re
from posixpath import dirname, normpath
from typing import TYPE_CHECKING, NamedTuple

from poollint.reading.naming.scopes.shapes import Attribute, Item, Name, Shape, dotted, of_ast

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

HOLDERS = ("state", "ctx")
_WORDS = "[aA](?:pp(?:lication)?|PP(?:LICATION)?|pi|PI)"
_APPLICATION = re.compile(rf"(?:(?:.*_)?{_WORDS}_?|[a-zA-Z]+[aA](?:pp|PP)|config_dict)\Z")
_BOT = re.compile(r"(?:.*_)?[bB]ot_?\Z")
_BOT_CLASS = re.compile(r"(?:\w+\.)*\w*Bot(?:Base)?\Z|(?:discord|disnake|nextcord)\.\w*Client\Z")
_KEY = re.compile(r"[A-Z][A-Z0-9_]*\Z|\w+_key\Z")
# Whether what is found is given a value: behind it, and not part of it.
_SETS = rb"[ \t]*(?::[^=\n]*)?=(?!=)"
IS_SET = rb"(?:(?=(%s))|)" % _SETS


def _forms(ends: bytes) -> tuple[re.Pattern[bytes], ...]:
    """Return how a place is written, by what the names of applications end with."""
    held = rb"\.(state|ctx)\.([A-Za-z_]\w*)"
    own = rb"%s\.([A-Za-z_]\w*)" % ends
    item = rb"%s\[[ \t]*([\"']?)([\w.-]+)\1[ \t]*\]" % ends
    return tuple(re.compile(form + IS_SET) for form in (held, own, item))


_OF_BOT = rb"(?:(?<![^\W_])[bB]ot_?|\binter(?:action)?\.client|\bitx\.client)\.([A-Za-z_]\w*)"
_OF_DATA = rb"bot_data(?:\[|\.get\()[ \t]*[\"']([\w.-]+)[\"'](?:[ \t]*\])?"
_MAY_BOT = (b"ot.", b"ot_.", b"bot_data[", b"bot_data.get(", b".client.")
_BOTS = (("bot", re.compile(_OF_BOT + IS_SET)), ("bot_data", re.compile(_OF_DATA + IS_SET)))
_BOT_CLASSES = re.compile(rb"class[ \t]+\w+[ \t]*\([^)]*(?:Bot|Client)")
_OWN_SET = re.compile(rb"self\.([A-Za-z_]\w*)" + _SETS)
_OWN_METHOD = re.compile(rb"^[ \t]+(?:async[ \t]+)?def[ \t]+([A-Za-z_]\w*)", re.M)
# What begins with one of few letters is found several times as fast: the rare name stands apart.
_SHORT = b"%s_?" % _WORDS.encode()
_RARE = b"config_dict"
# What begins with one letter, ten times: of most files this is all that is asked.
_MAY = (
    re.compile(rb"p(?:p(?:lication)?|i)_?[.\[]"),
    re.compile(rb"P(?:P(?:LICATION)?|I)_?[.\[]"),
)
_COMMON = _forms(_SHORT)
_EVERY = _forms(b"(?:%s|%s)" % (_SHORT, _RARE))


class Places(NamedTuple):
    """The places that a file may read, those that it sets among them, and those it may set."""

    reads: tuple[str, ...]
    sets: tuple[str, ...]


def place(shape: Shape) -> str:
    """Return the place that an expression reads ("state.pool"), "" where it is none."""
    match shape:
        case Attribute(of=Attribute(of=of, name=holder), name=name) if holder in HOLDERS:
            return f"{holder}.{name}" if _is_named_so(of) else ""
        case Attribute(of=of, name=name):
            bot = f"bot.{name}" if _is_named_bot(of) else ""
            return f"app.{name}" if _is_named_so(of) else bot
        case Item(of=of, key=key, named=False) if _last(of) == "bot_data":
            return f"bot_data.{key}"
        case Item(of=of, key=key, named=named):
            if named and not _KEY.match(key):
                return ""  # a variable, which may be one key and then another
            return f"{'key' if named else 'item'}.{key}" if _is_named_so(of) else ""
    return ""


def assigned(target: ast.Attribute | ast.Subscript) -> str:
    """Return the place that an assignment gives its value, "" where it is none."""
    return place(of_ast(target))


def own(name: str, cls: ast.ClassDef) -> str:
    """Return the place that `self.name = …` in a class sets, "" where it is no bot's by name."""
    bases = (dotted(of_ast(base)) for base in cls.bases)
    return f"bot.{name}" if any(_BOT_CLASS.match(base) for base in bases) else ""


def word(place: str) -> str:
    """Return the name that stands in the text of whoever reads a place."""
    return place.partition(".")[2].rpartition(".")[2]


def nearest(reader: str, setting: Iterable[str]) -> frozenset[str]:
    """Return those of the files whose folder is the nearest above (or that of) the reader's."""
    folders = {path: dirname(normpath(path)) for path in setting}
    own = f"{dirname(normpath(reader))}/"
    above = {f for f in folders.values() if not f or own.startswith(f"{f}/")}
    best = max(above, key=len, default=None)
    return frozenset(path for path, folder in folders.items() if folder == best)


def places_in(data: bytes) -> Places:
    """Return the places that the text of a file speaks of."""
    found = {*_found(data), *_of_bots(data)}
    reads = {place for place, _ in found}
    sets = {place for place, is_set in found if is_set}
    if b"self" in data and _BOT_CLASSES.search(data):
        own = (*_OWN_SET.findall(data), *_OWN_METHOD.findall(data))
        sets |= {f"bot.{name.decode()}" for name in own}
    return Places(tuple(sorted(reads)), tuple(sorted(sets)))


def _is_named_so(shape: Shape) -> bool:
    return bool(_APPLICATION.match(_last(shape)))


def _is_named_bot(shape: Shape) -> bool:
    match shape:
        case Attribute(of=Name(text="interaction" | "inter" | "itx"), name="client"):
            return True
    return bool(_BOT.match(_last(shape)))


def _last(shape: Shape) -> str:
    """Return the last name of a dotted one, "" of anything else."""
    last = shape.name if isinstance(shape, Attribute) else ""
    return shape.text if isinstance(shape, Name) else last


def _of_bots(data: bytes) -> Iterator[tuple[str, bool]]:
    if any(word in data for word in _MAY_BOT):
        for holder, test in _BOTS:
            for name, sets in test.findall(data):
                yield f"{holder}.{name.decode()}", bool(sets)


def _found(data: bytes) -> Iterator[tuple[str, bool]]:
    """Yield each place that the text names, and whether it is set there."""
    held, own, item = _EVERY if _RARE in data else _COMMON
    if any(b".%s." % holder.encode() in data for holder in HOLDERS):
        for holder, name, sets in held.findall(data):
            yield f"{holder.decode()}.{name.decode()}", bool(sets)
    if _RARE not in data and not any(test.search(data) for test in _MAY):
        return
    for name, sets in own.findall(data):
        yield f"app.{name.decode()}", bool(sets)
    for quote, key, sets in item.findall(data):
        text = key.decode("utf-8", "ignore")
        yield f"item.{text}" if quote else f"key.{text.rpartition('.')[2]}", bool(sets)
