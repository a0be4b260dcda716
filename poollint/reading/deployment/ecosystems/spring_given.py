"""What a container's command and variables tell Spring Boot before any file does.

Source: Spring Boot 3, "Externalized Configuration": arguments of the program (`--name=value`)
count before SPRING_APPLICATION_JSON, that before the system properties of Java (`-Dname=value`).
What follows the archive (`-jar app.jar`) is an argument of the program: `-D` means nothing there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from poollint.facts.infrastructure import Variable
from poollint.model.source import SourceFile, Span
from poollint.syntax import properties, yaml

if TYPE_CHECKING:
    from poollint.reading.deployment.linking.documents import Part

_ARGUMENT = re.compile(r"(--|-D)([\w.\-\[\]]+)=(\S+)")
_OPTIONS = ("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS", "JAVA_OPTS")
_JSON = "SPRING_APPLICATION_JSON"
_ARCHIVE = "-jar"


@dataclass(frozen=True, slots=True)
class Given:
    """Properties by their one form, each with its text and place.

    `unread` is the place of a document that may say anything, None where there is none.
    """

    values: Mapping[str, tuple[str, Span | None]] = field(default_factory=dict)
    unread: Span | None = None


def key(name: str) -> str:
    """Return the one form of a property's name (`maximum-pool-size`, `maximumPoolSize`)."""
    return name.replace("-", "").replace("_", "").lower()


def given(variables: Mapping[str, Variable], words: tuple[Part, ...]) -> Given:
    """Return what is given; `words` are those of the command, split at spaces."""
    of_java: dict[str, tuple[str, Span | None]] = {}
    of_program: dict[str, tuple[str, Span | None]] = {}
    for sign, name, value, span in _arguments(variables, words):
        (of_program if sign == "--" else of_java)[key(name)] = (value, span)
    document = variables.get(_JSON)
    said = _document(document) if document else {}
    unread = _place(document) if document and said is None else None
    return Given({**of_java, **(said or {}), **of_program}, unread)


def _arguments(
    variables: Mapping[str, Variable], words: tuple[Part, ...]
) -> Iterator[tuple[str, str, str, Span | None]]:
    for name in _OPTIONS:
        if name in variables:
            told = variables[name]
            yield from _of_text(told.value.value or "", _place(told))
    archive = next((at for at, word in enumerate(words) if word.text == _ARCHIVE), len(words))
    for at, word in enumerate(words):
        for found in _of_text(word.text, word.span):
            if found[0] == "--" or at < archive + 2:
                yield found


def _of_text(text: str, span: Span | None) -> Iterable[tuple[str, str, str, Span | None]]:
    return ((sign, name, value, span) for sign, name, value in _ARGUMENT.findall(text))


def _place(variable: Variable) -> Span | None:
    origin = variable.value.origin
    return origin if isinstance(origin, Span) else None


def _document(variable: Variable) -> dict[str, tuple[str, Span | None]] | None:
    """Return the properties of a variable that holds JSON, None where they are not known."""
    text = variable.value.value
    stream = yaml.read(SourceFile(_JSON, text)) if text is not None else None
    if stream is None or stream.unread:
        return None
    flat = (entry for document in stream.documents for entry in properties.flat(document))
    return {key(entry.key): (entry.value, _place(variable)) for entry in flat}
