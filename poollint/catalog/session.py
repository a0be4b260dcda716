"""What drivers do to their sessions by themselves: session.toml, read once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from poollint.catalog.load import row_of
from poollint.catalog.tables import tables


@dataclass(frozen=True, slots=True)
class Naming:
    """That a driver prepares statements under a name, and what stops it.

    argument  the argument that decides; `off` its values that stop it, as Python writes them
    also      arguments that stop it whatever their value
    at        after how many executions of one text, 0 at once
    """

    argument: str
    off: tuple[str, ...]
    also: tuple[str, ...]
    at: int


@dataclass(frozen=True, slots=True)
class Manners:
    """What a driver does to each session of its own accord.

    failure   what the server answers where a named statement is missing
    named     None where it names nothing
    options   the argument with `-c name=value`, `settings` that with a dictionary; "" none
    own       options of a URL that the driver takes for itself: all others are `settings`
    begins    it begins a transaction before the first statement, unless told not to
    refuses   what is answered to an option of a URL that it does not know ("{}" is its name)
    foreign   options of other clients' URLs that it does not know
    """

    title: str
    failure: str
    named: Naming | None
    options: str
    settings: str
    own: tuple[str, ...]
    begins: bool
    refuses: str
    foreign: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Package:
    """What makes connections of a driver.

    bag           the argument that holds those of the driver, "" its own are
    dialects      ids of drivers, by what a URL names; "" stands for a URL that names none
    asynchronous  the driver of an asynchronous engine whose URL is unknown, "" none
    begins        it begins transactions by itself, whatever the driver does
    commits       it commits each statement by itself, whatever the driver does
    words         ids of drivers, by a word in the name of what is called or of an argument
    refuses       as of a driver, by its id, where it does not hand a URL on as it is; so `foreign`
    reads         it takes from a URL what it knows, and never minds the rest
    """

    bag: str
    dialects: Mapping[str, str]
    asynchronous: str
    begins: bool
    commits: bool
    words: Mapping[str, str]
    refuses: Mapping[str, str]
    foreign: Mapping[str, tuple[str, ...]]
    reads: bool


@dataclass(frozen=True, slots=True)
class Hook:
    """What registers a function that runs for each new connection.

    `calls` are qualified names of functions, or `arguments` those of the pools of `package`.
    `target`, `event` and `function` are positions of arguments, -1 none.
    """

    calls: tuple[str, ...]
    events: tuple[str, ...]
    arguments: tuple[str, ...]
    package: str
    target: int
    event: int
    function: int


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a driver that leaves something in the session, or goes on in it.

    `receivers` are ids of types with `methods`, or `functions` qualified names; or `chain` a
    name that stands before the method, in files that import `package`.

    when    an argument, and its value without which the call does nothing; () always
    unless_told  an argument, and its value with which the call does nothing; () none
    text    how it is shown, "" by the name of what is called
    effect  the value of `facts.code.Effect`
    unless  words, one of which, set to True in any file of the project, stops it; "" none
    apart   it does nothing inside a transaction block
    """

    effect: str
    text: str = ""
    receivers: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    functions: tuple[str, ...] = ()
    chain: str = ""
    package: str = ""
    when: tuple[str, ...] = ()
    unless_told: tuple[str, ...] = ()
    subject: str = ""
    failure: str = ""
    help: str = ""
    unless: str = ""
    apart: bool = False


@dataclass(frozen=True, slots=True)
class Sessions:
    """All that is known: drivers and packages by their ids in drivers.toml."""

    drivers: Mapping[str, Manners]
    packages: Mapping[str, Package]
    hooks: tuple[Hook, ...]
    calls: tuple[Call, ...]


@cache
def sessions() -> Sessions:
    """Return what drivers do to their sessions."""
    table = tables("session.toml")
    foreign = tuple(table["foreign"]["names"])
    return Sessions(
        {id_: _manners(row, foreign) for id_, row in table["driver"].items()},
        {id_: _package(row, foreign) for id_, row in table["package"].items()},
        tuple(_hook(row) for row in table["hook"]),
        tuple(Call(**row_of(row)) for row in table["call"]),
    )


def _package(row: Mapping[str, Any], foreign: tuple[str, ...]) -> Package:
    return Package(
        row.get("bag", ""),
        row["dialects"],
        row.get("asynchronous", ""),
        row.get("begins", False),
        row.get("commits", False),
        row.get("words", {}),
        row.get("refuses", {}),
        {id_: (*foreign, *names) for id_, names in row.get("foreign", {}).items()},
        row.get("reads", False),
    )


def _manners(row: Mapping[str, Any], foreign: tuple[str, ...]) -> Manners:
    startup = row.get("startup", {})
    named = row.get("named")
    return Manners(
        row["title"],
        row.get("failure", ""),
        Naming(named["argument"], tuple(named["off"]), tuple(named.get("also", ())), named["at"])
        if named
        else None,
        startup.get("options", ""),
        startup.get("settings", ""),
        tuple(startup.get("own", ())),
        row.get("begins", False),
        row.get("refuses", ""),
        (*foreign, *row.get("foreign", ())),
    )


def _hook(row: Mapping[str, Any]) -> Hook:
    return Hook(
        tuple(row.get("calls", ())),
        tuple(row.get("events", ())),
        tuple(row.get("arguments", ())),
        row.get("package", ""),
        row.get("target", -1),
        row.get("event", -1),
        row.get("function", -1),
    )
