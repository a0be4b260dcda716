"""pgpool.conf: its settings, judged one by one, and the pooler it describes.

The version of Pgpool-II is not known here. Source: src/config/pool_config_variables.c of
pgpool/pgpool2 (setConfigOption): a name that is not known is passed over, a number out of its range
ends the start, a word that is no Boolean is on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import PurePosixPath

from poollint.catalog.settings import Parameter
from poollint.facts.configuration import Configuration
from poollint.facts.infrastructure import Flaw, Setting
from poollint.model.source import SourceFile, Span, Unreadable
from poollint.reading.reader import FileReading, Options, Reader
from poollint.reading.settings import names, others, values
from poollint.reading.settings.others import Program, Stated
from poollint.reading.settings.pgpool_backends import pooler
from poollint.reading.settings.repeats import Winner
from poollint.reading.settings.templates import unrendered
from poollint.reading.settings.values import Verdict
from poollint.syntax import pgpool, units
from poollint.syntax.pgpool import Document, Entry

NAME = "pgpool"
REFUSED = "Pgpool-II refuses the file"
PROGRAM = Program("pgpool", "Pgpool-II starts, and passes over it")
SECTION = "pgpool"
_NUMBER = f"{values.REFUSED} {PROGRAM.title}: the number of a backend or node follows the name"
_NAMED = re.compile(r"(?:^|/)[^/]*pgpool[^/]*\.conf$", re.I)
# Beside it, or in a folder there: other files that it may include.
_NEAR = re.compile(
    r"(?:^|/)[^/]*pgpool[^/]*/(?:(?!postgres|pg|db|database)[^/]+/)?(?!postgres)[^/]*\.conf$", re.I
)
_OURS = re.compile(r"^[ \t]*(?:backend_\w+\d|num_init_children|max_pool|pcp_port)\b", re.M)
_LINE = re.compile(rb"^[ \t]*([a-z_]+)", re.M)
_NUMBERED = re.compile(r"(?P<name>\w*?)(?P<number>[0-9]*)$")
_OWN = 2  # settings of its own that a file holds, which some other *pgpool*.conf may not


def _claims(path: str) -> bool:
    if "hba" in PurePosixPath(path).name.lower():
        return False
    return bool(_NAMED.search(path) or _NEAR.search(path))


def _screen(data: bytes, options: Options) -> bool:
    names = {match[1].decode("ascii") for match in _LINE.finditer(data)}
    return any(name == "include" or parameter_of(f"{name}0") for name in names) or any(
        parameter_of(name) for name in names
    )


def _read(source: SourceFile, options: Options) -> FileReading:
    if values.is_template(source.text):
        return unrendered(source.path, NAME)
    document = pgpool.parse(source)
    found = of_document(document)
    unread = tuple(_unread(document)) if found.configurations else ()
    return replace(found, unread=unread, parts=(document,))


def of_document(document: Document) -> FileReading:
    """Return what a file says, or a file with those it includes: nothing if it is not ours."""
    path = document.source.path
    if not _is_ours(document):
        return FileReading(path, NAME)
    complete = not document.includes and document.error is None
    place = Span.at(path)
    settings = settings_of(document.entries)
    told = Configuration(PROGRAM.title, place, settings, complete=complete)
    found = pooler(document.entries, place, PurePosixPath(path).stem, complete=complete)
    return FileReading(path, NAME, configurations=(told,), poolers=(found,))


def _is_ours(document: Document) -> bool:
    """Tell whether Pgpool-II is meant to start with the file; others are where one includes it."""
    if not _NAMED.search(document.source.path):
        return False
    if not _OURS.search(document.source.text) and not any(
        _OURS.match(entry.name) for entry in document.entries
    ):
        return False
    known = sum(parameter_of(entry.name) is not None for entry in document.entries)
    return known >= _OWN or 2 * known >= len(document.entries)


READER = Reader(NAME, python=False, claims=_claims, screen=_screen, read=_read)


def _unread(document: Document) -> Iterator[Unreadable]:
    error = document.error
    if error:
        broken = not values.is_open(document.source.line(error.span.start.line))
        yield Unreadable(error.span, f"{REFUSED}: {error.reason}", broken=broken)
    for include in document.includes:
        yield Unreadable(include.span, f"`{include.path}` is included, and not read", broken=False)


def parameter_of(name: str) -> Parameter | None:
    """Return the parameter of a name, its number of a backend or node taken off."""
    known = PROGRAM.parameter(SECTION, name)
    if known is not None and known.indexed == "also":
        return replace(known, unit="")  # no version takes a unit there
    if known is not None:
        return known if not known.indexed else None
    match = _NUMBERED.fullmatch(name)
    found = PROGRAM.parameter(SECTION, match["name"]) if match and match["number"] else None
    return found if found is not None and found.indexed else None


def settings_of(entries: tuple[Entry, ...]) -> tuple[Setting, ...]:
    """Return what entries set, in their order, each judged."""
    return names.settled(_settings(entries))


def _settings(entries: tuple[Entry, ...]) -> Iterator[Setting]:
    """Yield every setting; of several of one name the last counts, though all are judged."""
    last = {entry.name: entry for entry in entries}
    for entry in entries:
        found = _setting(entry)
        winner = last[entry.name]
        if winner is not entry and not found.flaw:
            repeats = winner.value == entry.value
            found = Winner(winner.span, again=True, repeats=repeats).over(found)
        yield found


def _setting(entry: Entry) -> Setting:
    parameter = parameter_of(entry.name)
    stated = Stated(SECTION, "", entry.name, entry.value, entry.span, entry.value_span)
    if parameter is None:
        return _strange(stated)
    if parameter.removed:
        return others.gone(PROGRAM, _judged(parameter, stated, None), parameter.removed)
    return _judged(parameter, stated, _verdict(parameter, entry.value))


def _judged(parameter: Parameter, stated: Stated, verdict: Verdict | None) -> Setting:
    number = _number(parameter, stated.text)
    found = others.setting(PROGRAM, replace(stated, name=parameter.name), verdict, number)
    return replace(found, name=stated.name)


def _strange(stated: Stated) -> Setting:
    """Return a name that is none; one that begins like those with a number is refused."""
    numbered = [
        name
        for name, known in PROGRAM.known.sections[SECTION].items()
        if known.indexed == "always" and stated.name.startswith(name) and not known.removed
    ]
    found = others.unknown(PROGRAM, stated)
    if not numbered:
        return found
    return replace(
        found, flaw=Flaw.INVALID, complaint=_NUMBER, expected=f"`{numbered[0]}0`", nearest=""
    )


def _verdict(parameter: Parameter, value: str) -> Verdict | None:
    """Return what is wrong with a value in the eyes of every version."""
    match parameter.kind:
        case "bool":
            if units.postgres_bool(value) is None:
                return Verdict(f"is read as on by {PROGRAM.title}", "`on` or `off`")
        case "enum":
            taken = (*parameter.allowed, *parameter.also)
            if value.lower() not in (word.lower() for word in taken):
                quoted = tuple(f"'{word}'" for word in parameter.allowed)
                return others.refused(PROGRAM, values.one_of(quoted))
        case "integer" | "long":
            return _whole(parameter, value)
        case "real":
            number = units.postgres_real(value)
            if number is None:
                return Verdict(f"is read as 0 by {PROGRAM.title}", "a number")
            if not (parameter.low or 0) <= number <= (parameter.high or 0):
                return others.refused(PROGRAM, f"a number from {parameter.low} to {parameter.high}")
    return None


def _whole(parameter: Parameter, value: str) -> Verdict | None:
    number = _number(parameter, value)
    if number is None:
        known = units.units_of(parameter.unit)
        unit = f", with one of the units {', '.join(reversed(known))}" if known else ""
        return others.refused(PROGRAM, f"a whole number{unit}")
    base = units.plain(1, parameter.unit) if parameter.unit else 1
    low, high = parameter.low or 0, parameter.high or 0
    if low <= round(number / base) <= high:
        return None
    unit = f", in {parameter.unit}" if parameter.unit else ""
    return others.refused(PROGRAM, f"a number from {low:.0f} to {high:.0f}{unit}")


def _number(parameter: Parameter, value: str) -> float | None:
    """Return a number, a time in seconds, memory in bytes; a Boolean as 1 or 0."""
    number: float | None = None
    match parameter.kind:
        case "bool":
            truth = units.postgres_bool(value)
            return None if truth is None else int(truth)
        case "integer":
            number = units.postgres_integer(value, parameter.unit)
        case "long" | "real":
            number = units.postgres_real(value, parameter.unit)
    if number is None:
        return None
    return units.plain(number, parameter.unit) if parameter.unit else number
