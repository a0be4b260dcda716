"""What is made of texts that are known: the suffix of a file's name, a word in small letters.

`suffix = Path(filename).suffix.lower()` of whoever is told "list.docx" is ".docx". Nothing is run
but methods of texts that do not make them longer.
"""

from __future__ import annotations

import ast
import posixpath
from collections.abc import Callable
from pathlib import PurePosixPath

Part = str | bool | tuple[str, ...] | PurePosixPath
"""A text, what a question about one comes to, the pieces of one, or the path it names."""

_PATHS = frozenset({"Path", "PurePath", "PurePosixPath"})
_PARTS = frozenset({"suffix", "name", "stem"})
_METHODS = frozenset(
    """lower upper casefold strip lstrip rstrip removeprefix removesuffix startswith endswith
    split rsplit partition rpartition""".split()
)
_LONGEST = 1_000  # characters of a text
_LINKS = 8  # of what is made of what is made


def part(node: ast.expr, value: Callable[[ast.expr], object]) -> Part | None:
    """Return what an expression makes of texts, None where that is not known.

    `value` tells what the expressions in it are, None for what is not known.
    """
    of = inner = _of(node)
    links = 0
    while inner is not None and links < _LINKS:
        inner = _of(inner)
        links += 1
    known = value(of) if of is not None and inner is None else None
    return _made(node, known) if known is not None else None


def _of(node: ast.expr) -> ast.expr | None:
    """Return that of which an expression makes something."""
    match node:
        case ast.Attribute(value=of, attr=attr) if attr in _PARTS:
            return of
        case ast.Subscript(value=of):
            return of
        case ast.Call(func=func, args=[of], keywords=[]) if _last(func) in _OF_ONE:
            return of
        case ast.Call(func=ast.Attribute(value=of, attr=how)) if how in _METHODS:
            return of
    return None


def _made(node: ast.expr, known: object) -> Part | None:
    """Return what an expression makes of what is known."""
    match node:
        case ast.Attribute(attr=attr):
            return str(getattr(known, attr)) if isinstance(known, PurePosixPath) else None
        case ast.Subscript(slice=at):
            return _piece(known, _number(at))
        case ast.Call(func=func) if _last(func) in _OF_ONE:
            told = isinstance(known, str | PurePosixPath) and len(str(known)) <= _LONGEST
            return _OF_ONE[_last(func)](str(known)) if told else None
        case ast.Call(func=ast.Attribute(attr=how), args=args):
            return _asked(known, how, args, node.keywords)
    return None


def _last(func: ast.expr) -> str:
    """Return the last part of what is called: "splitext" of `os.path.splitext`."""
    return func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "")


def _asked(
    text: object, how: str, args: list[ast.expr], keywords: list[ast.keyword]
) -> Part | None:
    """Return what a method of a text gives that is told only constants."""
    known = isinstance(text, str) and all(keyword.arg for keyword in keywords)
    if not known or len(str(text)) > _LONGEST:
        return None
    try:
        given = [ast.literal_eval(argument) for argument in args]
        named = {k.arg: ast.literal_eval(k.value) for k in keywords if k.arg}
        found = getattr(text, how)(*given, **named)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return None
    return tuple(found) if isinstance(found, list) else found


def _number(node: ast.expr) -> int | None:
    match node:
        case ast.Constant(value=int(number)):
            return number
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int(number))):
            return -number
    return None


def _piece(pieces: object, at: int | None) -> str | None:
    if not isinstance(pieces, tuple) or at is None or not -len(pieces) <= at < len(pieces):
        return None
    return str(pieces[at])


_OF_ONE: dict[str, Callable[[str], Part]] = {
    **dict.fromkeys(_PATHS, PurePosixPath),
    "str": str,
    "basename": posixpath.basename,
    "splitext": posixpath.splitext,
}
