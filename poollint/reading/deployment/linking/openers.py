"""Containers that open connections, and where the files of the tree say that these lead."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from poollint.facts.code import Pool
from poollint.facts.infrastructure import Pooler, Server, Variable
from poollint.reading.deployment.linking import cloud_sql
from poollint.reading.deployment.linking.deployed import Placed, Unit
from poollint.reading.deployment.linking.reach import (
    Endpoint,
    Reach,
    Target,
    endpoints,
    is_local,
    is_other,
    of_host,
    of_variable,
    within,
)
from poollint.reading.deployment.linking.variables import Variables
from poollint.reading.deployment.pools import django_aliases
from poollint.reading.naming.values import dsn

# Names of databases beside the one that an application writes to.
_BESIDES = re.compile(r"replica|read|slave|standby|second|test|log|analytics|report|source", re.I)
# Names of variables that what changes a schema reads, and no pool that stays.
_MIGRATING = re.compile(r"(?:^|_)(?:migrations?|migrate|direct|shadow|alembic|flyway)(?:_|$)", re.I)

# Platforms that connect what runs with the databases that are named beside it.
_CONNECTING = frozenset(("terraform", "knative", "app engine", "gcloud", "copilot"))


@dataclass(frozen=True, slots=True)
class Opener:
    """A container that is no server and no pooler.

    Variables of its addresses are `unread` that no Python file names.
    """

    placed: Placed
    unit: Unit
    variables: Variables
    ends: tuple[Endpoint, ...]
    several: bool = False
    sure: bool = True
    unread: frozenset[str] = frozenset()
    aside: bool = False  # others of its image are given a database's address, and it is not

    @property
    def name(self) -> str:
        """Return what its line in a ledger is called."""
        workload, container = self.placed.workload, self.unit.container
        own = [unit.container.name for unit in self.placed.units]
        if own == [container.name] or container.name == workload.name:
            return workload.name
        return f"{workload.name}/{container.name}"


def ends_of(unit: Unit, placed: Placed, reach: Reach) -> tuple[Endpoint, ...]:
    """Return the addresses that a container is given; an instance of Cloud SQL if it is known."""
    found = endpoints(unit.container.variables)
    stated = None if found else cloud_sql.instance(unit.container.variables)
    if stated and reach.of(stated[1], 0, placed):
        return (Endpoint(*stated, 0, ""),)
    return tuple(dict.fromkeys(_instead(end, unit, placed, reach) for end in found))


def _instead(end: Endpoint, unit: Unit, placed: Placed, reach: Reach) -> Endpoint:
    """Return the instance of Cloud SQL that a container names, if nothing listens beside it."""
    if not is_local(end.host) or reach.meant(end.host, placed) != end.host:
        return end
    stated = cloud_sql.instance(unit.container.variables)
    if stated is None or reach.of(end.host, end.port, placed):
        return end
    return replace(end, variable=stated[0], host=stated[1], port=0)


def targets(opener: Opener, reach: Reach) -> tuple[Target, ...]:
    found = (reach.of(end.host, end.port, opener.placed) for end in opener.ends)
    return tuple(dict.fromkeys(target for target in found if target))


def mentioned(opener: Opener, reach: Reach) -> tuple[Target, ...]:
    """Return the servers and poolers whose hosts stand within longer texts of the variables.

    What such a text means is not known: a container that names a host in it most likely uses it.
    """
    hosts: dict[str, None] = {}
    for variable in opener.unit.container.variables:
        hosts |= dict.fromkeys(within(variable))
    found = (reach.of(host, 0, opener.placed) for host in hosts)
    return tuple(dict.fromkeys(target for target in found if target and target.placed))


def started_first(opener: Opener, reach: Reach) -> tuple[Target, ...]:
    """Return the servers and poolers that a container waits for, and so most likely uses."""
    found = (reach.of(name, 0, opener.placed) for name in opener.placed.needs)
    return tuple(dict.fromkeys(target for target in found if target))


def _has_pooler(reach: Reach) -> bool:
    return any(isinstance(target.what, Pooler) for target in reach.targets)


def sole(targets: tuple[Target, ...]) -> Target | None:
    return targets[0] if len(targets) == 1 else None


def edge(
    opener: Opener, pool: Pool | None, reach: Reach
) -> tuple[Target | None, Endpoint | None, str]:
    """Return where a pool leads, and what was assumed, or why it is not known."""
    found = _told(opener, pool, reach)
    if found[0] is None:
        names = [pool.variable] if pool and pool.variable else opener.variables
        declared = reach.by_variable(names)
        if declared:
            return declared, None, ""
    return found


def _told(
    opener: Opener, pool: Pool | None, reach: Reach
) -> tuple[Target | None, Endpoint | None, str]:
    """Return where the files of the tree say that a pool leads."""
    variable = opener.variables.get(pool.variable) if pool and pool.variable else None
    if variable:
        end = of_variable(variable, dict(opener.variables))
        if end is None:
            named = cloud_sql.instance((variable,))
            end = Endpoint(*named, 0, "") if named else None
        if end is None and pool and _is_host(variable, pool):
            end = of_host(variable)
        if end:
            end = _instead(end, opener.unit, opener.placed, reach)
            return reach.of(end.host, end.port, opener.placed), end, ""
    elif pool and pool.variable and pool.fallback and opener.unit.complete:
        why = f"its pool is for {pool.fallback} unless `{pool.variable}` says another"
        return None, None, f"`{opener.name}`: {why}"
    elif pool and pool.variable and opener.ends and opener.unit.complete:
        return _not_set(opener, pool, reach)
    elif pool and pool.variable and not opener.ends and (end := _default(pool)):
        return _by_default(opener, pool, end, reach)
    elif pool and not pool.variable:
        for end in literal(pool):
            return reach.of(end.host, end.port, opener.placed), end, ""
    if variable is None and opener.ends:
        target, end, note = _by_variables(opener, reach)
        if target and end and end.variable in opener.unread and pool and is_blind(pool):
            note = _taken(opener, target, f"no Python file names `{end.variable}`")
        return target, end, note
    if variable:
        return _by_needs(opener, variable, reach)
    only = _likely(opener, reach) if opener.sure else None
    if only is None:
        return None, None, ""
    why = "no file says where it connects"
    if opener.placed.workload.platform in _CONNECTING and only in started_first(opener, reach):
        why = "it is connected with no other"
    return only, None, _taken(opener, only, why)


def _is_host(variable: Variable, pool: Pool) -> bool:
    """Tell whether the code takes what a variable holds for a host, and no URL."""
    value = variable.value.value or ""
    return pool.driver == django_aliases.DRIVER or (
        pool.url is not None and not re.search(r"://|=|\s", value)
    )


def _by_needs(
    opener: Opener, variable: Variable, reach: Reach
) -> tuple[Target | None, Endpoint | None, str]:
    """Return where a pool leads whose address no file tells: to the one that it waits for.

    Where a pooler stands between, or the address is of another product, nothing is taken.
    """
    only = sole(started_first(opener, reach)) if opener.sure else None
    value = variable.value.value or ""
    told = value and ("://" not in value or not dsn.is_postgresql(value))
    if only is None or told or is_other(variable.name):
        return None, None, ""
    if isinstance(only.what, Server) and _has_pooler(reach):
        return None, None, ""
    why = f"it waits for it, and no file tells the whole of `{variable.name}`"
    return only, None, _taken(opener, only, why)


def _by_default(
    opener: Opener, pool: Pool, end: Endpoint, reach: Reach
) -> tuple[Target | None, Endpoint | None, str]:
    """Return where a pool leads whose variable nothing sets: where the code says without it.

    Where not all variables are known that one may be among them, and a machine itself is what
    people write who set it wherever the code is not tried out.
    """
    found = reach.of(end.host, end.port, opener.placed)
    if opener.unit.complete and (found or not is_local(end.host)):
        return found, end, ""
    likely = found or (_likely(opener, reach) if opener.sure else None)
    if likely is None:
        return None, None, ""
    why = f"the code says `{end.host}` unless `{pool.variable}` says another"
    return likely, None, _taken(opener, likely, why)


def _taken(opener: Opener, target: Target, why: str) -> str:
    """Return what is told where it is taken for granted that a container connects there."""
    return f"`{opener.name}` connects to `{target.what.name}`: {why}"


def is_blind(pool: Pool) -> bool:
    """Tell of a pool whether it is Python's and nothing tells what it is given as its address."""
    return not (pool.variable or pool.url) and pool.span.path.endswith(".py")


