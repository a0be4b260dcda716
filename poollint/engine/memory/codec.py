"""Facts as JSON and back: what a cache may hold without ever running what it reads.

A dataclass becomes the list of its fields in order, a tuple a list, an enum its value. What
type a list stands for is told by the annotations of the facts, never by the data.
"""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Callable
from enum import Enum
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints

_PLAIN = (str, int, float, bool, type(None))

Decoder = Callable[[Any], Any]


class NotThis(ValueError):  # noqa: N818
    """The data is not what the type says."""


def encoded(value: object) -> Any:
    """Return a fact as lists, strings, numbers and None; `TypeError` for what is no fact."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, _PLAIN):
        return value
    if isinstance(value, tuple):
        return [encoded(item) for item in value]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return [encoded(getattr(value, name)) for name in _fields(type(value))]
    raise TypeError(f"{type(value).__name__} is no fact")


@cache
def decoder(kind: Any) -> Decoder:
    """Return what makes a `kind` of `encoded` data again; it raises `NotThis` for other data."""
    if isinstance(kind, type) and issubclass(kind, Enum):
        return lambda data: _enum(kind, data)
    if kind in _PLAIN:
        return lambda data: _plain(kind, data)
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        return _dataclass(kind)
    if get_origin(kind) is tuple:
        return _tuple(get_args(kind))
    if get_origin(kind) in (Union, types.UnionType):
        return _union(get_args(kind))
    raise TypeError(f"{kind} is no type of a fact")


@cache
def _fields(kind: type) -> tuple[str, ...]:
    return tuple(field.name for field in dataclasses.fields(kind))


def _enum(kind: type[Enum], data: Any) -> Enum:
    try:
        return kind(data)
    except ValueError as error:
        raise NotThis(str(error)) from None


def _plain(kind: type, data: Any) -> Any:
    if type(data) is kind or (kind is float and type(data) is int):
        return data
    raise NotThis(f"{type(data).__name__} for {kind.__name__}")


def _plain_tuple(kind: type, data: list[Any]) -> tuple[Any, ...]:
    if set(map(type, data)) <= {kind}:
        return tuple(data)
    raise NotThis(f"not all {kind.__name__}")


def _dataclass(kind: type) -> Decoder:
    hints = get_type_hints(kind)
    names = _fields(kind)
    inner: list[Decoder] = []  # made at the first use: a type may hold itself

    def decode(data: Any) -> Any:
        if not inner:
            inner.extend(decoder(hints[name]) for name in names)
        if type(data) is not list or len(data) != len(names):
            raise NotThis(f"no {kind.__name__}")
        return kind(*[decode(item) for decode, item in zip(inner, data, strict=True)])

    return decode


def _tuple(args: tuple[Any, ...]) -> Decoder:
    def of_list(data: Any) -> list[Any]:
        if type(data) is not list:
            raise NotThis("no list")
        return data

    if len(args) == 2 and args[1] is Ellipsis:
        if args[0] in _PLAIN and args[0] is not float:
            return lambda data: _plain_tuple(args[0], of_list(data))
        each = decoder(args[0])
        return lambda data: tuple([each(item) for item in of_list(data)])
    of = [decoder(arg) for arg in args]

    def decode(data: Any) -> Any:
        if len(of_list(data)) != len(of):
            raise NotThis("a tuple of another length")
        return tuple([decode(item) for decode, item in zip(of, data, strict=True)])

    return decode


def _union(args: tuple[Any, ...]) -> Decoder:
    plain = {arg for arg in args if arg in _PLAIN}
    others = [decoder(arg) for arg in args if arg not in plain]

    def decode(data: Any) -> Any:
        if type(data) in plain:
            return data
        for other in others:
            try:
                return other(data)
            except NotThis:
                continue
        raise NotThis(f"{type(data).__name__} for {args}")

    return decode
