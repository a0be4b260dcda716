"""What the options of a command of `gcloud` say: numbers, variables, and what it connects with.

Sources: cloud.google.com/run/docs/configuring/services/environment-variables (`--set-env-vars`
replaces all there are); cloud.google.com/sdk/gcloud/reference/topic/escaping (`^:^a=b:c=d`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from poollint.model.figure import Basis, Figure, Word
from poollint.reading.deployment.formats import hosting
from poollint.reading.deployment.gcloud import renewals
from poollint.reading.deployment.gcloud.calls import UNKNOWN, Call
from poollint.reading.deployment.linking import cloud_sql
from poollint.reading.deployment.linking.deployed import Sketch
from poollint.reading.deployment.linking.documents import Part
from poollint.reading.deployment.linking.environments import Around
from poollint.reading.deployment.linking.variables import number, unknown

CONNECTS = ("--add-cloudsql-instances", "--set-cloudsql-instances")
SETS, ADDS = "--set-env-vars", "--update-env-vars"
_NEXT = ""  # where the options of another command begin
_SECRETS = ("--set-secrets", "--update-secrets")
_ESCAPED = re.compile(r"\^(.{1,8}?)\^")
_CONNECTION = re.compile(r"([^:,\s/=]{1,100}):([^:,\s/=]{1,60}):([a-z][\w-]{0,97})")


def merged(found: Iterable[Call], first: tuple[str, ...], later: tuple[str, ...]) -> list[Call]:
    """Return the commands of two kinds that speak of the same thing as one, in their order."""
    kept: dict[tuple[str, str, str], Call] = {}
    for one in found:
        if one.kind in (first, later):
            key = (one.name.text, text_of(one.last("--project")), text_of(one.last("--region")))
            before = kept.get(key)
            options = (*before.options, (_NEXT, one.name), *one.options) if before else ()
            kept[key] = replace(before, options=options) if before else one
    return list(kept.values())


def text_of(part: Part | None) -> str:
    return part.text if part else ""


def figure(part: Part | None, what: str, hint: str) -> Figure | None:
    """Return the number of an option, unknown where it holds none that is known."""
    if part is None or part.text == "default":
        return None
    found = number(Word(part.text, Basis.STATED, part.span), what, hint)
    return found or unknown(what, part.span, hint)


def name(one: Call, otherwise: str) -> str:
    """Return what a command calls what it deploys, as far as that is known."""
    return one.name.text.replace(UNKNOWN, "").strip("-_") or otherwise


def sketch(one: Call, otherwise: str, around: Around) -> Sketch:
    """Return the container that a command deploys."""
    image, build, file = renewals.made_of(one, around)
    return Sketch(
        name=name(one, otherwise),
        span=one.name.span,
        image=image.replace(UNKNOWN, "_"),
        variables=hosting.variables(variables(one)),
        entrypoint=words(one.last("--command")),
        arguments=words(one.last("--args")),
        build=build,
        file=file,
        complete=one.last(SETS) is not None and one.last("--env-vars-file") is None,
    )


def words(part: Part | None) -> tuple[Part, ...] | None:
    if part is None or not part.text:
        return None
    return tuple(replace(part, text=text) for text in listed(part.text))


def variables(one: Call) -> Iterator[tuple[str, Word]]:
    """Yield the variables that a service has; of one that is told later only that.

    What one command sets replaces all that others did; given again, it adds to that.
    """
    found: dict[str, Word] = {}
    fresh = True
    for option, part in one.options:
        fresh = fresh or option == _NEXT
        if option == SETS and fresh:
            found, fresh = {}, False
        if option in (SETS, ADDS, *_SECRETS):
            for pair in listed(part.text):
                key, equals, text = pair.partition("=")
                if equals and key:
                    known = None if option in _SECRETS else _value(text)
                    found[key.strip()] = Word(known, Basis.STATED, part.span)
    yield from found.items()


def _value(text: str) -> str | None:
    """Return a value; of an address, or a connection name, the parts that are known."""
    named = _CONNECTION.sub(_connection, text) if UNKNOWN in text else text
    return named if UNKNOWN not in named or "://" in named else None


def _connection(match: re.Match[str]) -> str:
    """Return a connection name with a stand-in for the project, or the region, not known."""
    project, region, name = match.groups()
    project = "project-not-known" if UNKNOWN in project else project
    region = "region-unknown1" if UNKNOWN in region else region
    return f"{project}:{region}:{name}"


def listed(text: str) -> list[str]:
    """Return what a list holds: with commas between, or what it says itself."""
    escaped = _ESCAPED.match(text)
    if escaped:
        return text[escaped.end() :].split(escaped[1])
    return text.split(",")


def connected(one: Call) -> Iterator[str]:
    """Yield the connection names of the instances that a service is connected with."""
    for option in CONNECTS:
        for text in listed(text_of(one.last(option))):
            yield from cloud_sql.listed(_value(text) or "")


def named(one: Call) -> Iterator[str]:
    """Yield the names of the instances that a command speaks of."""
    for _, part in one.options:
        yield from (match[3] for match in _CONNECTION.finditer(part.text))
