"""What a framework did with a session before it calls the function that it hands it to.

`user = Depends(get_user)` runs `get_user` first. Where that asks something of a session that it is
handed itself, the transaction is open when the function begins: FastAPI makes one session for all
who depend on the same provider during a request.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

import libcst as cst

from poollint.catalog.load import Api
from poollint.reading.connections.acquiring.taking import Form, Taken
from poollint.reading.connections.orm.objects.keeping import Keeper, View, given_back
from poollint.reading.connections.orm.use.asking import Use
from poollint.reading.connections.orm.use.using import Session
from poollint.reading.naming.given.providing import Dependency, depended_on, dependencies, yielded
from poollint.reading.naming.objects.instances import Member
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import Name

_LEVELS = 5  # dependencies of dependencies


class Used(NamedTuple):
    """What the dependencies of a function do with the session of one provider.

    use     the most that one of them does
    by      the last dependency that uses it
    asked   what says, in its parameters, that it is handed it
    said    what says, in the function's own parameters, that it depends on it
    streams it is taken back only when the response has been streamed
    """

    api: Api
    use: Use
    by: Member
    said: ast.expr
    asked: Dependency
    streams: bool = True

    @property
    def sure(self) -> bool:
        """Tell whether the session certainly holds a connection afterwards."""
        return self.use is Use.TAKES


def used_before(of: Member) -> dict[Member, Used]:
    """Return, by provider, what was done with the sessions that the dependencies of `of` get."""
    found: dict[Member, Used] = {}
    for dependency in dependencies(of):
        if dependency.provider is None or dependency.provider == of:
            continue
        for asked, api, use, by in _uses(dependency.provider, _LEVELS):
            assert asked.provider is not None
            known = found.get(asked.provider)
            if known is None or use >= known.use:
                used = Used(api, use, by, dependency.said, asked, not dependency.early)
                found[asked.provider] = used
    return found


def asks(name: str, names: Names) -> bool:
    """Tell whether what depends on a name of a module has something asked of a session first."""
    return any(_uses(member, _LEVELS) for member in depended_on(name, names))


def _uses(member: Member, levels: int) -> tuple[tuple[Dependency, Api, Use, Member], ...]:
    memory = member.names.memory.setdefault("depending", {})
    key = (member.name, levels)
    if key not in memory:
        memory[key] = ()  # a dependency that depends on itself
        memory[key] = tuple(_found(member, levels)) if levels else ()
    found: tuple[tuple[Dependency, Api, Use, Member], ...] = memory[key]
    return found


def _found(member: Member, levels: int) -> Iterator[tuple[Dependency, Api, Use, Member]]:
    """Yield what a dependency, and those that it has, do with which provider's session."""
    names, name = member
    for dependency in dependencies(member):
        provider = dependency.provider
        if provider is None:
            continue
        api = _session_of(provider)
        if api is None:
            yield from _uses(provider, levels - 1)
            continue
        kind = names.type(Name(dependency.parameter), name)
        nowhere = cst.Call(cst.Name("Depends"))  # what hands a session in stands in no body
        taken = Taken(nowhere, api, Form.BOUND, frozenset({dependency.parameter}), False)
        use = Session(taken, name, names).by(member, dependency.parameter) if kind else Use.UNKNOWN
        if use is not Use.UNKNOWN and _keeps(member, dependency.parameter):
            use = Use.UNKNOWN  # who knows what that is asked for
        if use is not Use.NOTHING:
            yield dependency, api, use, member


def _keeps(member: Member, parameter: str) -> bool:
    """Tell whether a dependency gives what may end the session, and is not known for it."""
    found = given_back(member, View(frozenset({parameter})))
    return found is not None and not isinstance(found, Keeper)


def _session_of(provider: Member) -> Api | None:
    """Return what makes the session that a provider hands out and takes back, None for others."""
    if not yielded(provider):
        return None
    kind = provider.names.of_provider(provider.name)
    known = provider.names.catalog.functions.values()
    return next((a for a in known if a.kind == "session" and a.returns == kind and kind), None)
