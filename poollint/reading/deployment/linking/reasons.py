"""Why a number of connections is not known: what was looked for, and where that stopped.

A reason is a clause for the end of a sentence, "" where there is none to give.
"""

from __future__ import annotations

from collections.abc import Iterable

from poollint.facts.code import Pool
from poollint.reading.deployment.ecosystems.languages import PYTHON, language_of
from poollint.reading.deployment.linking.openers import Opener
from poollint.reading.deployment.linking.opening import Programs
from poollint.reading.deployment.linking.variables import Variables
from poollint.reading.deployment.pools.joined import Joined
from poollint.reading.naming.values import arithmetic

ELSEWHERE = ", for its image is built elsewhere"
_SIZES = ("max_size", "overflow")


def of_size(pool: Pool | None, variables: Variables) -> str:
    """Return why the size of a pool is not known: a variable that is not set, or an expression."""
    told = [a for role in _SIZES if pool and (a := pool.argument(role))]
    for argument in told:
        named = arithmetic.variables(argument.formula) or (argument.variable,)
        unset = [name for name in named if name and name not in variables]
        if unset and argument.figure is None:
            return f", for no file sets `{unset[0]}`"
        if argument.variable in variables:
            return f", for no file tells the number in `{argument.variable}`"
    if told:
        return f", for what `{told[0].name}` is given was not followed to a number"
    return ", for no file says one" if pool else ""


def of_number(opener: Opener, code: Programs, joined: Joined) -> str:
    """Return why it is not known how many connections a container opens."""
    container = opener.unit.container
    if joined.singles:
        pool = joined.singles[0]
        at = f"{pool.span.path}:{pool.span.start.line}"
        return f", for nothing tells how often it connects ({at})"
    made = container.build or opener.unit.file or opener.unit.handler
    if container.image and not made and not _is_of_the_tree(opener, code):
        return ELSEWHERE
    several = code.homes.several(opener.unit, opener.placed)
    if several:
        return f", for which of {len(several)} applications it runs is not known"
    language = language_of(opener.unit)
    if language == PYTHON:
        return _of_python(opener, code)
    driver = code.homes.driver(opener.unit)
    if driver:
        return f", for no pool of `{driver}` was found in its code"
    return _of_python(opener, code) if not language else _NO_LIBRARY


_NO_LIBRARY = ", for no library of PostgreSQL was found in its code"


def _of_python(opener: Opener, code: Programs) -> str:
    """Return what was not found in the modules that a container loads."""
    container = opener.unit.container
    loaded = code.code.driving(container, opener.unit.handler)
    if loaded:
        return f", for no pool was found in {_places(loaded)}, which it loads"
    process = container.process
    if process is None or not process.application:
        return ", for no file says what it starts"
    application = process.application
    if not opener.unit.handler and (not process.tool or process.role == "other"):
        return f", for what `{application}` starts was not followed"
    return f", for nothing that `{application}` is known to load talks to PostgreSQL"


def _is_of_the_tree(opener: Opener, code: Programs) -> bool:
    """Tell whether a command names a module of the tree, whoever builds its image."""
    applications, container = code.code.applications, opener.unit.container
    process = container.process
    named = process is not None and bool(process.tool) and process.role != "other"
    return named and applications is not None and bool(applications.started(container))


def _places(paths: Iterable[str]) -> str:
    found = sorted(paths)
    return found[0] if len(found) == 1 else f"{found[0]} and {len(found) - 1} more"
