"""The page of a setting: which programs know it, what they take, and when a change counts."""

from __future__ import annotations

from collections.abc import Iterator

from poollint.catalog import settings as catalog
from poollint.catalog.settings import Other, Parameter, Postgres
from poollint.report.palette import Palette, Style

_OTHERS = ("pgcat", "odyssey", "pgpool")
_KINDS = {
    "atoi": "a whole number, from its first digits", "bool": "`on` or `off`", "bool01": "0 or 1",
    "boolean": "`true` or `false`", "int": "a whole number", "integer": "a whole number",
    "list": "a list, with commas", "long": "a whole number", "names": "a list, with commas",
    "number": "a whole number", "path": "a path", "preset": "nothing: it is shown, and cannot be "
    "set", "real": "a number", "string": "a text", "time": "a time", "uint": "a whole number from "
    "0", "yes_no": "`yes` or `no`",
}  # fmt: skip
_RESTART = "a change counts from the next restart: a reload keeps the old value"
_RELOAD = "a reload is enough for a change"


def page(name: str, palette: Palette) -> str:
    """Return the page of a setting, "" where no program knows the name."""
    told = [*_of_pgbouncer(name), *_of_postgres(name.lower())]
    for key in _OTHERS:
        told += _of_other(name, catalog.other(key))
    if not told:
        return ""
    lines = [palette.paint(name, Style.BOLD), ""]
    for where, facts in told:
        lines += [palette.paint(where, Style.BOLD), *(f"  {fact}" for fact in facts if fact), ""]
    return "\n".join(lines)


def _of_pgbouncer(name: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    known = catalog.pgbouncer()
    for section, parameters in known.sections.items():
        parameter = parameters.get(name)
        if parameter:
            place = f"[{section}]" if section == "pgbouncer" else f"an entry of [{section}]"
            when = _RESTART if parameter.restart else f"{_RELOAD} (`RELOAD`)"
            yield f"PgBouncer, {place}", (*_plain(parameter), when, _earlier(parameter))


def _of_postgres(name: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    known = catalog.postgresql()
    parameter = known.parameters.get(name)
    if parameter:
        yield "PostgreSQL", (*_plain(parameter), _place(name, parameter, known))
    elif name in known.former:
        successor = known.successor(name)
        instead = f"; instead: {successor}" if successor else ""
        yield "PostgreSQL", (f"gone since {known.removed(name)}{instead}",)


def _place(name: str, parameter: Parameter, known: Postgres) -> str:
    if parameter.kind == "preset":
        return ""
    if name in known.restart:
        return f"{_RESTART}; not to be set for a role or a session"
    if name in known.reload:
        return f"{_RELOAD}; not to be set for a role or a session"
    return f"{_RELOAD}; it may be set for a role, a database or a session as well"


def _of_other(name: str, known: Other) -> Iterator[tuple[str, tuple[str, ...]]]:
    for section, parameters in known.sections.items():
        parameter = parameters.get(name)
        if parameter and parameter.kind not in ("block", "table"):
            place = known.places.get(section, section)
            when = _RESTART if parameter.restart else ""
            yield f"{known.title}, {place}", (*_plain(parameter), when)


def _plain(parameter: Parameter) -> tuple[str, ...]:
    """Return what is taken, what is taken where nothing is stated, and by which versions."""
    return (_taken(parameter), f"default: {parameter.default}" if parameter.default else "",
            _versions(parameter))  # fmt: skip


def _taken(parameter: Parameter) -> str:
    if parameter.allowed:
        return "one of: " + ", ".join(parameter.allowed)
    kind = _KINDS.get(parameter.kind, parameter.kind)
    if parameter.low is not None and parameter.high is not None:
        kind += f" from {parameter.low:.10g} to {parameter.high:.10g}"
    return f"{kind}, in {parameter.unit}" if parameter.unit else kind


def _versions(parameter: Parameter) -> str:
    parts = []
    if parameter.since:
        parts.append(f"since {parameter.since}")
    if parameter.until:
        parts.append(f"until {parameter.until}")
    if parameter.removed:
        parts.append(f"gone since {parameter.removed}")
    return ", ".join(parts)


def _earlier(parameter: Parameter) -> str:
    """Return the defaults of earlier versions, where they changed."""
    if len(parameter.history) < 2:
        return ""
    return "default by version: " + ", ".join(
        f"{default} since {since}" for since, default in parameter.history
    )
