"""The pools that files state, as the variables of a container settle them."""

from __future__ import annotations

import re
from dataclasses import replace

from poollint.facts.code import Argument, Pool
from poollint.model.figure import Basis, Figure, Word
from poollint.reading.deployment.ecosystems.stating import StatedPool, Told
from poollint.reading.deployment.linking.variables import Variables, number
from poollint.reading.naming.values import dsn

# Of these the URL counts before what the file says.
_URL_FIRST = frozenset(("Active Record",))
# These take no size from a URL: pg-pool 3.14.0, knex 3.3.0, sequelize 6.37.8, typeorm 1.1.1 and
# @prisma/adapter-pg 7.10.1, read, and run with `?max=` and `?connection_limit=`.
_OVERLOOKS = frozenset(("node-postgres", "Knex", "Sequelize", "TypeORM", "@prisma/adapter-pg"))
_SIZES = frozenset(
    ("connection_limit", "max", "max_connections", "max_pool_size", "maxpoolsize", "pool_max",
     "pool_max_conns", "pool_size", "poolsize")
)  # fmt: skip


def settled(told: Told, variables: Variables, name: str, hint: str = "") -> Figure | None:
    """Return the number of the first variable that is set, else what the file says."""
    found = _told(told, variables, name, hint)
    return replace(found, low=min(found.low, 1)) if found and not told.certain else found


def _told(told: Told, variables: Variables, name: str, hint: str) -> Figure | None:
    for variable in told.variables:
        if variable in variables:
            return number(variables[variable].value, name, variable)
    if told.number is None:
        return None
    shown = f"{hint}: {told.number}" if hint else ""
    default = f"{shown}, unless {told.variables[0]} is set" if told.variables and hint else shown
    return Figure.stated(told.number, name, told.span, default)


def pool(stated: StatedPool, variables: Variables) -> Pool:
    """Return the pool with its size; its `max_size` has no figure where that is not known."""
    address = _variable(stated, variables)
    size = _size(stated, variables, address)
    if size is not None and size.low <= 0:
        size = None
    if stated.times:
        size = _several(stated, stated.times, variables, size)
    least = _least(stated, variables, size)
    computed = size is None and stated.size is not None and stated.size.computed
    formula = ("",) if computed else ()
    unset = _unset(stated.size, variables) if stated.size and size is None else ""
    told = Argument("max_size", stated.setting, stated.span, size, unset, formula=formula)
    left = stated.size is None and size is None  # to its library, by the machine
    return Pool(
        span=stated.span,
        driver=stated.driver,
        call=stated.setting,
        arguments=() if left else (told,),
        defaults=(least,) if least else (),
        eager=stated.eager,
        pooled=True,
        once="",
        function=stated.title,
        url=Word(stated.address, Basis.STATED, stated.span) if stated.address else None,
        variable=address,
        asks=_overlooked(stated, variables, address),
    )


def _unset(size: Told, variables: Variables) -> str:
    """Return the variable that is to say a size, "" where one does, or the file itself."""
    told = size.number is not None or any(name in variables for name in size.variables)
    return "" if told else next(iter(size.variables), "")


def _overlooked(stated: StatedPool, variables: Variables, address: str) -> tuple[str, ...]:
    """Return the sizes in the URL of a pool whose library does not look at them."""
    if stated.driver not in _OVERLOOKS or stated.parses or address not in variables:
        return ()
    text = variables[address].value.value or ""
    if not text or not dsn.is_postgresql(text):
        return ()
    return tuple(name for name in dsn.options(text) if name.lower() in _SIZES)


def _variable(stated: StatedPool, variables: Variables) -> str:
    """Return the variable that holds the address, "" where the file gives it, or nothing does."""
    names = (stated.unasked, *stated.variables) if stated.unasked else stated.variables
    chosen = next((name for name in names if name in variables), "")
    return chosen or next(iter(stated.variables), "")


def _size(stated: StatedPool, variables: Variables, address: str) -> Figure | None:
    of_url = _of_url(stated, variables, address)
    if of_url and (stated.size is None or stated.driver in _URL_FIRST):
        return of_url
    if stated.size is not None:
        return settled(stated.size, variables, "max_size", stated.setting)
    if stated.default is None:
        return None
    default = Figure.defaulted(stated.default, "max_size", stated.source, stated.setting)
    return replace(default, basis=Basis.UNKNOWN) if stated.at_least else default


def _several(
    stated: StatedPool, told: Told, variables: Variables, size: Figure | None
) -> Figure | None:
    """Return what all pools together hold that are built alike; without bound where unknown."""
    times = settled(told, variables, "pools")
    if times is None or size is None or size.high is None:
        low = size.low if size else 1
        return Figure(low, None, "max_size", Basis.UNKNOWN, told.span, "how many pools")
    if times.low <= 1 and times.exact:
        return size
    low, high = size.low * times.low, size.high * (times.high or 1)
    hint = f"{size.hint}, {times.high} of them"
    return replace(size, low=low, high=high, basis=Basis.DERIVED, hint=hint)


def _of_url(stated: StatedPool, variables: Variables, address: str) -> Figure | None:
    """Return the size that an option of the URL gives (`?connection_limit=5`).

    Where the file does not say which variable holds the URL, it is any that has the option.
    """
    if not stated.option or (address and address not in variables):
        return None
    option = re.compile(rf"[?&]{re.escape(stated.option)}=(\d{{1,5}})(?:&|$)")
    for variable in (variables[address],) if address else variables.values():
        word = variable.value
        found = option.search(word.value or "")
        if found:
            most = int(found[1])
            hint = f"{stated.option}={most}"
            return Figure(most, most, "max_size", word.basis, word.origin, hint)
    return None


def _least(stated: StatedPool, variables: Variables, size: Figure | None) -> Figure | None:
    if not stated.eager:
        return None
    told = settled(stated.least, variables, "min_size") if stated.least else size
    if told is None or size is None:
        return None
    low = min(told.low, size.low)
    return Figure(low, low, "min_size", told.basis, told.origin)
