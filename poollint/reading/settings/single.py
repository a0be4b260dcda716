"""Settings that stand by themselves: in a command, a variable or a resource, not in a file."""

from __future__ import annotations

from dataclasses import replace

from poollint.catalog import settings as catalog
from poollint.catalog.settings import Parameter
from poollint.facts.infrastructure import Flaw, Setting
from poollint.model.secret import MASK
from poollint.model.source import Span
from poollint.reading.settings import names, secrets, values
from poollint.reading.settings.values import Verdict

PGBOUNCER = "PgBouncer"
POSTGRES = "PostgreSQL"
_MAIN = "pgbouncer"


def of_pgbouncer(name: str, value: str, span: Span) -> Setting:
    """Return a setting of `[pgbouncer]`, judged as it would be there."""
    parameter = catalog.pgbouncer().sections[_MAIN].get(name)
    found = Setting(PGBOUNCER, _MAIN, "", name, value, span, span, open=values.is_open(value))
    if parameter is None:
        return names.of_pgbouncer(_MAIN, "", name).on(_hidden(found))
    if parameter.secret:
        return replace(_hidden(found), exposed=secrets.of_pgbouncer(name, value))
    if found.open:
        return found
    number = values.number_of_pgbouncer(parameter, value)
    return _judged(replace(found, number=number), values.of_pgbouncer(parameter, value))


def of_postgres(name: str, value: str, span: Span) -> Setting:
    """Return a parameter of PostgreSQL, judged as it would be in postgresql.conf."""
    known = catalog.postgresql()
    lower = name.lower()
    parameter: Parameter | None = known.parameters.get(lower)
    found = Setting(POSTGRES, "", "", name, value, span, span, open=values.is_open(value))
    if parameter is None:
        free = "." in name or lower in known.others
        return _hidden(found) if free else names.of_postgres(lower).on(_hidden(found))
    if parameter.secret:
        return replace(_hidden(found), exposed=secrets.of_postgres(value))
    if found.open:
        return found
    number = values.number_of_postgres(parameter, value)
    return _judged(replace(found, number=number), values.of_postgres(parameter, value))


def _hidden(setting: Setting) -> Setting:
    return replace(setting, value=MASK, secret=True)


def _judged(setting: Setting, verdict: Verdict | None) -> Setting:
    if verdict is None:
        return setting
    return replace(
        setting, flaw=Flaw.INVALID, complaint=verdict.complaint, expected=verdict.expected
    )
