"""Programs that a machine keeps running: units of systemd, and supervisord's files.

Source: systemd 252, systemd.syntax(7), systemd.service(5), systemd.exec(5); Supervisor 4.2,
docs/configuration.rst and supervisor/options.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from poollint.model.source import SourceFile, Span

_SECTION = re.compile(r"\[(?P<name>[^\]\n]+)\]")
_SETTING = re.compile(r"(?P<key>[A-Za-z_][\w-]*)[ \t]*=[ \t]*(?P<value>.*)")
_PREFIXES = "@-:+!"
_BESIDES = re.compile(r"[ \t][;#].*$")  # a comment behind a value, in supervisord's files only
_ASSIGNED = re.compile(r'"(?P<quoted>\w+=[^"]*)"|\'(?P<single>\w+=[^\']*)\'|(?P<plain>\w+=\S*)')
_PAIR = re.compile(r"""(?P<name>\w+)\s*=\s*(?:"(?P<d>[^"]*)"|'(?P<s>[^']*)'|(?P<p>[^,\s]*))""")
_ENDS = frozenset({"oneshot"})


@dataclass(frozen=True, slots=True)
class Text:
    """A text and its place."""

    text: str
    span: Span


NUMPROCS = "numprocs"  # what supervisord calls the count


@dataclass(frozen=True, slots=True)
class Daemon:
    """A program that is kept running.

    count     how many of it, None where the file does not say
    folder    where it starts, "" where that is not said
    complete  all of its variables stand here: it is given no file of them
    repeated  the unit is a template (`web@.service`): who enables it says how often it runs
    counter   what the file calls the count
    files     the paths of its files of variables, each of which counts before `variables`
    """

    name: str
    span: Span
    command: Text
    count: Text | None = None
    variables: tuple[tuple[str, Text], ...] = ()
    folder: str = ""
    complete: bool = True
    repeated: bool = False
    counter: str = NUMPROCS
    files: tuple[str, ...] = ()


@dataclass(slots=True)
class _Section:
    name: str
    span: Span
    settings: dict[str, list[Text]] = field(default_factory=dict)

    def last(self, key: str) -> Text | None:
        return next(reversed(self.settings.get(key, ())), None)


def of_unit(source: SourceFile, name: str) -> Daemon | None:
    """Return what a unit of systemd runs; None of one that ends by itself, or runs nothing.

    `name` is that of its file, without `.service`.
    """
    sections = {section.name: section for section in _sections(source, continued=True)}
    service = sections.get("Service")
    kind = service.last("Type") if service else None
    if service is None or (kind and kind.text in _ENDS):
        return None
    command = service.last("ExecStart")
    plain = command.text.lstrip(_PREFIXES) if command else ""
    if command is None or not plain:
        return None
    folder = service.last("WorkingDirectory")
    given = service.settings.get("Environment", [])
    files = service.settings.get("EnvironmentFile", [])
    return Daemon(
        name.partition("@")[0],
        command.span,
        Text(plain, command.span),
        variables=tuple(pair for text in given for pair in _assigned(text)),
        folder=folder.text if folder else "",
        complete=not files,
        repeated="@" in name,
        files=tuple(text.text.removeprefix("-") for text in files),
    )


def of_supervisor(source: SourceFile) -> Iterator[Daemon]:
    """Yield the programs that supervisord starts by itself."""
    for section in _sections(source, continued=False):
        kind, _, name = section.name.partition(":")
        command, starts = section.last("command"), section.last("autostart")
        if kind.strip() != "program" or command is None:
            continue
        if starts and starts.text.lower() in ("false", "no", "off", "0"):
            continue
        folder = section.last("directory")
        given = section.last("environment")
        yield Daemon(
            name.strip(),
            section.span,
            command,
            section.last("numprocs"),
            tuple(_pairs(given)) if given else (),
            folder.text if folder else "",
        )


def included(source: SourceFile) -> tuple[Text, ...]:
    """Return the names, or patterns of names, of the files that one of supervisord takes in."""
    return tuple(
        Text(name, files.span)
        for section in _sections(source, continued=False)
        if section.name == "include" and (files := section.last("files"))
        for name in files.text.split()
    )


def _sections(source: SourceFile, continued: bool) -> Iterator[_Section]:
    """Yield the sections with their settings; a setting may go on in the next lines.

    In a unit a backslash at the end says so; in supervisord's files a blank at the beginning.
    """
    section: _Section | None = None
    key, open_ended = "", False
    for number, line in enumerate(source.text.split("\n"), 1):
        text = line.rstrip("\r \t")
        bare = text.lstrip(" \t")
        if not bare or bare[0] in "#;":
            continue
        values = section.settings.get(key) if section and key else None
        if values and (open_ended if continued else line[:1] in " \t"):
            values[-1] = _longer(values[-1], bare, open_ended)
        elif match := _SECTION.fullmatch(bare):
            if section:
                yield section
            at = Span.at(source.path, number, line.index("[") + 1, len(bare))
            section, key = _Section(match["name"], at), ""
        elif (match := _SETTING.fullmatch(text)) and section:
            key = match["key"]
            value = match["value"] if continued else _BESIDES.sub("", match["value"])
            span = Span.at(source.path, number, match.start("value") + 1, max(len(value), 1))
            found = section.settings.setdefault(key, [])
            if continued and not value:
                found.clear()  # an empty value takes back those before it
                key = ""
            else:
                found.append(Text(value.rstrip(), span))
        open_ended = continued and text.endswith("\\")
    if section:
        yield section


def _longer(text: Text, more: str, continued: bool) -> Text:
    before = text.text.removesuffix("\\") if continued else text.text
    return Text(f"{before.rstrip()} {more}", text.span)


def _assigned(text: Text) -> Iterator[tuple[str, Text]]:
    """Yield the variables of `Environment="A=1" B=2`."""
    for match in _ASSIGNED.finditer(text.text):
        whole = match["quoted"] or match["single"] or match["plain"]
        name, _, value = whole.partition("=")
        yield name, Text(value, text.span)


def _pairs(text: Text) -> Iterator[tuple[str, Text]]:
    """Yield the variables of `environment=A="1",B=2`."""
    for match in _PAIR.finditer(text.text):
        values = (match[group] for group in "dsp")
        yield match["name"], Text(next((v for v in values if v is not None), ""), text.span)
