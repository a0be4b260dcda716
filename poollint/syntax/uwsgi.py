"""uWSGI's files: the options that they give it, in the form of ini, YAML, JSON or XML.

Source: unbit/uwsgi-docs ecb5670, "Configuring uWSGI": options are applied in their order; `$(NAME)`
is a variable of the environment, `%(name)` what the file said of a name before, `%k` the cores.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from poollint.model.source import SourceFile, Span
from poollint.syntax import yaml
from poollint.syntax.yaml import Mapping as Node
from poollint.syntax.yaml import Scalar

MAX_STEPS = 8
_SECTION = re.compile(r"[ \t]*\[(?P<name>[^\]\n]*)\]")
_SETTING = re.compile(r"[ \t]*(?P<key>[\w-]+)[ \t]*(?:=[ \t]*(?P<value>[^\n]*?))?[ \t\r]*")
_ELEMENT = re.compile(r"<(?P<key>[\w-]+)>(?P<value>[^<>\n]*)</(?P=key)>")
_NAME = re.compile(r"%\((?P<name>[\w-]+)\)")
_OPENS = ("if-", "for")
_CLOSES = ("endif", "endfor")


@dataclass(frozen=True, slots=True)
class Option:
    """What a file says of an option; `certain` False where it stands under a condition."""

    text: str
    span: Span
    certain: bool = True


def read(source: SourceFile, section: str = "uwsgi") -> dict[str, Option]:
    """Return the options of a file by their names, of each the last one."""
    found: dict[str, Option] = {}
    for key, option in _options(source, section):
        name = key.replace("_", "-")
        found[name] = Option(_filled(option.text, found), option.span, option.certain)
    return found


def _filled(text: str, known: Mapping[str, Option]) -> str:
    """Return a text with what the file said before put in; what it did not say stays."""
    for _ in range(MAX_STEPS):
        match = _NAME.search(text)
        if match is None or match["name"] not in known:
            break
        text = text[: match.start()] + known[match["name"]].text + text[match.end() :]
    return text


def _options(source: SourceFile, section: str) -> Iterator[tuple[str, Option]]:
    if source.path.endswith((".yaml", ".yml", ".json")):
        yield from _of_yaml(source, section)
    elif source.path.endswith(".xml"):
        for match in _ELEMENT.finditer(source.text):
            yield match["key"], Option(match["value"].strip(), source.span(*match.span("value")))
    else:
        yield from _of_ini(source, section)


def _of_ini(source: SourceFile, section: str) -> Iterator[tuple[str, Option]]:
    start, depth, ours = 0, 0, False
    for line in source.text.split("\n"):
        begin, start = start, start + len(line) + 1
        if line.lstrip()[:1] in ("#", ";", ""):
            continue
        title, setting = _SECTION.match(line), _SETTING.fullmatch(line)
        if title:
            ours = title["name"].strip() == section
        elif setting and ours:
            key = setting["key"]
            depth += key.startswith(_OPENS)
            depth -= key in _CLOSES
            value = setting["value"]
            span = source.span(begin + setting.start("key"), begin + len(line.rstrip()))
            yield key, Option("true" if value is None else value, span, not depth)


def _of_yaml(source: SourceFile, section: str) -> Iterator[tuple[str, Option]]:
    stream = yaml.read(source)
    root = stream.documents[0] if stream.documents and not stream.unread else None
    for item in root.mapping(section).items if isinstance(root, Node) else ():
        if isinstance(item.value, Scalar):
            yield item.key.text, Option(item.value.text, item.value.span)
