"""The points of a function and the edges between them: what `paths.flow` builds."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, IntEnum

import libcst as cst

MAX_POINTS = 20_000  # nested `finally` blocks multiply


class TooComplex(Exception):  # noqa: N818
    """The function has more ways through it than are worth following."""


class Kind(Enum):
    """What happens at a point."""

    EVAL = "eval"  # an expression or a simple statement is evaluated
    TEST = "test"  # an expression decides where to go
    BIND = "bind"  # a loop or a handler binds its target
    ENTER = "enter"  # a `with` item is entered
    LEAVE = "leave"  # a `with` item is left
    RETURN = "return"
    EXIT = "exit"  # the function ends


class Way(Enum):
    """Why an edge is taken."""

    NEXT = "next"
    TRUE = "true"
    FALSE = "false"
    RAISE = "raise"  # an exception that is an `Exception`
    CANCEL = "cancel"  # a BaseException thrown in at an `await` or `yield`


class Care(IntEnum):
    """How unlikely a way out may be to count, each with those before it.

    LIKELY     what anything but the driver may raise, and an exit without an exception
    POSSIBLE   also an exception that the handlers written here let pass, the failure of a
               `rollback()` while tidying up, a connection the server closed
    UNLIKELY   also calls that fail only on a broken connection, and interruptions
    """

    LIKELY = 0
    POSSIBLE = 1
    UNLIKELY = 2


@dataclass(frozen=True, slots=True)
class Edge:
    """A way to go on.

    caught  into a handler of these exceptions, () of any
    past    past handlers that catch only these exceptions
    rare    an interruption that comes from outside, at any point
    """

    way: Way
    to: int
    caught: frozenset[str] = frozenset()
    past: frozenset[str] = frozenset()
    rare: bool = False


@dataclass(slots=True)
class Point:
    """A place in the graph; `node` is what is evaluated there."""

    kind: Kind
    node: cst.CSTNode | None
    edges: tuple[Edge, ...] = ()
    cleanup: bool = False  # in a `finally` block or a handler


@dataclass(slots=True)
class Graph:
    """The points of a function. The three exits are points 0, 1 and 2."""

    points: list[Point] = field(default_factory=list)
    entry: int = 0

    NORMAL = 0
    RAISED = 1
    CANCELLED = 2
