"""The types of bare parameters: what a framework, or the calls in a module, give them.

A parameter without an annotation says nothing of itself. A framework hands over what its provider
gives; else all that the module's own calls hand over agrees; else only its use tells.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from poollint.reading.naming.given.providing import provided_class, provider
from poollint.reading.naming.given.received import received, word
from poollint.reading.naming.objects.by_use import handed_session, only_shown
from poollint.reading.naming.objects.instances import Instance, Member
from poollint.reading.naming.scopes.answers import Answers, agreed
from poollint.reading.naming.scopes.bodies import is_none
from poollint.reading.naming.scopes.shapes import of_ast

if TYPE_CHECKING:
    from poollint.reading.naming.scopes.names import Names


class Parameters:
    """The bare parameters of the functions of one module, told by their names."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._types: Answers[str] = Answers("")

    def type(self, function: str, parameter: str) -> str:
        """Return the type of what a parameter is given, else of what it is used as, or ""."""
        return self._received(function, parameter) or self.used_as(function, parameter)

    def provider(self, function: str, parameter: str) -> Member | None:
        """Return what provides a parameter of a function, None where no framework fills it."""
        known = function in self._names.functions
        return provider(self._names, function, parameter) if known else None

    def provided_class(self, function: str, parameter: str) -> Instance | None:
        """Return the class of which a framework makes an object for a parameter of a function."""
        known = function in self._names.functions
        return provided_class(self._names, function, parameter) if known else None

    def provided(self, function: str, parameter: str) -> str:
        """Return the type of what a framework hands to a parameter, "" where it does not."""

        def find() -> str:
            source = self.provider(function, parameter)
            return source.names.of_provider(source.name) if source else ""

        return self._types.once((function, f"{parameter}~"), find)

    def given(self, function: str, parameter: str) -> Iterator[tuple[Names, ast.expr | None, str]]:
        """Yield what the calls in the module give a parameter of one of its functions."""
        names = self._names
        if function in names.functions:
            yield from received(names, function, parameter, names.calls(word(names, function)))

    def used_as(self, function: str, parameter: str) -> str:
        """Return the type of a session that only the use of a parameter tells, or ""."""

        def find() -> str:
            told = self.provided(function, parameter) or self._received(function, parameter)
            if told and not only_shown(self.given(function, parameter)):
                return ""
            return handed_session(self._names, function, parameter)

        return self._types.once((function, f"{parameter}?"), find)

    def _received(self, function: str, parameter: str) -> str:
        """Return the type of all that the calls in the module give a parameter."""

        def find() -> str:
            given = self.given(function, parameter)
            return agreed(n.type(of_ast(v), at) for n, v, at in given if not is_none(v))

        return self._types.once((function, f"{parameter}="), find)
