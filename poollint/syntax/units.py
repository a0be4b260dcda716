"""Numbers, times and amounts of memory as PostgreSQL and PgBouncer read them.

PostgreSQL: `parse_int`, `parse_real`, `parse_bool` of src/backend/utils/misc/guc.c, versions
13 to 18. PgBouncer: `cf_set_int`, `cf_set_uint`, `cf_set_time_usec` of lib/usual/cfparser.c and
`atoi` in src/loader.c, versions 1.16 to 1.26.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

INT_MAX = 2**31 - 1
_LONG_MAX = 2**63 - 1
_MICROSECONDS = 1_000_000

# What one unit is in bytes or microseconds, largest first: the order decides how fractions are
# rounded. Case counts.
_MEMORY = {"TB": 2**40, "GB": 2**30, "MB": 2**20, "kB": 2**10, "B": 1}
_TIME = {
    "d": 86_400_000_000,
    "h": 3_600_000_000,
    "min": 60_000_000,
    "s": 1_000_000,
    "ms": 1_000,
    "us": 1,
}

_LONG = re.compile(r"[ \t\n\v\f\r]*(?P<sign>[+-]?)(?:0[xX](?P<hex>[0-9a-fA-F]+)|(?P<dec>[0-9]+))")
_DOUBLE = re.compile(
    r"[ \t\n\v\f\r]*[+-]?(?:0[xX](?:[0-9a-f]+\.?[0-9a-f]*|\.[0-9a-f]+)(?:p[+-]?\d+)?"
    r"|(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?|inf(?:inity)?|nan)",
    re.I | re.ASCII,
)
_ATOI = re.compile(r"[ \t\n\v\f\r]*(?P<number>[+-]?[0-9]+)")
_BLANK = " \t\n\v\f\r"


def _strtol(text: str) -> tuple[int, str] | None:
    """Read C's `strtol` with base 0 (0x hexadecimal, 0 octal); None where no digit stands."""
    match = _LONG.match(text)
    if match is None:
        return None
    rest = match.end()
    if match["hex"]:
        value = int(match["hex"], 16)
    elif match["dec"].startswith("0"):
        octal = re.match("[0-7]+", match["dec"])
        digits = octal[0] if octal else "0"
        rest = match.start("dec") + len(digits)
        value = int(digits, 8)
    else:
        value = int(match["dec"][:40])
    return (-value if match["sign"] == "-" else value), text[rest:]


def _strtod(text: str) -> tuple[float, str] | None:
    """Read C's `strtod`; None where no number stands or it is out of range."""
    match = _DOUBLE.match(text)
    if match is None:
        return None
    word = match[0].strip()
    try:
        value = float.fromhex(word) if "x" in word.lower() else float(word)
    except (ValueError, OverflowError):
        return None
    if math.isinf(value) and "inf" not in word.lower():
        return None
    return value, text[match.end() :]


def units_of(base: str) -> tuple[str, ...]:
    """Return the units a PostgreSQL parameter of unit `base` takes ("ms", "8kB"), largest first."""
    return tuple(_table(base)[0])


def _table(base: str) -> tuple[Mapping[str, int], float]:
    """Return the units that go with `base`, and what one `base` is in the smallest of them."""
    if base in _TIME:
        return _TIME, _TIME[base]
    match = re.fullmatch(r"(\d*)(B|kB|MB)", base)
    if match is None:
        return {}, 1
    return _MEMORY, int(match[1] or 1) * _MEMORY[match[2]]


def plain(value: float, base: str) -> float:
    """Return an amount in units of `base` in seconds or bytes; without a unit as it is."""
    table, one = _table(base)
    if table is _TIME:
        return value * one / _TIME["s"]
    return value * one if table else value


def _to_base(value: float, rest: str, base: str) -> float | None:
    """Return `value` with the unit `rest` in units of `base`; None for a unit it does not take."""
    unit = rest.strip(_BLANK)
    if not unit:
        return value
    table, one = _table(base)
    if unit not in table:
        return None
    result = value * (table[unit] / one)
    smaller = list(table)[list(table).index(unit) + 1 :]
    if smaller:  # "30.1GB" is a whole number of MB
        step = table[smaller[0]] / one
        result = _rint(result / step) * step
    return result


def _rint(value: float) -> float:
    return value if math.isinf(value) or math.isnan(value) else float(round(value))


def postgres_integer(text: str, unit: str = "") -> int | None:
    """Return `text` in units of `unit` ("kB", "8kB", "ms", ""), None where it is refused."""
    number = _strtol(text)
    value: float
    if number is not None and number[1][:1] not in (".", "e", "E") and abs(number[0]) <= _LONG_MAX:
        value, rest = number
    else:
        real = _strtod(text)
        if real is None or math.isnan(real[0]):
            return None
        value, rest = real
    based = _to_base(value, rest, unit)
    if based is None or not -INT_MAX - 1 <= _rint(based) <= INT_MAX:
        return None
    return int(_rint(based))


def postgres_real(text: str, unit: str = "") -> float | None:
    """Return `text` in units of `unit`, None where PostgreSQL refuses it as a real number."""
    real = _strtod(text)
    if real is None or math.isnan(real[0]):
        return None
    return _to_base(real[0], real[1], unit)


def postgres_bool(text: str) -> bool | None:
    """Return a Boolean: on, off, true, false, yes, no, 1, 0 and unambiguous beginnings."""
    word = text.lower()
    if not word or word == "o":
        return None
    if word == "1" or any(full.startswith(word) for full in ("on", "true", "yes")):
        return True
    if word == "0" or any(full.startswith(word) for full in ("off", "false", "no")):
        return False
    return None


def pgbouncer_integer(text: str, *, signed: bool = True) -> int | None:
    """Return an integer of `[pgbouncer]`, None where it is refused.

    The number of C's `strtol` with base 0, cut to 32 bits: 020 is 16, 99999999999 is 1215752191.
    """
    number = _strtol(text)
    if number is None or number[1]:
        return None
    value = max(-_LONG_MAX - 1, min(_LONG_MAX, number[0]))
    value &= 0xFFFF_FFFF
    return value - 2**32 if signed and value > INT_MAX else value


def pgbouncer_seconds(text: str) -> float | None:
    """Return a time of `[pgbouncer]` in seconds, None where it is refused: it takes no unit.

    It is kept as 64 bits of microseconds: more than fits, infinity too, becomes 0 (asked of 1.18
    on x86-64; to C the conversion is undefined).
    """
    real = _strtod(text)
    if real is None or real[1] or real[0] < 0:
        return None
    if math.isnan(real[0]):
        return 2**63 / _MICROSECONDS
    amount = real[0] * _MICROSECONDS
    return int(amount) / _MICROSECONDS if amount < 2**64 else 0.0


def atoi(text: str) -> int:
    """Return what C's `atoi` makes of a text: 0 without leading digits, the rest dropped."""
    match = _ATOI.match(text)
    if match is None:
        return 0
    value = int(match["number"][:40])
    value = max(-_LONG_MAX - 1, min(_LONG_MAX, value)) & 0xFFFF_FFFF
    return value - 2**32 if value > INT_MAX else value
