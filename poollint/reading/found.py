"""What is found in one unit of a file."""

from __future__ import annotations

from dataclasses import dataclass

from poollint.facts.code import Function, Statement
from poollint.model.source import Unreadable


@dataclass(frozen=True, slots=True)
class Found:
    """What one unit holds."""

    functions: tuple[Function, ...]
    statements: tuple[Statement, ...]
    unread: tuple[Unreadable, ...] = ()
    others: bool = False  # engines of other databases, that the application itself uses