def _not_set(
    opener: Opener, pool: Pool, reach: Reach
) -> tuple[Target | None, Endpoint | None, str]:
    """Return where a pool leads whose variable is not among those of its container.

    The code may make up the address from others: the only pool uses the only address. One of
    several leads to what the code falls back on, if all addresses of the container lead there too.
    """
    name = pool.variable
    if opener.several or is_other(name):
        end = _default(pool)
        target = reach.of(end.host, end.port, opener.placed) if end else None
        led_to = {id(reach.of(e.host, e.port, opener.placed)) for e in opener.ends}
        if target and led_to == {id(target)}:
            return target, end, ""
        return None, None, f"`{opener.name}`: its pool reads `{name}`, which is not set"
    target, end, note = _by_variables(opener, reach)
    told = target and f"`{opener.name}` connects to `{target.what.name}`: `{name}` is not set"
    return target, end, told or note


def _likely(opener: Opener, reach: Reach) -> Target | None:
    """Return the one server or pooler that a container waits for, else the only one there is.

    What waits for a server in front of which a pooler stands may connect to either.
    """
    first = sole(started_first(opener, reach))
    if first and isinstance(first.what, Server) and _has_pooler(reach):
        return None
    return first or _only(reach)


def _by_variables(opener: Opener, reach: Reach) -> tuple[Target | None, Endpoint | None, str]:
    """Return where all of a container's addresses lead, or the one that is no replica's.

    Of several pools none is known to be that one, and where not all variables are known one
    may lead to what an unknown one says.
    """
    ends = [e for e in opener.ends if not _MIGRATING.search(e.variable)] or opener.ends
    found = [(reach.of(e.host, e.port, opener.placed), e) for e in ends]
    if len({id(target) for target, _ in found}) > 1 and not opener.several:
        usual = [(t, e) for t, e in found if not _BESIDES.search(e.variable + e.host)]
        found = usual if len({id(target) for target, _ in usual}) == 1 else found
    open_ended = opener.several and not opener.unit.complete
    if len({id(target) for target, _ in found}) == 1 and not open_ended:
        return *found[0], ""
    names = [f"`{target.what.name}`" for target, _ in found if target]
    if not names:
        return None, None, ""
    text = " and ".join(dict.fromkeys(names))
    more = "" if all(target for target, _ in found) and not open_ended else " and elsewhere"
    which = "which of them leads where is not known"
    return None, None, f"`{opener.name}`: its pools lead to {text}{more}, {which}"


def literal(pool: Pool) -> tuple[Endpoint, ...]:
    """Return the address that the code itself gives a pool, none where a variable gives it."""
    end = None if pool.variable else _default(pool)
    return (end,) if end else ()


def _default(pool: Pool) -> Endpoint | None:
    """Return the address that the code gives a pool, unless a variable of its gives another."""
    text = pool.url.value if pool.url else None
    address = dsn.address(text) if text else None
    if address is None or not address.host:
        return None
    return Endpoint("", address.host, address.port, address.dbname)


def _only(reach: Reach) -> Target | None:
    """Return the only server there is, or the only pooler in front of it.

    The members of a cluster are one: that which writes has the limit of any.
    """
    servers = [t for t in reach.targets if isinstance(t.what, Server) and not t.what.copies]
    poolers = [t for t in reach.targets if isinstance(t.what, Pooler)]
    clusters = {t.what.cluster for t in servers if isinstance(t.what, Server)}
    several = len(servers) > 1 and (len(clusters) > 1 or "" in clusters)
    if several or len(poolers) > 1:
        return None
    return next(iter(poolers or servers), None)
