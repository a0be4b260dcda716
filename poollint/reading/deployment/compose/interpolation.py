"""Compose's interpolation: `${NAME:-default}` in the values of a Compose file.

Source: compose-spec 170098b, 12-interpolation.md; edge cases from runs of Docker Compose 5.6.1.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from poollint.model.figure import Basis, Word
from poollint.syntax.dotenv import Binding
from poollint.syntax.sealed import is_sealed
from poollint.syntax.yaml import Scalar

MAX_DEPTH = 10
_EXACT = 16  # digits of a float that are kept
_OCTAL = re.compile(r"0o?[0-7]{1,18}")
_FLOAT = re.compile(r"[+-]?\d+(?:\.\d*(?:[eE][+-]?\d{1,2})?|[eE][+-]?\d{1,2})")


@dataclass(frozen=True, slots=True)
class Interpolation:
    """The variables that a project's `.env` sets; a shell may set others."""

    bindings: Mapping[str, Binding]

    def word(self, node: Scalar) -> Word:
        """Return the value of a scalar; None where it is one reference to an unknown variable.

        Within a longer text such a reference stays as it is written. The place is that of the
        variable where the whole text is one reference to it.
        """
        if "$" not in node.text:  # as most
            return Word(node.text, Basis.STATED, node.span)
        read = _Read(node.text, self.bindings)
        text = read.text()
        if read.whole and read.used:
            return Word(read.used.value, Basis.STATED, read.used.span)
        if read.whole and read.lost:
            return Word(None, Basis.STATED, node.span)
        return Word(text, Basis.STATED, node.span)

    def command(self, text: str) -> tuple[str, bool]:
        """Return a command with variables put in, and whether all were known.

        An unknown reference becomes `` `NAME` ``, which no reader of commands takes for a value.
        """
        read = _Read(text, self.bindings, unknown="`{}`")
        return read.text(), not read.missing

    def value(self, binding: Binding) -> Word:
        """Return the value of a variable of an `env_file`, other variables put in.

        It is None where it is encrypted.
        """
        if is_sealed(binding.value):
            return Word(None, Basis.STATED, binding.span)
        if not binding.expands:
            return Word(binding.value, Basis.STATED, binding.span)
        node = Scalar(binding.value, "", "", binding.span)
        word = self.word(node)
        return Word(word.value, word.basis, binding.span)


class _Read:
    """One text, read from left to right."""

    def __init__(
        self, text: str, bindings: Mapping[str, Binding], unknown: str = "", depth: int = 0
    ) -> None:
        self._text = text
        self._bindings = bindings
        self._unknown = unknown
        self._depth = depth
        self.whole = False  # the text is one reference and nothing else
        self.used: Binding | None = None
        self.missing = False
        self.lost = False  # what one reference stands for is missing, and no part of its default
        self._unclosed = False  # a `${` has no end: no later one is looked for

    def text(self) -> str:
        text = self._text
        parts: list[str] = []
        at = 0
        while at < len(text):
            dollar = text.find("$", at)
            if dollar < 0:
                parts.append(text[at:])
                break
            parts.append(text[at:dollar])
            if text[dollar + 1 : dollar + 2] == "$":
                parts.append("$")
                at = dollar + 2
                continue
            end = self._end(dollar)
            self.whole = self.whole or (dollar == 0 and end == len(text) and end > 1)
            parts.append(self._value(text[dollar:end]) if end > dollar + 1 else "$")
            at = end
        return "".join(parts)

    def _end(self, dollar: int) -> int:
        """Return the end of the reference at `dollar`; just behind the sign if there is none."""
        text = self._text
        if text[dollar + 1 : dollar + 2] == "{":
            if self._unclosed:
                return dollar + 1
            depth = 0
            for index in range(dollar + 1, len(text)):
                if text.startswith("${", index - 1) or index == dollar + 1:
                    depth += 1
                elif text[index] == "}":
                    depth -= 1
                    if not depth:
                        return index + 1
            self._unclosed = True
            return dollar + 1
        end = dollar + 1
        while end < len(text) and (
            text[end] == "_" or (text[end].isalnum() and text[end].isascii())
        ):
            end += 1
        return dollar + 1 if text[dollar + 1 : dollar + 2].isdigit() else end

    def _value(self, reference: str) -> str:
        inside = reference[2:-1] if reference[1] == "{" else reference[1:]
        name, sign, default = _split(inside)
        binding = self._bindings.get(name)
        usable = binding is not None and (binding.value or not sign.startswith(":"))
        if sign.endswith("+"):
            return self._nested(default) if usable else ""
        if usable and binding:
            self.used = binding
            return binding.value
        if sign.endswith("-"):
            return self._nested(default)
        self.missing = self.lost = True
        return self._unknown.format(name) if self._unknown else reference

    def _nested(self, text: str) -> str:
        if self._depth >= MAX_DEPTH:
            return text
        inner = _Read(text, self._bindings, self._unknown, self._depth + 1)
        value = inner.text()
        self.missing = self.missing or inner.missing
        if inner.whole:  # it is part of a longer text otherwise
            self.used = self.used or inner.used
            self.lost = self.lost or inner.lost
        return value


def plain(node: Scalar) -> Scalar:
    """Return a scalar as Compose writes it where it wants a text: `False` as `false`, `010` as 8.

    Compose types what is not quoted before it makes a text of it.
    """
    if node.style or node.tag:
        return node
    if node.text.lower() in ("true", "false"):
        return replace(node, text=node.text.lower())
    if _OCTAL.fullmatch(node.text):
        return replace(node, text=str(int(node.text, 8)))
    if _FLOAT.fullmatch(node.text) and float(node.text).is_integer() and len(node.text) < _EXACT:
        return replace(node, text=str(int(float(node.text))))
    return node


def _split(inside: str) -> tuple[str, str, str]:
    for index, sign in enumerate(inside):
        if sign in ":-?+":
            length = 2 if inside[index : index + 2] in (":-", ":?", ":+") else 1
            return inside[:index], inside[index : index + length], inside[index + length :]
    return inside, "", ""
