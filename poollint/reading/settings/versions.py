"""What a known version knows of the settings: names that came later, and names that are gone."""

from __future__ import annotations

from dataclasses import replace

from poollint.catalog import settings as catalog
from poollint.catalog.settings import Parameter
from poollint.facts.configuration import Configuration
from poollint.facts.infrastructure import Flaw, Setting
from poollint.model.source import Span
from poollint.reading.settings import values

_BOUNCER = "PgBouncer"
_LEAST = 2  # numbers that a version of PgBouncer needs to say something: "1" is any


def judged(configuration: Configuration, version: str, told: Span | str) -> Configuration:
    """Return the settings as a program of this version takes them.

    A flaw that was found without a version stays, but for a name that this version still knows.
    """
    number = _number(version)
    bouncer = configuration.program == _BOUNCER
    if not number or (bouncer and len(number) < _LEAST):
        return configuration
    judge = _of_pgbouncer if bouncer else _of_postgres
    last = {} if bouncer else {setting.name: setting for setting in configuration.settings}
    found = tuple(
        # PostgreSQL does not look at a line that another one of just this spelling follows.
        judge(setting, version) if last.get(setting.name, setting) is setting else setting
        for setting in configuration.settings
    )
    return replace(configuration, settings=found, version=version, told=told)


def _number(version: str) -> tuple[int, ...]:
    parts = version.split(".")
    return tuple(int(part) for part in parts) if all(part.isdecimal() for part in parts) else ()


def _before(version: str, other: str) -> bool:
    """Tell whether a version is older than another, as far as both tell: 1.21 is no 1.20.1."""
    one, two = _number(version), _number(other)
    return one < two[: len(one)]


def _of_pgbouncer(setting: Setting, version: str) -> Setting:
    known = catalog.pgbouncer().sections.get(setting.section, {}).get(setting.name)
    if known is None or setting.winner is not None:
        return setting
    if _before(version, known.since):
        return _too_new(setting, known, version)
    if known.removed and not _before(version, known.removed):
        return _gone(setting, known.removed, version, "")
    return setting


def _of_postgres(setting: Setting, version: str) -> Setting:
    known = catalog.postgresql()
    name = setting.name.lower()
    major = version if version.startswith("9.") else version.partition(".")[0]
    parameter = known.parameters.get(name)
    if parameter and parameter.since and _before(major, parameter.since):
        return _too_new(setting, parameter, major)
    removed = known.removed(name)
    if not removed:
        return _refused(setting, parameter, major) if parameter else setting
    if _before(major, removed):
        if setting.flaw is not Flaw.REMOVED:
            return _refused(setting, parameter, major) if parameter else setting
        return replace(setting, flaw=None, complaint="", expected="", removed="")
    return _gone(setting, removed, major, known.successor(name))


def _refused(setting: Setting, parameter: Parameter, major: str) -> Setting:
    """Return the setting; its value may be one that other versions take."""
    told = setting.flaw is not None or setting.open or setting.secret
    if told or not parameter.forms or _before(major, parameter.forms[0][0]):
        return setting
    verdict = values.of_postgres(parameter.at(major), setting.value)
    if verdict is None:
        return setting
    complaint = f"{verdict.complaint} {major}, the version here"
    return replace(
        setting, flaw=Flaw.INVALID, complaint=complaint, expected=verdict.expected, version=major
    )


def _too_new(setting: Setting, parameter: Parameter, version: str) -> Setting:
    since = parameter.since.removesuffix(".0") if setting.program == _BOUNCER else parameter.since
    return replace(
        setting,
        flaw=Flaw.UNKNOWN,
        complaint=f"it came with {setting.program} {since}, and the version here is {version}",
        expected=f"{setting.program} {since} or later",
        nearest="",
        version=version,
    )


def _gone(setting: Setting, removed: str, version: str, instead: str) -> Setting:
    return replace(
        setting,
        flaw=Flaw.REMOVED,
        complaint=f"the version here is {version}, which does not start with it",
        expected=instead,
        removed=removed.removesuffix(".0") if setting.program == _BOUNCER else removed,
        version=version,
    )
