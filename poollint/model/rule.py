"""A rule: a generator of problems over one sort of fact, and its declaration."""

from __future__ import annotations

import inspect
import sys
import typing
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from poollint.model.finding import Category, Problem, Severity

S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class Rule(Generic[S]):
    """A check with its identity.

    `subject` is the type of the fact it judges, read off the annotation of its parameter;
    `docs` is the docstring of its module, which is also its page. `default` False means that
    it runs only when selected by name or by `all`. `options` is a frozen dataclass type whose
    instance the check takes as second parameter.
    """

    name: str
    category: Category
    severity: Severity
    since: str
    subject: type[S]
    check: Callable[..., Iterable[Problem]]
    docs: str
    module: str
    aliases: tuple[str, ...] = ()
    default: bool = True
    options: type[Any] | None = None

    @property
    def summary(self) -> str:
        """Return the first line of the page."""
        return self.docs.strip().partition("\n")[0]


def rule(
    name: str,
    category: Category,
    severity: Severity,
    *,
    since: str,
    aliases: tuple[str, ...] = (),
    default: bool = True,
    options: type[Any] | None = None,
) -> Callable[[Callable[..., Iterable[Problem]]], Rule[Any]]:
    """Make a rule of a function that takes one fact and yields problems."""

    def declare(check: Callable[..., Iterable[Problem]]) -> Rule[Any]:
        parameters = list(inspect.signature(check).parameters)
        if not parameters:
            raise TypeError(f"the check of rule {name!r} takes no fact")
        subject = typing.get_type_hints(check).get(parameters[0])
        if not isinstance(subject, type):
            raise TypeError(f"the first parameter of rule {name!r} is annotated with no fact")
        docs = inspect.cleandoc(sys.modules[check.__module__].__doc__ or "")
        return Rule(
            name, category, severity, since, subject, check, docs, check.__module__,
            aliases, default, options,
        )  # fmt: skip

    return declare
