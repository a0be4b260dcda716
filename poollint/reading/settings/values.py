"""What PgBouncer and PostgreSQL make of one value: take it, refuse it, or misread it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from poollint.catalog.settings import Parameter
from poollint.syntax import units

REFUSED = "is refused by"
_NO_COMMENTS = "; PgBouncer knows no comment behind a value"

# What a tool or a person is still to put in: $VAR, ${VAR}, $(VAR), {{ var }}, <% var %>, %(var)s,
# %VAR%, @VAR@, __VAR__, #{var}, <your password>. The programs expand none of them.
_REFERENCE = re.compile(
    r"\$[A-Za-z_{(]|\{\{|\{%-?\s|<%[=\s-]|%\(|%\{|#\{|%[A-Za-z_]\w+%|@[A-Z][A-Z0-9_]*@|__[A-Z0-9_]+__"
    r"|<[A-Za-z][\w -]*>|\{[A-Za-z_]\w*\}"
)
_BLOCK = re.compile(r"^(?![ \t]*[#;])[^\n]*?(?:\{\{|\{%-?\s|<%[=\s-])", re.M)
_COMMENT = re.compile(r"\s[;#]")
_ZERO = re.compile(r"[+-]?(?:0[xX])?0*\.?0*(?:[eEpP][+-]?[0-9]+)?")
_DECIMAL = re.compile(r"[+-]?[0-9]+")


@dataclass(frozen=True, slots=True)
class Verdict:
    """Why a value is wrong: `complaint` ends a sentence, `expected` completes "write …".

    `expected` is "" where no value is right.
    """

    complaint: str
    expected: str

    @property
    def refused(self) -> bool:
        """Tell whether the program takes nothing from the value."""
        return self.complaint.startswith(REFUSED)


def is_open(text: str) -> bool:
    """Tell whether a value holds a reference that is filled in elsewhere."""
    return bool(_REFERENCE.search(text))


def is_template(text: str) -> bool:
    """Tell whether a whole text is a template: what stands in it may be repeated or left out."""
    return bool(_BLOCK.search(text))


def of_pgbouncer(parameter: Parameter, value: str) -> Verdict | None:
    """Return what is wrong with a value in the eyes of PgBouncer, None where nothing is."""
    match parameter.kind:
        case "int" | "uint" | "bool01":
            return _bouncer_number(parameter, value)
        case "time":
            return _bouncer_time(value)
        case "enum":
            if value.lower() not in (word.lower() for word in parameter.allowed):
                return _refused("PgBouncer", one_of(parameter.allowed), value)
        case "atoi":
            return _bouncer_pair_number(parameter, value)
        case kind:
            return _bouncer_text(kind, value)
    return None


def _bouncer_number(parameter: Parameter, value: str) -> Verdict | None:
    number = units.pgbouncer_integer(value, signed=parameter.kind != "uint")
    if number is None:
        switch = parameter.kind == "bool01"
        return _refused("PgBouncer", "`0` or `1`" if switch else "a whole number", value)
    misread = _DECIMAL.fullmatch(value) and int(value[:40]) != number
    if misread and not parameter.name.endswith("_mode"):  # a file mode is meant to be octal
        return Verdict(f"is read as {number} by PgBouncer", "a decimal number without a leading 0")
    return None


def _bouncer_time(value: str) -> Verdict | None:
    """Return what is wrong with a time: it may be too long, or too short, to be kept."""
    seconds = units.pgbouncer_seconds(value)
    if seconds is None:
        return _refused("PgBouncer", "a number of seconds, without a unit", value)
    if seconds == 0 and not _ZERO.fullmatch(value):
        return Verdict("is read as 0 by PgBouncer", "a number of seconds, or `0` for none")
    return None


def _bouncer_pair_number(parameter: Parameter, value: str) -> Verdict | None:
    number = units.atoi(value)
    if parameter.name == "port" and number == 0:
        return _refused("PgBouncer", "one port number", value)
    if _DECIMAL.fullmatch(value) and int(value[:40]) == number:
        return None
    return Verdict(f"is read as {number} by PgBouncer", "a whole number, without a unit")


def _bouncer_text(kind: str, value: str) -> Verdict | None:
    if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"":
        return Verdict("is read with its quotes by PgBouncer", "it without the quotes")
    if kind in ("names", "path") and _COMMENT.search(value):
        return Verdict("is read with its comment by PgBouncer", "the comment on a line of its own")
    return None


def number_of_pgbouncer(parameter: Parameter, value: str) -> float | None:
    """Return the number that PgBouncer reads, a time in seconds; None where it reads none."""
    match parameter.kind:
        case "int" | "uint" | "bool01":
            found = units.pgbouncer_integer(value, signed=parameter.kind != "uint")
        case "time":
            return units.pgbouncer_seconds(value)
        case "atoi":
            found = units.atoi(value)
        case _:
            return None
    return found


def number_of_postgres(parameter: Parameter, value: str) -> float | None:
    """Return the number that PostgreSQL reads, a time in seconds, memory in bytes; None if none."""
    number: float | None = None
    if parameter.kind == "integer":
        number = units.postgres_integer(value, parameter.unit)
    elif parameter.kind == "real":
        number = units.postgres_real(value, parameter.unit)
    return None if number is None else units.plain(number, parameter.unit)


def of_postgres(parameter: Parameter, value: str) -> Verdict | None:
    """Return what is wrong with a value in the eyes of PostgreSQL, None where nothing is.

    That is every version for a parameter of the catalog, one for what it is there (`at`).
    """
    match parameter.kind:
        case "integer":
            return _in_range(parameter, units.postgres_integer(value, parameter.unit), value)
        case "real":
            return _in_range(parameter, units.postgres_real(value, parameter.unit), value)
        case "bool":
            if units.postgres_bool(value) is None:
                return _refused("PostgreSQL", "`on` or `off`", value)
        case "enum":
            taken = (*parameter.allowed, *parameter.also)
            if value.lower() not in (word.lower() for word in taken):
                return _refused("PostgreSQL", one_of(parameter.allowed), value)
        case "preset":
            return Verdict(f"{REFUSED} PostgreSQL", "")
    return None


def _in_range(parameter: Parameter, number: float | None, value: str) -> Verdict | None:
    if number is None:
        kind = "a number" if parameter.kind == "real" else "a whole number"
        known = units.units_of(parameter.unit)
        unit = f", with one of the units {', '.join(reversed(known))}" if known else ""
        return _refused("PostgreSQL", kind + unit, value)
    low, high = parameter.low, parameter.high
    if low is None or high is None or _takes(parameter, number, low, high):
        return None
    unit = f", in {parameter.unit}" if parameter.unit else ""
    choice = "a number" if not parameter.multiple else f"a multiple of {parameter.multiple}"
    if parameter.least is not None:
        low, choice = parameter.least, f"{low:.10g} or {choice}"
    return _refused("PostgreSQL", f"{choice} from {low:.10g} to {high:.10g}{unit}", value)


def _takes(parameter: Parameter, number: float, low: float, high: float) -> bool:
    """Tell whether a number is in range, and one that the server's own check of it lets pass."""
    if not low <= number <= high or (parameter.least and low < number < parameter.least):
        return False
    return not parameter.multiple or number % parameter.multiple == 0


def _refused(program: str, expected: str, value: str) -> Verdict:
    if program == "PgBouncer" and _COMMENT.search(value):
        expected += _NO_COMMENTS
    return Verdict(f"{REFUSED} {program}", expected)


def one_of(words: Sequence[str]) -> str:
    """Return words as a choice: "`a`, `b` or `c`"."""
    quoted = [f"`{word}`" for word in words]
    return f"{', '.join(quoted[:-1])} or {quoted[-1]}" if len(quoted) > 1 else quoted[0]
