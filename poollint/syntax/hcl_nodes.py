"""The parts of HCL's tree, each with its place.

An expression whose meaning depends on more than names and constants (a splat) is `Opaque`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from poollint.model.source import Span


@dataclass(frozen=True, slots=True)
class Constant:
    """A text, a number or a name such as `true`; `quoted` tells a text from the others."""

    text: str
    quoted: bool
    span: Span


@dataclass(frozen=True, slots=True)
class Template:
    """A text into which values are put; `block` for one that begins with `<<`."""

    parts: tuple[Expression, ...]
    block: bool
    span: Span


@dataclass(frozen=True, slots=True)
class Reference:
    """A name and what is taken of it: `aws_db_instance.main[0].address`."""

    steps: tuple[str | Expression, ...]
    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a function."""

    name: str
    arguments: tuple[Expression, ...]
    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class Operation:
    """An operator between its operands; `?` takes three, `!` and the sign `-` one."""

    operator: str
    operands: tuple[Expression, ...]
    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class Array:
    """A tuple."""

    items: tuple[Expression, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Object:
    """An object; a key that is a bare name is a `Constant`."""

    pairs: tuple[tuple[Expression, Expression], ...]
    span: Span


@dataclass(frozen=True, slots=True)
class For:
    """What is made of each element of a collection: a tuple, or an object where there is a `key`.

    names  what the element is called, behind its key or index where two are named
    """

    names: tuple[str, ...]
    each: Expression
    key: Expression | None
    value: Expression
    condition: Expression | None
    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class Opaque:
    """An expression whose value is not looked for."""

    text: str
    span: Span


Expression: TypeAlias = (
    Constant | Template | Reference | Call | Operation | Array | Object | For | Opaque
)


@dataclass(frozen=True, slots=True)
class Attribute:
    """`name = value`."""

    name: str
    value: Expression
    span: Span


@dataclass(frozen=True, slots=True)
class Body:
    """What stands between the braces of a block, or in a file."""

    attributes: tuple[Attribute, ...]
    blocks: tuple[Block, ...]

    def get(self, name: str) -> Expression | None:
        """Return the value of an attribute, None where it is not there."""
        return next((a.value for a in self.attributes if a.name == name), None)

    def of(self, kind: str) -> Iterator[Block]:
        """Yield the blocks of a kind."""
        return (block for block in self.blocks if block.kind == kind)


@dataclass(frozen=True, slots=True)
class Block:
    """A block: its kind, its labels, and `head`, the place of the line that opens it."""

    kind: str
    labels: tuple[str, ...]
    body: Body
    head: Span
