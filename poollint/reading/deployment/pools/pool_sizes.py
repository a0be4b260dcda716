"""How many connections one pool of the code may hold, and what variables alone say of it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from poollint.catalog.platforms import platforms
from poollint.facts.code import Argument, Pool
from poollint.facts.infrastructure import Container
from poollint.model.figure import Basis, Figure
from poollint.model.source import Span
from poollint.reading.deployment.linking.variables import Variables, environment, number
from poollint.reading.naming.values import arithmetic

_IN_URL = re.compile(
    r"postgres(?:ql)?://\S*[?&](connection_limit|pool_max_conns)=(\d{1,5})(?:&|$)", re.I
)
_OPTIONS = re.compile(r"(?:\w+_)?(?:POSTGRES(?:QL)?|PG|DB|DATABASE)_(?:OPTIONS|ARGS|PARAMS|QUERY)")
_IN_OPTIONS = re.compile(r"(?:^|[?&])(pool|connection_limit|pool_max_conns)=(\d{1,5})(?:&|$)")
# What a variable of the environment holds where it is to mean that nothing bounds it.
_NO_LIMIT = {"max_size": (0,), "overflow": (-1,)}
_LIBRARY = {"max_size": "pool size", "overflow": "overflow", "min_size": "smallest pool size"}


@dataclass(frozen=True, slots=True)
class Size:
    """What one pool may open in a process: the most, and what is open from the start.

    `most` None where the pool's size is a number that no file states.
    """

    pool: Pool
    most: Figure | None
    eager: int = 0


def size(pool: Pool, variables: Variables) -> Size:
    """Return the most that a pool holds in one process: its size and its overflow."""
    if pool.single:
        return Size(pool, replace(pool.defaults[0], name="connection"))
    base = _role(pool, "max_size", variables)
    least = _role(pool, "min_size", variables)
    overflow = _role(pool, "overflow", variables)
    if base is None and pool.argument("max_size") is None:
        base = least and replace(least, name=_LIBRARY["max_size"])
    eager = least.low if pool.eager and least else 0
    if base is None or (overflow is None and pool.argument("overflow")):
        return Size(pool, None, eager)
    return Size(pool, _sum(pool, base, overflow), eager)


def _role(pool: Pool, role: str, variables: Variables) -> Figure | None:
    argument = pool.argument(role)
    if argument is None:
        found = next((f for f in pool.defaults if f.name == role), None)
        return replace(found, name=_LIBRARY[role]) if found else None
    read = [name for name in arithmetic.variables(argument.formula) if name in variables]
    if read:
        found = _worked_out(argument, variables, _LIBRARY[role], ", ".join(read))
        return _endless(found) if found and found.high in _NO_LIMIT.get(role, ()) else found
    if argument.variable and argument.variable in variables and not argument.formula:
        word = variables[argument.variable].value
        found = number(word, _LIBRARY[role], argument.variable)
        return _endless(found) if found and found.high in _NO_LIMIT.get(role, ()) else found
    if argument.boundless and argument.figure is None:
        hint = f"{pool.call.rpartition('.')[2]}({argument.name}=None)"
        return Figure(0, None, _LIBRARY[role], Basis.STATED, argument.span, hint)
    if argument.figure is None:
        return None
    named = _named(pool, argument, role)
    return _endless(named) if argument.boundless else named


def _worked_out(argument: Argument, variables: Variables, name: str, hint: str) -> Figure | None:
    """Return what a sum comes to with the values that variables have, None for no size."""
    known = {key: number(one.value, name) for key, one in variables.items()}
    given = {key: figure.low if figure else None for key, figure in known.items()}
    found = arithmetic.worked_out(argument.formula, given, argument.span).figure(name, hint)
    return found if found and (found.low >= 0 or found.exact) else None


def _endless(figure: Figure) -> Figure:
    return replace(figure, low=0, high=None)


def _named(pool: Pool, argument: Argument, role: str) -> Figure:
    figure = argument.figure
    assert figure is not None
    written = f"{pool.call.rpartition('.')[2]}({argument.name}={figure.low})"
    return replace(figure, name=_LIBRARY[role], hint=figure.hint or written)


def _sum(pool: Pool, base: Figure, overflow: Figure | None) -> Figure:
    """Return size and overflow as one figure: what has no bound has none (0, -1)."""
    if pool.argument("overflow") or overflow:
        extra = overflow or Figure(0, 0, "overflow", Basis.STATED, pool.span)
        if extra.low == extra.high == 0 and base.high is not None:
            return base
        high = None if base.high is None or extra.high is None else base.high + extra.high
        basis = max((Basis.DERIVED, base.basis, extra.basis), key=lambda b: b.strength)
        origin = base.origin if isinstance(base.origin, Span) else pool.span
        hint = f"{base.low} and {extra.low} overflow" if high is not None else "no limit"
        return Figure(base.low + extra.low, high, _LIBRARY["max_size"], basis, origin, hint)
    return base


def by_convention(container: Container) -> Figure | None:
    """Return the pool size that a variable's name says, read by no code that was seen.

    From none to as many as it says may be opened.
    """
    variables = environment(container.variables)
    for name, overflow, default in platforms().pool_variables:
        word = variables[name].value if name in variables else None
        figure = number(word, "pool size", name) if word else None
        if figure is None or figure.low <= 0:
            continue
        extra = number(variables[overflow].value, "overflow") if overflow in variables else None
        more = max(extra.low, 0) if extra else default if overflow not in variables else 0
        hint = f"{name}, and {more} of overflow by itself" if more and extra is None else name
        return Figure(0, figure.low + more, "pool size", Basis.ASSUMED, figure.origin, hint)
    return _of_url(variables)


def _of_url(variables: Variables) -> Figure | None:
    """Return the pool size in a URL, or in what an image puts behind one.

    Prisma's until its version 7, pgx's, and that of Rails (`pool`).
    """
    for variable in variables.values():
        form = _IN_OPTIONS if _OPTIONS.fullmatch(variable.name) else _IN_URL
        found = form.search(variable.value.value or "")
        if found and int(found[2]):
            origin, most = variable.value.origin, int(found[2])
            return Figure(0, most, "pool size", Basis.ASSUMED, origin, found[1])
    return None


def one_process(container: Container) -> Figure | None:
    """Return the one process of a program that a variable of its own gives away, else None."""
    known = platforms().alone_variables
    name = next((v.name for v in container.variables if v.name in known), "")
    return Figure.defaulted(1, "processes", f"one process of {known[name]}") if name else None


def workers_by_convention(container: Container) -> Figure | None:
    """Return the number of processes that a variable says, for a command in the image."""
    variables = environment(container.variables)
    for name in platforms().worker_variables:
        figure = number(variables[name].value, "workers", name) if name in variables else None
        if figure and figure.low > 0:
            return Figure(1, figure.low, "workers", Basis.ASSUMED, figure.origin, name)
    return None
