"""How long lies between two runs of what a schedule calls, where the code says it in numbers.

`scheduled_job("interval", minutes=3)`, `tasks.loop(seconds=5)`, `every(5).seconds.do(work)`,
`PeriodicCallback(work, 500)`, `run_repeating(work, timedelta(hours=1))`: in seconds.
"""

from __future__ import annotations

import ast
import re

_UNITS = {
    "milliseconds": 0.001,
    "second": 1.0,
    "seconds": 1.0,
    "minute": 60.0,
    "minutes": 60.0,
    "hour": 3600.0,
    "hours": 3600.0,
    "day": 86400.0,
    "days": 86400.0,
    "week": 604800.0,
    "weeks": 604800.0,
}
_PLAIN = frozenset({"interval", "callback_time"})
# Where the interval stands among the arguments, and its unit in seconds.
_PLACES = {"timer": (0, 1.0), "run_repeating": (1, 1.0), "PeriodicCallback": (1, 0.001)}
_EVERY = re.compile(r"\*(?:/(?P<steps>\d+))?")  # `second="*/5"`
# Of a cron job, the finest first. APScheduler takes the least value of what is finer than all that
# is told (APScheduler 3.11, `CronTrigger`): `hour="*/6"` is at minute 0.
_CRON = {"second": 1.0, "minute": 60.0, "hour": 3600.0}
_NCRONTAB = frozenset({"timer_trigger", "schedule"})  # of Azure Functions
_FINER_IS_LEAST = frozenset({"add_job", "scheduled_job", "CronTrigger"})
_COARSE = frozenset("minute hour day day_of_week week month year".split())


def interval(node: ast.AST) -> float | None:
    """Return the seconds between two runs that a decorator or a registration tells of, the least.

    None where it tells of none, or not by numbers.
    """
    if not isinstance(node, ast.Call):
        return None
    name = _last(node.func)
    told = [_of_keyword(keyword) for keyword in node.keywords]
    told += [_of_keyword(k) for a in node.args for k in _trigger(a)]
    told += [_fields(k.value) for k in node.keywords if name in _NCRONTAB and k.arg == "schedule"]
    told += [_cron(call) for call in (node, *node.args, *(k.value for k in node.keywords))]
    if name in _PLACES:
        place, unit = _PLACES[name]
        told += [_time(value, unit) for value in node.args[place : place + 1]]
    told += [seconds for value in (node, *node.args) for seconds in _chain(value)]
    known = [seconds for seconds in told if seconds is not None]
    return sum(known) if known else None


def _trigger(node: ast.expr) -> list[ast.keyword]:
    """Return what the trigger of a job is told: `add_job(work, IntervalTrigger(minutes=3))`."""
    named = isinstance(node, ast.Call) and _last(node.func).endswith("Trigger")
    return node.keywords if isinstance(node, ast.Call) and named else []


def _of_keyword(keyword: ast.keyword) -> float | None:
    if keyword.arg == "trigger":
        told = [_of_keyword(inner) for inner in _trigger(keyword.value)]
        known = [seconds for seconds in told if seconds is not None]
        return sum(known) if known else None
    if keyword.arg in _PLAIN:
        return _time(keyword.value, 0.001 if keyword.arg == "callback_time" else 1.0)
    unit = _UNITS.get(keyword.arg or "") if (keyword.arg or "").endswith("s") else None
    return _time(keyword.value, unit) if unit else None


def _cron(node: ast.expr) -> float | None:
    """Return the time between two runs of a cron job, by the finest field that tells of several.

    Whatever the fields say that stand for more than a second, a minute has one second that fits.
    """
    if not isinstance(node, ast.Call):
        return None
    if isinstance(node.func, ast.Attribute) and node.func.attr == "from_crontab":
        return _UNITS["minute"] if _last(node.func.value) == "CronTrigger" else None
    told = {keyword.arg: keyword.value for keyword in node.keywords}
    for field, unit in _CRON.items():
        value = told.get(field)
        if value is None:
            if _last(node.func) not in _FINER_IS_LEAST:
                return None
            continue
        text = str(value.value) if isinstance(value, ast.Constant) else ""
        if found := _EVERY.fullmatch(text):
            return float(found["steps"] or 1) * unit
        if not text.isdigit():
            return None if field == "second" else _minute(node)
    return _minute(node) if "second" in told or _COARSE & told.keys() else None


def _minute(node: ast.Call) -> float | None:
    return _UNITS["minute"] if _last(node.func) in _FINER_IS_LEAST else None


def _fields(node: ast.expr) -> float | None:
    """Return the time between two runs of "0 */5 * * * *", whose first field is the second."""
    fields = str(node.value).split() if isinstance(node, ast.Constant) else []
    for field, unit in zip(fields, _CRON.values(), strict=False):
        if found := _EVERY.fullmatch(field):
            return float(found["steps"] or 1) * unit if len(fields) == 6 else None
        if not field.isdigit():
            return None
    return _UNITS["day"] if len(fields) == 6 else None  # or longer


def _chain(node: ast.expr) -> list[float]:
    """Return the time of `every(5).seconds`, on which the rest is called."""
    unit = 0.0
    found: list[float] = []
    inner = node
    while isinstance(inner, ast.Call | ast.Attribute):
        if isinstance(inner, ast.Attribute):
            unit = _UNITS.get(inner.attr, unit)
            inner = inner.value
            continue
        if _last(inner.func) == "every" and unit:
            count = _number(inner.args[0]) if inner.args else 1.0
            found += [count * unit] if count is not None else []
        inner = inner.func
    return found


def _time(node: ast.expr, unit: float) -> float | None:
    if isinstance(node, ast.Call) and _last(node.func) == "timedelta":
        told = [_of_keyword(keyword) for keyword in node.keywords]
        known = [seconds for seconds in told if seconds is not None]
        return sum(known) if told and len(known) == len(told) and not node.args else None
    number = _number(node)
    return number * unit if number is not None else None


def _number(node: ast.expr) -> float | None:
    match node:
        case ast.Constant(value=int() | float() as value):
            return float(value)
        case ast.BinOp(left=left, op=ast.Mult(), right=right):
            sides = _number(left), _number(right)
            return sides[0] * sides[1] if sides[0] is not None and sides[1] is not None else None
    return None


def _last(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
