"""Settings of poolers other than PgBouncer, judged one by one by the tables of the catalog."""

from __future__ import annotations

from dataclasses import dataclass, replace

from poollint.catalog import settings as catalog
from poollint.catalog.settings import Other, Parameter
from poollint.facts.infrastructure import Flaw, Setting
from poollint.model.secret import MASK
from poollint.model.source import Span
from poollint.reading.settings import secrets, values
from poollint.reading.settings.names import Strange
from poollint.reading.settings.values import Verdict


@dataclass(frozen=True, slots=True)
class Program:
    """A pooler: its table in the catalog, and what it does about a name it does not know."""

    table: str
    unknown: str

    @property
    def known(self) -> Other:
        """Return what the catalog knows of it."""
        return catalog.other(self.table)

    @property
    def title(self) -> str:
        """Return what it is called."""
        return self.known.title

    def parameter(self, section: str, name: str) -> Parameter | None:
        """Return the parameter of a section, None where no version knows it there."""
        return self.known.sections.get(section, {}).get(name)


@dataclass(frozen=True, slots=True)
class Stated:
    """One `name = value` as it stands; `text` is the value without quotes, "" for a table.

    `beside` are names next to it: a password that is the user's name is no secret.
    """

    section: str
    owner: str
    name: str
    text: str
    span: Span
    value_span: Span
    beside: frozenset[str] = frozenset()


def setting(
    program: Program, stated: Stated, verdict: Verdict | None, number: float | None
) -> Setting:
    """Return a setting that the program knows, with what is wrong with its value."""
    parameter = program.parameter(stated.section, stated.name)
    secret = parameter is not None and parameter.secret
    open_ = values.is_open(stated.text)
    found = _plain(program, stated)
    if parameter is not None and parameter.restart:
        found = replace(found, restart=True)
    if secret:
        exposed = secrets.of_password(stated.text, stated.beside | {program.table})
        found = replace(found, value=MASK, secret=True, exposed=exposed)
    else:
        found = replace(found, value=stated.text)
    if open_:
        return replace(found, open=True)
    if verdict:
        return replace(
            found, flaw=Flaw.INVALID, complaint=verdict.complaint, expected=verdict.expected
        )
    return replace(found, number=number)


def gone(program: Program, found: Setting, removed: str) -> Setting:
    """Return a setting that a later version does not know any longer."""
    complaint = f"{program.title} {removed} and later: {program.unknown}"
    return replace(found, flaw=Flaw.REMOVED, complaint=complaint, removed=removed)


def unknown(program: Program, stated: Stated) -> Setting:
    """Return a setting that no version knows where it stands; its value may be a password."""
    found = replace(_plain(program, stated), value=MASK, secret=True)
    if values.is_open(stated.name):
        return found
    return _strange(program, stated.section, stated.name).on(found)


def _strange(program: Program, section: str, name: str) -> Strange:
    known = program.known
    here = known.sections.get(section, {})
    instead = known.instead.get(name, "")
    if instead in here:
        return Strange(Flaw.UNKNOWN, program.unknown, nearest=instead)
    if instead:
        return Strange(Flaw.MISPLACED, program.unknown, instead)
    for other, names in known.sections.items():
        if name in names and other != section and not names[name].removed:
            return Strange(Flaw.MISPLACED, program.unknown, f"`{name}` in {place(program, other)}")
    near = catalog.near(name, here)
    return Strange(
        Flaw.UNKNOWN, program.unknown, nearest=near[0] if near else "", sole=len(near) == 1
    )


def place(program: Program, section: str) -> str:
    """Return where a section of a program is, in words."""
    return program.known.places.get(section, f"`{section}`")


def _plain(program: Program, stated: Stated) -> Setting:
    return Setting(
        program.title, stated.section, stated.owner, stated.name, MASK, stated.span,
        stated.value_span,
    )  # fmt: skip


def missing(program: Program, stated: Stated) -> Setting:
    """Return a setting that is not stated, at the place that needs it."""
    return replace(
        _plain(program, stated), secret=True, flaw=Flaw.INVALID,
        complaint=f"is missing here, and {program.title} needs it",
        expected=f"`{stated.name}` and its value",
    )  # fmt: skip


def refused(program: Program, expected: str) -> Verdict:
    """Return that a program does not take a value, and what it would take."""
    return Verdict(f"{values.REFUSED} {program.title}", expected)
