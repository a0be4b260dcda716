"""What a nested function knows of the parameters of the function around it."""

from __future__ import annotations

from collections.abc import Mapping

from poollint.reading.connections.waits.reach.known import Known, Value
from poollint.reading.naming.objects.instances import Member
from poollint.reading.naming.scopes.bindings import parameters


def enclosed(member: Member, here: Member, known: Mapping[str, Value]) -> Known:
    """Return what is known in `here` that `member`, defined in it, has no parameter for."""
    within = member.names is here.names and member.name.startswith(f"{here.name}.<locals>.")
    if not within or not known:
        return ()
    own = {argument.arg for argument in parameters(member.names.functions[member.name].args)}
    return tuple((name, value) for name, value in known.items() if name not in own)
